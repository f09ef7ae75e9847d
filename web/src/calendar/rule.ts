// A rule as a form that people fill in, and as a sentence.

import type { RecurrenceRule, Weekday } from '../jmap/types';
import { locale, t } from '../texts/index.svelte';
import { WEEKDAYS, nthOf, weekday } from './recurrence';
import { wallNumber } from './time';

export interface RuleForm {
  /** `own`: a rule of another program that has more to it than this form. */
  frequency: 'none' | 'daily' | 'weekly' | 'monthly' | 'yearly' | 'own';
  interval: number;
  days: Weekday[];
  monthly: 'date' | 'nth' | 'last';
  ends: 'never' | 'until' | 'count';
  until: string;
  count: number;
  own: RecurrenceRule | null;
}

const SIMPLE = ['@type', 'frequency', 'interval', 'byDay', 'byMonthDay', 'byMonth', 'count', 'until', 'firstDayOfWeek', 'rscale', 'skip'];

export function toForm(rule: RecurrenceRule | null | undefined, start: string): RuleForm {
  const form: RuleForm = { frequency: 'none', interval: 1, days: [weekday(start)], monthly: 'date', ends: 'never', until: start.slice(0, 10), count: 10, own: null };
  if (!rule) return form;
  form.interval = rule.interval ?? 1;
  if (rule.until) [form.ends, form.until] = ['until', rule.until.slice(0, 10)];
  else if (rule.count) [form.ends, form.count] = ['count', rule.count];
  const own: RuleForm = { ...form, frequency: 'own', own: rule };
  if (Object.keys(rule).some((name) => !SIMPLE.includes(name)) || (rule.skip ?? 'omit') !== 'omit' || (rule.rscale ?? 'gregorian') !== 'gregorian') return own;
  const days = rule.byDay ?? [];
  const { nth, isLast } = nthOf(start);
  const at = new Date(wallNumber(start));
  const onDate = !rule.byMonthDay?.length || (rule.byMonthDay.length === 1 && rule.byMonthDay[0] === at.getUTCDate());
  switch (rule.frequency) {
    case 'daily':
      return days.length || rule.byMonthDay?.length || rule.byMonth?.length ? own : { ...form, frequency: 'daily' };
    case 'weekly':
      if (rule.byMonthDay?.length || rule.byMonth?.length || days.some((it) => it.nthOfPeriod)) return own;
      return { ...form, frequency: 'weekly', days: days.length ? days.map((it) => it.day) : form.days };
    case 'monthly': {
      if (rule.byMonth?.length) return own;
      if (days.length === 0) return onDate ? { ...form, frequency: 'monthly' } : own;
      const [one] = days;
      if (days.length > 1 || rule.byMonthDay?.length || one?.day !== weekday(start)) return own;
      if (one.nthOfPeriod === -1 && isLast) return { ...form, frequency: 'monthly', monthly: 'last' };
      return one.nthOfPeriod === nth ? { ...form, frequency: 'monthly', monthly: 'nth' } : own;
    }
    case 'yearly': {
      const month = !rule.byMonth?.length || (rule.byMonth.length === 1 && rule.byMonth[0] === String(at.getUTCMonth() + 1));
      return month && onDate && days.length === 0 ? { ...form, frequency: 'yearly' } : own;
    }
    default:
      return own;
  }
}

export function toRule(form: RuleForm, start: string, wholeDays: boolean): RecurrenceRule | null {
  if (form.frequency === 'none') return null;
  const rule: RecurrenceRule = form.frequency === 'own' && form.own ? { ...form.own } : { '@type': 'RecurrenceRule', frequency: form.frequency as RecurrenceRule['frequency'] };
  if (form.frequency !== 'own') {
    if (form.interval > 1) rule.interval = Math.min(Math.round(form.interval), 999);
    if (form.frequency === 'weekly') {
      const days = form.days.length > 0 ? form.days : [weekday(start)];
      rule.byDay = WEEKDAYS.filter((day) => days.includes(day)).map((day) => ({ '@type': 'NDay', day }));
    }
    if (form.frequency === 'monthly') {
      if (form.monthly === 'date') rule.byMonthDay = [new Date(wallNumber(start)).getUTCDate()];
      else rule.byDay = [{ '@type': 'NDay', day: weekday(start), nthOfPeriod: form.monthly === 'last' ? -1 : nthOf(start).nth }];
    }
  }
  delete rule.until;
  delete rule.count;
  if (form.ends === 'until') rule.until = `${form.until}T${wholeDays ? '00:00:00' : '23:59:59'}`;
  if (form.ends === 'count') rule.count = Math.max(Math.round(form.count), 1);
  return rule;
}

/** The name of a day of the week. */
export function dayName(day: Weekday, width: 'long' | 'short' = 'long'): string {
  // 5 January 2026 is a Monday.
  return new Intl.DateTimeFormat(locale(), { weekday: width, timeZone: 'UTC' }).format(Date.UTC(2026, 0, 5 + WEEKDAYS.indexOf(day)));
}

/** `second Tuesday`, `last Friday`. */
export function nthName(start: string, last: boolean): string {
  const words = ['calFirst', 'calSecond', 'calThird', 'calFourth', 'calFifth'] as const;
  return t('calNthDay', { nth: t(last ? 'calLast' : (words[nthOf(start).nth - 1] ?? 'calFifth')), day: dayName(weekday(start)) });
}

/** What a rule says, in a sentence. */
export function sentence(form: RuleForm, start: string): string {
  if (form.frequency === 'none') return t('calNoRepeat');
  if (form.frequency === 'own') return t('calOwnRule');
  const list = new Intl.ListFormat(locale(), { type: 'conjunction' });
  const units = { daily: ['calEveryDay', 'calEveryDays'], weekly: ['calEveryWeek', 'calEveryWeeks'], monthly: ['calEveryMonth', 'calEveryMonths'], yearly: ['calEveryYear', 'calEveryYears'] } as const;
  const [one, many] = units[form.frequency];
  const parts = [form.interval > 1 ? t(many, { count: form.interval }) : t(one)];
  if (form.frequency === 'weekly') parts.push(t('calOnDays', { days: list.format(WEEKDAYS.filter((day) => form.days.includes(day)).map((day) => dayName(day))) }));
  if (form.frequency === 'monthly') {
    parts.push(form.monthly === 'date' ? t('calOnDate', { date: new Date(wallNumber(start)).getUTCDate() }) : t('calOnNth', { nth: nthName(start, form.monthly === 'last') }));
  }
  if (form.ends === 'until') parts.push(t('calUntilDate', { date: new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeZone: 'UTC' }).format(wallNumber(`${form.until}T00:00:00`)) }));
  if (form.ends === 'count') parts.push(t('calTimes', { count: form.count }));
  return parts.join(', ');
}
