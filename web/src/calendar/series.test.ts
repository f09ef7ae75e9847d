import { describe, expect, it } from 'vitest';
import type { CalendarEvent } from '../jmap/types';
import { change, copyOf, removal, scopes } from './series';

const base: CalendarEvent = {
  id: 'v1', uid: 'u1', calendarIds: { c1: true }, isOrigin: true, title: 'Jour fixe', start: '2026-05-04T09:00:00', timeZone: 'Europe/Berlin', duration: 'PT1H',
  recurrenceRule: { frequency: 'weekly', byDay: [{ day: 'mo' }], count: 6 },
  recurrenceOverrides: { '2026-05-11T09:00:00': { title: 'Other' }, '2026-05-18T09:00:00': { title: 'Special', 'locations/a/name': 'Hall' }, '2026-06-01T09:00:00': { excluded: true } },
  participants: { o: { calendarAddress: 'mailto:anna@example.org', roles: { owner: true } }, b: { calendarAddress: 'mailto:ben@example.org', participationStatus: 'accepted' } },
};
const shown: CalendarEvent = { ...base, id: 'v1-20260518T090000', baseEventId: 'v1', recurrenceId: '2026-05-18T09:00:00', start: '2026-05-18T09:00:00', title: 'Special' };
const uid = (): string => 'u2';

describe('a change of one occurrence', () => {
  it('is an override, and undone by what was there before', () => {
    const plan = change(shown, base, { title: 'New' }, 'this', uid);
    expect(plan?.change).toEqual({ update: { 'v1-20260518T090000': { title: 'New' } } });
    expect(plan?.undo({})).toEqual({ update: { v1: { 'recurrenceOverrides/2026-05-18T09:00:00': base.recurrenceOverrides?.['2026-05-18T09:00:00'] } } });
  });
});

describe('a change of this and the following', () => {
  it('cuts the rule and makes the rest anew, in one request', () => {
    const plan = change(shown, base, { start: '2026-05-19T10:00:00', title: 'New' }, 'following', uid);
    expect(plan?.change.update?.v1).toEqual({
      recurrenceRule: { frequency: 'weekly', byDay: [{ day: 'mo' }], until: '2026-05-18T08:59:59' },
      recurrenceOverrides: { '2026-05-11T09:00:00': { title: 'Other' } },
    });
    const made = plan?.change.create?.rest;
    expect(made).toMatchObject({
      uid: 'u2', start: '2026-05-19T10:00:00', title: 'New', calendarIds: { c1: true },
      recurrenceRule: { frequency: 'weekly', byDay: [{ day: 'tu' }], count: 4 },
      relatedTo: { u1: { relation: { first: true } } },
    });
    expect(made?.recurrenceOverrides).toEqual({ '2026-05-19T10:00:00': { 'locations/a/name': 'Hall' }, '2026-06-02T10:00:00': { excluded: true } });
    expect(made?.participants).toMatchObject({ b: { participationStatus: 'needs-action' } });
    expect(made).not.toHaveProperty('id');
    expect(plan?.undo({ rest: 'v2' })).toEqual({ update: { v1: { recurrenceRule: base.recurrenceRule, recurrenceOverrides: base.recurrenceOverrides } }, destroy: ['v2'] });
  });

  it('of the first is a change of all', () => {
    const opening = { ...shown, recurrenceId: base.start, start: base.start };
    expect(change(opening, base, { title: 'New' }, 'following', uid)?.change.create).toBeUndefined();
    expect(removal(opening, base, 'following')?.change).toEqual({ destroy: ['v1'] });
  });

  it('with another rule takes that rule', () => {
    const plan = change(shown, base, { recurrenceRule: { frequency: 'daily', count: 3 } }, 'following', uid);
    expect(plan?.change.create?.rest?.recurrenceRule).toEqual({ frequency: 'daily', count: 3 });
    const left = change(shown, base, { recurrenceRule: { frequency: 'daily', count: 6 } }, 'following', uid);
    expect(left?.change.create?.rest?.recurrenceRule).toEqual({ frequency: 'daily', count: 4 });
    const single = change(shown, base, { recurrenceRule: null }, 'following', uid);
    expect(single?.change.create?.rest).not.toHaveProperty('recurrenceRule');
    expect(single?.change.create?.rest).not.toHaveProperty('recurrenceOverrides');
  });
});

describe('a change of all', () => {
  it('moves the series by as much as the occurrence', () => {
    const plan = change(shown, base, { start: '2026-05-20T08:30:00' }, 'all', uid);
    expect(plan?.change.update?.v1).toMatchObject({ start: '2026-05-06T08:30:00', recurrenceRule: { byDay: [{ day: 'we' }], count: 6 } });
    expect(Object.keys((plan?.change.update?.v1?.recurrenceOverrides ?? {}) as object)).toEqual(['2026-05-13T08:30:00', '2026-05-20T08:30:00', '2026-06-03T08:30:00']);
    expect(plan?.undo({}).update?.v1).toMatchObject({ start: base.start, recurrenceRule: base.recurrenceRule });
  });
});

describe('what goes', () => {
  it('one, the rest, or all, each undone', () => {
    expect(removal(shown, base, 'this')?.change).toEqual({ destroy: ['v1-20260518T090000'] });
    expect(removal(shown, base, 'following')?.change.update?.v1?.recurrenceRule).toMatchObject({ until: '2026-05-18T08:59:59' });
    const all = removal(shown, base, 'all');
    expect(all?.change).toEqual({ destroy: ['v1'] });
    expect(all?.undo({})).toEqual({ create: { back: copyOf(base) } });
    expect(copyOf(base)).toMatchObject({ uid: 'u1', title: 'Jour fixe' });
  });

  it('a rule that cannot be counted here is not cut', () => {
    const rare = { ...base, recurrenceRule: { frequency: 'hourly' as const, count: 9 } };
    expect(removal(shown, rare, 'following')).toBeNull();
  });
});

it('what can be asked', () => {
  expect(scopes(base, {})).toEqual(['all']);
  expect(scopes(shown, { title: 'x' })).toEqual(['this', 'following', 'all']);
  expect(scopes(shown, { recurrenceRule: null })).toEqual(['following', 'all']);
  expect(scopes({ ...shown, isOrigin: false }, {})).toEqual(['this', 'all']);
});
