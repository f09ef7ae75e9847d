// Events in words: when they are, and what in a text leads elsewhere.

import { locale } from '../texts/index.svelte';

/** From when to when. */
export function span({ start, end, allDay }: { start: Date; end: Date; allDay: boolean }): string {
  const form = new Intl.DateTimeFormat(locale(), { dateStyle: 'full', ...(allDay ? {} : { timeStyle: 'short' as const }) });
  return form.formatRange(start, allDay ? new Date(end.getTime() - 1) : end);
}

/** A text as its words and the addresses of pages in it. */
export function linked(text: string): { text: string; href?: string }[] {
  return text.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])/i).flatMap((part, at) => (part === '' ? [] : at % 2 === 1 ? [{ text: part, href: part }] : [{ text: part }]));
}
