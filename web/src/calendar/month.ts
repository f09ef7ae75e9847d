// The days of a month as a small calendar shows them: whole weeks.

import { dayAfter, wallNumber } from './time';

/** Weeks that any month fits into. */
const WEEKS = 6;

/** The day a week begins with, 0 for Sunday, as people of a language have it. */
export function weekStart(language: string): number {
  const known = new Intl.Locale(language) as Intl.Locale & { getWeekInfo?: () => { firstDay: number } };
  return (known.getWeekInfo?.().firstDay ?? 1) % 7;
}

/** All days of the weeks around a month, which is told by one of its days. */
export function daysAround(text: string, firstDay: number): string[] {
  const first = `${text.slice(0, 8)}01`;
  const back = (new Date(wallNumber(`${first}T00:00:00`)).getUTCDay() - firstDay + 7) % 7;
  return Array.from({ length: WEEKS * 7 }, (_, at) => dayAfter(first, at - back));
}

/** The same day of another month, or its last. */
export function monthAfter(text: string, by: number): string {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month - 1 + by + 1, 0));
  return `${last.toISOString().slice(0, 8)}${String(Math.min(day, last.getUTCDate())).padStart(2, '0')}`;
}
