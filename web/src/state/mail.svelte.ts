// Mail as it is shown: the mailboxes, one list of conversations, and the conversation that is open.
//
// A list of 250,000 messages is never held: only pages of it that were looked at.

import { MAIL, resultOf, type Call } from '../jmap/client';
import type { Email, GetAnswer, Id, Mailbox, QueryAnswer, SetAnswer, SetError } from '../jmap/types';
import { t } from '../texts/index.svelte';
import { app, jmap } from './app.svelte';

/** Conversations in one page of the list. */
const PAGE = 50;
/** Octets of one body that are shown at once. */
const BODY_OCTETS = 1_000_000;

const LISTED = ['id', 'threadId', 'mailboxIds', 'keywords', 'from', 'to', 'subject', 'receivedAt', 'preview', 'hasAttachment', 'size'];
const READ = [
  ...LISTED,
  'blobId', 'sentAt', 'messageId', 'inReplyTo', 'references', 'cc', 'bcc', 'replyTo', 'textBody', 'htmlBody', 'attachments', 'bodyValues',
];

const ROLES = ['inbox', 'drafts', 'sent', 'archive', 'junk', 'trash'];

class Mail {
  mailboxes = $state.raw<Mailbox[]>([]);
  mailbox = $state<Id | null>(null);
  search = $state('');
  total = $state(0);
  /** The pages that are at hand, by their number. */
  pages = $state<Record<number, Email[]>>({});
  loading = $state(false);
  open = $state.raw<Email[]>([]);
  openId = $state<Id | null>(null);
  chosen = $state<Record<Id, true>>({});
  cursor = $state(0);

  private wanted = new Set<number>();
  private turn = 0;

  get account(): Id {
    return jmap().account(MAIL);
  }

  withRole(role: string): Mailbox | undefined {
    return this.mailboxes.find((mailbox) => mailbox.role === role);
  }

  nameOf(mailbox: Mailbox): string {
    switch (mailbox.role) {
      case 'inbox':
      case 'drafts':
      case 'sent':
      case 'trash':
      case 'junk':
      case 'archive':
        return t(mailbox.role);
      default:
        return mailbox.name;
    }
  }

  /** The mailboxes as they stand in the list of folders, each with its depth. */
  get folders(): { mailbox: Mailbox; depth: number }[] {
    const below = (parent: Id | null, depth: number): { mailbox: Mailbox; depth: number }[] =>
      this.mailboxes
        .filter((mailbox) => mailbox.parentId === parent)
        .sort((a, b) => rank(a) - rank(b) || this.nameOf(a).localeCompare(this.nameOf(b)))
        .flatMap((mailbox) => [{ mailbox, depth }, ...below(mailbox.id, depth + 1)]);
    return below(null, 0);
  }

  at(index: number): Email | undefined {
    return this.pages[Math.floor(index / PAGE)]?.[index % PAGE];
  }

  async start(): Promise<void> {
    await this.loadMailboxes();
    const inbox = this.withRole('inbox') ?? this.mailboxes[0];
    if (inbox) await this.show(inbox.id);
  }

  async loadMailboxes(): Promise<void> {
    const answer = await jmap().one<GetAnswer<Mailbox>>('Mailbox/get', { accountId: this.account, ids: null });
    this.mailboxes = answer.list;
  }

  async show(mailbox: Id): Promise<void> {
    this.mailbox = mailbox;
    this.search = '';
    await this.reload();
  }

  async find(text: string): Promise<void> {
    this.search = text;
    await this.reload();
  }

  private async reload(): Promise<void> {
    this.turn += 1;
    this.wanted.clear();
    this.pages = {};
    this.total = 0;
    this.chosen = {};
    this.cursor = 0;
    this.close();
    await this.need(0);
  }

  private query(position: number, limit: number): Call {
    const inside = this.mailbox ? { inMailbox: this.mailbox } : {};
    const filter = this.search ? { text: this.search } : inside;
    return [
      'Email/query',
      {
        accountId: this.account,
        filter,
        sort: [{ property: 'receivedAt', isAscending: false }],
        collapseThreads: !this.search,
        position,
        limit,
        calculateTotal: true,
      },
    ];
  }

  /** Sees to it that the conversation at this place of the list is at hand. */
  async need(index: number): Promise<void> {
    const page = Math.floor(index / PAGE);
    if (this.wanted.has(page)) return;
    this.wanted.add(page);
    await this.fetch(page, 1);
  }

