// The keys of tasks: those of mail, where the like is done.

import { tasks } from '../state/tasks.svelte';
import { act, isFree, listed, type Keys } from '../shell/keys';
import { page, SCOPES } from './page.svelte';
import type { Item } from './task';

const of = (act: (item: Item) => void) => (): void => {
  const item = page.current;
  if (item) act(item);
};

const toggle = of((item) => {
  if (tasks.mayWrite(item)) void tasks.done(item, !item.done).then(() => undefined);
});

const remove = of((item) => {
  if (!tasks.mayWrite(item)) return;
  page.leave(item);
  void tasks.destroy(item);
});

/** What each key does, in the order of the list that is shown. */
const KEYS: Keys<'taskAdd' | 'taskNextTask' | 'taskPreviousTask' | 'taskOpen' | 'taskBack' | 'taskToggle' | 'delete' | 'taskToday' | 'taskPlanned' | 'taskAll' | 'taskDone' | 'taskNewList' | 'showShortcuts'> = [
  [['n', 'c'], 'taskAdd', () => document.getElementById('task-add')?.focus()],
  [['j', 'ArrowDown'], 'taskNextTask', () => page.walk(1)],
  [['k', 'ArrowUp'], 'taskPreviousTask', () => page.walk(-1)],
  [['o'], 'taskOpen', of((item) => (page.openKey = item.key))],
  [['u', 'Escape'], 'taskBack', () => page.close()],
  [['x', 'e'], 'taskToggle', toggle],
  [['#', 'Delete'], 'delete', remove],
  ...SCOPES.map(([scope, word], at): [string[], typeof word, () => void] => [[String(at + 1)], word, () => page.go(scope)]),
  [['l'], 'taskNewList', () => (page.dialog = { kind: 'list', list: null })],
  [['?'], 'showShortcuts', () => (page.dialog = { kind: 'keys' })],
];

/** Keys and what they do, as the list shows them. */
export const list = listed(KEYS);

export function press(event: KeyboardEvent): void {
  if (!isFree(event)) {
    // Out of a field, and back to where one came from.
    if (event.key === 'Escape' && event.target instanceof HTMLElement && !document.querySelector('dialog[open]')) event.target.blur();
    return;
  }
  act(KEYS, event);
}
