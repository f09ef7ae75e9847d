// Bringing back what was just deleted, byte for byte, from the history that the server keeps of one's own account.

import type { GetAnswer, Id } from './types';
import { HISTORY, type Client } from './client';

/** Deleted things of the newest that are looked through. */
const LOOKED_THROUGH = 100;

/** Brings back objects by their old ids; answers those that could not be brought back. */
export async function bringBack(client: Client, account: Id, kind: 'task' | 'contact', ids: Id[]): Promise<Id[]> {
  if (!(HISTORY in (client.session.accounts[account]?.accountCapabilities ?? {}))) return ids;
  const { ids: deleted } = await client.one<{ ids: Id[] }>('Deleted/query', { accountId: account, filter: { kinds: [kind], isEarlier: false }, limit: Math.max(LOOKED_THROUGH, ids.length) });
  // `o12-34` is what object 12 was until entry 34; the newest comes first.
  const found = new Map(ids.map((id) => [id, deleted.find((it) => it.startsWith(`o${id.slice(1)}-`))]));
  const known = [...found.values()].filter((it) => it !== undefined);
  if (known.length === 0) return ids;
  const { restored } = await client.one<{ restored: Id[] }>('Deleted/restore', { accountId: account, ids: known });
  return ids.filter((id) => !restored.includes(found.get(id) ?? ''));
}

/** Gets objects in as many calls as the server wants; their order is that of the ids. */
export async function getAll<T>(client: Client, method: string, account: Id, ids: Id[], more: Record<string, unknown> = {}): Promise<T[]> {
  const at = 500;
  const parts = Array.from({ length: Math.ceil(ids.length / at) }, (_, part) => ids.slice(part * at, (part + 1) * at));
  const found: T[] = [];
  for (const part of parts) found.push(...(await client.one<GetAnswer<T>>(method, { accountId: account, ids: part, ...more })).list);
  return found;
}
