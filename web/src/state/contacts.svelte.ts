// Contacts as they are shown: address books of all accounts that are open to the person, what is known of every card in
// them, and what is done with them.

import { BRIEF, isGroup, nameOf, searchText, sortName, type Card } from '../contacts/card';
import { CONTACTS, type Call } from '../jmap/client';
import { bringBack, getAll } from '../jmap/restore';
import type { GetAnswer, Id, QueryAnswer, SetAnswer } from '../jmap/types';
import { t } from '../texts/index.svelte';
import { nameOf as standardName, ownerOf } from './accounts';
import { app, jmap } from './app.svelte';
import { AT_ONCE, MOST, Mirror, type Changes } from './mirror.svelte';

/** RFC 9610 2. */
export interface Book {
  id: Id;
  name: string;
  isDefault: boolean;
  isSubscribed: boolean;
  sortOrder: number;
  shareWith: Record<Id, Record<string, boolean>> | null;
  myRights: Record<string, boolean>;
  account: Id;
  /** Another person's name, where it is not one's own. */
  owner: string | null;
  key: string;
  /** The people of the house, whom nobody writes here. */
  isDirectory: boolean;
}

/** What is known of a card in a list. */
export interface Entry {
  key: string;
  account: Id;
  card: Card;
  book: string;
  name: string;
  sort: string;
  text: string;
}

/** The id of the directory among the address books of one's own account. */
const DIRECTORY = 'bd';

export interface Imported {
  added: number;
  replaced: number;
  kept: number;
  refused: number;
}

const order = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true });

class ContactsState extends Mirror<Card, Entry> {
  books = $state.raw<Book[]>([]);

  constructor() {
    super({ type: 'ContactCard', within: 'AddressBook', capability: CONTACTS, properties: BRIEF, sort: [{ property: 'name/surname', isAscending: true }] });
  }

  protected keep(account: Id, card: Card): Entry {
    const book = `${account} ${Object.keys(card.addressBookIds)[0] ?? ''}`;
    return { key: `${account} ${card.id}`, account, card, book, name: nameOf(card), sort: sortName(card), text: searchText(card) };
  }

  /** All cards of all address books, in the order of their names. */
  entries = $derived([...this.known.values()].sort((a, b) => order.compare(a.sort, b.sort) || a.key.localeCompare(b.key)));
  shown = $derived(this.books.filter((it) => it.isSubscribed));
  writable = $derived(this.shown.filter((it) => it.myRights.mayWrite));
  groups = $derived(this.entries.filter((it) => isGroup(it.card) && !this.book(it.book)?.isDirectory));

  book(key: string): Book | undefined {
    return this.books.find((it) => it.key === key);
  }

  entry(key: string | null): Entry | undefined {
    return key === null ? undefined : this.known.get(key);
  }

  get standard(): Book | undefined {
    return this.writable.find((it) => it.isDefault && it.owner === null) ?? this.writable[0];
  }

  mayWrite(entry: Entry): boolean {
    return this.book(entry.book)?.myRights.mayWrite === true;
  }

  protected async loadPlaces(): Promise<void> {
    const accounts = this.accounts;
    const answers = await jmap().call(accounts.map((accountId): Call => ['AddressBook/get', { accountId, ids: null }]));
    const all = answers.flatMap((answer, at) => {
      const account = accounts[at] ?? '';
      const owner = ownerOf(account, CONTACTS);
      return (answer as unknown as GetAnswer<Book>).list.map((one) => {
        const isDirectory = one.id === DIRECTORY;
        return { ...one, account, owner, isDirectory, key: `${account} ${one.id}`, name: isDirectory ? t('conDirectory') : standardName(one, one.isDefault, 'Contacts', 'contacts') };
      });
    });
    const weight = (it: Book): number => (it.isDirectory ? 3 : it.owner !== null ? 2 : it.isDefault ? 0 : 1);
    this.books = all.sort((a, b) => weight(a) - weight(b) || a.sortOrder - b.sortOrder || order.compare(a.name, b.name));
  }

  /** All of some cards. */
  async whole(entries: { account: Id; card: { id: Id } }[]): Promise<Card[]> {
    const all: Card[] = [];
    for (const account of new Set(entries.map((it) => it.account))) {
      all.push(...(await getAll<Card>(jmap(), 'ContactCard/get', account, entries.filter((it) => it.account === account).map((it) => it.card.id))));
    }
    return all;
  }

  /** Cards whose notes, addresses and the like have these words: what is not known here of every card. */
  async find(words: string): Promise<string[]> {
    const accounts = this.accounts;
    const answers = await jmap().call(accounts.map((accountId): Call => ['ContactCard/query', { accountId, filter: { text: words }, limit: MOST }]));
    return answers.flatMap((answer, at) => (answer as unknown as QueryAnswer).ids.map((id) => `${accounts[at]} ${id}`));
  }

