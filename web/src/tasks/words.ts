// When a task is due, in words.

import { DAY, day } from '../calendar/time';
import { locale, t } from '../texts/index.svelte';
import type { Item } from './task';

export function dueText(item: Item, now: Date): string {
  if (!item.due) return '';
  const tomorrow = new Date(now.getTime() + DAY);
  const words = day(item.due) === day(now) ? t('taskToday') : day(item.due) === day(tomorrow) ? t('taskTomorrow') : null;
  const year = item.due.getFullYear() === now.getFullYear() ? undefined : ('numeric' as const);
  const date = words ?? new Intl.DateTimeFormat(locale(), { weekday: 'short', day: 'numeric', month: 'short', year }).format(item.due);
  if (item.wholeDay) return date;
  return `${date}, ${new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit' }).format(item.due)}`;
}
