// Who is busy when (JMAP Calendars draft -26 3.1), for the people and rooms of one event.

import { PRINCIPALS } from '../jmap/client';
import { byAddress, rooms } from '../sharing/directory';
import { jmap } from '../state/app.svelte';
import type { Id, Principal } from '../jmap/types';
import { merged, type Stretch } from './slots';

/** Free slots are looked for in so many days. */
const DAYS = 22;
const DAY = 86_400_000;

/** One person or room: null times are not known. */
export interface Row {
  address: string;
  name: string;
  busy: Stretch[] | null;
}

const known = new Map<string, Promise<Principal | null>>();
let ofHouse: Promise<Principal[]> | null = null;

function principal(address: string): Promise<Principal | null> {
  let found = known.get(address);
  if (!found) {
    found = byAddress(address).catch(() => null);
    known.set(address, found);
  }
  return found;
}

/** Rooms and equipment of the house. */
export function allRooms(): Promise<Principal[]> {
  ofHouse ??= rooms().catch((error: unknown) => {
    ofHouse = null;
    throw error;
  });
  return ofHouse;
}

const utc = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

async function busyOf(id: Id, from: number, until: number): Promise<Stretch[] | null> {
  try {
    const { list } = await jmap().one<{ list: { utcStart: string; utcEnd: string; busyStatus?: string }[] }>('Principal/getAvailability', {
      accountId: jmap().account(PRINCIPALS), id, utcStart: utc(from), utcEnd: utc(until),
    });
    return merged(list.map((one) => ({ start: Date.parse(one.utcStart), end: Date.parse(one.utcEnd) })));
  } catch {
    return null;
  }
}

class Availability {
  rows = $state.raw<Row[]>([]);
  rooms = $state.raw<(Principal & { busy: Stretch[] | null })[]>([]);
  loading = $state(false);
  private turn = 0;

  /** Looks who of these is busy in the weeks from a day on. `without`: a time that is the event's own. */
  async look(people: { address: string; name: string }[], from: number, without: Stretch | null): Promise<void> {
    this.turn += 1;
    const mine = this.turn;
    this.loading = true;
    const begin = from - DAY;
    const rows = await Promise.all(
      people.map(async ({ address, name }): Promise<Row> => {
        const one = await principal(address);
        const busy = one ? await busyOf(one.id, begin, begin + DAYS * DAY) : null;
        return { address, name: one?.name ?? name, busy: busy && outside(busy, without) };
      }),
    );
    if (mine !== this.turn) return;
    this.rows = rows;
    this.loading = false;
  }

  async lookAtRooms(stretch: Stretch, without: Stretch | null): Promise<void> {
    const all = await allRooms();
    this.rooms = await Promise.all(
      all.map(async (room) => {
        const busy = await busyOf(room.id, stretch.start - DAY, stretch.end + DAY);
        return { ...room, busy: busy && outside(busy, without) };
      }),
    );
  }
}

/** Busy times without the one that the event itself takes. */
export function outside(busy: Stretch[], own: Stretch | null): Stretch[] {
  if (!own) return busy;
  return busy.flatMap((one) => {
    if (one.end <= own.start || one.start >= own.end) return [one];
    return [{ start: one.start, end: own.start }, { start: own.end, end: one.end }].filter((part) => part.end > part.start);
  });
}

export const availability = new Availability();
