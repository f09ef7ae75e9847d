// The calendar as it is shown: calendars, and the events of a stretch of time.

import { CALENDARS, resultOf } from '../jmap/client';
import type { Calendar, CalendarEvent, GetAnswer, Id, SetAnswer } from '../jmap/types';
import { t } from '../texts/index.svelte';
import { app, jmap } from './app.svelte';

const SHOWN = [
  'id', 'baseEventId', 'uid', 'calendarIds', 'title', 'description', 'start', 'utcStart', 'utcEnd', 'timeZone', 'duration', 'showWithoutTime', 'recurrenceRule', 'recurrenceId', 'participants', 'locations',
];
/** Events of one stretch that are asked for. */
const MOST = 2_000;

class CalendarState {
  calendars = $state.raw<Calendar[]>([]);
  hidden = $state<Record<Id, true>>({});

  get account(): Id {
    return jmap().account(CALENDARS);
  }

  async load(): Promise<void> {
    const answer = await jmap().one<GetAnswer<Calendar>>('Calendar/get', { accountId: this.account, ids: null });
    this.calendars = answer.list;
  }

  get writable(): Calendar[] {
    return this.calendars.filter((it) => it.myRights.mayWriteAll || it.myRights.mayWriteOwn);
  }

  /** All that takes place between two moments, each occurrence by itself. */
  async between(after: Date, before: Date): Promise<CalendarEvent[]> {
    const [, got] = (await jmap().call([
      ['CalendarEvent/query', {
        accountId: this.account,
        filter: { after: local(after), before: local(before) },
        timeZone: zone(),
        expandRecurrences: true,
        sort: [{ property: 'start', isAscending: true }],
        limit: MOST,
      }],
      ['CalendarEvent/get', { accountId: this.account, '#ids': resultOf(0, 'CalendarEvent/query', '/ids'), properties: SHOWN, timeZone: zone() }],
    ])) as unknown as [unknown, GetAnswer<CalendarEvent>];
    return got.list.filter((event) => Object.keys(event.calendarIds).some((id) => !(id in this.hidden)));
  }

  async save(id: Id | null, event: Partial<CalendarEvent>): Promise<boolean> {
    try {
      const answer = await jmap().one<SetAnswer<CalendarEvent>>('CalendarEvent/set', {
        accountId: this.account,
        ...(id ? { update: { [id]: event } } : { create: { event: { '@type': 'Event', ...event } } }),
        sendSchedulingMessages: true,
      });
      const error = answer.notCreated?.event ?? (id ? answer.notUpdated?.[id] : undefined);
      if (error) app.say(`${t('failed')} ${error.description ?? error.type}`);
      return !error;
    } catch (error) {
      app.failed(t('failed'), error);
      return false;
    }
  }

  async destroy(id: Id): Promise<boolean> {
    try {
      const answer = await jmap().one<SetAnswer<CalendarEvent>>('CalendarEvent/set', { accountId: this.account, destroy: [id], sendSchedulingMessages: true });
      const error = answer.notDestroyed?.[id];
      if (error) app.say(`${t('failed')} ${error.description ?? error.type}`);
      return !error;
    } catch (error) {
      app.failed(t('failed'), error);
      return false;
    }
  }
}

export function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A moment as the clock on the wall here says it (JSCalendar `LocalDateTime`). */
export function local(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}:00`;
}

/** Milliseconds of a duration (RFC 8984 1.4.6). */
export function milliseconds(duration: string | undefined): number {
  const parts = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration ?? 'PT0S');
  if (!parts) return 0;
  const [weeks, days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((((weeks ?? 0) * 7 + (days ?? 0)) * 24 + (hours ?? 0)) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000;
}

/** The duration between two moments; of whole days in days, so that a change of the clocks does not shorten one. */
export function duration(start: Date, end: Date, wholeDays: boolean): string {
  const minutes = Math.max(Math.round((end.getTime() - start.getTime()) / 60_000), 0);
  if (wholeDays) return `P${Math.max(Math.round(minutes / 1440), 1)}D`;
  return `PT${Math.floor(minutes / 60)}H${minutes % 60}M`;
}

export const calendar = new CalendarState();
