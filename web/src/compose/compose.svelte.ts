// A message that is being written: kept on this device with every change and on the server as a draft, so that no word is lost.

import { Offline, SUBMISSION, type Call } from '../jmap/client';
import type { Address, BodyPart, Email, GetAnswer, Id, Identity, SetAnswer } from '../jmap/types';
import { app, jmap } from '../state/app.svelte';
import { mail } from '../state/mail.svelte';
import { longDate, t } from '../texts/index.svelte';
import { fromText, safe } from '../safe/html';

const KEPT = 'wachpost.writing';
/** After so many milliseconds without a key the draft is saved. */
const PAUSE = 1_500;
/** For so many seconds a message can be called back. */
const UNDO_SECONDS = 10;

export interface Attachment {
  blobId: Id;
  name: string;
  type: string;
  size: number;
}

interface Letter {
  to: string;
  cc: string;
  bcc: string;
  subject: string;
  html: string;
  identity: Id | null;
  attachments: Attachment[];
  inReplyTo: string[] | null;
  references: string[] | null;
  answered: { id: Id; keyword: '$answered' | '$forwarded' } | null;
  draft: Id | null;
}

const EMPTY: Letter = {
  to: '', cc: '', bcc: '', subject: '', html: '', identity: null, attachments: [], inReplyTo: null, references: null, answered: null, draft: null,
};

class Compose {
  open = $state(false);
  letter = $state<Letter>({ ...EMPTY });
  /** Counts letters, so that the editor begins anew with each. */
  number = $state(0);
  identities = $state.raw<Identity[]>([]);
  state = $state<'' | 'saved' | 'kept' | 'sending'>('');
  wrong = $state('');

  private timer = 0;
  private saving: Promise<void> = Promise.resolve();

  constructor() {
    const kept = localStorage.getItem(KEPT);
    if (kept) {
      try {
        this.letter = { ...EMPTY, ...(JSON.parse(kept) as Letter) };
        this.open = true;
      } catch {
        localStorage.removeItem(KEPT);
      }
    }
  }

  begin(letter: Partial<Letter> = {}): void {
    this.letter = { ...EMPTY, ...letter };
    this.number += 1;
    this.state = '';
    this.wrong = '';
    this.open = true;
    void this.loadIdentities();
  }

  async loadIdentities(): Promise<void> {
    if (this.identities.length > 0) return;
    const account = jmap().account(SUBMISSION);
    const answer = await jmap().one<GetAnswer<Identity>>('Identity/get', { accountId: account, ids: null });
    this.identities = answer.list;
  }

  /** Goes on with a draft. */
  async edit(id: Id): Promise<void> {
    const answer = await jmap().one<GetAnswer<Email>>('Email/get', {
      accountId: mail.account,
      ids: [id],
      properties: ['to', 'cc', 'bcc', 'subject', 'htmlBody', 'textBody', 'attachments', 'bodyValues', 'inReplyTo', 'references'],
      fetchHTMLBodyValues: true,
      fetchTextBodyValues: true,
    });
    const [email] = answer.list;
    if (!email) return;
    this.begin({
      to: line(email.to),
      cc: line(email.cc),
      bcc: line(email.bcc),
      subject: email.subject ?? '',
      html: bodyOf(email),
      attachments: (email.attachments ?? []).filter((part) => part.blobId).map(kept),
      inReplyTo: email.inReplyTo,
      references: email.references,
      draft: id,
    });
  }

  reply(email: Email, all: boolean): void {
    const own = new Set([jmap().session.username.toLowerCase(), ...this.identities.map((it) => it.email.toLowerCase())]);
    const others = (list: Address[] | null): Address[] => (list ?? []).filter((it) => !own.has(it.email.toLowerCase()));
    const to = email.replyTo ?? email.from ?? [];
    this.begin({
      to: line(all ? [...to, ...others(email.to)] : to),
      cc: all ? line(others(email.cc)) : '',
      subject: prefixed('Re', email.subject),
      html: `<div><br></div>${quoted(email)}`,
      inReplyTo: email.messageId,
      references: [...(email.references ?? []), ...(email.messageId ?? [])],
      answered: { id: email.id, keyword: '$answered' },
    });
  }

  forward(email: Email): void {
    this.begin({
      subject: prefixed('Fwd', email.subject),
      html: `<div><br></div>${quoted(email)}`,
      attachments: (email.attachments ?? []).filter((part) => part.blobId).map(kept),
      answered: { id: email.id, keyword: '$forwarded' },
    });
  }

