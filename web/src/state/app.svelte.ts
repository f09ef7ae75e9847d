// The whole program: who is signed in, which view is shown, whether the server is in reach, and what was just done.

import { Client, Offline, SignedOut } from '../jmap/client';
import type { Id } from '../jmap/types';

export type View = 'mail' | 'calendar' | 'tasks' | 'contacts' | 'settings';

/** Something that was done, and perhaps how to take it back. */
export interface Notice {
  text: string;
  undo?: () => Promise<void>;
}

type Listener = (account: Id, states: Record<string, string>) => void;

class App {
  phase = $state<'starting' | 'signedOut' | 'ready'>('starting');
  view = $state<View>('mail');
  connected = $state(true);
  notice = $state<Notice | null>(null);
  client = $state.raw<Client | null>(null);

  private listeners = new Set<Listener>();
  private stop: (() => void) | null = null;
  private fading = 0;

  async start(): Promise<void> {
    try {
      this.client = await Client.open();
    } catch (error) {
      if (error instanceof SignedOut) {
        this.phase = 'signedOut';
        return;
      }
      this.connected = !(error instanceof Offline);
      setTimeout(() => void this.start(), 3_000);
      return;
    }
    this.connected = true;
    this.phase = 'ready';
    this.stop?.();
    this.stop = this.client.watch(
      (account, states) => {
        for (const listener of this.listeners) listener(account, states);
      },
      (is) => {
        this.connected = is;
      },
    );
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
      this.connected = false;
      return;
    }
    this.say(`${words} ${error instanceof Error ? error.message : String(error)}`);
  }

  /** Signed out: nothing of whoever was here stays in memory. */
  leave(): void {
    const wasHere = this.client !== null;
    this.stop?.();
    this.stop = null;
    this.client = null;
    this.phase = 'signedOut';
    if (wasHere) window.location.reload();
  }
}

export const app = new App();

/** The client; only where somebody is signed in. */
export function jmap(): Client {
  if (!app.client) throw new SignedOut();
  return app.client;
}
