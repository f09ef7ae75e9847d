// Mail as it is shown: the mailboxes, one list of conversations, and the conversation that is open.
//
// A list of 250,000 messages is never held: only pages of it that were looked at.

import { HISTORY, JmapError, MAIL, resultOf, type Call } from '../jmap/client';
import type { Email, GetAnswer, Id, Mailbox, QueryAnswer, SetError, Thread } from '../jmap/types';
import { t } from '../texts/index.svelte';
import { app, jmap } from './app.svelte';
import { LISTED, ahead, reading } from './mailAhead';
import { allMatching, destroyAll, ofThreads, updateAll, type Target } from './mailBulk';
import { isEmpty, toFilter, type Search } from './mailFilter';
import { Folders } from './mailFolders.svelte';
import { keepSeen, seenBy } from './mailKept';

/** Conversations in one page of the list. */
const PAGE = 50;
/** Pages that are kept; those farthest from what is in sight go first. */
const PAGES = 40;
/** Pages that are fetched at once. */
const AT_ONCE = 3;
/** Folders whose beginning is kept. */
const BEGINNINGS = 30;
/** Where the inbox of an account is remembered. */
const INBOX = 'wachpost.inbox.';
/** Of more emails than this it is told how far the work has come. */
const MANY = 500;
/** After a list came to rest for so many milliseconds, what is in it is fetched ahead; the neighbours of what is read sooner. */
const REST_MS = 250;
const NEIGHBOURS_MS = 60;
/** Larger ones are not fetched before they are asked for. */
const AHEAD_OCTETS = 60_000;

class Mail extends Folders {
  private shownAccount = $state<Id | null>(null);
  mailbox = $state<Id | null>(null);
  search = $state.raw<Search | null>(null);
  total = $state(0);
  /** The pages that are at hand, by their number. */
  pages = $state.raw<Record<number, Email[]>>({});
  loading = $state(true);
  open = $state.raw<Email[]>([]);
  openId = $state<Id | null>(null);
  chosen = $state.raw<Record<Id, Email>>({});
  /** Whether everything in the list is chosen, what is not at hand, too. */
  allChosen = $state(false);
  cursor = $state(0);
  /** Counts the lists that were shown. */
  turn = $state(0);
  /** Whether the folders were read since the page was loaded. */
  private loaded = false;

  /** The pages that are in sight, and whether the way leads down. */
  private sight = { first: 0, last: 0, down: true };
  private coming = new Set<number>();
  private refreshing: Promise<void> | null = null;
  private again = false;
  /** The state of emails that everything in sight is in; empty where it is not known to be one. */
  private state = '';
  /** Changes that are under way here, and whether something was heard of meanwhile. */
  private doing = 0;
  private heard = '';
  /** The beginnings of folders that were looked at. */
  private beginnings = new Map<string, { list: Email[]; total: number }>();

  constructor() {
    super();
    window.addEventListener('pagehide', () => this.remember());
  }

  /** The account whose mail is shown. */
  get account(): Id {
    return this.shownAccount ?? this.own;
  }

  get mailboxes(): Mailbox[] {
    return this.boxes[this.account] ?? [];
  }

  withRole(role: string): Mailbox | undefined {
    return this.roleIn(this.account, role);
  }

  get folders(): { mailbox: Mailbox; depth: number }[] {
    return this.foldersOf(this.account);
  }

  get current(): Mailbox | undefined {
    return this.mailboxes.find((it) => it.id === this.mailbox);
  }

  get chosenCount(): number {
    return this.allChosen ? this.total : Object.keys(this.chosen).length;
  }

  at(index: number): Email | undefined {
    return this.pages[Math.floor(index / PAGE)]?.[index % PAGE];
  }

  /** All emails of the list that are at hand. */
  get listed(): Email[] {
    return Object.values(this.pages).flat();
  }

  async start(): Promise<void> {
    // Who comes back from another view finds what they left.
    if (this.mailbox !== null && this.loaded) await Promise.all([this.loadAccount(this.own), this.refresh()]);
    else await this.begin();
    void this.loadShared().catch((error) => app.failed(t('failed'), error));
    const inbox = this.roleIn(this.own, 'inbox') ?? this.boxes[this.own]?.[0];
    if (inbox) localStorage.setItem(INBOX + this.own, inbox.id);
    if ((this.mailbox === null || this.current === undefined) && inbox) await this.show(inbox.id, this.own);
  }

