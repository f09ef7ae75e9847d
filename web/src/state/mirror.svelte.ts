// Objects of one kind from all accounts that are open to the person, kept here as the server has them.

import type { Call } from '../jmap/client';
import { getAll } from '../jmap/restore';
import type { GetAnswer, Id, QueryAnswer, SetAnswer } from '../jmap/types';
import { t } from '../texts/index.svelte';
import { accountsWith } from './accounts';
import { app, jmap } from './app.svelte';
import { change } from './change';

/** Objects of one account: as many as the server finds at once. */
export const MOST = 10_000;
/** Objects that are got at once. */
export const AT_ONCE = 500;

/** RFC 8620 5.2. */
export interface Changes {
  newState: string;
  hasMoreChanges: boolean;
  created: Id[];
  updated: Id[];
  destroyed: Id[];
}

/** What is kept, as the server calls it. */
interface Kind {
  type: 'Task' | 'ContactCard';
  /** What such objects lie in. */
  within: 'TaskList' | 'AddressBook';
  capability: string;
  properties: string[];
  sort?: { property: string; isAscending: boolean }[];
}

export abstract class Mirror<T extends { id: Id }, Entry> {
  /** All that is known, by account and id. */
  known = $state.raw<Map<string, Entry>>(new Map());
  loaded = $state(false);
  private states = new Map<Id, string>();
  private following = new Map<Id, Promise<void>>();
  private loading: Promise<void> = Promise.resolve();
  /** What was asked for last; earlier answers come too late. */
  private turn = 0;

  protected constructor(private readonly kind: Kind) {}

  /** Reads what the objects lie in, which is there before them. */
  protected abstract loadPlaces(): Promise<void>;

  /** What is kept of an object. */
  protected abstract keep(account: Id, object: T): Entry;

  get account(): Id {
    return jmap().account(this.kind.capability);
  }

  /** All accounts with such objects, one's own first. */
  protected get accounts(): Id[] {
    return accountsWith(this.kind.capability);
  }

  /** Keeps everything in step while somebody looks at it; answers how to end that. */
  watch(): () => void {
    const failed = (error: unknown): void => app.failed(t('failed'), error);
    void this.load().catch(failed);
    return app.onChange((account, states) => {
      if (this.kind.within in states) void this.loadPlaces().catch(failed);
      if (!this.accounts.includes(account)) this.drop(account);
      else if (this.kind.type in states) void this.follow(account).catch(failed);
    });
  }

  /** Forgets what is known of an account that is open no more. */
  private drop(account: Id): void {
    this.states.delete(account);
    this.following.delete(account);
    const kept = [...this.known].filter(([key]) => !key.startsWith(`${account} `));
    if (kept.length < this.known.size) this.known = new Map(kept);
  }

  load(): Promise<void> {
    const read = this.read();
    this.loading = read.catch(() => undefined);
    return read;
  }

  private async read(): Promise<void> {
    this.turn += 1;
    const mine = this.turn;
    const { type, sort } = this.kind;
    const states = new Map<Id, string>();
    await this.loadPlaces();
    const known = new Map<string, Entry>();
    for (const account of this.accounts) {
      const calls: Call[] = [
        [`${type}/get`, { accountId: account, ids: [] }],
        [`${type}/query`, { accountId: account, limit: MOST, ...(sort ? { sort } : {}) }],
      ];
      const [state, { ids }] = (await jmap().call(calls)) as unknown as [GetAnswer<T>, QueryAnswer];
      // The state is older than the objects: what changed in between is asked for once more.
      states.set(account, state.state);
      for (let at = 0; at < ids.length; at += AT_ONCE) {
        this.put(known, account, await this.got(account, ids.slice(at, at + AT_ONCE)));
        if (mine !== this.turn) return;
        // What is there is shown while the rest comes.
        if (!this.loaded) this.known = new Map(known);
      }
    }
    if (mine !== this.turn) return;
    [this.known, this.states, this.loaded] = [known, states, true];
    // What changed while it was read.
    for (const account of states.keys()) await this.catchUp(account);
  }

  private got(account: Id, ids: Id[]): Promise<T[]> {
    return getAll<T>(jmap(), `${this.kind.type}/get`, account, ids, { properties: this.kind.properties });
  }

  private put(known: Map<string, Entry>, account: Id, objects: T[]): void {
    for (const one of objects) known.set(`${account} ${one.id}`, this.keep(account, one));
  }

  /** Takes over what changed in an account since; one after the other. */
  follow(account: Id): Promise<void> {
    const before = this.following.get(account) ?? Promise.resolve();
    // Nothing is taken over into what is still being read.
    const next = Promise.all([before, this.loading]).then(() => this.catchUp(account));
    this.following.set(account, next.catch(() => undefined));
    return next;
  }

  private async catchUp(account: Id): Promise<void> {
    const since = this.states.get(account);
    if (since === undefined) return this.load();
    let changes: Changes;
    try {
      changes = await jmap().one<Changes>(`${this.kind.type}/changes`, { accountId: account, sinceState: since });
    } catch (error) {
      if ((error as { type?: string }).type === 'cannotCalculateChanges') return this.load();
      throw error;
    }
    const got = await this.got(account, [...changes.created, ...changes.updated]);
    this.states.set(account, changes.newState);
    if (got.length > 0 || changes.destroyed.some((id) => this.known.has(`${account} ${id}`))) {
      const known = new Map(this.known);
      for (const id of changes.destroyed) known.delete(`${account} ${id}`);
      this.put(known, account, got);
      this.known = known;
    }
    if (changes.hasMoreChanges) await this.catchUp(account);
  }

  /** Sets objects and shows what came of it; null if something failed, which is said. */
  set(account: Id, given: Record<string, unknown>): Promise<SetAnswer<T> | null> {
    return change<T>(`${this.kind.type}/set`, account, given, () => this.follow(account));
  }

  /** The same of what they lie in. */
  protected setPlace<Place>(account: Id, given: Record<string, unknown>): Promise<SetAnswer<Place> | null> {
    return change<Place>(`${this.kind.within}/set`, account, given, () => this.loadPlaces());
  }
}
