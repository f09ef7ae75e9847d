// What is being written, kept on this device until the server has it: one letter for each tab, so that two tabs never write
// over each other's words, and a letter whose tab is gone is taken up by the next one.

import type { Letter } from './letter';

const PREFIX = 'wachpost.writing.';
const TAB = 'wachpost.tab';

function own(): string {
  let tab = sessionStorage.getItem(TAB);
  if (!tab) {
    tab = crypto.randomUUID();
    sessionStorage.setItem(TAB, tab);
  }
  return PREFIX + tab;
}

function parse(text: string | null): Letter | null {
  try {
    return text ? (JSON.parse(text) as Letter) : null;
  } catch {
    return null;
  }
}

export function keep(letter: Letter): void {
  localStorage.setItem(own(), JSON.stringify(letter));
}

export function forget(): void {
  localStorage.removeItem(own());
}

/** The letter of this tab, as it was before the page was loaded anew. */
export function kept(): Letter | null {
  return parse(localStorage.getItem(own()));
}

/** Says for as long as this tab lives that its letter is in good hands, and takes up one whose tab is gone. */
export async function adopt(): Promise<Letter | null> {
  if (!('locks' in navigator)) return null;
  const mine = own();
  // A tab that was duplicated has the number of the other one: it takes a new one.
  const first = await new Promise<boolean>((resolve) => {
    void navigator.locks.request(mine, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    });
  });
  if (!first) {
    sessionStorage.removeItem(TAB);
    void navigator.locks.request(own(), () => new Promise(() => {}));
    return null;
  }
  if (localStorage.getItem(mine)) return null;
  const { held = [] } = await navigator.locks.query();
  const alive = new Set(held.map((lock) => lock.name));
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX) || alive.has(key)) continue;
    const letter = parse(localStorage.getItem(key));
    localStorage.removeItem(key);
    if (letter) {
      keep(letter);
      return letter;
    }
  }
  return null;
}
