import { expect, it } from 'vitest';
import { daysAround, monthAfter } from './month';

it('a month is shown in whole weeks', () => {
  const monday = daysAround('2027-03-17', 1);
  expect([monday[0], monday[6], monday.at(-1), monday.length]).toEqual(['2027-03-01', '2027-03-07', '2027-04-11', 42]);
  expect(daysAround('2027-03-17', 0)[0]).toBe('2027-02-28');
  expect(daysAround('2026-02-01', 0)[0]).toBe('2026-02-01');
});

it('the same day of another month, or its last', () => {
  expect(monthAfter('2027-01-31', 1)).toBe('2027-02-28');
  expect(monthAfter('2028-01-31', 1)).toBe('2028-02-29');
  expect(monthAfter('2027-01-15', -1)).toBe('2026-12-15');
  expect(monthAfter('2027-12-31', 1)).toBe('2028-01-31');
});
