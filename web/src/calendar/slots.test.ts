import { expect, it } from 'vitest';
import { freeSlots, isBusy, merged } from './slots';
import { instant } from './time';

const zone = 'Europe/Berlin';
const at = (text: string): number => instant(`${text}:00`, zone);
const busy = (from: string, to: string) => ({ start: at(from), end: at(to) });
const HOUR = 3_600_000;

it('busy times are put together', () => {
  expect(merged([{ start: 5, end: 7 }, { start: 1, end: 3 }, { start: 2, end: 5 }, { start: 9, end: 9 }])).toEqual([{ start: 1, end: 7 }]);
  expect(isBusy([{ start: 1, end: 3 }], { start: 3, end: 4 })).toBe(false);
  expect(isBusy([{ start: 1, end: 3 }], { start: 2, end: 4 })).toBe(true);
});

it('free is what is free for all, within the hours of working days', () => {
  const anna = [busy('2026-05-08T09:00', '2026-05-08T10:15')];
  const ben = [busy('2026-05-08T11:00', '2026-05-08T17:00')];
  const found = freeSlots([anna, ben], { length: HOUR, from: at('2026-05-08T08:20'), opens: 8, closes: 18, zone, count: 3 });
  // 10:30 to 11:00 is too short; the day after is a Saturday.
  expect(found).toEqual([
    { start: at('2026-05-08T17:00'), end: at('2026-05-08T18:00') },
    { start: at('2026-05-11T08:00'), end: at('2026-05-11T09:00') },
    { start: at('2026-05-11T09:00'), end: at('2026-05-11T10:00') },
  ]);
});

it('the hours are those of the clock, also when it changes', () => {
  const [before] = freeSlots([], { length: HOUR, from: at('2026-03-27T17:30'), opens: 9, closes: 17, zone, count: 1 });
  expect(before?.start).toBe(Date.parse('2026-03-30T07:00:00Z'));
  expect(freeSlots([], { length: 24 * HOUR, from: 0, opens: 9, closes: 17, zone, count: 1 })).toEqual([]);
});