  /** Something was written. */
  touch(): void {
    this.state = '';
    localStorage.setItem(KEPT, JSON.stringify(this.letter));
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), PAUSE);
  }

  /** Saves the draft; one save after the other. */
  save(): Promise<void> {
    clearTimeout(this.timer);
    this.saving = this.saving.then(() => this.store());
    return this.saving;
  }

  private async store(): Promise<void> {
    const drafts = mail.withRole('drafts');
    if (!this.open || !drafts) return;
    const before = this.letter.draft;
    const text = JSON.stringify({ ...this.letter, draft: null });
    try {
      const answer = await jmap().one<SetAnswer<Email>>('Email/set', {
        accountId: mail.account,
        create: { draft: this.email({ mailboxIds: { [drafts.id]: true }, keywords: { $draft: true, $seen: true } }) },
        ...(before ? { destroy: [before] } : {}),
      });
      const made = answer.created?.draft;
      if (!made) {
        const error = answer.notCreated?.draft;
        this.wrong = `${t('failed')} ${error?.description ?? error?.type ?? ''}`;
        return;
      }
      this.letter.draft = made.id;
      if (JSON.stringify({ ...this.letter, draft: null }) === text) this.state = 'saved';
      localStorage.setItem(KEPT, JSON.stringify(this.letter));
    } catch (error) {
      this.state = 'kept';
      if (!(error instanceof Offline)) app.failed(t('failed'), error);
      this.timer = window.setTimeout(() => void this.save(), 5_000);
    }
  }

  async attach(files: Iterable<File>): Promise<void> {
    for (const file of files) {
      try {
        const { blobId, type, size } = await jmap().upload(mail.account, file);
        this.letter.attachments.push({ blobId, type, size, name: file.name });
        this.touch();
      } catch (error) {
        app.failed(`${file.name}:`, error);
      }
    }
  }

  get identity(): Identity | undefined {
    return this.identities.find((it) => it.id === this.letter.identity) ?? this.identities[0];
  }

  private email(more: Record<string, unknown>): Record<string, unknown> {
    const { to, cc, bcc, subject, html, attachments, inReplyTo, references } = this.letter;
    const identity = this.identity;
    return {
      ...more,
      from: identity ? [{ name: identity.name || null, email: identity.email }] : [{ name: null, email: jmap().session.username }],
      to: read(to),
      cc: read(cc),
      bcc: read(bcc),
      subject,
      ...(inReplyTo ? { inReplyTo } : {}),
      ...(references ? { references } : {}),
      textBody: [{ partId: 'text', type: 'text/plain' }],
      htmlBody: [{ partId: 'html', type: 'text/html' }],
      attachments: attachments.map(({ blobId, name, type }) => ({ blobId, name, type, disposition: 'attachment' })),
      bodyValues: { text: { value: toText(html) }, html: { value: html } },
    };
  }

  /** Sends it, in a moment: until then it can be called back. `at` is for later. */
  async send(at: Date | null = null): Promise<void> {
    const recipients = [...read(this.letter.to), ...read(this.letter.cc), ...read(this.letter.bcc)];
    if (recipients.length === 0) {
      this.wrong = `${t('failed')} ${t('to')}`;
      return;
    }
    await this.loadIdentities();
    await this.saving;
    clearTimeout(this.timer);
    const [drafts, sent, identity] = [mail.withRole('drafts'), mail.withRole('sent'), this.identity];
    if (!drafts || !sent || !identity) return;
    this.state = 'sending';
    const account = mail.account;
    const { draft, answered } = this.letter;
    const hold = at ? Math.max(Math.round((at.getTime() - Date.now()) / 1000), UNDO_SECONDS) : UNDO_SECONDS;
    const envelope = {
      mailFrom: { email: identity.email, parameters: { HOLDFOR: String(hold) } },
      rcptTo: [...new Set(recipients.map((it) => it.email))].map((email) => ({ email, parameters: null })),
    };
    const calls: Call[] = [
      ['Email/set', {
        accountId: account,
        create: { letter: this.email({ mailboxIds: { [drafts.id]: true }, keywords: { $draft: true, $seen: true } }) },
        ...(answered ? { update: { [answered.id]: { [`keywords/${answered.keyword}`]: true } } } : {}),
        ...(draft ? { destroy: [draft] } : {}),
      }],
      ['EmailSubmission/set', {
        accountId: account,
        create: { submission: { identityId: identity.id, emailId: '#letter', envelope } },
        onSuccessUpdateEmail: { '#submission': { mailboxIds: { [sent.id]: true }, 'keywords/$draft': null } },
      }],
    ];
    try {
      const [made, submitted] = (await jmap().call(calls)) as unknown as [SetAnswer<Email>, SetAnswer<{ id: Id }>];
      const error = made.notCreated?.letter ?? submitted.notCreated?.submission;
      const [letter, submission] = [made.created?.letter, submitted.created?.submission];
      if (letter) this.letter.draft = letter.id;
      if (error || !letter || !submission) {
        this.state = '';
        this.wrong = `${t('failed')} ${error?.description ?? error?.type ?? ''}`;
        return;
      }
      const letterAsItWas = $state.snapshot(this.letter) as Letter;
      this.end();
      app.say(t('sent_'), () => this.callBack(submission.id, letterAsItWas), UNDO_SECONDS * 1000);
    } catch (error) {
      this.state = 'kept';
      app.failed(t('failed'), error);
    }
  }

  /** RFC 8621 7.5: what still waits is taken out of the queue, and goes on as a draft. */
  private async callBack(submission: Id, letter: Letter): Promise<void> {
    try {
      const answer = await jmap().one<SetAnswer<unknown>>('EmailSubmission/set', { accountId: mail.account, update: { [submission]: { undoStatus: 'canceled' } } });
      const error = answer.notUpdated?.[submission];
      if (error) app.say(`${t('failed')} ${error.description ?? error.type}`);
      else this.begin(letter);
    } catch (error) {
      app.failed(t('failed'), error);
    }
  }

  async discard(): Promise<void> {
    const { draft } = this.letter;
    this.end();
    if (draft) await jmap().one('Email/set', { accountId: mail.account, destroy: [draft] }).catch((error: unknown) => app.failed(t('failed'), error));
  }

  /** Closes the window; the draft stays. */
  async close(): Promise<void> {
    const written = this.letter.to + this.letter.subject + toText(this.letter.html);
    if (written.trim() !== '' && this.state !== 'saved') await this.save();
    if (this.state !== 'kept') this.end();
  }

  private end(): void {
    clearTimeout(this.timer);
    localStorage.removeItem(KEPT);
    this.open = false;
    this.state = '';
    this.letter = { ...EMPTY };
  }
}

