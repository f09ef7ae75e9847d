// What can be done with the message at hand, by button or by key; the keys are those of Gmail and Fastmail.

import { compose } from '../compose/compose.svelte';
import { app } from '../state/app.svelte';
import { mail } from '../state/mail.svelte';
import type { Target } from '../state/mailBulk';
import { t } from '../texts/index.svelte';
import { shown } from './shown.svelte';

/** After `g` the next key says where to, for so many milliseconds. */
const GO_MS = 1_500;
const PLACES: Record<string, string> = { i: 'inbox', d: 'drafts', t: 'sent', s: 'sent', a: 'archive', b: 'trash' };

class Act {
  private goUntil = 0;

  archive = (): void => this.to('archive', t('moved'));
  trash = (): void => this.with((emails) => mail.trash(emails));
  junk = (): void => this.to(mail.withRole('junk')?.id === mail.mailbox ? 'inbox' : 'junk', t('moved'));
  unread = (): void =>
    this.with(async (emails) => {
      mail.close();
      await mail.mark(emails, '$seen', false, t('markUnread'));
    });
  read = (): void => this.with((emails) => mail.mark(emails, '$seen', true, t('markRead')));
  flag = (): void =>
    this.with(async (emails) => {
      const all = emails.every((email) => email.keywords.$flagged);
      await mail.mark(emails, '$flagged', !all, t(all ? 'unflag' : 'flag'));
    });
  move = (): void => {
    shown.move = true;
  };

  /** Does something with what a command is about. */
  with(work: (emails: Target[]) => Promise<void>): void {
    void mail
      .targets()
      .then(work)
      .catch((error: unknown) => app.failed(t('failed'), error));
  }

  private to(role: string, words: string): void {
    const mailbox = mail.withRole(role);
    if (mailbox) this.with((emails) => mail.move(emails, mailbox.id, words));
  }

  /** Whether a key means us: nobody is writing, and no other program is meant. */
  isFree(event: KeyboardEvent): boolean {
    const target = event.target;
    const writes = target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
    const isBox = target instanceof HTMLInputElement && target.type === 'checkbox';
    const isElsewhere = target instanceof HTMLElement && target.closest('dialog,[role=menu]') !== null;
    return (!writes || isBox) && !isElsewhere && !event.ctrlKey && !event.metaKey && !event.altKey && !compose.open;
  }

  key(event: KeyboardEvent): void {
    if (!this.isFree(event)) return;
    const last = mail.open.at(-1);
    const place = PLACES[event.key];
    if (performance.now() < this.goUntil && place) {
      this.goUntil = 0;
      const mailbox = mail.roleIn(mail.own, place);
      if (mailbox) void mail.show(mailbox.id, mail.own).catch((error: unknown) => app.failed(t('failed'), error));
      event.preventDefault();
      return;
    }
    const keys: Record<string, () => void> = {
      c: () => compose.begin(),
      j: () => this.walk(1),
      k: () => this.walk(-1),
      ArrowDown: () => this.walk(1),
      ArrowUp: () => this.walk(-1),
      o: () => this.open(),
      u: () => mail.close(),
      Escape: () => (mail.chosenCount > 0 ? mail.choose(false) : mail.close()),
      e: this.archive,
      '#': this.trash,
      Delete: this.trash,
      '!': this.junk,
      s: this.flag,
      U: this.unread,
      I: this.read,
      v: this.move,
      x: () => this.choose(),
      '*': () => mail.choose(!mail.allChosen),
      r: () => last && compose.reply(last, false),
      a: () => last && compose.reply(last, true),
      f: () => last && compose.forward(last),
      g: () => (this.goUntil = performance.now() + GO_MS),
      z: () => void app.undo(),
      '/': () => document.getElementById('search')?.focus(),
    };
    const done = keys[event.key];
    if (!done) return;
    event.preventDefault();
    done();
  }

  private walk(step: number): void {
    const next = Math.min(Math.max(mail.cursor + step, 0), Math.max(mail.total - 1, 0));
    mail.cursor = next;
    if (mail.openId !== null) this.open();
  }

  private open(): void {
    const email = mail.at(mail.cursor);
    if (!email) return;
    if (email.keywords.$draft) void compose.edit(email.id);
    else void mail.read(email.id);
  }

  private choose(): void {
    const email = mail.at(mail.cursor);
    if (email) mail.chooseOne(email, !(email.id in mail.chosen));
  }
}

export const act = new Act();
