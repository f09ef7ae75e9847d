// Those who take part in an event: by address, with what they answered.

import { read } from '../compose/compose.svelte';
import type { CalendarEvent, Participant } from '../jmap/types';

export function addressOf(one: Participant): string {
  return (one.calendarAddress ?? one.email ?? '').replace(/^mailto:/i, '').toLowerCase();
}

export function everybody(event: CalendarEvent | null): [string, Participant][] {
  return Object.entries(event?.participants ?? {});
}

export function isRoom(one: Participant): boolean {
  return one.kind === 'location' || one.kind === 'resource';
}

/** The entry of the person, where they take part. */
export function mine(event: CalendarEvent | null, own: string[]): [string, Participant] | undefined {
  return everybody(event).find(([, one]) => own.includes(addressOf(one)));
}

/** Whether somebody else organizes it and asks the person. */
export function isGuest(event: CalendarEvent | null, own: string[]): boolean {
  if (!event || event.isOrigin !== false) return false;
  const me = mine(event, own);
  return me !== undefined && !me[1].roles?.owner;
}

/** Whether it is for the person to answer. */
export function isAsked(event: CalendarEvent, own: string[]): boolean {
  const me = mine(event, own);
  return isGuest(event, own) && (me?.[1].participationStatus ?? 'needs-action') === 'needs-action' && event.status !== 'cancelled';
}

/** Whether it is asked for, but not needed (RFC 5545 3.2.16 knows people who are only told as well). */
export function isOptional(one: Participant): boolean {
  return one.roles?.optional === true || one.roles?.informational === true;
}

export interface Room {
  email: string;
  name: string;
  kind: 'location' | 'resource';
}

/** Whom the form asks: addresses as they are typed, and rooms. */
export interface Asked {
  guests: string;
  optional: string;
  rooms: Room[];
}

/** All who take part, from what was typed and chosen: who is known keeps what is known of them. */
export function invited(event: CalendarEvent | null, asked: Asked, own: string): Record<string, Participant> | null {
  const known = everybody(event);
  const people = (words: string, role: 'required' | 'optional'): (Participant & { email: string })[] => read(words).map(({ name, email }) => ({ ...(name ? { name } : {}), email, roles: { [role]: true } }));
  const wanted = [
    ...people(asked.guests, 'required'),
    ...people(asked.optional, 'optional'),
    ...asked.rooms.map(({ name, email, kind }) => ({ name, email, kind, roles: { required: true as const } })),
  ].filter((it) => it.email.toLowerCase() !== own);
  if (wanted.length === 0) return null;
  const owner = known.find(([, one]) => one.roles?.owner) ?? known.find(([, one]) => addressOf(one) === own);
  const all: Record<string, Participant> = {
    [owner?.[0] ?? 'owner']: owner?.[1] ?? { '@type': 'Participant', calendarAddress: `mailto:${own}`, email: own, roles: { owner: true, chair: true }, participationStatus: 'accepted' },
  };
  const seen = new Set<string>();
  for (const one of wanted) {
    const address = one.email.toLowerCase();
    if (seen.has(address)) continue;
    seen.add(address);
    const before = known.find(([id, it]) => addressOf(it) === address && !(id in all));
    if (before) all[before[0]] = withRole(before[1], isOptional(one));
    else all[fresh(all, known)] = { '@type': 'Participant', ...one, calendarAddress: `mailto:${one.email}`, participationStatus: 'needs-action', expectReply: true };
  }
  return all;
}

/** The same person, needed or not; where that is as it was, nothing is changed. */
function withRole(one: Participant, optional: boolean): Participant {
  if (isOptional(one) === optional) return one;
  const { required: _required, optional: _optional, informational: _informational, ...others } = one.roles ?? {};
  return { ...one, roles: { ...others, [optional ? 'optional' : 'required']: true } };
}

function fresh(all: Record<string, Participant>, known: [string, Participant][]): string {
  for (let at = 1; ; at += 1) {
    const id = `guest${at}`;
    if (!(id in all) && !known.some(([other]) => other === id)) return id;
  }
}

/** Addresses as they are typed: of those who are needed, or of those who need not come. */
export function typed(event: CalendarEvent | null, own: string, optional = false): string {
  const guests = everybody(event).filter(([, one]) => !isRoom(one) && addressOf(one) !== own && !one.roles?.owner && isOptional(one) === optional);
  return guests.map(([, one]) => (one.name ? `${/[",;<>@]/.test(one.name) ? JSON.stringify(one.name) : one.name} <${addressOf(one)}>` : addressOf(one))).map((one) => `${one}, `).join('');
}
