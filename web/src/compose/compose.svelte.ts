// A message that is being written: kept on this device with every change and on the server as a draft, so that no word is lost.

import { Offline, SUBMISSION, type Call } from '../jmap/client';
import type { Address, Email, GetAnswer, Id, Identity, SetAnswer } from '../jmap/types';
import { app, jmap } from '../state/app.svelte';
import { mail } from '../state/mail.svelte';
import { t } from '../texts/index.svelte';
import { adopt, forget, keep, kept } from './kept';
import { EMPTY, attachmentOf, bodyOf, isWritten, line, prefixed, quoted, read, signed, toText, type Attachment, type Letter } from './letter';
import { cancelSubmission } from './recall';

/** After so many milliseconds without a key the draft is saved. */
const PAUSE = 1_500;
/** After so many milliseconds what could not be saved is tried again. */
const AGAIN = 5_000;
/** For so many seconds a message can be called back. */
const UNDO_SECONDS = 10;

class Compose {
  open = $state(false);
  letter = $state<Letter>({ ...EMPTY });
  /** Counts letters, so that the editor begins anew with each. */
  number = $state(0);
  identities = $state.raw<Identity[]>([]);
  state = $state<'' | 'saved' | 'kept' | 'sending'>('');
  wrong = $state('');
  /** Files that wait for a connection. */
  pending = $state.raw<File[]>([]);

  private timer = 0;
  private saving: Promise<void> = Promise.resolve();

  private restored = false;
  private loadedAt = -1;

  /** Goes on with what was being written when the page went; once somebody is signed in. */
  restore(): void {
    if (this.restored) return;
    this.restored = true;
    const owner = jmap().session.username;
    const letter = kept(owner);
    if (letter) this.resume(letter);
    void adopt(owner).then((found) => {
      if (found && !this.open) this.resume(found);
    });
    window.addEventListener('online', () => {
      if (this.state === 'kept') void this.save();
    });
  }

  private resume(letter: Letter): void {
    this.letter = { ...EMPTY, ...letter };
    this.number += 1;
    this.open = true;
  }

  begin(letter: Partial<Letter> = {}): void {
    // What is open is not thrown away for something new.
    if (this.open && isWritten(this.letter)) {
      void this.save().then(() => {
        if (this.state === 'saved') this.fresh(letter);
      });
    } else this.fresh(letter);
  }

  private fresh(letter: Partial<Letter>): void {
    this.letter = { ...EMPTY, ...letter };
    this.number += 1;
    this.state = '';
    this.wrong = '';
    this.pending = [];
    this.open = true;
    const isNew = !letter.draft;
    const { account } = mail;
    void this.loadIdentities().then(() => {
      // What is begun in a shared mailbox is written for it.
      if (isNew && !letter.identity && account !== mail.own) this.letter.identity = this.identityFor(account, []);
      if (isNew && this.identity?.htmlSignature) this.sign();
    }).catch(() => null);
  }

  /** Puts the signature of the sender below the text. */
  sign(): void {
    const html = signed(this.letter.html, this.identity?.htmlSignature ?? '');
    if (html === this.letter.html) return;
    this.letter.html = html;
    this.number += 1;
  }

  async loadIdentities(anew = false): Promise<void> {
    // Other accounts may be open to the person by now, with other addresses.
    if (this.identities.length > 0 && !anew && this.loadedAt === app.accounts) return;
    this.loadedAt = app.accounts;
    const answer = await jmap().one<GetAnswer<Identity>>('Identity/get', { accountId: jmap().account(SUBMISSION), ids: null });
    this.identities = answer.list;
  }

  /** The identity that answers mail of that account, or to one of those addresses. */
  private identityFor(account: Id, addressed: Address[]): Id | null {
    const name = jmap().session.accounts[account]?.name.toLowerCase();
    const shared = account === mail.own ? undefined : this.identities.find((it) => it.email.toLowerCase() === name);
    const found = shared ?? this.identities.find((it) => addressed.some(({ email }) => email.toLowerCase() === it.email.toLowerCase()));
    return found?.id ?? null;
  }

  /** Goes on with a draft. */
  async edit(id: Id): Promise<void> {
    const answer = await jmap().one<GetAnswer<Email>>('Email/get', {
      accountId: mail.account,
      ids: [id],
      properties: ['from', 'to', 'cc', 'bcc', 'subject', 'htmlBody', 'textBody', 'attachments', 'bodyValues', 'inReplyTo', 'references'],
      fetchHTMLBodyValues: true,
      fetchTextBodyValues: true,
    });
    const [email] = answer.list;
    if (!email) return;
    await this.loadIdentities();
    this.begin({
      to: line(email.to),
      cc: line(email.cc),
      bcc: line(email.bcc),
      subject: email.subject ?? '',
      html: bodyOf(email),
      identity: this.identityFor(mail.own, email.from ?? []),
      attachments: (email.attachments ?? []).filter((part) => part.blobId).map(attachmentOf),
      inReplyTo: email.inReplyTo,
      references: email.references,
      draft: id,
    });
  }

