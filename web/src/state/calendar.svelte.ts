// The calendar as it is shown: calendars of all accounts that are open to the person, the events of a stretch of time, and
// what is done with them.

import { SvelteSet } from 'svelte/reactivity';
import { local, zone } from '../calendar/time';
import type { Change, Planned } from '../calendar/series';
import { CALENDARS, resultOf, type Call } from '../jmap/client';
import type { Calendar, CalendarEvent, GetAnswer, Id, SetAnswer } from '../jmap/types';
import { t } from '../texts/index.svelte';
import { accountsWith, nameOf, ownerOf } from './accounts';
import { app, jmap } from './app.svelte';
import { change, refusal, sayRefused } from './change';

/** A calendar, and in whose account it is. */
export interface Owned extends Calendar {
  account: Id;
  /** Another person's name, where it is not one's own. */
  owner: string | null;
}

/** An event, and in which account. */
export interface Shown extends CalendarEvent {
  account: Id;
}

/** The properties of events that are shown. */
export const SHOWN = [
  'id', 'baseEventId', 'uid', 'calendarIds', 'isOrigin', 'title', 'description', 'start', 'utcStart', 'utcEnd', 'timeZone', 'endTimeZone', 'duration', 'showWithoutTime', 'status', 'freeBusyStatus',
  'privacy', 'recurrenceRule', 'recurrenceId', 'participants', 'organizerCalendarAddress', 'locations', 'virtualLocations', 'alerts', 'useDefaultAlerts',
];
/** Events of one account and one stretch that are asked for: as many as the server gives at once. */
const MOST = 1_000;

class CalendarState {
  calendars = $state.raw<Owned[]>([]);
  /** Calendars that are not shown here at the moment, before the server knows of it. */
  hidden = new SvelteSet<string>();
  loaded = $state(false);

  /** Somebody else may sign in next. */
  forget(): void {
    this.calendars = [];
    this.hidden.clear();
    this.loaded = false;
  }

  get account(): Id {
    return jmap().account(CALENDARS);
  }

  /** The addresses that mean the person, in small letters. */
  get own(): string[] {
    return [jmap().session.username.toLowerCase()];
  }

  /** All accounts with calendars, one's own first. */
  get accounts(): Id[] {
    return accountsWith(CALENDARS);
  }

  async load(): Promise<void> {
    const accounts = this.accounts;
    const answers = await jmap().call(accounts.map((accountId): Call => ['Calendar/get', { accountId, ids: null }]));
    const all = answers.flatMap((answer, at) => {
      const account = accounts[at] ?? '';
      const owner = ownerOf(account, CALENDARS);
      return (answer as unknown as GetAnswer<Calendar>).list.map((one) => ({ ...one, account, owner, name: nameOf(one, one.isDefault, 'Calendar', 'calendar') }));
    });
    this.calendars = all.sort((a, b) => Number(a.owner !== null) - Number(b.owner !== null) || Number(b.isDefault) - Number(a.isDefault) || a.sortOrder - b.sortOrder || a.name.localeCompare(b.name));
    this.hidden.clear();
    for (const one of all) if (!one.isVisible) this.hidden.add(keyOf(one));
    this.loaded = true;
  }

  /** Those in the list. */
  get subscribed(): Owned[] {
    return this.calendars.filter((it) => it.isSubscribed);
  }

  get writable(): Owned[] {
    return this.subscribed.filter((it) => it.myRights.mayWriteAll || it.myRights.mayWriteOwn);
  }

  get standard(): Owned | undefined {
    const all = this.writable;
    return all.find((it) => it.isDefault && it.owner === null) ?? all.find((it) => it.owner === null) ?? all[0];
  }

  of(event: Shown): Owned | undefined {
    return this.calendars.find((it) => it.account === event.account && it.id in event.calendarIds);
  }

  /** Whether the event may be changed; one that somebody else organizes only for oneself. */
  mayWrite(event: Shown): boolean {
    const within = this.of(event);
    return Boolean(within && (within.myRights.mayWriteAll || within.myRights.mayWriteOwn));
  }

  /** All that takes place between two moments in the calendars that are shown, each occurrence by itself. */
  async between(after: Date, before: Date, only?: Id): Promise<Shown[]> {
    return this.ask(after, before, only ? (it) => it.account === only : (it) => !this.hidden.has(keyOf(it)), {}, MOST);
  }

