import { expect, it } from 'vitest';
import type { Alert, CalendarEvent } from '../jmap/types';
import { pending, seen } from './alerts';

const start = Date.parse('2026-05-04T09:00:00Z');
const stretch = { start, end: start + 3_600_000 };
const event: CalendarEvent = { id: 'v1', uid: 'u', calendarIds: {}, start: '2026-05-04T09:00:00' };
const alerts: Record<string, Alert> = {
  a: { trigger: { offset: '-PT10M' }, action: 'display' },
  b: { trigger: { offset: 'PT0S', relativeTo: 'end' } },
  c: { trigger: { offset: '-P1D' }, action: 'email' },
};
const MINUTE = 60_000;

it('reminders are due by start and end, and letters are not shown', () => {
  expect(pending(event, alerts, stretch, start)).toEqual([{ id: 'a', at: start - 10 * MINUTE }, { id: 'b', at: stretch.end }]);
  expect(pending(event, alerts, stretch, start + 86_400_000)).toEqual([]);
  expect(pending({ ...event, status: 'cancelled' }, alerts, stretch, start)).toEqual([]);
});

it('what was seen to is done, and what was put off comes again', () => {
  const now = start - 9 * MINUTE;
  const done = seen(alerts, ['a'], now, null);
  expect(done.a?.acknowledged).toBe('2026-05-04T08:51:00Z');
  expect(pending(event, done, stretch, now).map((it) => it.id)).toEqual(['b']);
  const later = seen(alerts, ['a'], now, start);
  expect(pending(event, later, stretch, now)).toEqual([{ id: 'a-later', at: start }, { id: 'b', at: stretch.end }]);
  const again = seen(later, ['a-later'], start, start + 5 * MINUTE);
  expect(Object.keys(again).sort()).toEqual(['a', 'a-later', 'b', 'c']);
  expect(again['a-later']).toMatchObject({ trigger: { when: '2026-05-04T09:05:00Z' }, relatedTo: { a: { relation: { snooze: true } } } });
  expect(again.a?.acknowledged).toBe('2026-05-04T09:00:00Z');
  const last = seen(again, ['a-later'], start + 5 * MINUTE, null);
  expect(last).not.toHaveProperty('a-later');
  expect(last.a?.acknowledged).toBe('2026-05-04T09:05:00Z');
});

it('what another program put off is put off once more as one', () => {
  const theirs: Record<string, Alert> = {
    a: { trigger: { offset: '-PT10M' }, acknowledged: '2026-05-04T08:50:00Z' },
    k2: { trigger: { '@type': 'AbsoluteTrigger', when: '2026-05-04T09:00:00Z' }, relatedTo: { a: { relation: { snooze: true } } } },
  };
  expect(pending(event, theirs, stretch, start)).toEqual([{ id: 'k2', at: start }]);
  expect(Object.keys(seen(theirs, ['k2'], start, start + MINUTE)).sort()).toEqual(['a', 'a-later']);
  expect(Object.keys(seen(theirs, ['k2'], start, null))).toEqual(['a']);
});

it('the next occurrence of a series is not done with the last one', () => {
  const done = seen(alerts, ['a'], start, null);
  const next = { start: start + 7 * 86_400_000, end: stretch.end + 7 * 86_400_000 };
  expect(pending(event, done, next, next.start).map((it) => it.id)).toContain('a');
});
