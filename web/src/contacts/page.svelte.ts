// What is looked at: which cards, which of them is open, and what is done with it.

import { compose } from '../compose/compose.svelte';
import { drawer } from '../shell/drawer.svelte';
import { app } from '../state/app.svelte';
import { contacts, type Book, type Entry } from '../state/contacts.svelte';
import { t } from '../texts/index.svelte';
import { emailsOf, fold, holds, isGroup, letterOf } from './card';

export type Place = { kind: 'all' } | { kind: 'book'; key: string } | { kind: 'group'; key: string };
type Work = { kind: 'edit'; entry: Entry | null } | { kind: 'group'; entry: Entry | null } | { kind: 'merge' };
type Dialog = { kind: 'book'; book: Book | null } | { kind: 'share'; book: Book } | { kind: 'import' } | { kind: 'keys' };

/** A line of the list: a letter, or a card. */
export type Line = { letter: string } | { entry: Entry };

/** Letters that are typed before the server is asked for what is not known here. */
const ASK_FROM = 3;

class Page {
  place = $state.raw<Place>({ kind: 'all' });
  words = $state('');
  openKey = $state<string | null>(null);
  work = $state.raw<Work | null>(null);
  dialog = $state.raw<Dialog | null>(null);
  /** What the server found beside what is found here, and for which words. */
  private found = $state.raw<{ words: string; keys: Set<string> }>({ words: '', keys: new Set() });

  book = $derived(this.place.kind === 'book' ? contacts.book(this.place.key) : undefined);
  group = $derived(this.place.kind === 'group' ? contacts.entry(this.place.key) : undefined);

  here = $derived.by(() => {
    const { place } = this;
    if (place.kind === 'book') return contacts.entries.filter((it) => it.book === place.key);
    if (place.kind === 'group') {
      const members = this.group?.card.members ?? {};
      return contacts.entries.filter((it) => isMember(members, it));
    }
    const shown = new Set(contacts.shown.filter((it) => !it.isDirectory).map((it) => it.key));
    return contacts.entries.filter((it) => shown.has(it.book) && !isGroup(it.card));
  });

  rows = $derived.by(() => {
    const words = this.words.trim();
    if (!words) return this.here;
    const more = this.found.words === words ? this.found.keys : null;
    return this.here.filter((it) => holds(it.text, words) || more?.has(it.key));
  });

  lines = $derived.by(() => {
    const lines: Line[] = [];
    let last = '';
    for (const entry of this.rows) {
      const letter = letterOf(fold(entry.sort).toUpperCase());
      if (letter !== last) lines.push({ letter });
      last = letter;
      lines.push({ entry });
    }
    return lines;
  });

  letters = $derived([...new Set(this.lines.flatMap((line) => ('letter' in line ? [line.letter] : [])))]);
  opened = $derived(contacts.entry(this.openKey));

  get title(): string {
    return this.book?.name ?? this.group?.name ?? t('conAll');
  }

  /** The address book that new cards go to. */
  get target(): Book | undefined {
    return this.book?.myRights.mayWrite ? this.book : contacts.standard;
  }

  async ask(): Promise<void> {
    const words = this.words.trim();
    if (words.length < ASK_FROM) return;
    const keys = await contacts.find(words).catch(() => []);
    if (this.words.trim() === words) this.found = { words, keys: new Set(keys) };
  }

  go(place: Place): void {
    drawer.close();
    this.place = place;
    this.openKey = place.kind === 'group' ? place.key : null;
    this.work = null;
    this.words = '';
  }

  show(key: string | null): void {
    this.openKey = key;
    this.work = null;
  }

  /** The card that comes before or after the open one. */
  walk(step: number): Entry | undefined {
    const at = this.rows.findIndex((it) => it.key === this.openKey);
    const next = this.rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), this.rows.length - 1)];
    if (next) this.show(next.key);
    return next;
  }

  begin(work: Work): void {
    drawer.close();
    this.work = work;
  }

  create(): void {
    if (this.target) this.begin({ kind: 'edit', entry: null });
  }

  edit(): void {
    const { opened } = this;
    if (opened && contacts.mayWrite(opened)) this.work = { kind: isGroup(opened.card) ? 'group' : 'edit', entry: opened };
  }

  close(): void {
    if (this.work) this.work = null;
    else if (this.openKey) this.openKey = null;
    else this.words = '';
  }

  remove(): void {
    const { opened } = this;
    if (!opened || !contacts.mayWrite(opened)) return;
    const at = this.rows.indexOf(opened);
    const next = this.rows[at + 1] ?? this.rows[at - 1];
    if (this.place.kind === 'group' && this.place.key === opened.key) this.go({ kind: 'all' });
    else this.show(window.innerWidth < 700 ? null : (next?.key ?? null));
    void contacts.destroy([opened]);
  }

  /** Begins a letter to people; to a group, to all of its members. */
  write(entries: Entry[], email?: string): void {
    const to = entries.flatMap((entry) => {
      const [address] = email ? [email] : emailsOf(entry.card);
      return address ? [`${entry.name.replace(/[,<>"]/g, ' ')} <${address}>`] : [];
    });
    if (to.length === 0) return;
    app.view = 'mail';
    compose.begin({ to: `${to.join(', ')}, ` });
  }

  writeToOpened(): void {
    const { opened } = this;
    if (opened) this.write(isGroup(opened.card) ? membersOf(opened) : [opened]);
  }
}

/** Whether a card is among the members of a group (RFC 9553 2.1.6: uids; other programs write addresses, too). */
export function isMember(members: Record<string, true>, entry: Entry): boolean {
  return entry.card.uid in members || emailsOf(entry.card).some((it) => `mailto:${it}` in members);
}

export function membersOf(group: Entry): Entry[] {
  const members = group.card.members ?? {};
  return contacts.entries.filter((it) => it.key !== group.key && isMember(members, it));
}

export const page = new Page();
