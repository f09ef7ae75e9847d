// The accounts that are open to the person, and whose they are.

import type { Id } from '../jmap/types';
import { t } from '../texts/index.svelte';
import { jmap } from './app.svelte';

/** All accounts that have something of a kind, one's own first. */
export function accountsWith(capability: string): Id[] {
  const own = jmap().account(capability);
  const all = Object.entries(jmap().session.accounts).filter(([, it]) => capability in it.accountCapabilities);
  return [own, ...all.map(([id]) => id).filter((id) => id !== own)];
}

/** The name of something that everybody has from the beginning: in the reader's language, until somebody names it. */
export function nameOf(one: { name: string }, isStandard: boolean, standard: string, word: Parameters<typeof t>[0]): string {
  return isStandard && one.name === standard ? t(word) : one.name;
}

/** The name of the person whose account it is; null: one's own. */
export function ownerOf(account: Id, capability: string): string | null {
  return account === jmap().account(capability) ? null : (jmap().session.accounts[account]?.name ?? null);
}
