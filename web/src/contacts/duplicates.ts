// Cards that show the same person: found by address, number or name, and made into one.

import { bareNumber, fold, isGroup, nameOf, type Card } from './card';

/** Digits of a number that two cards must share; fewer are numbers of a house. */
const DIGITS_MIN = 7;

/** What a card can be found again by. */
export function marks(card: Card): string[] {
  const emails = Object.values(card.emails ?? {}).map((it) => `e ${it.address.trim().toLowerCase()}`);
  const phones = Object.values(card.phones ?? {}).map((it) => bareNumber(it.number).replace(/\D/g, '').replace(/^00/, '').replace(/^0+/, ''));
  // The end of a number is the same with and without the number of the country.
  const ends = phones.filter((it) => it.length >= DIGITS_MIN).map((it) => `p ${it.slice(-9)}`);
  const name = fold(nameOf(card)).split(/[\s,]+/).filter(Boolean).sort().join(' ');
  return [...emails, ...ends, ...(name.includes(' ') ? [`n ${name}`] : [])];
}

/** Sets of cards that belong together, each of two or more. */
export function duplicates<T extends Card>(cards: T[]): T[][] {
  const people = cards.filter((card) => !isGroup(card));
  const parent = people.map((_, at) => at);
  const root = (at: number): number => {
    let top = at;
    while (parent[top] !== top) top = parent[top] ?? top;
    parent[at] = top;
    return top;
  };
  const seen = new Map<string, number>();
  for (const [at, card] of people.entries()) {
    for (const mark of marks(card)) {
      const other = seen.get(mark);
      if (other === undefined) seen.set(mark, at);
      else parent[root(at)] = root(other);
    }
  }
  const sets = new Map<number, T[]>();
  for (const [at, card] of people.entries()) {
    const top = root(at);
    sets.set(top, [...(sets.get(top) ?? []), card]);
  }
  return [...sets.values()].filter((set) => set.length > 1);
}

/** Maps of entries, and what makes two entries the same. */
const MAPS: [keyof Card, (entry: Record<string, unknown>) => string][] = [
  ['emails', (it) => String(it.address).trim().toLowerCase()],
  ['phones', (it) => bareNumber(String(it.number)).replace(/\D/g, '')],
  ['addresses', (it) => fold(JSON.stringify(it.components ?? it.full ?? ''))],
  ['nicknames', (it) => fold(String(it.name))],
  ['organizations', (it) => fold(JSON.stringify([it.name, it.units]))],
  ['titles', (it) => fold(String(it.name))],
  ['links', (it) => String(it.uri)],
  ['anniversaries', (it) => String(it.kind)],
  ['notes', (it) => String(it.note).trim()],
  ['media', (it) => String(it.kind)],
];

/** What the first card becomes when it takes in the others: only what is different. The name is that of `named`. */
export function merged(into: Card, others: Card[], named: Card): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  if (named !== into && named.name) made.name = named.name;
  for (const [name, sign] of MAPS) {
    const all: Record<string, unknown> = { ...((into[name] as Record<string, unknown> | null | undefined) ?? {}) };
    const known = new Set(Object.values(all).map((it) => sign(it as Record<string, unknown>)));
    let grew = false;
    for (const other of others) {
      for (const [key, entry] of Object.entries((other[name] as Record<string, Record<string, unknown>> | null | undefined) ?? {})) {
        if (known.has(sign(entry))) continue;
        known.add(sign(entry));
        let free = key;
        for (let at = 2; free in all; at += 1) free = `${key}-${at}`;
        all[free] = entry;
        grew = true;
      }
    }
    if (grew) made[name] = all;
  }
  const keywords = Object.assign({}, ...others.map((it) => it.keywords ?? {}), into.keywords ?? {}) as Record<string, true>;
  if (Object.keys(keywords).length > Object.keys(into.keywords ?? {}).length) made.keywords = keywords;
  return made;
}

/** Which of several cards says most. */
export function richest<T extends Card>(cards: T[]): T | undefined {
  const weight = (card: Card): number => JSON.stringify(card).length;
  return [...cards].sort((a, b) => weight(b) - weight(a))[0];
}
