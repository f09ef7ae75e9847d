// Many emails at once: found in pages, changed in portions that the server takes.

import type { Email, GetAnswer, Id, QueryAnswer, SetAnswer, SetError, Thread } from '../jmap/types';
import { resultOf } from '../jmap/client';
import { jmap } from './app.svelte';

/** Emails that are looked up or changed with one request (RFC 8620 2 `maxObjectsInGet`, `maxObjectsInSet`). */
const PORTION = 500;

/** An email, and where it is. */
export type Target = Pick<Email, 'id' | 'mailboxIds' | 'keywords'>;
type Told = (done: number) => void;
/** Hears of the states before and after each portion (RFC 8620 5.3). */
type States = (before: string | null, after: string) => void;

/** All emails that match. */
export async function allMatching(accountId: Id, filter: Record<string, unknown>): Promise<Target[]> {
  const found: Target[] = [];
  const seen = new Set<Id>();
  for (let position = 0; ; position += PORTION) {
    const [query, got] = (await jmap().call([
      ['Email/query', { accountId, filter, sort: [{ property: 'receivedAt', isAscending: false }], collapseThreads: false, position, limit: PORTION }],
      ['Email/get', { accountId, '#ids': resultOf(0, 'Email/query', '/ids'), properties: ['id', 'mailboxIds', 'keywords'] }],
    ])) as unknown as [QueryAnswer, GetAnswer<Target>];
    for (const email of got.list) {
      if (seen.has(email.id)) continue;
      seen.add(email.id);
      found.push(email);
    }
    if (query.ids.length < PORTION) return found;
  }
}

/** All emails of these threads. */
export async function ofThreads(accountId: Id, threads: Id[]): Promise<Target[]> {
  const found: Target[] = [];
  const ids = [...new Set(threads)];
  for (let at = 0; at < ids.length; at += PORTION) {
    const got = await jmap().one<GetAnswer<Thread>>('Thread/get', { accountId, ids: ids.slice(at, at + PORTION) });
    const emails = got.list.flatMap((thread) => thread.emailIds);
    for (let from = 0; from < emails.length; from += PORTION) {
      const { list } = await jmap().one<GetAnswer<Target>>('Email/get', { accountId, ids: emails.slice(from, from + PORTION), properties: ['id', 'mailboxIds', 'keywords'] });
      found.push(...list);
    }
  }
  return found;
}

/** Changes emails; answers the first reason why one was not. */
export async function updateAll(accountId: Id, update: [Id, Record<string, unknown>][], told: Told = () => {}, states: States = () => {}): Promise<SetError | null> {
  let wrong: SetError | null = null;
  for (let at = 0; at < update.length; at += PORTION) {
    const part = update.slice(at, at + PORTION);
    const answer = await jmap().one<SetAnswer<Email>>('Email/set', { accountId, update: Object.fromEntries(part) });
    wrong ??= Object.values(answer.notUpdated ?? {})[0] ?? null;
    states(answer.oldState, answer.newState);
    told(at + part.length);
  }
  return wrong;
}

/** Destroys emails; answers the first reason why one was not. */
export async function destroyAll(accountId: Id, ids: Id[], told: Told = () => {}): Promise<SetError | null> {
  let wrong: SetError | null = null;
  for (let at = 0; at < ids.length; at += PORTION) {
    const part = ids.slice(at, at + PORTION);
    const answer = await jmap().one<SetAnswer<Email>>('Email/set', { accountId, destroy: part });
    wrong ??= Object.values(answer.notDestroyed ?? {})[0] ?? null;
    told(at + part.length);
  }
  return wrong;
}
