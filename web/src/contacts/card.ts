// A contact card (RFC 9553) as people see it: its name, a form of its usual fields, and what is written of it. What the form has
// no place for stays as it is.

import type { Id } from '../jmap/types';

type Part = { '@type'?: string; kind: string; value: string };
type Contexts = Record<string, true>;

/** The card, as far as this client reads it. */
export interface Card {
  id: Id;
  uid: string;
  addressBookIds: Record<Id, true>;
  kind?: string;
  created?: string;
  updated?: string;
  name?: { full?: string; components?: Part[]; isOrdered?: boolean } | null;
  nicknames?: Record<string, { name: string }> | null;
  organizations?: Record<string, { name?: string; units?: { name: string }[] }> | null;
  titles?: Record<string, { name: string; kind?: string }> | null;
  emails?: Record<string, { address: string; contexts?: Contexts; pref?: number }> | null;
  phones?: Record<string, { number: string; contexts?: Contexts; features?: Record<string, true> }> | null;
  addresses?: Record<string, { components?: Part[]; full?: string; contexts?: Contexts }> | null;
  links?: Record<string, { uri: string }> | null;
  anniversaries?: Record<string, { kind: string; date: { year?: number; month?: number; day?: number; utc?: string } }> | null;
  notes?: Record<string, { note: string }> | null;
  media?: Record<string, { kind: string; blobId?: Id; uri?: string; mediaType?: string }> | null;
  members?: Record<string, true> | null;
  keywords?: Record<string, true> | null;
}

/** What is asked for of every card: enough for lists, searches and duplicates. */
export const BRIEF = ['id', 'uid', 'addressBookIds', 'kind', 'name', 'nicknames', 'organizations', 'emails', 'phones', 'members'];

const values = <T>(map: Record<string, T> | null | undefined): T[] => Object.values(map ?? {});

export function nameOf(card: Card): string {
  const full = card.name?.full?.trim();
  if (full) return full;
  const parts = (card.name?.components ?? []).filter((it) => it.kind !== 'separator').map((it) => it.value);
  return parts.join(' ').trim() || values(card.organizations)[0]?.name || values(card.nicknames)[0]?.name || values(card.emails)[0]?.address || '';
}

const part = (card: Card, kind: string): string => (card.name?.components ?? []).filter((it) => it.kind === kind).map((it) => it.value).join(' ');

/** What a card is sorted by: the family name first, where there is one. */
export function sortName(card: Card): string {
  const surname = part(card, 'surname');
  return surname ? `${surname} ${part(card, 'given')}` : nameOf(card);
}

/** The letter it stands under. */
export function letterOf(text: string): string {
  const first = text.normalize('NFD').replace(/^[^\p{L}]*/u, '').slice(0, 1).toUpperCase();
  return /^[A-Z]$/.test(first) ? first : first && /\p{L}/u.test(first) ? first : '#';
}

/** Small letters without marks, to compare by. */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();
}

export const bareNumber = (number: string): string => number.replace(/^tel:/, '');
export const emailsOf = (card: Card): string[] => values(card.emails).map((it) => it.address);
export const phonesOf = (card: Card): string[] => values(card.phones).map((it) => bareNumber(it.number));
export const organizationOf = (card: Card): string => values(card.organizations)[0]?.name ?? '';
export const isGroup = (card: Card): boolean => card.kind === 'group';

/** All that a search here looks through. */
export function searchText(card: Card): string {
  const units = values(card.organizations).flatMap((it) => [it.name ?? '', ...(it.units ?? []).map((unit) => unit.name)]);
  const numbers = phonesOf(card).flatMap((it) => [it, it.replace(/\D/g, '')]);
  return fold([nameOf(card), sortName(card), ...values(card.nicknames).map((it) => it.name), ...units, ...emailsOf(card), ...numbers].join('\n'));
}

export function holds(text: string, words: string): boolean {
  return fold(words).split(/\s+/).every((word) => text.includes(word));
}

export type Context = '' | 'work' | 'private';
export type PhoneKind = 'mobile' | 'work' | 'private' | 'fax' | '';

export interface Form {
  prefix: string;
  given: string;
  surname: string;
  nickname: string;
  organization: string;
  unit: string;
  title: string;
  emails: { key: string; value: string; context: Context }[];
  phones: { key: string; value: string; kind: PhoneKind }[];
  addresses: { key: string; street: string; postcode: string; locality: string; region: string; country: string; context: Context }[];
  link: string;
  birthday: string;
  note: string;
}

const contextOf = (contexts: Contexts | undefined): Context => (contexts?.work ? 'work' : contexts?.private ? 'private' : '');

function phoneKind(phone: { contexts?: Contexts; features?: Record<string, true> }): PhoneKind {
  if (phone.features?.fax) return 'fax';
  return phone.features?.mobile ? 'mobile' : contextOf(phone.contexts);
}

