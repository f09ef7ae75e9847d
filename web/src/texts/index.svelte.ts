// The texts in the language of the reader.

import { de } from './de';
import { en, type Texts } from './en';

export type Language = 'de' | 'en';
const ALL: Record<Language, Texts> = { de, en };
const KEPT = 'wachpost.language';

function preferred(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'de' || kept === 'en') return kept;
  return navigator.languages.some((language) => language.toLowerCase().startsWith('de')) ? 'de' : 'en';
}

let current = $state<Language>(preferred());

export function language(): Language {
  return current;
}

export function speak(next: Language): void {
  current = next;
  localStorage.setItem(KEPT, next);
  document.documentElement.lang = next;
}

/** The text, with `{name}` replaced by what is given. */
export function t(key: keyof Texts, given: Record<string, string | number> = {}): string {
  return ALL[current][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole));
}

/** How dates and numbers are written: as the browser's reader has it, in the language of the texts. */
export function locale(): string {
  return navigator.languages.find((one) => one.toLowerCase().startsWith(current)) ?? current;
}

/** Making a formatter costs more than using it a thousand times. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(date: Date, form: Intl.DateTimeFormatOptions): string {
  const key = `${locale()} ${Object.entries(form).join()}`;
  let known = formats.get(key);
  if (!known) formats.set(key, (known = new Intl.DateTimeFormat(locale(), form)));
  return known.format(date);
}

/** A moment in a list: the time today, the weekday this week, otherwise the date. */
export function shortDate(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const days = (now.getTime() - date.getTime()) / 86_400_000;
  const same = date.toDateString() === now.toDateString();
  const form: Intl.DateTimeFormatOptions = same
    ? { hour: '2-digit', minute: '2-digit' }
    : days >= 0 && days < 6
      ? { weekday: 'short' }
      : date.getFullYear() === now.getFullYear()
        ? { day: 'numeric', month: 'short' }
        : { day: '2-digit', month: '2-digit', year: 'numeric' };
  return format(date, form);
}

/** The same in full, as short as it can be. */
export function midDate(iso: string): string {
  return format(new Date(iso), { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
}

export function longDate(iso: string): string {
  return format(new Date(iso), { dateStyle: 'full', timeStyle: 'short' });
}

export function octets(count: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  let at = 0;
  while (count >= 1000 && at < units.length - 1) {
    count /= 1000;
    at += 1;
  }
  const form = { style: 'unit', unit: units[at] ?? 'byte', maximumFractionDigits: at === 0 ? 0 : 1 } as const;
  return new Intl.NumberFormat(locale(), form).format(count);
}
