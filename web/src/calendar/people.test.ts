import { describe, expect, it } from 'vitest';
import type { CalendarEvent } from '../jmap/types';
import { invited, isAsked, isGuest, isOptional, mine, typed, type Asked } from './people';

const asked = (guests: string, more: Partial<Asked> = {}): Asked => ({ guests, optional: '', rooms: [], ...more });

const OWN = 'anna@example.org';
const event: CalendarEvent = {
  id: 'v1', uid: 'u', calendarIds: {}, start: '2026-05-12T09:00:00', isOrigin: true,
  participants: {
    o: { calendarAddress: `mailto:${OWN}`, roles: { owner: true }, participationStatus: 'accepted' },
    b: { calendarAddress: 'mailto:Ben@example.org', name: 'Buche, Ben', participationStatus: 'tentative' },
    r: { calendarAddress: 'mailto:room@example.org', kind: 'location', name: 'Room', participationStatus: 'accepted' },
  },
};

describe('those who take part', () => {
  it('are made from what is typed, with the one who invites', () => {
    const all = invited(null, asked('Ben <ben@example.org>, anna@example.org, clara@example.org, ben@example.org', { rooms: [{ email: 'room@example.org', name: 'Room', kind: 'location' }] }), OWN);
    expect(Object.keys(all ?? {})).toEqual(['owner', 'guest1', 'guest2', 'guest3']);
    expect(all?.owner).toMatchObject({ roles: { owner: true }, participationStatus: 'accepted' });
    expect(all?.guest1).toMatchObject({ name: 'Ben', calendarAddress: 'mailto:ben@example.org', participationStatus: 'needs-action', expectReply: true });
    expect(all?.guest3).toMatchObject({ kind: 'location' });
    expect(invited(null, asked(' '), OWN)).toBeNull();
    expect(invited(null, asked(OWN), OWN)).toBeNull();
  });

  it('who is known keeps the answer', () => {
    expect(typed(event, OWN)).toBe('"Buche, Ben" <ben@example.org>, ');
    const all = invited(event, asked(`${typed(event, OWN)}clara@example.org`), OWN);
    expect(Object.keys(all ?? {})).toEqual(['o', 'b', 'guest1']);
    expect(all?.b).toBe(event.participants?.b);
  });

  it('who need not come is told apart, and can become needed', () => {
    const all = invited(null, asked('ben@example.org', { optional: 'clara@example.org, ben@example.org' }), OWN);
    expect(Object.values(all ?? {}).map(isOptional)).toEqual([false, false, true]);
    expect(all?.guest2?.roles).toEqual({ optional: true });
    const now = { ...event, participants: { ...all, b: { ...event.participants?.b, roles: { attendee: true as const, required: true as const } } } };
    expect(typed(now, OWN)).toBe('ben@example.org, "Buche, Ben" <ben@example.org>, ');
    expect(typed(now, OWN, true)).toBe('clara@example.org, ');
    const turned = invited({ ...event }, asked('', { optional: 'ben@example.org' }), OWN);
    expect(turned?.b).toEqual({ ...event.participants?.b, roles: { optional: true } });
    expect(isOptional({ roles: { informational: true } })).toBe(true);
  });

  it('who is asked', () => {
    expect(isGuest(event, [OWN])).toBe(false);
    const theirs = { ...event, isOrigin: false };
    expect(isGuest(theirs, ['ben@example.org'])).toBe(true);
    expect(isAsked(theirs, ['ben@example.org'])).toBe(false);
    expect(mine(theirs, ['ben@example.org'])?.[0]).toBe('b');
    expect(isGuest(theirs, ['dora@example.org'])).toBe(false);
  });
});
