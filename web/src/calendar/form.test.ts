import { expect, it } from 'vitest';
import type { CalendarEvent } from '../jmap/types';
import { placed, stretchOf } from './form.svelte';
import { zone } from './time';

const event: CalendarEvent = { id: 'v1', uid: 'u', calendarIds: {}, start: '2026-05-12T09:00:00', timeZone: 'America/New_York', duration: 'PT1H', utcStart: '2026-05-12T13:00:00Z', utcEnd: '2026-05-12T14:00:00Z' };

it('where an event is drawn to is said on its own clock', () => {
  expect(stretchOf(event).start.toISOString()).toBe('2026-05-12T13:00:00.000Z');
  expect(placed(event, new Date('2026-05-13T14:30:00Z'), new Date('2026-05-13T16:00:00Z'), false)).toEqual({ start: '2026-05-13T10:30:00', duration: 'PT1H30M' });
});

it('whole days are days, however many hours they have', () => {
  const days: CalendarEvent = { ...event, start: '2026-03-28T00:00:00', timeZone: null, duration: 'P2D', showWithoutTime: true };
  const { start, end, allDay } = stretchOf(days);
  expect([start.getDate(), end.getDate(), end.getHours(), allDay]).toEqual([28, 30, 0, true]);
  expect(placed(days, new Date(2026, 9, 24), new Date(2026, 9, 26), true)).toEqual({ start: '2026-10-24T00:00:00', duration: 'P2D', timeZone: null, endTimeZone: null, showWithoutTime: true });
  expect(placed(days, new Date(2026, 9, 24, 9), new Date(2026, 9, 24, 10), false)).toEqual({ start: '2026-10-24T09:00:00', duration: 'PT1H', timeZone: zone(), showWithoutTime: false });
});
