// Events found by their words: single occurrences of this year, and events of all other times.

import { zone } from '../calendar/time';
import { resultOf, type Call } from '../jmap/client';
import type { CalendarEvent, GetAnswer } from '../jmap/types';
import { jmap } from './app.svelte';
import { SHOWN, calendar, type Shown } from './calendar.svelte';

/** What is found by one search. */
const MOST = 100;
const DAY = 86_400_000;
/** How far around today a search looks for single occurrences; the server expands a year at most. */
const BACK = 90 * DAY;
const AHEAD = 270 * DAY;

/** What comes next is first, then what was, the latest first. */
export async function findEvents(text: string): Promise<Shown[]> {
  const now = Date.now();
  const near = await calendar.ask(new Date(now - BACK), new Date(now + AHEAD), () => true, { text }, MOST);
  const accounts = [...new Set(calendar.subscribed.map((it) => it.account))];
  const calls = accounts.flatMap((accountId, at): Call[] => [
    ['CalendarEvent/query', { accountId, filter: { text }, sort: [{ property: 'start', isAscending: false }], limit: MOST }],
    ['CalendarEvent/get', { accountId, '#ids': resultOf(at * 2, 'CalendarEvent/query', '/ids'), properties: SHOWN, timeZone: zone() }],
  ]);
  const answers = (await jmap().call(calls)) as unknown as GetAnswer<CalendarEvent>[];
  const far = accounts.flatMap((account, at) => (answers[at * 2 + 1]?.list ?? []).map((event) => ({ ...event, account })));
  const known = new Set(near.map((it) => `${it.account} ${it.baseEventId ?? it.id}`));
  const isShown = (it: Shown): boolean => calendar.subscribed.some((one) => one.account === it.account && one.id in it.calendarIds);
  const all = [...near, ...far.filter((it) => !known.has(`${it.account} ${it.id}`) && isShown(it))];
  const today = new Date(now - DAY).toISOString();
  const when = (it: Shown): string => it.utcStart ?? it.start;
  const ahead = all.filter((it) => when(it) >= today).sort((a, b) => when(a).localeCompare(when(b)));
  return [...ahead, ...all.filter((it) => when(it) < today).sort((a, b) => when(b).localeCompare(when(a)))].slice(0, MOST);
}