  reply(email: Email, all: boolean): void {
    const account = mail.account;
    void this.loadIdentities().catch(() => null).then(() => {
      const own = new Set([jmap().session.username.toLowerCase(), ...this.identities.map((it) => it.email.toLowerCase())]);
      const others = (list: Address[] | null): Address[] => (list ?? []).filter((it) => !own.has(it.email.toLowerCase()));
      // Who answers what they wrote themselves goes on writing to the same people.
      const isOwn = (email.from ?? []).length > 0 && others(email.from).length === 0;
      const to = isOwn ? (email.to ?? []) : (email.replyTo ?? email.from ?? []);
      this.begin({
        to: line(all && !isOwn ? [...to, ...others(email.to)] : to),
        cc: all ? line(others(email.cc)) : '',
        subject: prefixed('Re', email.subject),
        html: `<div><br></div>${quoted(email)}`,
        identity: this.identityFor(account, [...(email.to ?? []), ...(email.cc ?? [])]),
        inReplyTo: email.messageId,
        references: [...(email.references ?? []), ...(email.messageId ?? [])],
        answered: { account, id: email.id, keyword: '$answered' },
      });
    });
  }

  forward(email: Email): void {
    const account = mail.account;
    const files = (email.attachments ?? []).filter((part) => part.blobId).map(attachmentOf);
    void Promise.all([this.loadIdentities().catch(() => null), this.ownFiles(account, files)])
      .then(([, attachments]) =>
        this.begin({
          subject: prefixed('Fwd', email.subject),
          html: `<div><br></div>${quoted(email)}`,
          identity: this.identityFor(account, email.to ?? []),
          attachments,
          answered: { account, id: email.id, keyword: '$forwarded' },
        }),
      )
      .catch((error: unknown) => app.failed(t('failed'), error));
  }

  /** Files of a shared mailbox are copied to where one's own messages are written (RFC 8620 6.3). */
  private async ownFiles(account: Id, files: Attachment[]): Promise<Attachment[]> {
    if (account === mail.own || files.length === 0) return files;
    const { copied } = await jmap().one<{ copied: Record<Id, Id> | null }>('Blob/copy', { fromAccountId: account, accountId: mail.own, blobIds: files.map((file) => file.blobId) });
    return files.flatMap((file) => (copied?.[file.blobId] ? [{ ...file, blobId: copied[file.blobId] ?? '' }] : []));
  }

