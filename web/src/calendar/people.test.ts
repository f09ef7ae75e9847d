import { describe, expect, it } from 'vitest';
import type { CalendarEvent } from '../jmap/types';
import { invited, isAsked, isGuest, mine, typed } from './people';

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
    const all = invited(null, 'Ben <ben@example.org>, anna@example.org, clara@example.org, ben@example.org', [{ email: 'room@example.org', name: 'Room', kind: 'location' }], OWN);
    expect(Object.keys(all ?? {})).toEqual(['owner', 'guest1', 'guest2', 'guest3']);
    expect(all?.owner).toMatchObject({ roles: { owner: true }, participationStatus: 'accepted' });
    expect(all?.guest1).toMatchObject({ name: 'Ben', calendarAddress: 'mailto:ben@example.org', participationStatus: 'needs-action', expectReply: true });
    expect(all?.guest3).toMatchObject({ kind: 'location' });
    expect(invited(null, ' ', [], OWN)).toBeNull();
    expect(invited(null, OWN, [], OWN)).toBeNull();
  });

  it('who is known keeps the answer', () => {
    expect(typed(event, OWN)).toBe('"Buche, Ben" <ben@example.org>, ');
    const all = invited(event, `${typed(event, OWN)}clara@example.org`, [], OWN);
    expect(Object.keys(all ?? {})).toEqual(['o', 'b', 'guest1']);
    expect(all?.b).toBe(event.participants?.b);
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
