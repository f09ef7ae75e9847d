// Times as JSCalendar writes them (RFC 8984 1.4), and time zones: which instant a clock on a wall means, and the other way round.

const MINUTE = 60_000;
export const DAY = 86_400_000;

const two = (number: number): string => String(number).padStart(2, '0');

/** The zone of this device. */
export function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A moment as the clock on the wall here says it (`LocalDateTime`). */
export function local(date: Date): string {
  return `${day(date)}T${two(date.getHours())}:${two(date.getMinutes())}:00`;
}

/** The day of a moment here. */
export function day(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Midnight of a day here. */
export function midnight(text: string): Date {
  return new Date(`${text.slice(0, 10)}T00:00:00`);
}

/** A wall clock as a number that can be reckoned with: as if it were UTC. */
export function wallNumber(text: string): number {
  return Date.parse(`${text.slice(0, 19)}Z`);
}

/** The wall clock that such a number stands for. */
export function wallText(number: number): string {
  return new Date(number).toISOString().slice(0, 19);
}

const forms = new Map<string, Intl.DateTimeFormat>();

function form(name: string): Intl.DateTimeFormat {
  let known = forms.get(name);
  if (!known) {
    const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
    known = new Intl.DateTimeFormat('en-US', { ...parts, era: 'short', hourCycle: 'h23', timeZone: name });
    forms.set(name, known);
  }
  return known;
}

/** Whether this browser knows the zone. */
export function isZone(name: string): boolean {
  try {
    form(name);
    return true;
  } catch {
    return false;
  }
}

/** What the clock says in a zone at an instant. */
export function wall(instant: number, name: string): string {
  const said: Record<string, string> = {};
  for (const { type, value } of form(name).formatToParts(instant)) said[type] = value;
  return `${said.year?.padStart(4, '0')}-${said.month}-${said.day}T${said.hour}:${said.minute}:${said.second}`;
}

/** How far the zone is before UTC at an instant, in milliseconds. */
export function offset(instant: number, name: string): number {
  const whole = Math.floor(instant / 1000) * 1000;
  return wallNumber(wall(whole, name)) - whole;
}

/** The instant at which the clock in a zone says this. */
// RFC 8984 1.4.8: of a time that is there twice the first is meant, and of one that is skipped the offset before the gap.
export function instant(text: string, name: string): number {
  const guess = wallNumber(text);
  const before = guess - offset(guess - DAY, name);
  const after = guess - offset(guess + DAY, name);
  if (wall(before, name) === text.slice(0, 19)) return before;
  return wall(after, name) === text.slice(0, 19) ? after : before;
}

/** The same wall clock in another zone: what it says there when it says `text` here. */
export function rezone(text: string, from: string, to: string): string {
  return wall(instant(text, from), to);
}

/** Milliseconds of a duration (RFC 8984 1.4.6, and 1.4.7 with its sign). */
export function milliseconds(duration: string | undefined): number {
  const parts = /^([+-])?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration ?? 'PT0S');
  if (!parts) return 0;
  const [weeks, days, hours, minutes, seconds] = parts.slice(2).map((part) => Number(part ?? 0));
  const all = ((((weeks ?? 0) * 7 + (days ?? 0)) * 24 + (hours ?? 0)) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000;
  return parts[1] === '-' ? -all : all;
}

/** The duration between two moments; of whole days in days, so that a change of the clocks does not shorten one. */
export function duration(start: Date, end: Date, wholeDays: boolean): string {
  const minutes = Math.max(Math.round((end.getTime() - start.getTime()) / MINUTE), 0);
  if (wholeDays) return `P${Math.max(Math.round(minutes / 1440), 1)}D`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return minutes === 0 ? 'PT0S' : `PT${hours > 0 ? `${hours}H` : ''}${rest > 0 ? `${rest}M` : ''}`;
}

/** The day that is so many days after another. */
export function dayAfter(text: string, days: number): string {
  return wallText(wallNumber(`${text.slice(0, 10)}T00:00:00`) + days * DAY).slice(0, 10);
}

/** The names of all zones that can be chosen. */
export function zones(...more: (string | null | undefined)[]): string[] {
  const known = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
  const all = new Set([zone(), ...more.filter((one): one is string => Boolean(one)), 'Etc/UTC', ...known]);
  return [...all].sort();
}
