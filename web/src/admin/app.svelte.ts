// The whole administration: who is signed in, what is shown, what was just done, and what is asked before something is lost.

import { ask, auth, Offline, Refused, session, SignedOut, type Request } from './api';
import { t, word, type Word } from './words.svelte';

export const VIEWS = ['people', 'groups', 'shared', 'rooms', 'domains', 'queue', 'quotas', 'health', 'deeds'] as const;
export type View = (typeof VIEWS)[number];

interface Notice {
  text: string;
  bad: boolean;
  undo?: () => Promise<void>;
}

interface Question {
  title: string;
  text: string;
  action: string;
  answer: (yes: boolean) => void;
}

function read(hash: string): { view: View; subject: string | null } {
  const [, view = '', subject] = hash.split('/');
  const known = VIEWS.find((one) => one === view);
  return { view: known ?? 'people', subject: known && subject ? decodeURIComponent(subject) : null };
}

class App {
  phase = $state<'starting' | 'signedOut' | 'ready'>('starting');
  who = $state<{ address: string; name: string } | null>(null);
  place = $state(read(location.hash));
  notice = $state<Notice | null>(null);
  question = $state<Question | null>(null);
  connected = $state(true);
  private fading = 0;
  private doing: Promise<boolean> = Promise.resolve(true);

  async start(): Promise<void> {
    window.addEventListener('hashchange', () => (this.place = read(location.hash)));
    await this.enter();
  }

  /** Looks who is signed in. */
  async enter(): Promise<void> {
    try {
      this.who = await session();
      this.phase = this.who ? 'ready' : 'signedOut';
      this.connected = true;
    } catch {
      this.connected = false;
      setTimeout(() => void this.enter(), 3_000);
    }
  }

  async leave(): Promise<void> {
    await auth('sign-out', {}).catch(() => null);
    this.out();
  }

  private out(): void {
    this.who = null;
    this.phase = 'signedOut';
  }

  say(text: string, undo?: () => Promise<void>): void {
    this.show({ text, bad: false, ...(undo ? { undo } : {}) });
  }

  private show(notice: Notice): void {
    clearTimeout(this.fading);
    this.notice = notice;
    // What went wrong stays until it is read.
    if (!notice.bad) this.fading = window.setTimeout(() => (this.notice = null), 10_000);
  }

  /** What went wrong, in words; null if the page deals with it. */
  words(error: unknown): string | null {
    if (error instanceof SignedOut) {
      this.out();
      return null;
    }
    if (error instanceof Offline) return t('offline');
    if (error instanceof Refused) return `${word('wrong', error.kind)} ${error.message}`;
    return String(error);
  }

  failed(error: unknown): void {
    const text = this.words(error);
    if (text) this.show({ text, bad: true });
  }

  /**
   * Does something, and says that it was done; `then` looks at what there is now. One thing after the other: whoever is quick
   * does not undo what they have not seen yet.
   */
  do(request: Request, done: Word, then?: () => unknown, undo?: Request): Promise<boolean> {
    const turn = this.doing.then(() => this.work(request, done, then, undo));
    this.doing = turn;
    return turn;
  }

  /** When all is done that was begun. */
  async settled(): Promise<void> {
    await this.doing;
  }

  private async work(request: Request, done: Word, then?: () => unknown, undo?: Request): Promise<boolean> {
    try {
      await ask(request);
      const back = undo
        ? async (): Promise<void> => {
            await this.do(undo, 'undone', then);
          }
        : undefined;
      this.say(t(done), back);
      await then?.();
      return true;
    } catch (error) {
      this.failed(error);
      return false;
    }
  }

  /** Asks before something is lost. */
  sure(title: string, text: string, action: string): Promise<boolean> {
    return new Promise((resolve) => {
      const answer = (yes: boolean): void => {
        this.question = null;
        resolve(yes);
      };
      this.question = { title, text, action, answer };
    });
  }
}

export const app = new App();

/** The address of a place. */
export function to(view: View, subject?: string): string {
  return subject ? `#/${view}/${encodeURIComponent(subject)}` : `#/${view}`;
}

/** Goes there. */
export function go(view: View, subject?: string): void {
  location.hash = to(view, subject);
}
