// When several people have time: busy times side by side, and what is free for all.

import { DAY, instant, wall, wallNumber } from './time';

/** A stretch of time, in milliseconds since 1970. */
export interface Stretch {
  start: number;
  end: number;
}

/** Where free slots are looked for. */
export interface Wanted {
  /** Milliseconds that are needed. */
  length: number;
  /** Not before this instant. */
  from: number;
  /** Hours of a working day, on the clock of `zone`. */
  opens: number;
  closes: number;
  zone: string;
  /** How many are looked for. */
  count: number;
}

/** Slots begin on half hours. */
const STEP = 30 * 60_000;
/** Days that are looked at. */
const DAYS = 21;

/** Busy times as few, in order, none touching another. */
export function merged(all: Stretch[]): Stretch[] {
  const made: Stretch[] = [];
  for (const one of all.filter((it) => it.end > it.start).sort((a, b) => a.start - b.start)) {
    const last = made.at(-1);
    if (last && one.start <= last.end) last.end = Math.max(last.end, one.end);
    else made.push({ ...one });
  }
  return made;
}

export function isBusy(all: Stretch[], at: Stretch): boolean {
  return all.some((one) => one.start < at.end && one.end > at.start);
}

/** The first slots on working days in which nobody is busy, none overlapping another. */
export function freeSlots(busy: Stretch[][], wanted: Wanted): Stretch[] {
  const all = merged(busy.flat());
  const found: Stretch[] = [];
  const today = wallNumber(`${wall(wanted.from, wanted.zone).slice(0, 10)}T00:00:00`);
  for (let at = 0; at < DAYS && found.length < wanted.count; at += 1) {
    const day = new Date(today + at * DAY);
    if (day.getUTCDay() === 0 || day.getUTCDay() === 6) continue;
    const clock = (hour: number): number => instant(`${day.toISOString().slice(0, 10)}T${String(hour).padStart(2, '0')}:00:00`, wanted.zone);
    const closes = clock(wanted.closes);
    let start = clock(wanted.opens);
    while (start + wanted.length <= closes && found.length < wanted.count) {
      const slot = { start, end: start + wanted.length };
      const hit = all.find((one) => one.start < slot.end && one.end > slot.start);
      if (start < wanted.from) start += STEP;
      else if (hit) start += Math.max(Math.ceil((hit.end - start) / STEP), 1) * STEP;
      else {
        found.push(slot);
        start += Math.max(Math.ceil(wanted.length / STEP), 1) * STEP;
      }
    }
  }
  return found;
}
