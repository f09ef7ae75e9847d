// Conversations that were read lately, or will be read next: what is at hand is shown at once.
//
// What a message says never changes (RFC 8621 4.1); what is said of it does. So all of it is forgotten when anything else than
// what was done here happened.

import { resultOf } from '../jmap/client';
import type { Email, GetAnswer, Id } from '../jmap/types';
import { jmap } from './app.svelte';

/** Conversations that are kept. */
const KEPT = 40;
/** Octets of one body that are shown at once. */
const BODY_OCTETS = 1_000_000;
/** Octets of one body that are fetched before they are asked for. */
const AHEAD_OCTETS = 100_000;
/** Conversations that are fetched ahead with one request. */
const AT_ONCE = 12;

export const LISTED = ['id', 'threadId', 'mailboxIds', 'keywords', 'from', 'to', 'subject', 'receivedAt', 'preview', 'hasAttachment', 'size'];
const READ = [
  ...LISTED,
  'blobId', 'sentAt', 'messageId', 'inReplyTo', 'references', 'sender', 'cc', 'bcc', 'replyTo', 'textBody', 'htmlBody', 'attachments', 'bodyValues',
];

/** What is asked of emails that are read. */
export function reading(accountId: Id, ids: Record<string, unknown>, octets = BODY_OCTETS): Record<string, unknown> {
  return { accountId, ...ids, properties: READ, fetchTextBodyValues: true, fetchHTMLBodyValues: true, maxBodyValueBytes: octets };
}

class Ahead {
  /** By account and thread; what was used last stands last. */
  private kept = new Map<string, Email[]>();
  private coming = new Map<string, Promise<Email[]>>();
  private turn = 0;
  private timer = 0;

  /** What is at hand of a conversation. */
  known(account: Id, thread: Id): Email[] | undefined {
    const key = `${account} ${thread}`;
    const found = this.kept.get(key);
    if (found) this.keep(key, found);
    return found;
  }

  /** The conversation, be it at hand, on its way, or neither. */
  async get(account: Id, thread: Id): Promise<Email[]> {
    const key = `${account} ${thread}`;
    const found = this.known(account, thread) ?? (await this.coming.get(key));
    if (found && found.length > 0) return found;
    const turn = this.turn;
    const [, got] = (await jmap().call([
      ['Thread/get', { accountId: account, ids: [thread] }],
      ['Email/get', reading(account, { '#ids': resultOf(0, 'Thread/get', '/list/*/emailIds') })],
    ])) as unknown as [unknown, GetAnswer<Email>];
    if (turn === this.turn) this.keep(key, got.list);
    return got.list;
  }

  /** Fetches conversations that may be wanted next, in a moment: only the last wish counts. */
  soon(account: Id, threads: Id[], ms: number): void {
    clearTimeout(this.timer);
    if ((navigator as { connection?: { saveData?: boolean } }).connection?.saveData) return;
    this.timer = window.setTimeout(() => void this.fetch(account, threads), ms);
  }

  private async fetch(account: Id, threads: Id[]): Promise<void> {
    const wanted = [...new Set(threads)].filter((thread) => !this.kept.has(`${account} ${thread}`) && !this.coming.has(`${account} ${thread}`)).slice(0, AT_ONCE);
    if (wanted.length === 0) return;
    const turn = this.turn;
    const asked = jmap()
      .call([
        ['Thread/get', { accountId: account, ids: wanted }],
        ['Email/get', reading(account, { '#ids': resultOf(0, 'Thread/get', '/list/*/emailIds') }, AHEAD_OCTETS)],
      ])
      .then(([, got]) => (got as unknown as GetAnswer<Email>).list);
    for (const thread of wanted) {
      const key = `${account} ${thread}`;
      this.coming.set(key, asked.then((list) => whole(list.filter((email) => email.threadId === thread))).catch(() => []));
    }
    try {
      const list = await asked;
      for (const thread of wanted) {
        const found = whole(list.filter((email) => email.threadId === thread));
        if (turn === this.turn && found.length > 0) this.keep(`${account} ${thread}`, found);
      }
    } catch {
      // Nobody asked for it yet; whoever does is told what is wrong.
    } finally {
      for (const thread of wanted) this.coming.delete(`${account} ${thread}`);
    }
  }

  private keep(key: string, emails: Email[]): void {
    this.kept.delete(key);
    this.kept.set(key, emails);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
  }

  /** Takes over what is said of emails. */
  patch(change: (email: Email) => Email): void {
    for (const [key, emails] of this.kept) this.kept.set(key, emails.map(change));
  }

  forget(): void {
    this.turn += 1;
    this.kept.clear();
    this.coming.clear();
  }
}

/** A conversation with a body that was cut is asked for again when it is read. */
function whole(emails: Email[]): Email[] {
  return emails.some((email) => Object.values(email.bodyValues ?? {}).some((value) => value.isTruncated)) ? [] : emails;
}

export const ahead = new Ahead();
