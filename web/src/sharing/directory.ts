// People, groups and rooms of the house (RFC 9670 2).

import { PRINCIPALS, resultOf } from '../jmap/client';
import type { GetAnswer, Id, Principal } from '../jmap/types';
import { jmap } from '../state/app.svelte';

const PROPERTIES = ['id', 'type', 'name', 'description', 'email'];
const MOST = 50;

async function query(filter: Record<string, unknown>, limit = MOST): Promise<Principal[]> {
  const accountId = jmap().account(PRINCIPALS);
  const [, got] = (await jmap().call([
    ['Principal/query', { accountId, filter, sort: [{ property: 'name', isAscending: true }], limit }],
    ['Principal/get', { accountId, '#ids': resultOf(0, 'Principal/query', '/ids'), properties: PROPERTIES }],
  ])) as unknown as [unknown, GetAnswer<Principal>];
  return got.list;
}

/** Those whose name or address has words that begin so. */
export function find(words: string): Promise<Principal[]> {
  return query({ text: words }, 8);
}

export async function byId(ids: Id[]): Promise<Principal[]> {
  if (ids.length === 0) return [];
  const accountId = jmap().account(PRINCIPALS);
  const got = await jmap().one<GetAnswer<Principal>>('Principal/get', { accountId, ids, properties: PROPERTIES });
  return got.list;
}

/** Whose address it is; null: nobody's of this house. */
export async function byAddress(address: string): Promise<Principal | null> {
  const found = await query({ email: address });
  return found.find((one) => one.email?.toLowerCase() === address.toLowerCase()) ?? null;
}

/** Rooms and equipment. */
export async function rooms(): Promise<Principal[]> {
  const all = await Promise.all([query({ type: 'location' }), query({ type: 'resource' })]);
  return all.flat();
}

/** The principal that is the person. */
export function self(): Id {
  const own = jmap().session.accounts[jmap().account(PRINCIPALS)]?.accountCapabilities[PRINCIPALS] as { currentUserPrincipalId?: Id } | undefined;
  return own?.currentUserPrincipalId ?? '';
}