function kept(part: BodyPart): Attachment {
  return { blobId: part.blobId ?? '', name: part.name ?? part.type, type: part.type, size: part.size };
}

function line(list: Address[] | null): string {
  return (list ?? []).map((it) => (it.name ? `${/[",;<>@]/.test(it.name) ? JSON.stringify(it.name) : it.name} <${it.email}>` : it.email)).join(', ');
}

/** Addresses as people write them, with commas or semicolons between. */
export function read(text: string): Address[] {
  const found: Address[] = [];
  for (const match of text.matchAll(/(?:"((?:[^"\\]|\\.)*)"|([^<>,;"]*))\s*<([^<>,;\s]+)>|([^<>,;\s]+@[^<>,;\s]+)/g)) {
    const name = (match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? '').trim();
    found.push({ name: name || null, email: match[3] ?? match[4] ?? '' });
  }
  return found;
}

function prefixed(prefix: string, subject: string | null): string {
  const bare = (subject ?? '').trim();
  const known = prefix === 'Re' ? /^(re|aw|antw)\s*:/i : /^(fwd?|wg)\s*:/i;
  return known.test(bare) ? bare : `${prefix}: ${bare}`;
}

function bodyOf(email: Email): string {
  return (email.htmlBody ?? [])
    .map((part) => {
      const value = part.partId ? (email.bodyValues?.[part.partId]?.value ?? '') : '';
      return part.type === 'text/html' ? safe(value, () => null, false).html : fromText(value);
    })
    .join('<br>');
}

function quoted(email: Email): string {
  const sender = email.from?.[0];
  const escape = (text: string): string => fromText(text).replace(/<[^>]*>/g, '');
  const said = escape(t('onDate', { date: longDate(email.receivedAt), name: sender?.name || sender?.email || '' }));
  return `<div>${said}</div><blockquote>${bodyOf(email)}</blockquote>`;
}

/** What HTML says without it. */
export function toText(html: string): string {
  const page = new DOMParser().parseFromString(html, 'text/html');
  for (const end of page.querySelectorAll('br')) {
    // The one that keeps an empty line open is no line of its own.
    const only = end.parentElement?.childNodes.length === 1 && end.parentElement !== page.body;
    end.replaceWith(page.createTextNode(only ? '' : '\n'));
  }
  for (const block of page.querySelectorAll('p,div,li,h1,h2,h3,tr')) block.append(page.createTextNode('\n'));
  // The innermost first, so that quotes of quotes get two signs.
  for (const quote of [...page.querySelectorAll('blockquote')].reverse()) {
    const lines = (quote.textContent ?? '').trim().split('\n').map((it) => `> ${it}`);
    quote.replaceWith(page.createTextNode(`\n${lines.join('\n')}\n`));
  }
  return (page.body.textContent ?? '').replace(/\n{3,}/g, '\n\n').trim() + '\n';
}

export const compose = new Compose();
