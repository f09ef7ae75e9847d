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

interface Kept {
  owner: string;
  letter: Letter;
}

/** What is kept there, if it is that person's. */
function parse(text: string | null, owner: string): Letter | null {
  try {
    const found = text ? (JSON.parse(text) as Kept) : null;
    return found?.owner === owner ? found.letter : null;
  } catch {
    return null;
  }
}

export function keep(letter: Letter, owner: string): void {
  localStorage.setItem(own(), JSON.stringify({ owner, letter } satisfies Kept));
}

export function forget(): void {
  localStorage.removeItem(own());
}

/** The letter of this tab, as it was before the page was loaded anew. */
export function kept(owner: string): Letter | null {
  return parse(localStorage.getItem(own()), owner);
}

/** Says for as long as this tab lives that its letter is in good hands, and takes up one whose tab is gone. */
export async function adopt(owner: string): Promise<Letter | null> {
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
    const letter = parse(localStorage.getItem(key), owner);
    if (letter) {
      localStorage.removeItem(key);
      keep(letter, owner);
      return letter;
    }
  }
  return null;
}
