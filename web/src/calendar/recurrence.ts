// How an event repeats (RFC 8984 4.3.3): which days a rule means, cut in two, moved, and put into a form.
//
// Wall clocks are numbers as if they were UTC: a rule knows no zone, and so no change of clocks.

import type { RecurrenceRule, Weekday } from '../jmap/types';
import { DAY, wallNumber, wallText } from './time';

export const WEEKDAYS: Weekday[] = ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'];

/** Periods without a day in them after which nothing more is expected. */
const EMPTY_PERIODS_MAX = 1_500;

/** The day of the week of a wall clock. */
export function weekday(wall: string | number): Weekday {
  const at = new Date(typeof wall === 'number' ? wall : wallNumber(wall));
  return WEEKDAYS[(at.getUTCDay() + 6) % 7] ?? 'mo';
}

/** Which one of its weekday a day is in its month, from the beginning and from the end. */
export function nthOf(wall: string): { nth: number; isLast: boolean } {
  const at = new Date(wallNumber(wall));
  const days = daysIn(at.getUTCFullYear(), at.getUTCMonth());
  return { nth: Math.ceil(at.getUTCDate() / 7), isLast: at.getUTCDate() + 7 > days };
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}

/** Whether the days of a rule can be told here; what is rarer is left to the server. */
export function isKnown(rule: RecurrenceRule): boolean {
  const rare = ['byYearDay', 'byWeekNo', 'byHour', 'byMinute', 'bySecond'] as const;
  if (rare.some((name) => rule[name]?.length)) return false;
  if ((rule.rscale ?? 'gregorian') !== 'gregorian' || (rule.skip ?? 'omit') !== 'omit') return false;
  if (!['daily', 'weekly', 'monthly', 'yearly'].includes(rule.frequency)) return false;
  return rule.frequency !== 'yearly' || !rule.byDay?.length || Boolean(rule.byMonth?.length);
}

/** The wall clocks of the occurrences that a rule makes, without what is taken out or added; endless where the rule is. */
export function* occurrences(rule: RecurrenceRule, start: string): Generator<string> {
  const first = wallNumber(start);
  const until = rule.until ? wallNumber(rule.until) : Infinity;
  let left = rule.count ?? Infinity;
  // The start is the first one, whether the rule says so or not.
  if (left-- > 0 && first <= until) yield wallText(first);
  let empty = 0;
  for (let period = 0; empty < EMPTY_PERIODS_MAX; period += 1) {
    const found = inPeriod(rule, first, period * (rule.interval ?? 1));
    empty = found.length > 0 ? 0 : empty + 1;
    for (const at of found) {
      if (at <= first) continue;
      if (at > until || left-- <= 0) return;
      yield wallText(at);
    }
  }
}

function inPeriod(rule: RecurrenceRule, first: number, steps: number): number[] {
  const clock = ((first % DAY) + DAY) % DAY;
  const start = new Date(first - clock);
  const [year, month, date] = [start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()];
  let days: number[];
  if (rule.frequency === 'daily') days = [start.getTime() + steps * DAY].filter((at) => fits(rule, at));
  else if (rule.frequency === 'weekly') {
    const begin = WEEKDAYS.indexOf(rule.firstDayOfWeek ?? 'mo');
    const back = (WEEKDAYS.indexOf(weekday(start.getTime())) - begin + 7) % 7;
    const week = start.getTime() + (steps * 7 - back) * DAY;
    const wanted = rule.byDay?.length ? rule.byDay.map((it) => it.day) : [weekday(start.getTime())];
    days = [0, 1, 2, 3, 4, 5, 6].map((at) => week + at * DAY).filter((at) => wanted.includes(weekday(at)) && inMonth(rule, at));
  } else if (rule.frequency === 'monthly') {
    const at = new Date(Date.UTC(year, month + steps, 1));
    days = inMonth(rule, at.getTime()) ? daysOf(rule, at.getUTCFullYear(), at.getUTCMonth(), date) : [];
  } else {
    const months = rule.byMonth?.length ? rule.byMonth.map((it) => parseInt(it, 10) - 1).sort((a, b) => a - b) : [month];
    days = months.flatMap((at) => daysOf(rule, year + steps, at, date));
  }
  const chosen = rule.bySetPosition?.length
    ? [...new Set(rule.bySetPosition.map((at) => days[at > 0 ? at - 1 : days.length + at]))].filter((at) => at !== undefined).sort((a, b) => a - b)
    : days;
  return chosen.map((at) => at + clock);
}

