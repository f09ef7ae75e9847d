// The keys of contacts: those of mail, where the like is done.

import { act, isFree, listed, type Keys } from '../shell/keys';
import { page } from './page.svelte';

/** What each key does, in the order of the list that is shown. */
const KEYS: Keys<'newContact' | 'conNextCard' | 'conPreviousCard' | 'conEdit' | 'conBack' | 'writeMessage' | 'delete' | 'conNewGroup' | 'searchContacts' | 'showShortcuts'> = [
  [['n', 'c'], 'newContact', () => page.create()],
  [['j', 'ArrowDown'], 'conNextCard', () => page.walk(1)],
  [['k', 'ArrowUp'], 'conPreviousCard', () => page.walk(-1)],
  [['e'], 'conEdit', () => page.edit()],
  [['m'], 'writeMessage', () => page.writeToOpened()],
  [['u', 'Escape'], 'conBack', () => page.close()],
  [['#', 'Delete'], 'delete', () => page.remove()],
  [['g'], 'conNewGroup', () => page.begin({ kind: 'group', entry: null })],
  [['/'], 'searchContacts', () => document.getElementById('contacts-search')?.focus()],
  [['?'], 'showShortcuts', () => (page.dialog = { kind: 'keys' })],
];

/** Keys and what they do, as the list shows them. */
export const list = listed(KEYS);

export function press(event: KeyboardEvent): void {
  if (!isFree(event)) {
    if (event.key === 'Escape' && event.target instanceof HTMLElement && !document.querySelector('dialog[open]')) {
      if (page.work) page.close();
      else event.target.blur();
    }
    return;
  }
  act(KEYS, event);
}
