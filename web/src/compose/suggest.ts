// Whom somebody may mean: people of the contacts and of the house.

import { CONTACTS, PRINCIPALS, resultOf } from '../jmap/client';
import type { ContactCard, GetAnswer } from '../jmap/types';
import { jmap } from '../state/app.svelte';

export interface Suggestion {
  name: string;
  email: string;
}

const MOST = 8;

interface Principal {
  name: string;
  email: string | null;
}

export async function suggest(words: string): Promise<Suggestion[]> {
  const client = jmap();
  const contacts = client.account(CONTACTS);
  const people = client.session.primaryAccounts[PRINCIPALS] ?? contacts;
  const [, cards, , principals] = (await client.call([
    ['ContactCard/query', { accountId: contacts, filter: { text: words }, limit: MOST }],
    ['ContactCard/get', { accountId: contacts, '#ids': resultOf(0, 'ContactCard/query', '/ids'), properties: ['id', 'name', 'emails'] }],
    ['Principal/query', { accountId: people, filter: { text: words }, limit: MOST }],
    ['Principal/get', { accountId: people, '#ids': resultOf(2, 'Principal/query', '/ids'), properties: ['id', 'name', 'email'] }],
  ])) as unknown as [unknown, GetAnswer<ContactCard>, unknown, GetAnswer<Principal>];
  const all = [
    ...principals.list.flatMap((it) => (it.email ? [{ name: it.name, email: it.email }] : [])),
    ...cards.list.flatMap((card) => Object.values(card.emails ?? {}).map(({ address }) => ({ name: nameOf(card), email: address }))),
  ];
  const seen = new Set<string>();
  return all.filter(({ email }) => !seen.has(email.toLowerCase()) && seen.add(email.toLowerCase())).slice(0, MOST);
}

export function nameOf(card: ContactCard): string {
  if (card.name?.full) return card.name.full;
  return (card.name?.components ?? []).filter((part) => part.kind !== 'separator').map((part) => part.value).join(' ');
}