  /** The same of some calendars, under more conditions. */
  async ask(after: Date, before: Date, wanted: (one: Owned) => boolean, more: Record<string, string>, limit: number): Promise<Shown[]> {
    const chosen = this.subscribed.filter(wanted);
    const accounts = [...new Set(chosen.map((it) => it.account))];
    if (accounts.length === 0) return [];
    const calls = accounts.flatMap((accountId, at): Call[] => [
      ['CalendarEvent/query', {
        accountId,
        filter: { ...more, after: local(after), before: local(before), inCalendars: chosen.filter((it) => it.account === accountId).map((it) => it.id) },
        timeZone: zone(),
        expandRecurrences: true,
        sort: [{ property: 'start', isAscending: true }],
        limit,
      }],
      ['CalendarEvent/get', { accountId, '#ids': resultOf(at * 2, 'CalendarEvent/query', '/ids'), properties: SHOWN, timeZone: zone() }],
    ]);
    const answers = (await jmap().call(calls)) as unknown as GetAnswer<CalendarEvent>[];
    return accounts.flatMap((account, at) => (answers[at * 2 + 1]?.list ?? []).map((event) => ({ ...event, account })));
  }

  /** All of an event as it is stored: of an occurrence its series. */
  async whole(event: Shown): Promise<CalendarEvent | null> {
    const id = event.recurrenceId && event.baseEventId ? event.baseEventId : event.id;
    const { list } = await jmap().one<GetAnswer<CalendarEvent>>('CalendarEvent/get', { accountId: event.account, ids: [id] });
    return list[0] ?? null;
  }

  /** An event as it is now, and its series; null: it is gone. */
  async fresh(event: Shown): Promise<{ event: Shown; base: CalendarEvent } | null> {
    const accountId = event.account;
    const baseId = event.recurrenceId && event.baseEventId ? event.baseEventId : event.id;
    const [shown, base] = (await jmap().call([
      ['CalendarEvent/get', { accountId, ids: [event.id], properties: SHOWN, timeZone: zone() }],
      ['CalendarEvent/get', { accountId, ids: [baseId] }],
    ])) as unknown as GetAnswer<CalendarEvent>[];
    const [now, whole] = [shown?.list[0], base?.list[0]];
    return now && whole ? { event: { ...now, account: accountId }, base: whole } : null;
  }

  async byUid(uid: string): Promise<Shown | null> {
    const accountId = this.account;
    const [, got] = (await jmap().call([
      ['CalendarEvent/query', { accountId, filter: { uid }, limit: 1 }],
      ['CalendarEvent/get', { accountId, '#ids': resultOf(0, 'CalendarEvent/query', '/ids'), properties: SHOWN, timeZone: zone() }],
    ])) as unknown as [unknown, GetAnswer<CalendarEvent>];
    const [event] = got.list;
    return event ? { ...event, account: accountId } : null;
  }

  /** Sets events; what was made by which key, or null if something of it failed, which is said. */
  async set(account: Id, wanted: Change, tells: boolean): Promise<Record<string, Id> | null> {
    try {
      const create = wanted.create && Object.fromEntries(Object.entries(wanted.create).map(([key, it]) => [key, { '@type': 'Event', ...it }]));
      const given = { ...wanted, ...(create ? { create } : {}) };
      const answer = await jmap().one<SetAnswer<CalendarEvent>>('CalendarEvent/set', { accountId: account, ...given, sendSchedulingMessages: tells });
      const made = Object.fromEntries(Object.entries(answer.created ?? {}).map(([key, it]) => [key, it.id]));
      const refused = refusal(answer);
      if (!refused) return made;
      // What was made goes again: a change is done as a whole.
      if (Object.keys(made).length > 0) await jmap().call([['CalendarEvent/set', { accountId: account, destroy: Object.values(made), sendSchedulingMessages: tells }]]);
      sayRefused(refused);
    } catch (error) {
      app.failed(t('failed'), error);
    }
    return null;
  }

  /** Does what was planned, says so, and offers to take it back. */
  async perform(account: Id, planned: Planned, words: string, tells: boolean): Promise<boolean> {
    const made = await this.set(account, planned.change, tells);
    if (!made) return false;
    app.say(words, async () => {
      if (await this.set(account, planned.undo(made), tells)) app.say(t('undone'));
    });
    return true;
  }

  /** Changes calendars of an account; what was made, or null if it failed, which is said. */
  async setCalendars(account: Id, given: { create?: Record<string, object>; update?: Record<Id, object>; destroy?: Id[]; onDestroyRemoveEvents?: boolean }): Promise<Record<string, Id> | null> {
    const answer = await change<Calendar>('Calendar/set', account, given, () => this.load());
    return answer && Object.fromEntries(Object.entries(answer.created ?? {}).map(([key, it]) => [key, it.id]));
  }

  async show(one: Owned, is: boolean): Promise<void> {
    if (is) this.hidden.delete(keyOf(one));
    else this.hidden.add(keyOf(one));
    await this.setCalendars(one.account, { update: { [one.id]: { isVisible: is } } });
  }
}

export function keyOf(one: { account: Id; id: Id }): string {
  return `${one.account} ${one.id}`;
}

export const calendar = new CalendarState();