function inMonth(rule: RecurrenceRule, at: number): boolean {
  return !rule.byMonth?.length || rule.byMonth.includes(String(new Date(at).getUTCMonth() + 1));
}

function fits(rule: RecurrenceRule, at: number): boolean {
  const date = new Date(at);
  const fromEnd = date.getUTCDate() - daysIn(date.getUTCFullYear(), date.getUTCMonth()) - 1;
  const byDate = !rule.byMonthDay?.length || rule.byMonthDay.includes(date.getUTCDate()) || rule.byMonthDay.includes(fromEnd);
  return byDate && inMonth(rule, at) && (!rule.byDay?.length || rule.byDay.some((it) => it.day === weekday(at)));
}

function daysOf(rule: RecurrenceRule, year: number, month: number, date: number): number[] {
  const count = daysIn(year, month);
  const found: number[] = [];
  for (let day = 1; day <= count; day += 1) {
    const at = Date.UTC(year, month, day);
    const byDate = rule.byMonthDay?.length
      ? rule.byMonthDay.includes(day) || rule.byMonthDay.includes(day - count - 1)
      : rule.byDay?.length
        ? true
        : day === date;
    const byDay = !rule.byDay?.length || rule.byDay.some((it) => {
      if (it.day !== weekday(at)) return false;
      const nth = it.nthOfPeriod;
      return !nth || (nth > 0 ? Math.ceil(day / 7) === nth : Math.ceil((count - day + 1) / 7) === -nth);
    });
    if (byDate && byDay) found.push(at);
  }
  return found;
}

/** A rule that ends before an occurrence, and the rest of it that begins there. Null: this rule cannot be counted here. */
export function cut(rule: RecurrenceRule, start: string, at: string, wholeDays: boolean): { before: RecurrenceRule; rest: RecurrenceRule } | null {
  const before: RecurrenceRule = { ...rule };
  const rest: RecurrenceRule = { ...rule };
  delete before.count;
  // RFC 8984 4.3.3: `until` is the last one that may be, so it lies before the one that is cut off.
  before.until = wholeDays ? wallText(wallNumber(`${at.slice(0, 10)}T00:00:00`) - DAY) : wallText(wallNumber(at) - 1000);
  if (rule.count !== undefined) {
    if (!isKnown(rule)) return null;
    let passed = 0;
    for (const one of occurrences(rule, start)) {
      if (one >= at) break;
      passed += 1;
    }
    rest.count = Math.max(rule.count - passed, 1);
  }
  return { before, rest };
}

/** The rule of a series whose occurrences move from one wall clock to another: what it says of days moves along. */
export function moved(rule: RecurrenceRule, from: string, to: string): RecurrenceRule {
  const days = Math.round((wallNumber(`${to.slice(0, 10)}T00:00:00`) - wallNumber(`${from.slice(0, 10)}T00:00:00`)) / DAY);
  const made: RecurrenceRule = { ...rule };
  if (rule.until) {
    const by = wallNumber(to) - wallNumber(from);
    // An end by day stays at the end of its day; an end by the clock moves with the clock.
    if (days !== 0 || !/T(00:00:00|23:59:59)$/.test(rule.until)) made.until = wallText(wallNumber(rule.until) + (/T(00:00:00|23:59:59)$/.test(rule.until) ? days * DAY : by));
  }
  if (days === 0) return made;
  const target = new Date(wallNumber(to));
  if (rule.byDay?.length) {
    if (rule.frequency === 'weekly') {
      made.byDay = rule.byDay.map((it) => ({ ...it, day: WEEKDAYS[(((WEEKDAYS.indexOf(it.day) + days) % 7) + 7) % 7] ?? it.day }));
    } else if (rule.byDay.length === 1 && rule.byDay[0]?.nthOfPeriod) {
      const { nth, isLast } = nthOf(to);
      const last = rule.byDay[0].nthOfPeriod < 0;
      made.byDay = [{ '@type': 'NDay', day: weekday(to), nthOfPeriod: (last && isLast) || nth > 4 ? -1 : nth }];
    }
  }
  if (rule.byMonthDay?.length === 1) made.byMonthDay = [target.getUTCDate()];
  if (rule.byMonth?.length === 1) made.byMonth = [String(target.getUTCMonth() + 1)];
  return made;
}