  /** Something was written. */
  touch(): void {
    this.state = '';
    keep($state.snapshot(this.letter) as Letter, jmap().session.username);
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
    if (!this.open) return;
    const before = this.letter.draft;
    const text = JSON.stringify({ ...this.letter, draft: null });
    try {
      await mail.loadOwn();
      const drafts = mail.roleIn(mail.own, 'drafts');
      if (!drafts) return;
      await this.loadIdentities();
      await this.attachPending();
      const answer = await jmap().one<SetAnswer<Email>>('Email/set', {
        accountId: mail.own,
        create: { draft: this.email({ mailboxIds: { [drafts.id]: true }, keywords: { $draft: true, $seen: true } }) },
        ...(before ? { destroy: [before] } : {}),
      });
      const made = answer.created?.draft;
      if (!made) {
        const error = answer.notCreated?.draft;
        this.wrong = `${t('failed')} ${error?.description ?? error?.type ?? ''}`;
        return;
      }
      this.wrong = '';
      this.letter.draft = made.id;
      if (JSON.stringify({ ...this.letter, draft: null }) === text) this.state = 'saved';
      keep($state.snapshot(this.letter) as Letter, jmap().session.username);
    } catch (error) {
      this.state = 'kept';
      if (!(error instanceof Offline)) app.failed(t('failed'), error);
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.save(), AGAIN);
    }
  }

  async attach(files: Iterable<File>): Promise<void> {
    this.pending = [...this.pending, ...files];
    try {
      await this.attachPending();
    } catch (error) {
      if (!(error instanceof Offline)) {
        app.failed(`${this.pending[0]?.name ?? ''}:`, error);
        this.pending = this.pending.slice(1);
        return;
      }
      this.state = 'kept';
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.save(), AGAIN);
    }
  }

  private async attachPending(): Promise<void> {
    while (this.pending[0]) {
      const [file] = this.pending;
      if (!file) return;
      const { blobId, type, size } = await jmap().upload(mail.own, file);
      this.letter.attachments.push({ blobId, type, size, name: file.name });
      this.pending = this.pending.filter((other) => other !== file);
      this.touch();
    }
  }

  get identity(): Identity | undefined {
    const own = jmap().session.username.toLowerCase();
    return this.identities.find((it) => it.id === this.letter.identity) ?? this.identities.find((it) => it.email.toLowerCase() === own) ?? this.identities[0];
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
      this.wrong = t('malNeedsRecipient');
      return;
    }
    if (at && at.getTime() <= Date.now()) {
      this.wrong = t('malNoLater');
      return;
    }
    if (this.state === 'sending') return;
    clearTimeout(this.timer);
    try {
      await this.loadIdentities();
      await this.attachPending();
      await this.saving;
      await this.submit(recipients, at);
    } catch (error) {
      this.state = 'kept';
      app.failed(t('failed'), error);
    }
  }

  private async submit(recipients: Address[], at: Date | null): Promise<void> {
    await mail.loadOwn();
    const [drafts, sent, identity] = [mail.roleIn(mail.own, 'drafts'), mail.roleIn(mail.own, 'sent'), this.identity];
    if (!drafts || !sent || !identity) return;
    this.state = 'sending';
    const account = mail.own;
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
        ...(draft ? { destroy: [draft] } : {}),
      }],
      ['EmailSubmission/set', {
        accountId: account,
        create: { submission: { identityId: identity.id, emailId: '#letter', envelope, ...(this.sentOfSender ? { 'wachpost:copyTo': this.sentOfSender } : {}) } },
        onSuccessUpdateEmail: { '#submission': { mailboxIds: { [sent.id]: true }, 'keywords/$draft': null } },
      }],
    ];
    const [made, submitted] = (await jmap().call(calls)) as unknown as [SetAnswer<Email>, SetAnswer<{ id: Id }>];
    const error = made.notCreated?.letter ?? submitted.notCreated?.submission;
    const [letter, submission] = [made.created?.letter, submitted.created?.submission];
    if (letter) this.letter.draft = letter.id;
    if (error || !letter || !submission) {
      this.state = '';
      this.wrong = `${t('failed')} ${error?.description ?? error?.type ?? ''}`;
      return;
    }
    // Of a shared mailbox the mark may not be theirs to set; the message is sent all the same.
    if (answered) void jmap().one('Email/set', { accountId: answered.account, update: { [answered.id]: { [`keywords/${answered.keyword}`]: true } } }).catch(() => null);
    const letterAsItWas = $state.snapshot(this.letter) as Letter;
    this.end();
    app.say(t('sent_'), () => this.callBack(submission.id, letterAsItWas), UNDO_SECONDS * 1000);
  }

  /** Whose name readers see beside the sender's, where somebody writes on behalf of another. */
  get onBehalfBy(): string | null {
    if (this.identity?.['wachpost:sends'] !== 'onBehalf') return null;
    const own = jmap().session.username.toLowerCase();
    return this.identities.find((it) => it.email.toLowerCase() === own)?.name || own;
  }

  /** Where those who share the mailbox that the sender stands for find what was sent: once it is. */
  get sentOfSender(): { accountId: Id; mailboxId: Id } | null {
    const address = this.identity?.email.toLowerCase();
    const shared = mail.shared.find((it) => it.name.toLowerCase() === address);
    const sent = shared && mail.roleIn(shared.id, 'sent');
    return shared && sent?.myRights.mayAddItems ? { accountId: shared.id, mailboxId: sent.id } : null;
  }

  /** RFC 8621 7.5: what still waits is taken out of the queue, and goes on as a draft. */
  private async callBack(submission: Id, letter: Letter): Promise<void> {
    if (letter.draft && (await cancelSubmission(submission, letter.draft))) this.fresh(letter);
  }

  async discard(): Promise<void> {
    const { draft } = this.letter;
    this.end();
    if (draft) await jmap().one('Email/set', { accountId: mail.own, destroy: [draft] }).catch((error: unknown) => app.failed(t('failed'), error));
  }

  /** Closes the window; the draft stays. */
  async close(): Promise<void> {
    if (isWritten(this.letter) && this.state !== 'saved') await this.save();
    if (this.state !== 'kept') this.end();
  }

  private end(): void {
    clearTimeout(this.timer);
    forget();
    this.open = false;
    this.state = '';
    this.pending = [];
    this.letter = { ...EMPTY };
  }
}

export const compose = new Compose();
export { read } from './letter';
