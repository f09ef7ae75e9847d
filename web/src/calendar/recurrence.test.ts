import { describe, expect, it } from 'vitest';
import type { RecurrenceRule } from '../jmap/types';
import { cut, isKnown, moved, nthOf, occurrences, weekday } from './recurrence';

const rule = (said: Partial<RecurrenceRule>): RecurrenceRule => ({ '@type': 'RecurrenceRule', frequency: 'weekly', ...said });
const first = (said: Partial<RecurrenceRule>, start: string, count: number): string[] => {
  const found: string[] = [];
  for (const at of occurrences(rule(said), start)) {
    if (found.length === count) break;
    found.push(at.slice(0, 10));
  }
  return found;
};

describe('the days of a rule', () => {
  it('daily and weekly', () => {
    expect(first({ frequency: 'daily', interval: 2 }, '2026-02-27T09:00:00', 3)).toEqual(['2026-02-27', '2026-03-01', '2026-03-03']);
    expect(first({ byDay: [{ day: 'mo' }, { day: 'we' }] }, '2026-05-04T09:00:00', 4)).toEqual(['2026-05-04', '2026-05-06', '2026-05-11', '2026-05-13']);
    expect(first({ interval: 2, byDay: [{ day: 'tu' }, { day: 'su' }], firstDayOfWeek: 'mo' }, '1997-08-05T09:00:00', 4)).toEqual(['1997-08-05', '1997-08-10', '1997-08-19', '1997-08-24']);
    expect(first({ interval: 2, byDay: [{ day: 'tu' }, { day: 'su' }], firstDayOfWeek: 'su' }, '1997-08-05T09:00:00', 4)).toEqual(['1997-08-05', '1997-08-17', '1997-08-19', '1997-08-31']);
    expect(first({ frequency: 'daily', byDay: [{ day: 'mo' }, { day: 'fr' }] }, '2026-05-04T09:00:00', 3)).toEqual(['2026-05-04', '2026-05-08', '2026-05-11']);
  });

  it('monthly: days that are not there are left out; weekdays by number', () => {
    expect(first({ frequency: 'monthly' }, '2026-01-31T09:00:00', 3)).toEqual(['2026-01-31', '2026-03-31', '2026-05-31']);
    expect(first({ frequency: 'monthly', byDay: [{ day: 'tu', nthOfPeriod: 2 }] }, '2026-05-12T09:00:00', 3)).toEqual(['2026-05-12', '2026-06-09', '2026-07-14']);
    expect(first({ frequency: 'monthly', byDay: [{ day: 'fr', nthOfPeriod: -1 }] }, '2026-05-29T09:00:00', 3)).toEqual(['2026-05-29', '2026-06-26', '2026-07-31']);
    expect(first({ frequency: 'monthly', byMonthDay: [-1] }, '2026-01-31T09:00:00', 3)).toEqual(['2026-01-31', '2026-02-28', '2026-03-31']);
    const workdays = ['mo', 'tu', 'we', 'th', 'fr'].map((day) => ({ day: day as 'mo' }));
    expect(first({ frequency: 'monthly', byDay: workdays, bySetPosition: [-1] }, '2026-05-29T09:00:00', 3)).toEqual(['2026-05-29', '2026-06-30', '2026-07-31']);
  });

  it('yearly, with 29 February only where there is one', () => {
    expect(first({ frequency: 'yearly' }, '2024-02-29T09:00:00', 3)).toEqual(['2024-02-29', '2028-02-29', '2032-02-29']);
    expect(first({ frequency: 'yearly', byMonth: ['11'], byDay: [{ day: 'th', nthOfPeriod: 4 }] }, '2026-11-26T09:00:00', 2)).toEqual(['2026-11-26', '2027-11-25']);
  });

  it('ends by count and by day, and never runs forever', () => {
    expect(first({ count: 2 }, '2026-05-04T09:00:00', 9)).toHaveLength(2);
    expect(first({ until: '2026-05-18T09:00:00' }, '2026-05-04T09:00:00', 9)).toHaveLength(3);
    expect(first({ until: '2026-05-18T08:59:59' }, '2026-05-04T09:00:00', 9)).toHaveLength(2);
    expect(first({ frequency: 'yearly', byMonth: ['2'], byMonthDay: [31] }, '2026-05-04T09:00:00', 9)).toHaveLength(1);
    expect(isKnown(rule({ byWeekNo: [20] }))).toBe(false);
    expect(isKnown(rule({ frequency: 'hourly' }))).toBe(false);
  });

  it('weekdays and their numbers', () => {
    expect(weekday('2026-05-04T09:00:00')).toBe('mo');
    expect(nthOf('2026-05-29T09:00:00')).toEqual({ nth: 5, isLast: true });
    expect(nthOf('2026-05-12T09:00:00')).toEqual({ nth: 2, isLast: false });
  });
});

describe('a rule that is cut', () => {
  it('ends before the occurrence, and goes on with the rest', () => {
    const made = cut(rule({ count: 10 }), '2026-05-04T09:00:00', '2026-05-18T09:00:00', false);
    expect(made?.before).toEqual(rule({ until: '2026-05-18T08:59:59' }));
    expect(made?.rest.count).toBe(8);
    const all = [...occurrences(rule({ count: 10 }), '2026-05-04T09:00:00')];
    expect([...occurrences(made?.before ?? rule({}), '2026-05-04T09:00:00'), ...occurrences(made?.rest ?? rule({}), '2026-05-18T09:00:00')]).toEqual(all);
  });

  it('keeps its own end, and whole days end with a day', () => {
    const made = cut(rule({ until: '2026-08-01T00:00:00' }), '2026-05-04T00:00:00', '2026-05-18T00:00:00', true);
    expect(made?.before.until).toBe('2026-05-17T00:00:00');
    expect(made?.rest.until).toBe('2026-08-01T00:00:00');
    expect(cut(rule({ frequency: 'hourly', count: 5 }), '2026-05-04T00:00:00', '2026-05-18T00:00:00', false)).toBeNull();
    expect(cut(rule({ frequency: 'hourly' }), '2026-05-04T00:00:00', '2026-05-18T00:00:00', false)?.before.until).toBe('2026-05-17T23:59:59');
  });
});

describe('a rule that moves', () => {
  it('takes its weekdays along', () => {
    expect(moved(rule({ byDay: [{ day: 'mo' }, { day: 'su' }] }), '2026-05-04T09:00:00', '2026-05-05T10:00:00').byDay).toEqual([{ day: 'tu' }, { day: 'mo' }]);
    expect(moved(rule({ byDay: [{ day: 'mo' }] }), '2026-05-04T09:00:00', '2026-05-04T11:00:00').byDay).toEqual([{ day: 'mo' }]);
    expect(moved(rule({ frequency: 'monthly', byDay: [{ day: 'mo', nthOfPeriod: 1 }] }), '2026-05-04T09:00:00', '2026-05-13T09:00:00').byDay).toEqual([{ '@type': 'NDay', day: 'we', nthOfPeriod: 2 }]);
    expect(moved(rule({ frequency: 'monthly', byMonthDay: [4] }), '2026-05-04T09:00:00', '2026-05-06T09:00:00').byMonthDay).toEqual([6]);
    expect(moved(rule({ until: '2026-06-01T09:00:00' }), '2026-05-04T09:00:00', '2026-05-04T11:00:00').until).toBe('2026-06-01T11:00:00');
  });
});