/** The first entry of a map, with its key. */
function first<T>(map: Record<string, T> | null | undefined, is: (it: T) => boolean = () => true): [string, T] | undefined {
  return Object.entries(map ?? {}).find(([, it]) => is(it));
}

const isBirth = (it: { kind: string }): boolean => it.kind === 'birth';
const isPhoto = (it: { kind: string }): boolean => it.kind === 'photo';
const isTitle = (it: { kind?: string }): boolean => (it.kind ?? 'title') === 'title';

/** The day somebody was born, where all of it is known. */
export function birthdayOf(card: Card): string {
  const date = first(card.anniversaries, isBirth)?.[1].date;
  if (date?.utc) return date.utc.slice(0, 10);
  if (!date?.month || !date.day || !date.year) return '';
  return `${String(date.year).padStart(4, '0')}-${String(date.month).padStart(2, '0')}-${String(date.day).padStart(2, '0')}`;
}

export function photoOf(card: Card): { blobId?: Id; uri?: string; mediaType?: string } | undefined {
  return first(card.media, isPhoto)?.[1];
}

/** An address in lines. */
export function addressLines(address: { components?: Part[]; full?: string }): string[] {
  if (address.full) return address.full.split('\n');
  const of = (...kinds: string[]): string => kinds.flatMap((kind) => (address.components ?? []).filter((it) => it.kind === kind).map((it) => it.value)).join(' ');
  return [of('name', 'number', 'apartment', 'room', 'floor', 'building', 'block', 'postOfficeBox'), of('postcode', 'locality'), of('region'), of('country')].filter((it) => it.trim());
}