  /** The first view: what was seen last at once; the list and the folders, as they are now, with one request. */
  private async begin(): Promise<void> {
    const seen = seenBy(jmap().session.username);
    if (seen) {
      [this.boxes, this.shownAccount, this.mailbox, this.total] = [seen.boxes, seen.account, seen.mailbox, seen.total];
      this.pages = { 0: seen.list };
    } else this.mailbox = localStorage.getItem(INBOX + this.own);
    const { turn, own } = this;
    const calls: Call[] = [['Mailbox/get', { accountId: own, ids: null }]];
    if (this.mailbox !== null) calls.push(this.query(0, PAGE), this.listing(1));
    const [boxes, found, got] = await jmap().attempt(calls);
    if (boxes instanceof JmapError) throw boxes;
    this.boxes = { ...this.boxes, [own]: (boxes as unknown as GetAnswer<Mailbox>).list };
    this.loaded = true;
    if (turn !== this.turn) return;
    // The folder of last time may be gone.
    if (!found || !got || found instanceof JmapError || got instanceof JmapError) this.mailbox = null;
    else this.take(0, found as unknown as QueryAnswer, got as unknown as GetAnswer<Email>);
    this.loading = false;
  }

  /** Keeps what is seen for when the page is loaded anew. */
  private remember(): void {
    const [list, { mailbox, account }] = [this.pages[0], this];
    if (app.client && list && mailbox !== null && !this.search) keepSeen({ owner: app.client.session.username, boxes: this.boxes, account, mailbox, list, total: this.total });
  }

  async show(mailbox: Id, account = this.account): Promise<void> {
    this.shownAccount = account;
    this.mailbox = mailbox;
    this.search = null;
    await this.reload();
  }

  async find(search: Search | null): Promise<void> {
    this.search = search && !isEmpty(search) ? search : null;
    await this.reload();
  }

  private async reload(): Promise<void> {
    const known = this.search ? undefined : this.beginnings.get(`${this.account} ${this.mailbox}`);
    this.turn += 1;
    this.coming = new Set([0]);
    this.sight = { first: 0, last: 0, down: true };
    this.pages = known ? { 0: known.list } : {};
    this.total = known?.total ?? 0;
    this.choose(false);
    this.cursor = 0;
    this.close();
    await this.fetch(0);
  }

  /** Chooses everything, or nothing. */
  choose(all: boolean): void {
    this.allChosen = all;
    this.chosen = all ? Object.fromEntries(this.listed.map((email) => [email.id, email])) : {};
  }

  /** Chooses one, or no more. */
  chooseOne(email: Email, is: boolean): void {
    const { [email.id]: _, ...left } = this.chosen;
    this.allChosen = false;
    this.chosen = is ? { ...left, [email.id]: email } : left;
  }

  /** What the list shows (RFC 8621 4.4.1). */
  get filter(): Record<string, unknown> {
    if (this.search) return toFilter(this.search);
    return this.mailbox ? { inMailbox: this.mailbox } : {};
  }

  private query(position: number, limit: number): Call {
    const sort = [{ property: 'receivedAt', isAscending: false }];
    return ['Email/query', { accountId: this.account, filter: this.filter, sort, collapseThreads: !this.search, position, limit, calculateTotal: true }];
  }

  private listing(call: number): Call {
    return ['Email/get', { accountId: this.account, '#ids': resultOf(call, 'Email/query', '/ids'), properties: LISTED }];
  }

  /** Conversations from here to there are in sight: sees to it that they are at hand, and the page after them. */
  look(first: number, last: number): void {
    const before = this.sight;
    const now = { first: Math.floor(first / PAGE), last: Math.floor(last / PAGE) };
    this.sight = { ...now, down: now.first === before.first ? before.down : now.first > before.first };
    this.more();
    const seen = Array.from({ length: last - first + 1 }, (_, at) => this.at(first + at)).filter((email) => email !== undefined);
    if (this.openId === null) this.ahead(seen, REST_MS);
  }

  private more(): void {
    const { first, last, down } = this.sight;
    for (const page of [...range(first, last), down ? last + 1 : first - 1]) {
      if (this.coming.size >= AT_ONCE) return;
      if (page < 0 || page * PAGE >= this.total || page in this.pages || this.coming.has(page)) continue;
      void this.fetch(page);
    }
  }

