import { expect, it } from 'vitest';
import { duration, local, milliseconds } from './calendar.svelte';

it('says and reads durations', () => {
  expect(milliseconds('PT1H30M')).toBe(5_400_000);
  expect(milliseconds('P1W2DT1S')).toBe((9 * 86_400 + 1) * 1000);
  expect(milliseconds('nonsense')).toBe(0);
  const start = new Date(2026, 2, 29);
  expect(duration(start, new Date(2026, 2, 30), true)).toBe('P1D');
  expect(duration(start, new Date(2026, 2, 29, 1, 15), false)).toBe('PT1H15M');
});

it('says what the clock on the wall says', () => {
  expect(local(new Date(2026, 0, 5, 7, 3))).toBe('2026-01-05T07:03:00');
});
