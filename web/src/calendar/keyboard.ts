// The keys of the calendar: those of Google Calendar and Fastmail.

import { act, isFree, listed, type Keys } from '../shell/keys';
import { page } from './page.svelte';

/** What each key does, in the order of the list that is shown. */
const KEYS: Keys<'newEvent' | 'today' | 'previous' | 'next' | 'day' | 'workWeek' | 'week' | 'month' | 'agenda' | 'calSearch' | 'calGoTo' | 'delete' | 'showShortcuts'> = [
  [['n', 'c'], 'newEvent', () => page.create()],
  [['t'], 'today', () => page.today()],
  [['ArrowLeft', 'k', 'p'], 'previous', () => page.step(-1)],
  [['ArrowRight', 'j'], 'next', () => page.step(1)],
  [['d', '1'], 'day', () => page.go('timeGridDay')],
  [['x', '2'], 'workWeek', () => page.go('workWeek')],
  [['w', '3'], 'week', () => page.go('timeGridWeek')],
  [['m', '4'], 'month', () => page.go('dayGridMonth')],
  [['a', '5'], 'agenda', () => page.go('listMonth')],
  [['/'], 'calSearch', () => document.getElementById('calendar-search')?.focus()],
  [['g'], 'calGoTo', () => document.getElementById('calendar-date')?.focus()],
  [['Delete', '#'], 'delete', () => undefined],
  [['?'], 'showShortcuts', () => (page.dialog = { kind: 'keys' })],
];

/** Keys and what they do, as the list shows them. */
export const list = [...listed(KEYS), [['Tab', '↵'], 'calOpenByKey'] as [string[], 'calOpenByKey']];

export function press(event: KeyboardEvent): void {
  if (!isFree(event) || page.dialog || page.asking) return;
  if (event.key === 'Escape' && page.found) {
    page.found = null;
    return;
  }
  if (event.key === 'Delete' || event.key === '#') {
    const key = event.target instanceof HTMLElement ? event.target.querySelector<HTMLElement>('[data-event]')?.dataset.event : undefined;
    const found = page.shown.find((one) => `${one.account} ${one.id}` === key);
    if (found) void page.remove(found);
    return;
  }
  act(KEYS, event);
}
