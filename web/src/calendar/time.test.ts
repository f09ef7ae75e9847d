import { describe, expect, it } from 'vitest';
import { dayAfter, duration, instant, local, milliseconds, offset, rezone, wall, zones } from './time';

const BERLIN = 'Europe/Berlin';
const at = (text: string): number => Date.parse(text);

describe('durations', () => {
  it('are said and read', () => {
    expect(milliseconds('PT1H30M')).toBe(5_400_000);
    expect(milliseconds('P1W2DT1S')).toBe((9 * 86_400 + 1) * 1000);
    expect(milliseconds('-PT15M')).toBe(-900_000);
    expect(milliseconds('nonsense')).toBe(0);
    const start = new Date(2026, 2, 29);
    expect(duration(start, new Date(2026, 2, 30), true)).toBe('P1D');
    expect(duration(start, new Date(2026, 2, 29, 1, 15), false)).toBe('PT1H15M');
  });

  it('what the clock on the wall says', () => {
    expect(local(new Date(2026, 0, 5, 7, 3))).toBe('2026-01-05T07:03:00');
    expect(dayAfter('2026-02-28', 1)).toBe('2026-03-01');
    expect(dayAfter('2026-03-29', -1)).toBe('2026-03-28');
  });
});

describe('time zones', () => {
  it('know summer and winter', () => {
    expect(offset(at('2026-01-05T12:00:00Z'), BERLIN)).toBe(3_600_000);
    expect(offset(at('2026-07-05T12:00:00Z'), BERLIN)).toBe(7_200_000);
    expect(wall(at('2026-07-05T22:30:00Z'), BERLIN)).toBe('2026-07-06T00:30:00');
    expect(instant('2026-01-05T09:00:00', BERLIN)).toBe(at('2026-01-05T08:00:00Z'));
    expect(instant('2026-07-05T09:00:00', BERLIN)).toBe(at('2026-07-05T07:00:00Z'));
  });

  it('take the offset before the gap, and the first of two', () => {
    // 02:30 of this day is skipped: the clock goes from 02:00 to 03:00.
    expect(instant('2026-03-29T02:30:00', BERLIN)).toBe(at('2026-03-29T01:30:00Z'));
    // 02:30 of this day is there twice.
    expect(instant('2026-10-25T02:30:00', BERLIN)).toBe(at('2026-10-25T00:30:00Z'));
    expect(instant('2026-10-25T03:00:00', BERLIN)).toBe(at('2026-10-25T02:00:00Z'));
    expect(instant('2026-03-29T03:00:00', BERLIN)).toBe(at('2026-03-29T01:00:00Z'));
  });

  it('are changed from one to another, over odd offsets and the date line', () => {
    expect(rezone('2026-06-01T09:00:00', BERLIN, 'America/New_York')).toBe('2026-06-01T03:00:00');
    expect(rezone('2026-06-01T09:00:00', BERLIN, 'Asia/Kathmandu')).toBe('2026-06-01T12:45:00');
    expect(rezone('2026-06-01T23:30:00', 'Pacific/Honolulu', 'Pacific/Auckland')).toBe('2026-06-02T21:30:00');
    for (const name of ['UTC', 'Australia/Lord_Howe', 'America/St_Johns']) {
      for (let month = 0; month < 12; month += 1) {
        const moment = Date.UTC(2026, month, 17, 5, 30);
        expect(instant(wall(moment, name), name)).toBe(moment);
      }
    }
  });

  it('can be chosen, each once', () => {
    const all = zones(BERLIN, null);
    expect(all).toContain(BERLIN);
    expect(new Set(all).size).toBe(all.length);
  });
});
