// The keys of contacts: those of mail, where the like is done.

import { page } from './page.svelte';

/** What each key does, in the order of the list that is shown. */
const KEYS: [string[], 'newContact' | 'conNextCard' | 'conPreviousCard' | 'conEdit' | 'conBack' | 'writeMessage' | 'delete' | 'conNewGroup' | 'searchContacts' | 'showShortcuts', () => void][] = [
  [['n', 'c'], 'newContact', () => page.create()],
  [['j', 'ArrowDown'], 'conNextCard', () => page.walk(1)],
  [['k', 'ArrowUp'], 'conPreviousCard', () => page.walk(-1)],
  [['e'], 'conEdit', () => page.edit()],
  [['m'], 'writeMessage', () => page.writeToOpened()],
  [['u', 'Escape'], 'conBack', () => page.close()],
  [['#', 'Delete'], 'delete', () => page.remove()],
  [['g'], 'conNewGroup', () => (page.work = { kind: 'group', entry: null })],
  [['/'], 'searchContacts', () => document.getElementById('contacts-search')?.focus()],
  [['?'], 'showShortcuts', () => (page.dialog = { kind: 'keys' })],
];

const SIGNS: Record<string, string> = { ArrowDown: '↓', ArrowUp: '↑', Delete: 'Del', Escape: 'Esc' };

/** Keys and what they do, as the list shows them. */
export const list = KEYS.map(([keys, what]) => [keys.map((key) => SIGNS[key] ?? key).join(' '), what] as const);

/** Whether a key means us: nobody is writing, nothing is asked, and no other program is meant. */
function isFree(event: KeyboardEvent): boolean {
  const target = event.target;
  const writes = target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
  return !writes && !event.ctrlKey && !event.metaKey && !event.altKey && !document.querySelector('dialog[open]');
}

export function press(event: KeyboardEvent): void {
  if (!isFree(event)) {
    if (event.key === 'Escape' && event.target instanceof HTMLElement && !document.querySelector('dialog[open]')) {
      if (page.work) page.close();
      else event.target.blur();
    }
    return;
  }
  const [, , act] = KEYS.find(([keys]) => keys.includes(event.key)) ?? [];
  if (!act) return;
  event.preventDefault();
  act();
}
