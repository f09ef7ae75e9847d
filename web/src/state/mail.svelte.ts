// Mail as it is shown: the mailboxes, one list of conversations, and the conversation that is open.
//
// A list of 250,000 messages is never held: only pages of it that were looked at.

import { HISTORY, resultOf, type Call } from '../jmap/client';
import type { Email, GetAnswer, Id, Mailbox, QueryAnswer, SetError } from '../jmap/types';
import { t } from '../texts/index.svelte';
import { app, jmap } from './app.svelte';
import { allMatching, destroyAll, ofThreads, updateAll, type Target } from './mailBulk';
import { isEmpty, toFilter, type Search } from './mailFilter';
import { Folders } from './mailFolders.svelte';

/** Conversations in one page of the list. */
const PAGE = 50;
/** Octets of one body that are shown at once. */
const BODY_OCTETS = 1_000_000;
/** Where the inbox of an account is remembered. */
const INBOX = 'wachpost.inbox.';
/** Of more emails than this it is told how far the work has come. */
const MANY = 500;

const LISTED = ['id', 'threadId', 'mailboxIds', 'keywords', 'from', 'to', 'subject', 'receivedAt', 'preview', 'hasAttachment', 'size'];
const READ = [
  ...LISTED,
  'blobId', 'sentAt', 'messageId', 'inReplyTo', 'references', 'cc', 'bcc', 'replyTo', 'textBody', 'htmlBody', 'attachments', 'bodyValues',
];

class Mail extends Folders {
  private shownAccount = $state<Id | null>(null);
  mailbox = $state<Id | null>(null);
  search = $state.raw<Search | null>(null);
  total = $state(0);
  /** The pages that are at hand, by their number. */
  pages = $state.raw<Record<number, Email[]>>({});
  loading = $state(false);
  open = $state.raw<Email[]>([]);
  openId = $state<Id | null>(null);
  chosen = $state.raw<Record<Id, Email>>({});
  /** Whether everything in the list is chosen, what is not at hand, too. */
  allChosen = $state(false);
  cursor = $state(0);

  private wanted = new Set<number>();
  private turn = 0;
  private refreshing: Promise<void> | null = null;
  private again = false;
  /** The state of emails that everything in sight is in; empty where it is not known to be one. */
  private state = '';

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
    const remembered = INBOX + this.own;
    // The inbox is asked for together with the list of folders, where it was before.
    const guess = this.mailbox === null ? localStorage.getItem(remembered) : null;
    await Promise.all([this.loadAccount(this.own), guess ? this.show(guess, this.own) : null]);
    void this.loadShared().catch((error) => app.failed(t('failed'), error));
    const inbox = this.roleIn(this.own, 'inbox') ?? this.boxes[this.own]?.[0];
    if (inbox) localStorage.setItem(remembered, inbox.id);
    // Who comes back finds what they left.
    if (this.mailbox === null || this.current === undefined) {
      if (inbox) await this.show(inbox.id, this.own);
    } else if (!guess) await this.refresh();
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
    this.turn += 1;
    this.wanted.clear();
    this.pages = {};
    this.total = 0;
    this.choose(false);
    this.cursor = 0;
    this.close();
    await this.need(0);
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

  /** Sees to it that the conversation at this place of the list is at hand. */
  async need(index: number): Promise<void> {
    const page = Math.floor(index / PAGE);
    if (this.wanted.has(page)) return;
    this.wanted.add(page);
    await this.fetch(page);
  }

