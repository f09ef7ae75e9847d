// What can be done with the message at hand, by button or by key; the keys are those of Gmail and Fastmail.

import { compose } from '../compose/compose.svelte';
import { mail } from '../state/mail.svelte';
import { t } from '../texts/index.svelte';

class Act {
  archive = (): void => this.to('archive', t('moved'));
  trash = (): void => void mail.trash(mail.subject);
  junk = (): void => this.to(mail.withRole('junk')?.id === mail.mailbox ? 'inbox' : 'junk', t('moved'));
  unread = (): void => {
    const ids = mail.subject;
    mail.close();
    void mail.keyword(ids, '$seen', false);
  };
  flag = (): void => {
    const ids = mail.subject;
    const all = [...Object.values(mail.pages).flat(), ...mail.open].filter((email) => ids.includes(email.id));
    void mail.keyword(ids, '$flagged', !all.every((email) => email.keywords.$flagged));
  };

  private to(role: string, words: string): void {
    const mailbox = mail.withRole(role);
    if (mailbox && mailbox.id !== mail.mailbox) void mail.move(mail.subject, mailbox.id, words);
  }

  /** Whether a key means us: nobody is writing, and no other program is meant. */
  isFree(event: KeyboardEvent): boolean {
    const target = event.target;
    const writes = target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
    const isBox = target instanceof HTMLInputElement && target.type === 'checkbox';
    return (!writes || isBox) && !event.ctrlKey && !event.metaKey && !event.altKey && !compose.open;
  }

  key(event: KeyboardEvent): void {
    if (!this.isFree(event)) return;
    const last = mail.open.at(-1);
    const keys: Record<string, () => void> = {
      c: () => compose.begin(),
      j: () => this.walk(1),
      k: () => this.walk(-1),
      ArrowDown: () => this.walk(1),
      ArrowUp: () => this.walk(-1),
      o: () => this.open(),
      u: () => mail.close(),
      Escape: () => mail.close(),
      e: this.archive,
      '#': this.trash,
      Delete: this.trash,
      '!': this.junk,
      s: this.flag,
      U: this.unread,
      x: () => this.choose(),
      r: () => last && compose.reply(last, false),
      a: () => last && compose.reply(last, true),
      f: () => last && compose.forward(last),
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
    if (!email) return;
    if (email.id in mail.chosen) delete mail.chosen[email.id];
    else mail.chosen[email.id] = true;
  }
}

export const act = new Act();
