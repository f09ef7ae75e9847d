// The texts of the administration in the language of the reader, and how numbers and moments are written.

import { de } from '../texts/de/admin';
import { findings as findingsDe } from '../texts/de/findings';
import { en, type AdminTexts } from '../texts/en/admin';
import { findings as findingsEn, type FindingTexts } from '../texts/en/findings';
import type { Saying } from './api';

export type Language = 'de' | 'en';
export type Word = keyof AdminTexts;
const ALL: Record<Language, AdminTexts> = { de, en };
const FINDINGS: Record<Language, FindingTexts> = { de: findingsDe, en: findingsEn };
const KEPT = 'wachpost.language';

function preferred(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'de' || kept === 'en') return kept;
  return navigator.languages.some((one) => one.toLowerCase().startsWith('de')) ? 'de' : 'en';
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
export function t(key: Word, given: Record<string, string | number> = {}): string {
  return filled(ALL[current][key], given);
}

function filled(text: string, given: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole));
}

/** What the server says, in the reader's language; in English, and said so, where the code is a new one. */
export function said(saying: Saying): { text: string; lang: Language } {
  const known = FINDINGS[current];
  if (!Object.hasOwn(known, saying.code)) return { text: saying.text, lang: 'en' };
  return { text: filled(known[saying.code as keyof FindingTexts], saying.values), lang: current };
}

/** A word of the server in the reader's language, where there is one for it: `prefix` and the word are its key. */
export function word(prefix: string, of: string): string {
  const key = `${prefix}_${of.replace(/[^A-Za-z0-9]+/g, '_')}`;
  return key in ALL[current] ? ALL[current][key as Word] : of;
}

function locale(): string {
  return navigator.languages.find((one) => one.toLowerCase().startsWith(current)) ?? current;
}

export function moment(iso: string | null): string {
  return iso ? new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso)) : '';
}

export function day(iso: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }).format(new Date(iso));
}

export function number(count: number): string {
  return new Intl.NumberFormat(locale()).format(count);
}

/** So many octets, in units of 1024 as quotas are given. */
export function octets(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  while (count >= 1024 && at < units.length - 1) {
    count /= 1024;
    at += 1;
  }
  return `${new Intl.NumberFormat(locale(), { maximumFractionDigits: at === 0 ? 0 : 1 }).format(count)} ${units[at] ?? ''}`;
}

/** How long ago, roughly. */
export function ago(iso: string, now = Date.now()): string {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
  const form = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [[86_400, 'day'], [3_600, 'hour'], [60, 'minute']];
  for (const [length, unit] of steps) if (Math.abs(seconds) >= length) return form.format(Math.round(seconds / length), unit);
  return form.format(seconds, 'second');
}
