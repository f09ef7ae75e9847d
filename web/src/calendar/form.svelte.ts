// An event as it is being written in the dialog.

import type { Alert, CalendarEvent, Id, RecurrenceRule } from '../jmap/types';
import { calendar, keyOf, type Owned, type Shown } from '../state/calendar.svelte';
import { invited, everybody, addressOf, isRoom, typed, type Room } from './people';
import { toForm, toRule, type RuleForm } from './rule';
import type { Patch } from './series';
import { DAY, dayAfter, day, duration, instant, isZone, local, milliseconds, rezone, wall, wallNumber, zone } from './time';

/** What a dialog begins with: an event and its series, or a stretch of time for a new one. */
export interface Begun {
  event: Shown | null;
  base: CalendarEvent | null;
  start: Date;
  end: Date;
  allDay: boolean;
  /** Words for a new one. */
  title?: string;
}

export class EventForm {
  title = $state('');
  place = $state('');
  words = $state('');
  allDay = $state(false);
  /** On the clocks of `zone` and `endZone`, to the minute. */
  from = $state('');
  until = $state('');
  zone = $state('');
  /** Empty: the same. */
  endZone = $state('');
  within = $state('');
  guests = $state('');
  /** Those who need not come. */
  optional = $state('');
  rooms = $state<Room[]>([]);
  rule = $state<RuleForm>(toForm(null, '2026-01-01T00:00:00'));
  alerts = $state<Record<Id, Alert>>({});
  defaultAlerts = $state(false);
  isFree = $state(false);
  isPrivate = $state(false);
  tells = $state(true);

  private readonly before: Patch | null;
  private readonly ruleBefore: string;

  constructor(readonly begun: Begun) {
    const { event, base } = begun;
    const own = calendar.own[0] ?? '';
    this.title = event?.title ?? begun.title ?? '';
    this.place = Object.values(event?.locations ?? {})[0]?.name ?? '';
    this.words = event?.description ?? '';
    this.allDay = begun.allDay;
    const known = event?.timeZone && isZone(event.timeZone) ? event.timeZone : zone();
    this.zone = known;
    this.endZone = event?.endTimeZone && isZone(event.endTimeZone) ? event.endTimeZone : '';
    if (begun.allDay) {
      // Whole days have no zone; hours are proposed in case they are wanted after all.
      this.from = `${day(begun.start)}T09:00`;
      this.until = `${dayAfter(day(begun.end), -1)}T10:00`;
    } else {
      this.from = wall(begun.start.getTime(), known).slice(0, 16);
      this.until = wall(begun.end.getTime(), this.endZone || known).slice(0, 16);
    }
    const within = event ? calendar.of(event) : calendar.standard;
    this.within = within ? keyOf(within) : '';
    this.guests = typed(event, own);
    this.optional = typed(event, own, true);
    this.rooms = everybody(event).filter(([, one]) => isRoom(one)).map(([, one]) => ({ email: addressOf(one), name: one.name ?? addressOf(one), kind: one.kind as Room['kind'] }));
    this.rule = toForm(base?.recurrenceRule, this.start);
    this.alerts = structuredClone($state.snapshot(event?.alerts ?? {})) as Record<Id, Alert>;
    this.defaultAlerts = event ? event.useDefaultAlerts === true : this.standardAlerts !== null;
    this.isFree = event?.freeBusyStatus === 'free';
    this.isPrivate = event?.privacy === 'private' || event?.privacy === 'secret';
    this.ruleBefore = JSON.stringify(this.rule);
    this.before = event ? this.written() : null;
  }

  get calendar(): Owned | undefined {
    return calendar.calendars.find((one) => keyOf(one) === this.within);
  }

  /** The alerts that the calendar has for all its events. */
  get standardAlerts(): Record<Id, Alert> | null {
    const all = this.allDay ? this.calendar?.defaultAlertsWithoutTime : this.calendar?.defaultAlertsWithTime;
    return all && Object.keys(all).length > 0 ? all : null;
  }

  /** The start on its own clock. */
  get start(): string {
    return this.allDay ? `${this.from.slice(0, 10)}T00:00:00` : `${this.from}:00`;
  }

  /** From when to when, as instants. */
  get stretch(): { start: number; end: number } {
    if (this.allDay) return { start: instant(this.start, zone()), end: instant(`${dayAfter(this.until, 1)}T00:00:00`, zone()) };
    return { start: instant(this.start, this.zone), end: instant(`${this.until}:00`, this.endZone || this.zone) };
  }

  get isBackwards(): boolean {
    const { start, end } = this.stretch;
    return !(end > start || (!this.allDay && end === start));
  }