  /** Fetches a page; answers the state of emails that it is in. */
  private async fetch(page: number): Promise<string> {
    const { turn, coming } = this;
    coming.add(page);
    this.loading = true;
    try {
      const [found, got] = (await jmap().call([this.query(page * PAGE, PAGE), this.listing(0)])) as unknown as [QueryAnswer, GetAnswer<Email>];
      coming.delete(page);
      if (turn !== this.turn) return '';
      this.take(page, found, got);
      this.more();
      return got.state;
    } catch (error) {
      coming.delete(page);
      app.failed(t('failed'), error);
      return '';
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  }

  /** Takes over a page. */
  private take(page: number, found: QueryAnswer, got: GetAnswer<Email>): void {
    const known = new Map(got.list.map((email) => [email.id, email]));
    const list = found.ids.map((id) => known.get(id)).filter((email) => email !== undefined);
    if (Object.keys(this.pages).every((known) => Number(known) === page)) this.state = got.state;
    else if (this.state !== got.state && !this.refreshing) this.state = '';
    this.pages = this.thinned({ ...this.pages, [page]: list });
    this.total = found.total ?? list.length;
    if (this.allChosen) this.chosen = { ...this.chosen, ...Object.fromEntries(list.map((email) => [email.id, email])) };
    if (page > 0 || this.search || this.mailbox === null) return;
    if (this.beginnings.size >= BEGINNINGS) this.beginnings.clear();
    this.beginnings.set(`${this.account} ${this.mailbox}`, { list, total: this.total });
  }

  /** Of more pages than are kept, those that are farthest away go. */
  private thinned(pages: Record<number, Email[]>): Record<number, Email[]> {
    const away = (page: string): number => Math.abs(Number(page) - this.sight.first);
    const names = Object.keys(pages);
    if (names.length <= PAGES) return pages;
    const kept = names.sort((a, b) => away(a) - away(b)).slice(0, PAGES);
    return Object.fromEntries(kept.map((page) => [page, pages[Number(page)] ?? []]));
  }

  /** Fetches conversations that may be read next. */
  private ahead(emails: Email[], ms: number): void {
    const small = emails.filter((email) => email.size <= AHEAD_OCTETS && !email.keywords.$draft);
    ahead.soon(this.account, small.map((email) => email.threadId), ms);
  }

  /** Something changed on the server: what is in sight is looked at again. */
  async changed(account: Id, states: Record<string, string>): Promise<void> {
    if ('Mailbox' in states) await this.changedPlaces(account);
    if (!('Email' in states)) return;
    if (this.doing > 0 && account === this.account) {
      this.heard = states.Email ?? '';
      return;
    }
    await this.changedTo(account, states.Email ?? '');
  }

  private async changedTo(account: Id, state: string): Promise<void> {
    // What was done here is shown already; nothing else happened.
    if (account === this.account && state === this.state && state !== '' && !this.search) return;
    this.beginnings.clear();
    ahead.forget();
    if (account === this.account) await this.refresh();
  }

  private async changedPlaces(account: Id): Promise<void> {
    const { accounts } = jmap().session;
    if (MAIL in (accounts[account]?.accountCapabilities ?? {})) await this.loadAccount(account);
    else {
      const { [account]: _, ...left } = this.boxes;
      this.boxes = left;
    }
    // What is shown may be open no more.
    const inbox = this.roleIn(this.own, 'inbox');
    if (account === this.account && this.mailbox !== null && this.current === undefined && inbox) await this.show(inbox.id, this.own);
  }

  /** Looks again at what is in sight; once more if something changed meanwhile. */
  private refresh(): Promise<void> {
    this.again = true;
    this.refreshing ??= (async () => {
      while (this.again) {
        this.again = false;
        const { first, last } = this.sight;
        for (const known of Object.keys(this.pages).map(Number)) if (known < first - 1 || known > last + 1) this.forget(known);
        const wanted = new Set([...Object.keys(this.pages).map(Number), ...range(first, last)]);
        const seen = await Promise.all([...wanted].map((page) => this.fetch(page)));
        this.state = seen.every((state) => state === seen[0]) ? (seen[0] ?? '') : '';
        if (this.openId) await this.check(this.openId);
      }
    })().finally(() => (this.refreshing = null));
    return this.refreshing;
  }

  private forget(page: number): void {
    const { [page]: _, ...left } = this.pages;
    this.pages = left;
  }

  /** Opens the conversation of an email. */
  async read(id: Id, mark = true): Promise<void> {
    this.openId = id;
    const account = this.account;
    const listed = this.listed.find((email) => email.id === id) ?? this.open.find((email) => email.id === id);
    try {
      const known = listed && ahead.known(account, listed.threadId);
      const emails = known ?? (listed ? await ahead.get(account, listed.threadId) : (await jmap().one<GetAnswer<Email>>('Email/get', reading(account, { ids: [id] }))).list);
      if (this.openId !== id || account !== this.account) return;
      // What the list says of an email is never older.
      this.open = emails.map((email) => (email.id === listed?.id ? { ...email, keywords: listed.keywords, mailboxIds: listed.mailboxIds } : email));
      if (this.open.length === 0) this.close();
    } catch (error) {
      app.failed(t('failed'), error);
      return;
    }
    const neighbours = [this.at(this.cursor + 1), this.at(this.cursor - 1)].filter((email) => email !== undefined);
    this.ahead(neighbours, NEIGHBOURS_MS);
    const unseen = this.open.filter((email) => !email.keywords.$seen);
    if (mark && unseen.length > 0 && this.current?.myRights.maySetSeen !== false) await this.keyword(unseen, '$seen', true);
  }

  /** Looks whether the open conversation is as it is shown; what its emails say never changes. */
  private async check(id: Id): Promise<void> {
    const [first] = this.open;
    if (!first) return;
    const account = this.account;
    const [threads, got] = (await jmap().call([
      ['Thread/get', { accountId: account, ids: [first.threadId] }],
      ['Email/get', { accountId: account, '#ids': resultOf(0, 'Thread/get', '/list/*/emailIds'), properties: ['id', 'keywords', 'mailboxIds'] }],
    ])) as unknown as [GetAnswer<Thread>, GetAnswer<Target>];
    if (this.openId !== id || account !== this.account) return;
    const known = new Map(got.list.map((email) => [email.id, email]));
    if (this.open.length === known.size && this.open.every((email) => known.has(email.id))) {
      this.open = this.open.map((email) => ({ ...email, ...known.get(email.id) }));
    } else if (threads.list.length === 0) this.close();
    else await this.read(id, false);
  }

  close(): void {
    this.open = [];
    this.openId = null;
  }

  private isHere(email: Target): boolean {
    return this.search !== null || this.mailbox === null || this.mailbox in email.mailboxIds;
  }

  /** The emails that a command is about: all that are chosen, with their conversations; else the open one; else where the cursor is. */
  async targets(): Promise<Target[]> {
    if (this.allChosen) return allMatching(this.account, this.filter);
    const chosen = Object.values(this.chosen);
    if (chosen.length === 0 && this.open.length > 0) return this.open.filter((email) => this.isHere(email));
    const here = this.at(this.cursor);
    const emails = chosen.length > 0 ? chosen : here ? [here] : [];
    // A search shows emails, a folder conversations.
    if (this.search) return emails;
    const all = await ofThreads(this.account, emails.map((email) => email.threadId));
    return all.filter((email) => this.isHere(email));
  }

  async keyword(emails: Target[], keyword: string, is: boolean): Promise<void> {
    const changed = emails.filter((email) => (email.keywords[keyword] ?? false) !== is);
    if (changed.length === 0) return;
    const ids = new Set(changed.map((email) => email.id));
    this.patch(ids, (email) => {
      const keywords = { ...email.keywords };
      if (is) keywords[keyword] = true;
      else delete keywords[keyword];
      return { ...email, keywords };
    });
    await this.update(changed.map(({ id }) => [id, { [`keywords/${keyword}`]: is ? true : null }]));
  }

  /** The same, told, and with a way back. */
  async mark(emails: Target[], keyword: string, is: boolean, words: string): Promise<void> {
    const before = emails.filter((email) => (email.keywords[keyword] ?? false) !== is);
    const after = before.map((email) => ({ ...email, keywords: is ? { ...email.keywords, [keyword]: true as const } : {} }));
    const doing = this.keyword(emails, keyword, is);
    this.choose(false);
    // What is seen at once can be taken back at once.
    if (before.length > 0) app.say(words, () => doing.then(() => this.keyword(after, keyword, !is)));
    await doing;
  }

  /** Moves emails; what is done can be taken back. */
  async move(emails: Target[], to: Id, words: string): Promise<void> {
    const account = this.account;
    const moving = emails.filter((email) => !(to in email.mailboxIds));
    if (moving.length === 0) return;
    const done = await this.update(moving.map(({ id }) => [id, { mailboxIds: { [to]: true } }]));
    if (!done) return;
    ahead.forget();
    this.beginnings.clear();
    this.takeAway(moving);
    app.say(words, async () => {
      await this.update(moving.map(({ id, mailboxIds }) => [id, { mailboxIds }]), account);
      ahead.forget();
      this.beginnings.clear();
      // What comes back is not in the list that is shown.
      if (account === this.account) void this.refresh();
      app.say(t('undone'));
    });
  }

  async trash(emails: Target[]): Promise<void> {
    const trash = this.withRole('trash');
    if (trash && this.mailbox !== trash.id) await this.move(emails, trash.id, t('deleted'));
    else await this.destroy(this.account, emails.map(({ id }) => id));
  }

  /** Empties a mailbox of the account. */
  async empty(account: Id, mailbox: Id): Promise<void> {
    try {
      const all = await allMatching(account, { inMailbox: mailbox });
      await this.destroy(account, all.map(({ id }) => id));
    } catch (error) {
      app.failed(t('failed'), error);
    }
  }

  /** Destroys emails, which can be brought back for a while. */
  private async destroy(account: Id, ids: Id[]): Promise<void> {
    if (ids.length === 0) return;
    try {
      this.complain(await destroyAll(account, ids, this.told(ids.length)));
      if (account === this.account) this.takeAway(ids.map((id) => ({ id, mailboxIds: {}, keywords: {} })));
      app.say(t('deleted'), account === this.own && HISTORY in jmap().session.primaryAccounts ? () => this.bringBack(ids) : undefined);
    } catch (error) {
      app.failed(t('failed'), error);
    }
  }

  private async bringBack(ids: Id[]): Promise<void> {
    try {
      for (let at = 0; at < ids.length; at += MANY) await jmap().one('Deleted/restore', { accountId: this.own, ids: ids.slice(at, at + MANY) });
      app.say(t('undone'));
    } catch (error) {
      app.failed(t('failed'), error);
    }
  }

  private told(count: number): (done: number) => void {
    return (done) => {
      if (count > MANY) app.say(t('malWorking', { done, count }));
    };
  }

  private async update(update: [Id, Record<string, unknown>][], account = this.account): Promise<boolean> {
    this.doing += 1;
    try {
      const wrong = await updateAll(account, update, this.told(update.length), (before, after) => {
        if (account === this.account) this.state = before !== null && before === this.state ? after : '';
      });
      this.complain(wrong);
      // What is shown is not what is there.
      if (wrong && account === this.account) void this.refresh();
      return wrong === null;
    } catch (error) {
      app.failed(t('failed'), error);
      return false;
    } finally {
      this.doing -= 1;
      // What was heard of meanwhile may have been this.
      const { heard } = this;
      if (this.doing === 0 && heard) {
        this.heard = '';
        void this.changedTo(this.account, heard).catch((error) => app.failed(t('failed'), error));
      }
    }
  }

  private complain(wrong: SetError | null): void {
    if (wrong) app.say(`${t('failed')} ${wrong.description ?? wrong.type}`);
  }

  private patch(ids: Set<Id>, change: (email: Email) => Email): void {
    const apply = (email: Email): Email => (ids.has(email.id) ? change(email) : email);
    this.pages = Object.fromEntries(Object.entries(this.pages).map(([page, list]) => [page, list.map(apply)]));
    this.open = this.open.map(apply);
    for (const [name, { list, total }] of this.beginnings) this.beginnings.set(name, { list: list.map(apply), total });
    ahead.patch(apply);
  }

  /** What was moved away leaves the list at once; the server's word follows. */
  private takeAway(gone: Target[]): void {
    const ids = new Set(gone.map(({ id }) => id));
    this.choose(false);
    if (this.open.some((email) => ids.has(email.id))) this.close();
    const pages: Record<number, Email[]> = {};
    for (const [page, list] of Object.entries(this.pages)) {
      pages[Number(page)] = list.filter((email) => !ids.has(email.id));
      this.total -= list.length - (pages[Number(page)]?.length ?? 0);
    }
    this.pages = pages;
    this.cursor = Math.max(Math.min(this.cursor, this.total - 1), 0);
    void this.refresh();
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

export const mail = new Mail();
