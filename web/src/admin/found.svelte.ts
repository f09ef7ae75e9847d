// People, groups and rooms as they are searched for: one page after the other.

import { fetchOf, type Account, type Sort } from './api';
import { app } from './app.svelte';

export class Found {
  text = $state('');
  list = $state.raw<Account[]>([]);
  next = $state<number | null>(null);
  looked = $state(false);
  private waiting = 0;
  private turn = 0;

  constructor(private readonly sorts: Sort[]) {}

  /** Looks soon: not at every letter. */
  soon(): void {
    clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => void this.look(), 150);
  }

  async look(): Promise<void> {
    const turn = ++this.turn;
    const page = await this.page(0);
    // What was typed meanwhile counts.
    if (!page || turn !== this.turn) return;
    this.list = page.principals;
    this.next = page.next;
    this.looked = true;
  }

  async more(): Promise<void> {
    const page = this.next === null ? null : await this.page(this.next);
    if (!page) return;
    this.list = [...this.list, ...page.principals];
    this.next = page.next;
  }

  private async page(after: number): Promise<{ principals: Account[]; next: number | null } | null> {
    try {
      return await fetchOf('Principals', { Account: { Search: { text: this.text.trim(), sorts: this.sorts, after } } });
    } catch (error) {
      app.failed(error);
      return null;
    }
  }
}
