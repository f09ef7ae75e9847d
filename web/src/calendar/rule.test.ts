import { beforeAll, describe, expect, it } from 'vitest';
import type { RecurrenceRule } from '../jmap/types';
import { speak } from '../texts/index.svelte';
import { sentence, toForm, toRule } from './rule';

// A Tuesday, the second of its month.
const START = '2026-05-12T09:00:00';
const rules: [Partial<RecurrenceRule>, string][] = [
  [{ frequency: 'daily', interval: 3 }, 'Every 3 days'],
  [{ frequency: 'weekly', byDay: [{ '@type': 'NDay', day: 'tu' }, { '@type': 'NDay', day: 'fr' }] }, 'Every week, on Tuesday and Friday'],
  [{ frequency: 'monthly', byMonthDay: [12], count: 3 }, 'Every month, on day 12, 3 times'],
  [{ frequency: 'monthly', byDay: [{ '@type': 'NDay', day: 'tu', nthOfPeriod: 2 }] }, 'Every month, on the second Tuesday'],
  [{ frequency: 'yearly', until: '2030-05-12T23:59:59' }, 'Every year, until'],
];

describe('a rule in a form', () => {
  beforeAll(() => speak('en'));

  it('is the same rule afterwards, and can be said', () => {
    for (const [given, words] of rules) {
      const rule = { '@type': 'RecurrenceRule', ...given } as RecurrenceRule;
      const form = toForm(rule, START);
      expect(form.frequency).toBe(rule.frequency);
      expect(toRule(form, START, false)).toEqual(rule);
      expect(sentence(form, START)).toContain(words);
    }
    expect(toRule(toForm(null, START), START, false)).toBeNull();
  });

  it('the last of its weekday', () => {
    const last = { '@type': 'RecurrenceRule', frequency: 'monthly', byDay: [{ '@type': 'NDay', day: 'fr', nthOfPeriod: -1 }] } as RecurrenceRule;
    expect(toForm(last, '2026-05-29T09:00:00').monthly).toBe('last');
    expect(toRule(toForm(last, '2026-05-29T09:00:00'), '2026-05-29T09:00:00', false)).toEqual(last);
  });

  it('what the form cannot say stays as it is, but for its end', () => {
    const rare: RecurrenceRule = { frequency: 'yearly', byWeekNo: [20], count: 4 };
    const form = toForm(rare, START);
    expect(form.frequency).toBe('own');
    expect(toRule(form, START, false)).toEqual(rare);
    expect(toForm({ frequency: 'monthly', byDay: [{ day: 'mo', nthOfPeriod: 1 }] }, START).frequency).toBe('own');
    expect(toForm({ frequency: 'hourly' }, START).frequency).toBe('own');
  });

  it('whole days end with a day', () => {
    expect(toRule({ ...toForm(null, START), frequency: 'daily', ends: 'until', until: '2026-06-01' }, START, true)?.until).toBe('2026-06-01T00:00:00');
  });
});
