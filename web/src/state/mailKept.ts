// What was seen last, kept by this tab for as long as it lives, so that the page is there at once when it is loaded anew.

import type { Email, Id, Mailbox } from '../jmap/types';

const KEY = 'wachpost.seen';

export interface Seen {
  owner: string;
  boxes: Record<Id, Mailbox[]>;
  account: Id;
  mailbox: Id;
  list: Email[];
  total: number;
}

export function keepSeen(seen: Seen): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(seen));
  } catch {
    // There is no room for it: then the page comes a little later.
    forgetSeen();
  }
}

export function seenBy(owner: string): Seen | null {
  try {
    const seen = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Seen | null;
    return seen?.owner === owner && Array.isArray(seen.list) ? seen : null;
  } catch {
    return null;
  }
}

export function forgetSeen(): void {
  sessionStorage.removeItem(KEY);
}