  /** Makes a card; its key. */
  async add(book: Book, card: Record<string, unknown>): Promise<string | null> {
    const answer = await this.set(book.account, { create: { c: { '@type': 'Card', version: '1.0', ...card, addressBookIds: { [book.id]: true } } } });
    const id = answer?.created?.c?.id;
    return id ? `${book.account} ${id}` : null;
  }

  async destroy(entries: Entry[]): Promise<void> {
    const [one] = entries;
    if (!one) return;
    const ids = entries.map((it) => it.card.id);
    if (!(await this.set(one.account, { destroy: ids }))) return;
    app.say(ids.length > 1 ? t('conDeletedMany', { count: ids.length }) : t('conDeleted', { name: one.name }), () => this.restore(one.account, entries));
  }

  /** Brings cards back that were just deleted. */
  async restore(account: Id, entries: { card: Card }[]): Promise<void> {
    try {
      const left = await bringBack(jmap(), account, 'contact', entries.map((it) => it.card.id));
      await this.follow(account);
      if (left.length > 0) app.say(t('conNotRestored', { count: left.length }));
    } catch (error) {
      app.failed(t('failed'), error);
    }
  }

  /** Makes one card of several; can be taken back. */
  async merge(into: Card, others: Card[], change: Record<string, unknown>, account: Id): Promise<boolean> {
    const before = Object.fromEntries(Object.keys(change).map((name) => [name, (into as unknown as Record<string, unknown>)[name] ?? null]));
    const given = { ...(Object.keys(change).length > 0 ? { update: { [into.id]: change } } : {}), destroy: others.map((it) => it.id) };
    if (!(await this.set(account, given))) return false;
    app.say(t('conMerged', { name: nameOf(into) }), async () => {
      if (Object.keys(change).length > 0) await this.set(account, { update: { [into.id]: before } });
      await this.restore(account, others.map((card) => ({ card })));
    });
    return true;
  }

  /** Makes many cards, in few requests; how many. */
  async addMany(book: Book, cards: object[]): Promise<Id[]> {
    const made: Id[] = [];
    for (let at = 0; at < cards.length; at += AT_ONCE) {
      const create = Object.fromEntries(cards.slice(at, at + AT_ONCE).map((card, place) => [`c${place}`, { '@type': 'Card', version: '1.0', ...card, addressBookIds: { [book.id]: true } }]));
      const answer = await jmap().one<SetAnswer<Card>>('ContactCard/set', { accountId: book.account, create });
      made.push(...Object.values(answer.created ?? {}).map((it) => it.id));
    }
    await this.follow(book.account);
    return made;
  }

  /** Imports a file of cards as they are; can be taken back. */
  async importFile(book: Book, file: Blob): Promise<Imported> {
    const { blobId } = await jmap().upload(book.account, file);
    const answer = await jmap().one<Imported & { oldState: string }>('ContactCard/import', { accountId: book.account, addressBookId: book.id, blobId });
    const changed = await jmap().one<Changes>('ContactCard/changes', { accountId: book.account, sinceState: answer.oldState });
    await this.follow(book.account);
    this.sayImported(answer, book, changed.created);
    return answer;
  }

  sayImported(count: Imported, book: Book, made: Id[]): void {
    const words = [t('conImported', { count: count.added })];
    if (count.kept > 0) words.push(t('conImportKept', { count: count.kept }));
    if (count.refused > 0) words.push(t('conImportRefused', { count: count.refused }));
    const undo = made.length > 0 && made.length <= 2 * AT_ONCE ? async (): Promise<void> => void (await this.set(book.account, { destroy: made })) : undefined;
    app.say(words.join(' '), undo, 15_000);
  }

  /** Hands the browser a file of cards: some of one account, or all of an address book. */
  async exportFile(account: Id, given: { ids: Id[] } | { addressBookId: Id }, name: string): Promise<void> {
    try {
      const { blobAccountId, blobId, type } = await jmap().one<{ blobAccountId: Id; blobId: Id; type: string }>('ContactCard/export', { accountId: account, ...given });
      const link = document.createElement('a');
      link.href = jmap().downloadUrl(blobAccountId, blobId, `${name.replace(/[^\p{L}\p{N} _-]/gu, '').trim() || 'contacts'}.vcf`, type);
      link.download = '';
      link.click();
    } catch (error) {
      app.failed(t('failed'), error);
    }
  }

  async saveBook(book: Book | null, name: string): Promise<string | null> {
    const account = book?.account ?? this.account;
    const answer = await this.setPlace<Book>(account, book ? { update: { [book.id]: { name } } } : { create: { b: { name } } });
    if (!answer) return null;
    return book?.key ?? `${account} ${answer.created?.b?.id ?? ''}`;
  }

  async destroyBook(book: Book): Promise<boolean> {
    const done = await this.setPlace<Book>(book.account, { destroy: [book.id], onDestroyRemoveContents: true });
    if (done) await this.follow(book.account);
    return done !== null;
  }

  async subscribe(book: Book, is: boolean): Promise<void> {
    await this.setPlace<Book>(book.account, { update: { [book.id]: { isSubscribed: is } } });
  }
}

export const contacts = new ContactsState();