export function toForm(card: Card | null): Form {
  const components = card?.name?.components ?? [];
  const of = (kind: string): string => components.filter((it) => it.kind === kind).map((it) => it.value).join(' ');
  let [given, surname] = [of('given'), of('surname')];
  if (card && !given && !surname) {
    // A name that is one text: its last word is the family's, more often than not.
    const words = (card.name?.full ?? '').trim().split(/\s+/);
    surname = words.length > 1 ? (words.pop() ?? '') : '';
    given = words.join(' ');
  }
  const within = (it: { components?: Part[] }, ...kinds: string[]): string => (it.components ?? []).filter((one) => kinds.includes(one.kind)).map((one) => one.value).join(' ');
  return {
    prefix: of('title'),
    given,
    surname,
    nickname: first(card?.nicknames)?.[1].name ?? '',
    organization: first(card?.organizations)?.[1].name ?? '',
    unit: first(card?.organizations)?.[1].units?.[0]?.name ?? '',
    title: first(card?.titles, isTitle)?.[1].name ?? '',
    emails: Object.entries(card?.emails ?? {}).map(([key, it]) => ({ key, value: it.address, context: contextOf(it.contexts) })),
    phones: Object.entries(card?.phones ?? {}).map(([key, it]) => ({ key, value: bareNumber(it.number), kind: phoneKind(it) })),
    addresses: Object.entries(card?.addresses ?? {}).map(([key, it]) => ({
      key,
      street: within(it, 'name', 'number') || (it.components ? '' : (it.full ?? '')),
      postcode: within(it, 'postcode'),
      locality: within(it, 'locality'),
      region: within(it, 'region'),
      country: within(it, 'country'),
      context: contextOf(it.contexts),
    })),
    link: first(card?.links)?.[1].uri ?? '',
    birthday: card ? birthdayOf(card) : '',
    note: first(card?.notes)?.[1].note ?? '',
  };
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

function contexts(before: Contexts | undefined, context: Context): Contexts | undefined {
  const { work: _, private: __, ...rest } = before ?? {};
  const made = { ...rest, ...(context ? { [context]: true as const } : {}) };
  return Object.keys(made).length > 0 ? made : undefined;
}

function phoneFeatures(before: Record<string, true> | undefined, kind: PhoneKind): Record<string, true> | undefined {
  const { mobile: _, fax: __, ...rest } = before ?? {};
  const made = { ...rest, ...(kind === 'mobile' ? { mobile: true as const } : {}), ...(kind === 'fax' ? { fax: true as const } : {}) };
  return Object.keys(made).length > 0 ? made : undefined;
}

/** Without what is undefined, which JSON would drop anyway, so that equal things are equal. */
const tidy = <T extends object>(it: T): T => Object.fromEntries(Object.entries(it).filter(([, value]) => value !== undefined)) as T;

/** What is different after the form: whole properties, and null for those that go. */
export function changes(card: Card | null, form: Form): Record<string, unknown> {
  const before = toForm(card);
  const made: Record<string, unknown> = {};
  const set = (name: keyof Card, value: object | null | undefined): void => {
    const filled = value && Object.keys(value).length > 0 ? value : null;
    if (!same(filled, card?.[name] ?? null)) made[name] = filled;
  };
  /** One text of the first entry of a map. */
  const one = <T extends object>(name: keyof Card, map: Record<string, T> | null | undefined, text: string, put: (it: T) => T, is: (it: T) => boolean = () => true): void => {
    const known = first(map, is);
    const rest = Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => key !== known?.[0]));
    set(name, text ? { ...(map ?? {}), [known?.[0] ?? freeKey(map)]: put(known?.[1] ?? ({} as T)) } : rest);
  };
  if (!same([before.prefix, before.given, before.surname], [form.prefix, form.given, form.surname]) || !card) {
    const kept = (card?.name?.components ?? []).filter((it) => !['title', 'given', 'surname', 'separator'].includes(it.kind));
    const components = [
      ...(form.prefix ? [{ kind: 'title', value: form.prefix.trim() }] : []),
      ...(form.given ? [{ kind: 'given', value: form.given.trim() }] : []),
      ...kept.filter((it) => it.kind === 'given2'),
      ...(form.surname ? [{ kind: 'surname', value: form.surname.trim() }] : []),
      ...kept.filter((it) => it.kind !== 'given2'),
    ];
    const full = components.map((it) => it.value).join(' ');
    made.name = full ? { '@type': 'Name', isOrdered: true, components, full } : { '@type': 'Name', full: form.organization || form.emails[0]?.value || '' };
  }
  if (before.nickname !== form.nickname) one('nicknames', card?.nicknames, form.nickname, (it) => ({ ...it, name: form.nickname }));
  if (before.organization !== form.organization || before.unit !== form.unit) {
    one('organizations', card?.organizations, form.organization || form.unit, (it) => {
      const units = [...(form.unit ? [{ ...(it.units?.[0] ?? {}), name: form.unit }] : []), ...(it.units ?? []).slice(1)];
      return tidy({ ...it, name: form.organization || undefined, units: units.length > 0 ? units : undefined });
    });
  }
  if (before.title !== form.title) one('titles', card?.titles, form.title, (it) => ({ ...it, name: form.title }), isTitle);
  if (before.link !== form.link) one('links', card?.links, form.link, (it) => ({ ...it, uri: form.link }));
  if (before.note !== form.note) one('notes', card?.notes, form.note, (it) => ({ ...it, note: form.note }));
  if (before.birthday !== form.birthday) {
    const [year, month, day] = form.birthday.split('-').map(Number);
    one('anniversaries', card?.anniversaries, form.birthday, (it) => ({ ...it, kind: 'birth', date: { '@type': 'PartialDate', year, month, day } as { year?: number } }), isBirth);
  }
  if (!same(before.emails, form.emails)) {
    set('emails', Object.fromEntries(form.emails.filter((it) => it.value.trim()).map((it) => {
      const known = card?.emails?.[it.key];
      return [it.key, tidy({ ...known, address: it.value.trim(), contexts: contexts(known?.contexts, it.context) })];
    })));
  }
  if (!same(before.phones, form.phones)) {
    set('phones', Object.fromEntries(form.phones.filter((it) => it.value.trim()).map((it) => {
      const known = card?.phones?.[it.key];
      const number = known && bareNumber(known.number) === it.value.trim() ? known.number : it.value.trim();
      const context = it.kind === 'work' || it.kind === 'private' ? it.kind : it.kind === '' ? '' : contextOf(known?.contexts);
      return [it.key, tidy({ ...known, number, features: phoneFeatures(known?.features, it.kind), contexts: contexts(known?.contexts, context) })];
    })));
  }
  if (!same(before.addresses, form.addresses)) {
    const parts = [['street', 'name'], ['locality', 'locality'], ['region', 'region'], ['postcode', 'postcode'], ['country', 'country']] as const;
    const filled = form.addresses.filter((it) => parts.some(([name]) => it[name].trim()));
    set('addresses', Object.fromEntries(filled.map((it) => {
      const known = card?.addresses?.[it.key];
      if (known && same(before.addresses.find((old) => old.key === it.key), it)) return [it.key, known];
      const kept = (known?.components ?? []).filter((one) => !['name', 'number', 'separator', 'locality', 'region', 'postcode', 'country'].includes(one.kind));
      const components = [...parts.filter(([name]) => it[name].trim()).map(([name, kind]) => ({ kind, value: it[name].trim() })), ...kept];
      const { full: _, ...rest } = known ?? {};
      return [it.key, tidy({ ...rest, components, contexts: contexts(known?.contexts, it.context) })];
    })));
  }
  return made;
}

/** A key that an entry of a map can have. */
export function freeKey(map: Record<string, unknown> | null | undefined, more: { key: string }[] = []): string {
  let at = 1;
  while (map && `k${at}` in map || more.some((it) => it.key === `k${at}`)) at += 1;
  return `k${at}`;
}