  /** Fetches a page; answers the state of emails that it is in. */
  private async fetch(page: number): Promise<string> {
    const turn = this.turn;
    this.loading = true;
    try {
      const [found, got] = (await jmap().call([
        this.query(page * PAGE, PAGE),
        ['Email/get', { accountId: this.account, '#ids': resultOf(0, 'Email/query', '/ids'), properties: LISTED }],
      ])) as unknown as [QueryAnswer, GetAnswer<Email>];
      if (turn !== this.turn) return '';
      const known = new Map(got.list.map((email) => [email.id, email]));
      const list = found.ids.map((id) => known.get(id)).filter((email) => email !== undefined);
      if (Object.keys(this.pages).every((known) => Number(known) === page)) this.state = got.state;
      else if (this.state !== got.state && !this.refreshing) this.state = '';
      this.pages = { ...this.pages, [page]: list };
      this.total = found.total ?? list.length;
      if (this.allChosen) this.chosen = { ...this.chosen, ...Object.fromEntries(list.map((email) => [email.id, email])) };
      return got.state;
    } catch (error) {
      this.wanted.delete(page);
      app.failed(t('failed'), error);
      return '';
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  }

  /** Something changed on the server: what is in sight is looked at again. */
  async changed(account: Id, states: Record<string, string>): Promise<void> {
    if ('Mailbox' in states && account in this.boxes) await this.loadAccount(account);
    if (!('Email' in states) || account !== this.account) return;
    // What was done here is shown already; nothing else happened.
    if (states.Email === this.state && !this.search) return;
    await this.refresh();
  }

  /** Looks again at what is in sight; once more if something changed meanwhile. */
  private refresh(): Promise<void> {
    this.again = true;
    this.refreshing ??= (async () => {
      while (this.again) {
        this.again = false;
        const page = Math.floor(this.cursor / PAGE);
        for (const known of [...this.wanted]) if (Math.abs(known - page) > 1) this.forget(known);
        const seen = await Promise.all([...this.wanted].map((known) => this.fetch(known)));
        this.state = seen.every((state) => state === seen[0]) ? (seen[0] ?? '') : '';
        if (this.openId) await this.read(this.openId, false);
      }
    })().finally(() => (this.refreshing = null));
    return this.refreshing;
  }

  private forget(page: number): void {
    this.wanted.delete(page);
    const { [page]: _, ...left } = this.pages;
    this.pages = left;
  }

  /** Opens the conversation of an email. */
  async read(id: Id, mark = true): Promise<void> {
    this.openId = id;
    const account = this.account;
    try {
      const listed = this.listed.find((email) => email.id === id) ?? this.open.find((email) => email.id === id);
      const [, got] = listed
        ? await jmap().call([
            ['Thread/get', { accountId: account, ids: [listed.threadId] }],
            ['Email/get', this.reading({ '#ids': resultOf(0, 'Thread/get', '/list/*/emailIds') })],
          ])
        : [null, ...(await jmap().call([['Email/get', this.reading({ ids: [id] })]]))];
      if (this.openId !== id || account !== this.account) return;
      this.open = (got as unknown as GetAnswer<Email>).list;
      if (this.open.length === 0) this.close();
    } catch (error) {
      app.failed(t('failed'), error);
      return;
    }
    const unseen = this.open.filter((email) => !email.keywords.$seen);
    if (mark && unseen.length > 0 && this.current?.myRights.maySetSeen !== false) await this.keyword(unseen, '$seen', true);
  }

  private reading(ids: Record<string, unknown>): Record<string, unknown> {
    return { accountId: this.account, ...ids, properties: READ, fetchTextBodyValues: true, fetchHTMLBodyValues: true, maxBodyValueBytes: BODY_OCTETS };
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
    this.takeAway(moving);
    app.say(words, async () => {
      await this.update(moving.map(({ id, mailboxIds }) => [id, { mailboxIds }]), account);
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
    }
  }

  private complain(wrong: SetError | null): void {
    if (wrong) app.say(`${t('failed')} ${wrong.description ?? wrong.type}`);
  }

  private patch(ids: Set<Id>, change: (email: Email) => Email): void {
    const apply = (email: Email): Email => (ids.has(email.id) ? change(email) : email);
    this.pages = Object.fromEntries(Object.entries(this.pages).map(([page, list]) => [page, list.map(apply)]));
    this.open = this.open.map(apply);
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

export const mail = new Mail();