  private async fetch(page: number, count: number): Promise<void> {
    const turn = this.turn;
    this.loading = true;
    try {
      const [found, got] = (await jmap().call([
        this.query(page * PAGE, PAGE * count),
        ['Email/get', { accountId: this.account, '#ids': resultOf(0, 'Email/query', '/ids'), properties: LISTED }],
      ])) as unknown as [QueryAnswer, GetAnswer<Email>];
      if (turn !== this.turn) return;
      const known = new Map(got.list.map((email) => [email.id, email]));
      const list = found.ids.map((id) => known.get(id)).filter((email) => email !== undefined);
      for (let at = 0; at < count; at += 1) {
        this.pages[page + at] = list.slice(at * PAGE, (at + 1) * PAGE);
        this.wanted.add(page + at);
      }
      this.total = found.total ?? list.length;
    } catch (error) {
      this.wanted.delete(page);
      app.failed(t('failed'), error);
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  }

  /** Something changed on the server: what is in sight is looked at again. */
  async changed(states: Record<string, string>): Promise<void> {
    if ('Mailbox' in states) await this.loadMailboxes();
    if (!('Email' in states)) return;
    const page = Math.floor(this.cursor / PAGE);
    for (const known of [...this.wanted]) if (Math.abs(known - page) > 1) this.forget(known);
    for (const known of [...this.wanted]) await this.fetch(known, 1);
    if (this.openId) await this.read(this.openId, false);
  }

  private forget(page: number): void {
    this.wanted.delete(page);
    delete this.pages[page];
  }

  /** Opens the conversation of an email. */
  async read(id: Id, mark = true): Promise<void> {
    this.openId = id;
    try {
      const listed = this.listed(id);
      const [, got] = listed
        ? await jmap().call([
            ['Thread/get', { accountId: this.account, ids: [listed.threadId] }],
            ['Email/get', this.reading({ '#ids': resultOf(0, 'Thread/get', '/list/*/emailIds') })],
          ])
        : [null, ...(await jmap().call([['Email/get', this.reading({ ids: [id] })]]))];
      if (this.openId !== id) return;
      this.open = (got as unknown as GetAnswer<Email>).list;
    } catch (error) {
      app.failed(t('failed'), error);
      return;
    }
    const unseen = this.open.filter((email) => !email.keywords.$seen).map((email) => email.id);
    if (mark && unseen.length > 0) await this.keyword(unseen, '$seen', true);
  }

  private reading(ids: Record<string, unknown>): Record<string, unknown> {
    return {
      accountId: this.account,
      ...ids,
      properties: READ,
      fetchTextBodyValues: true,
      fetchHTMLBodyValues: true,
      maxBodyValueBytes: BODY_OCTETS,
    };
  }

  close(): void {
    this.open = [];
    this.openId = null;
  }

  private listed(id: Id): Email | undefined {
    return Object.values(this.pages).flat().find((email) => email.id === id);
  }

  /** The emails that a command is about: those that are chosen, else the open conversation, else where the cursor is. */
  get subject(): Id[] {
    const chosen = Object.keys(this.chosen);
    if (chosen.length > 0) return chosen;
    if (this.open.length > 0) return this.open.filter((email) => this.mailbox === null || this.mailbox in email.mailboxIds).map((email) => email.id);
    const here = this.at(this.cursor);
    return here ? [here.id] : [];
  }

  async keyword(ids: Id[], keyword: string, is: boolean): Promise<void> {
    this.patch(ids, (email) => {
      const keywords = { ...email.keywords };
      if (is) keywords[keyword] = true;
      else delete keywords[keyword];
      return { ...email, keywords };
    });
    await this.update(Object.fromEntries(ids.map((id) => [id, { [`keywords/${keyword}`]: is ? true : null }])));
  }

  /** Moves emails; what is done can be taken back. */
  async move(ids: Id[], to: Id, words: string): Promise<void> {
    if (ids.length === 0) return;
    const before = new Map<Id, Record<Id, true>>();
    for (const email of [...Object.values(this.pages).flat(), ...this.open]) if (ids.includes(email.id)) before.set(email.id, email.mailboxIds);
    const done = await this.update(Object.fromEntries(ids.map((id) => [id, { mailboxIds: { [to]: true } }])));
    if (!done) return;
    this.takeAway(ids);
    app.say(words, async () => {
      await this.update(Object.fromEntries([...before].map(([id, mailboxIds]) => [id, { mailboxIds }])));
      app.say(t('undone'));
    });
  }

  async trash(ids: Id[]): Promise<void> {
    const trash = this.withRole('trash');
    if (trash && this.mailbox !== trash.id) await this.move(ids, trash.id, t('deleted'));
    else if (ids.length > 0) {
      try {
        const answer = await jmap().one<SetAnswer<Email>>('Email/set', { accountId: this.account, destroy: ids });
        this.complain(answer.notDestroyed);
        this.takeAway(ids);
      } catch (error) {
        app.failed(t('failed'), error);
      }
    }
  }

  private async update(update: Record<Id, Record<string, unknown>>): Promise<boolean> {
    try {
      const answer = await jmap().one<SetAnswer<Email>>('Email/set', { accountId: this.account, update });
      this.complain(answer.notUpdated);
      return !answer.notUpdated;
    } catch (error) {
      app.failed(t('failed'), error);
      return false;
    }
  }

  private complain(errors: Record<string, SetError> | null): void {
    const first = Object.values(errors ?? {})[0];
    if (first) app.say(`${t('failed')} ${first.description ?? first.type}`);
  }

  private patch(ids: Id[], change: (email: Email) => Email): void {
    const apply = (email: Email): Email => (ids.includes(email.id) ? change(email) : email);
    for (const page of Object.keys(this.pages)) this.pages[Number(page)] = (this.pages[Number(page)] ?? []).map(apply);
    this.open = this.open.map(apply);
  }

  /** What was moved away leaves the list at once; the server's word follows. */
  private takeAway(ids: Id[]): void {
    for (const id of ids) delete this.chosen[id];
    if (this.open.some((email) => ids.includes(email.id))) this.close();
    for (const page of Object.keys(this.pages)) {
      const list = this.pages[Number(page)] ?? [];
      const left = list.filter((email) => !ids.includes(email.id));
      this.total -= list.length - left.length;
      this.pages[Number(page)] = left;
    }
    for (const page of [...this.wanted]) void this.fetch(page, 1);
  }
}

function rank(mailbox: Mailbox): number {
  const at = ROLES.indexOf(mailbox.role ?? '');
  return at < 0 ? ROLES.length + mailbox.sortOrder : at;
}

export const mail = new Mail();
