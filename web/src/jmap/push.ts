// What the server pushes (RFC 8620 7.3), for all tabs of a browser.
//
// Browsers open six connections to one server, and what is pushed takes one of them for good. So one tab listens, and tells
// the others; when it is gone, or asleep, another one takes its place.

import type { Id } from './types';

/** What is heard. */
export interface Heard {
  /** An account has other states. */
  changed: (account: Id, states: Record<string, string>) => void;
  /** The server is in reach, or is not. */
  connected: (is: boolean) => void;
  /** For a while nothing was heard: anything may have changed. */
  missed: () => void;
}

type Told = { word: 'changed'; all: Record<Id, Record<string, string>> } | { word: 'connected'; is: boolean } | { word: 'alive' } | { word: 'missed' };

/** The server gives a sign of life so often, in seconds. */
const PING_S = 60;
/** Whoever listens for others and said nothing for so long does not listen any more. */
const SILENCE_MS = 100_000;
/** What was turned away is tried again after so long. */
const AGAIN_MS = 5_000;
/** Whoever listens within so long after the page was loaded took it over from nobody. */
const AT_ONCE_MS = 1_000;

/** Listens until told to end. `url` is the session's, `owner` whose it is. */
export function listen(url: string, owner: string, heard: Heard): () => void {
  const address = url.replace('{types}', '*').replace('{closeafter}', 'no').replace('{ping}', String(PING_S));
  const locks = (navigator as { locks?: LockManager }).locks;
  // Without TLS, and not on this machine, there are no locks: each tab listens for itself.
  if (!locks || typeof BroadcastChannel === 'undefined') return stream(address, true, (told) => take(told, heard));

  const name = `wachpost.push ${owner}`;
  const channel = new BroadcastChannel(name);
  const ending = new AbortController();
  const began = Date.now();
  let last = began;
  let leads = false;
  channel.onmessage = (event: MessageEvent<Told>) => {
    last = Date.now();
    take(event.data, heard);
  };
  const lead = (options: LockOptions): void => {
    const work = (): Promise<void> =>
      new Promise((done) => {
        leads = true;
        // Who takes it over does not know what happened in between.
        const stop = stream(address, Date.now() - began < AT_ONCE_MS, (told) => {
          channel.postMessage(told);
          take(told, heard);
        });
        ending.signal.addEventListener('abort', () => {
          stop();
          done();
        });
        robbed = stop;
      });
    let robbed: () => void = () => {};
    locks.request(name, options, work).catch(() => {
      robbed();
      leads = false;
      // Somebody took it over; when they are gone, it is ours again.
      if (!ending.signal.aborted) lead({ signal: ending.signal });
    });
  };
  lead({ signal: ending.signal });
  const look = (): void => {
    if (leads || document.hidden || Date.now() - last < SILENCE_MS) return;
    last = Date.now();
    lead({ steal: true });
    heard.missed();
  };
  const timer = window.setInterval(look, SILENCE_MS / 4);
  document.addEventListener('visibilitychange', look);
  return () => {
    ending.abort();
    clearInterval(timer);
    document.removeEventListener('visibilitychange', look);
    channel.close();
  };
}

function take(told: Told, heard: Heard): void {
  if (told.word === 'changed') for (const [account, states] of Object.entries(told.all)) heard.changed(account, states);
  else if (told.word === 'connected') heard.connected(told.is);
  else if (told.word === 'missed') heard.missed();
}

/** One stream, opened anew whenever it ends; `isFirst` if nothing was there that could have been missed. */
function stream(address: string, isFirst: boolean, tell: (told: Told) => void): () => void {
  let source: EventSource | null = null;
  let timer = 0;
  const open = (isFirst: boolean): void => {
    source = new EventSource(address);
    source.addEventListener('state', (event) => {
      const { changed } = JSON.parse(event.data as string) as { changed: Record<Id, Record<string, string>> };
      tell({ word: 'changed', all: changed });
    });
    source.addEventListener('ping', () => tell({ word: 'alive' }));
    source.addEventListener('open', () => {
      tell({ word: 'connected', is: true });
      // What comes back by itself says what it heard last; a new one does not.
      if (!isFirst) tell({ word: 'missed' });
    });
    source.addEventListener('error', () => {
      tell({ word: 'connected', is: false });
      if (source?.readyState !== EventSource.CLOSED) return;
      clearTimeout(timer);
      timer = window.setTimeout(() => open(false), AGAIN_MS);
    });
  };
  open(isFirst);
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
