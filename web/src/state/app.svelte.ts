// The whole program: who is signed in, which view is shown, whether the server is in reach, and what was just done.

import { Client, Offline, SignedOut } from '../jmap/client';
import { listen } from '../jmap/push';
import type { Id } from '../jmap/types';
import { forgetSeen } from './mailKept';

const VIEWS = ['mail', 'calendar', 'tasks', 'contacts', 'settings'] as const;
export type View = (typeof VIEWS)[number];

/** The view that the address names. */
function named(): View {
  return VIEWS.find((it) => it === location.hash.slice(1)) ?? 'mail';
}

/** Told of an account that is open no more: what things lie in. */
const PLACES = { Mailbox: '', Calendar: '', AddressBook: '', TaskList: '' };
/** Told of an account of which anything may have changed. */
const EVERYTHING = { ...PLACES, Email: '', CalendarEvent: '', ContactCard: '', Task: '' };

/** Something that was done, and perhaps how to take it back. */
export interface Notice {
  text: string;
  undo?: () => Promise<void>;
}

/** What could not be reached is tried again after so long. */
const RETRY_MS = 3_000;

type Listener = (account: Id, states: Record<string, string>) => void;

class App {
  phase = $state<'starting' | 'signedOut' | 'ready'>('starting');
  connected = $state(true);
  notice = $state<Notice | null>(null);
  /** Messages in the inbox that were not read. */
  unread = $state(0);
  client = $state.raw<Client | null>(null);
  /** Counts how often the accounts that are open to the person were looked at anew. */
  accounts = $state(0);

  private shown = $state<View>(named());
  private listeners = new Set<Listener>();
  private stop: (() => void) | null = null;
  private renewing: Promise<void> | null = null;
  private fading = 0;
  private retry = 0;

  constructor() {
    // The browser's way back leads to the view before, as people expect.
    window.addEventListener('popstate', () => (this.shown = named()));
    // Who comes back after a while may have got or lost something that no push told of.
    document.addEventListener('visibilitychange', () => {
      if (document.hidden || !this.client) return;
      this.client.one('Core/echo', {}).catch((error: unknown) => {
        if (error instanceof SignedOut) this.leave();
      });
    });
  }

  get view(): View {
    return this.shown;
  }

  set view(next: View) {
    if (next === this.shown) return;
    this.shown = next;
    history.pushState(null, '', next === 'mail' ? location.pathname : `#${next}`);
  }

  async start(): Promise<void> {
    // Whoever was signed in most often still is: what they see first is asked for at once.
    const known = Client.again();
    try {
      this.enter(known ?? (await Client.open()));
    } catch (error) {
      if (error instanceof SignedOut) {
        this.phase = 'signedOut';
        return;
      }
      this.connected = !(error instanceof Offline);
      setTimeout(() => void this.start(), 3_000);
    }
  }

  private enter(client: Client): void {
    this.client = client;
    this.connected = true;
    this.phase = 'ready';
    client.outdated = () => void this.renew();
    client.reached = () => (this.connected = true);
    this.stop?.();
    this.stop = listen(client.session.eventSourceUrl, client.session.username, {
      changed: (account, states) => void this.changed(account, states),
      connected: (is) => (is ? (this.connected = true) : this.away()),
      missed: () => {
        for (const account of Object.keys(client.session.accounts)) this.tell(account, EVERYTHING);
      },
    });
  }

  /** The server cannot be reached: tries again until it can. */
  private away(): void {
    this.connected = false;
    clearTimeout(this.retry);
    this.retry = window.setTimeout(() => {
      if (this.connected) return;
      this.client?.one('Core/echo', {}).catch((error: unknown) => this.failed('', error));
    }, RETRY_MS);
  }

  private tell(account: Id, states: Record<string, string>): void {
    for (const listener of this.listeners) listener(account, states);
  }

  private async changed(account: Id, states: Record<string, string>): Promise<void> {
    // RFC 9670 3: something was shared with the person, or is not any more; then other accounts may be open to them.
    if ('ShareNotification' in states || !(account in (this.client?.session.accounts ?? {}))) await this.renew();
    this.tell(account, states);
  }

  /** Looks anew at what is open to the person. What came or went is told as changed. */
  renew(): Promise<void> {
    this.renewing ??= (async () => {
      const client = this.client;
      if (!client) return;
      const before = Object.keys(client.session.accounts);
      try {
        await client.renew();
      } catch (error) {
        if (error instanceof SignedOut) this.leave();
        return;
      }
      const after = Object.keys(client.session.accounts);
      this.accounts += 1;
      for (const account of after) if (!before.includes(account)) this.tell(account, EVERYTHING);
      for (const account of before) if (!after.includes(account)) this.tell(account, PLACES);
    })().finally(() => (this.renewing = null));
    return this.renewing;
  }

  /** Whoever shows something hears of it when it changes; answers how to end that. */
  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  say(text: string, undo?: () => Promise<void>, ms = 8_000): void {
    clearTimeout(this.fading);
    this.notice = undo ? { text, undo } : { text };
    this.fading = window.setTimeout(() => (this.notice = null), ms);
  }

  /** Takes back what was done last, as long as that is offered. */
  async undo(): Promise<void> {
    const take = this.notice?.undo;
    if (!take) return;
    this.notice = null;
    await take();
  }

  /** Says what went wrong, in words. */
  failed(words: string, error: unknown): void {
    if (error instanceof SignedOut) {
      this.leave();
      return;
    }
    if (error instanceof Offline) {
      this.away();
      return;
    }
    this.say(`${words} ${error instanceof Error ? error.message : String(error)}`);
  }

  async signOut(): Promise<void> {
    await fetch('/auth/sign-out', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).catch(() => null);
    // Whoever is next begins at the beginning.
    history.replaceState(null, '', location.pathname);
    this.leave();
  }

  /** Signed out: nothing of whoever was here stays in memory. */
  leave(): void {
    const wasHere = this.client !== null;
    Client.forget();
    forgetSeen();
    this.stop?.();
    this.stop = null;
    this.client = null;
    // Whoever is next writes into a page that stays: until it is loaded anew, nothing is shown.
    this.phase = wasHere ? 'starting' : 'signedOut';
    if (wasHere) window.location.reload();
  }
}

export const app = new App();

/** The client; only where somebody is signed in. */
export function jmap(): Client {
  if (!app.client) throw new SignedOut();
  return app.client;
}
