// The mailboxes of the person and of those who share theirs.

import { MAIL } from '../jmap/client';
import type { GetAnswer, Id, Mailbox, SetAnswer } from '../jmap/types';
import { t } from '../texts/index.svelte';
import { app, jmap } from './app.svelte';

/** Accounts whose mailboxes are read with one request. */
const ACCOUNTS_AT_ONCE = 20;
export const ROLES = ['inbox', 'drafts', 'sent', 'archive', 'junk', 'trash'] as const;

export interface Folder {
  mailbox: Mailbox;
  depth: number;
}

export class Folders {
  /** The mailboxes, by account. */
  boxes = $state.raw<Record<Id, Mailbox[]>>({});

  /** The person's own account. */
  get own(): Id {
    return jmap().account(MAIL);
  }

  /** Accounts of others that have mail for the person, with the names they go by. */
  get shared(): { id: Id; name: string }[] {
    return Object.entries(this.boxes)
      .filter(([id, all]) => id !== this.own && all.length > 0)
      .map(([id]) => ({ id, name: jmap().session.accounts[id]?.name ?? id }))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  roleIn(account: Id, role: string): Mailbox | undefined {
    return this.boxes[account]?.find((mailbox) => mailbox.role === role);
  }

  nameOf(mailbox: Mailbox): string {
    const role = ROLES.find((known) => known === mailbox.role);
    return role ? t(role) : mailbox.name;
  }

  /** The way to a mailbox of the own account, as scripts call it. */
  pathOf(id: Id): string {
    const all = this.boxes[this.own] ?? [];
    const names: string[] = [];
    for (let at = all.find((it) => it.id === id); at; at = all.find((it) => it.id === at?.parentId)) names.unshift(at.role === 'inbox' ? 'INBOX' : at.name);
    return names.join('/');
  }

  /** The mailboxes as they stand in the list of folders, each with its depth. */
  foldersOf(account: Id): Folder[] {
    const all = this.boxes[account] ?? [];
    const known = new Set(all.map((mailbox) => mailbox.id));
    const below = (parent: Id | null, depth: number): Folder[] =>
      all
        // Of what others share the one above may not be shared.
        .filter((mailbox) => (mailbox.parentId !== null && known.has(mailbox.parentId) ? mailbox.parentId : null) === parent)
        .sort((a, b) => rank(a) - rank(b) || this.nameOf(a).localeCompare(this.nameOf(b)))
        .flatMap((mailbox) => [{ mailbox, depth }, ...below(mailbox.id, depth + 1)]);
    return below(null, 0);
  }

  async loadAccount(account: Id): Promise<void> {
    const answer = await jmap().one<GetAnswer<Mailbox>>('Mailbox/get', { accountId: account, ids: null });
    this.boxes = { ...this.boxes, [account]: answer.list };
  }

  /** The own mailboxes, if they are not at hand. */
  async loadOwn(): Promise<void> {
    if (!this.boxes[this.own]) await this.loadAccount(this.own);
  }

  /** What others share; without it everything else works, too. */
  async loadShared(): Promise<void> {
    const others = Object.entries(jmap().session.accounts)
      .filter(([id, account]) => id !== this.own && MAIL in account.accountCapabilities)
      .map(([id]) => id);
    for (let at = 0; at < others.length; at += ACCOUNTS_AT_ONCE) {
      const part = others.slice(at, at + ACCOUNTS_AT_ONCE);
      const answers = (await jmap().call(part.map((accountId) => ['Mailbox/get', { accountId, ids: null }]))) as unknown as GetAnswer<Mailbox>[];
      this.boxes = { ...this.boxes, ...Object.fromEntries(answers.map(({ list }, place) => [part[place] ?? '', list])) };
    }
    const there = new Set([this.own, ...others]);
    this.boxes = Object.fromEntries(Object.entries(this.boxes).filter(([id]) => there.has(id)));
  }

  /** Makes, changes or deletes one; answers its id. */
  private async set(account: Id, given: Record<string, unknown>): Promise<Id | null> {
    try {
      const answer = await jmap().one<SetAnswer<Mailbox>>('Mailbox/set', { accountId: account, ...given });
      const failed = Object.values({ ...answer.notCreated, ...answer.notUpdated, ...answer.notDestroyed })[0];
      if (failed) {
        app.say(`${t('failed')} ${failed.description ?? failed.type}`);
        return null;
      }
      await this.loadAccount(account);
      return answer.created?.one?.id ?? '';
    } catch (error) {
      app.failed(t('failed'), error);
      return null;
    }
  }

  createFolder(account: Id, name: string, parentId: Id | null): Promise<Id | null> {
    return this.set(account, { create: { one: { name, parentId } } });
  }

  renameFolder(account: Id, id: Id, name: string): Promise<Id | null> {
    return this.set(account, { update: { [id]: { name } } });
  }

  deleteFolder(account: Id, id: Id): Promise<Id | null> {
    return this.set(account, { destroy: [id], onDestroyRemoveEmails: true });
  }
}

function rank(mailbox: Mailbox): number {
  const at = ROLES.findIndex((role) => role === mailbox.role);
  return at < 0 ? ROLES.length + mailbox.sortOrder : at;
}