  /** Another beginning takes the end along. */
  begin(text: string): void {
    if (!text) return;
    const length = wallNumber(`${this.until}:00`) - wallNumber(`${this.from}:00`);
    const from = text.length === 10 ? `${text}${this.from.slice(10)}` : text;
    this.until = new Date(wallNumber(`${from}:00`) + Math.max(length, 0)).toISOString().slice(0, 16);
    // A new event repeats on its own day; one that repeats already may be moved alone.
    if (!this.begun.base?.recurrenceRule && this.rule.days.length === 1) this.rule.days = toForm(null, `${from}:00`).days;
    this.from = from;
  }

  /** Takes a slot that was proposed. */
  take(slot: { start: number; end: number }): void {
    this.allDay = false;
    this.from = wall(slot.start, this.zone).slice(0, 16);
    this.until = wall(slot.end, this.endZone || this.zone).slice(0, 16);
  }

  /** When it is here, where its own zone is another. */
  get here(): { start: string; end: string } | null {
    if (this.allDay || (this.zone === zone() && (!this.endZone || this.endZone === zone()))) return null;
    return { start: rezone(this.start, this.zone, zone()), end: rezone(`${this.until}:00`, this.endZone || this.zone, zone()) };
  }

  get length(): string {
    const { start, end } = this.stretch;
    if (this.allDay) return `P${Math.max(Math.round((wallNumber(`${this.until.slice(0, 10)}T00:00:00`) - wallNumber(this.start)) / DAY) + 1, 1)}D`;
    return duration(new Date(start), new Date(end), false);
  }

  /** The rule; where nobody touched it, as it was, also when the event is moved. */
  private ruled(): RecurrenceRule | null {
    const known = this.begun.base?.recurrenceRule;
    const same = JSON.stringify(this.rule) === this.ruleBefore;
    return known && same ? known : toRule($state.snapshot(this.rule) as RuleForm, this.start, this.allDay);
  }

  private written(): Patch {
    const { event } = this.begun;
    const [placeId, placeBefore] = Object.entries(event?.locations ?? {})[0] ?? ['place', { '@type': 'Location' }];
    const others = Object.entries(event?.locations ?? {}).slice(1);
    const places = [...(this.place ? [[placeId, { ...placeBefore, name: this.place }] as const] : []), ...others];
    const people = invited(event, { guests: this.guests, optional: this.optional, rooms: this.rooms }, calendar.own[0] ?? '');
    const alerts = $state.snapshot(this.alerts);
    const within = this.calendar;
    return {
      title: this.title,
      description: this.words,
      start: this.start,
      timeZone: this.allDay ? null : this.zone,
      endTimeZone: this.allDay || !this.endZone || this.endZone === this.zone ? null : this.endZone,
      duration: this.length,
      showWithoutTime: this.allDay,
      locations: places.length > 0 ? Object.fromEntries(places) : null,
      freeBusyStatus: this.isFree ? 'free' : 'busy',
      privacy: this.isPrivate ? 'private' : 'public',
      recurrenceRule: this.ruled(),
      participants: people,
      alerts: Object.keys(alerts).length > 0 ? alerts : null,
      useDefaultAlerts: this.defaultAlerts,
      calendarIds: within ? { [within.id]: true } : {},
    };
  }

  /** What is different from before; of a new event all that it has. */
  patch(): Patch {
    const now = this.written();
    const { before } = this;
    if (!before) return Object.fromEntries(Object.entries(now).filter(([, value]) => value !== null && value !== '' && value !== false));
    return Object.fromEntries(Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])));
  }
}

/** From when to when an event is, here. */
export function stretchOf(event: CalendarEvent): { start: Date; end: Date; allDay: boolean } {
  const allDay = event.showWithoutTime === true;
  if (!allDay) {
    const start = new Date(event.utcStart ?? event.start);
    return { start, end: event.utcEnd ? new Date(event.utcEnd) : new Date(start.getTime() + milliseconds(event.duration)), allDay };
  }
  const days = Math.max(Math.ceil(milliseconds(event.duration) / DAY), 1);
  return { start: new Date(`${event.start.slice(0, 10)}T00:00:00`), end: new Date(`${dayAfter(event.start, days)}T00:00:00`), allDay };
}

/** What a stretch of the grid means for an event with a zone of its own. */
export function placed(event: CalendarEvent, start: Date, end: Date, allDay: boolean): Patch {
  if (allDay) return { start: `${day(start)}T00:00:00`, duration: `P${Math.max(Math.round((wallNumber(local(end)) - wallNumber(local(start))) / DAY), 1)}D`, timeZone: null, endTimeZone: null, showWithoutTime: true };
  const own = event.timeZone && isZone(event.timeZone) ? event.timeZone : zone();
  const patch: Patch = { start: wall(start.getTime(), own), duration: duration(start, end, false) };
  if (event.showWithoutTime) return { ...patch, timeZone: own, showWithoutTime: false };
  return patch;
}
