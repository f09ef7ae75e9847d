// What is looked at: which tasks, which of them is open, and what is asked for.

import { day } from '../calendar/time';
import { drawer } from '../shell/drawer.svelte';
import { tasks } from '../state/tasks.svelte';
import { t } from '../texts/index.svelte';
import { GROUPS, compare, groupOf, isIn, written, type Group, type Item, type OwnedList, type Scope } from './task';

export const SCOPES = [
  ['today', 'taskToday'],
  ['planned', 'taskPlanned'],
  ['all', 'taskAll'],
  ['done', 'taskDone'],
] as const;

type Dialog = { kind: 'list'; list: OwnedList | null } | { kind: 'share'; list: OwnedList } | { kind: 'keys' };

class Page {
  scope = $state.raw<Scope>('today');
  openKey = $state<string | null>(null);
  dialog = $state.raw<Dialog | null>(null);
  /** Whether what is done in a list is shown, too. */
  showsDone = $state(false);

  list = $derived(typeof this.scope === 'object' ? tasks.list(this.scope.list) : undefined);
  all = $derived(tasks.items.filter((it) => isIn(it, this.scope, tasks.now)).sort(compare));
  open = $derived(this.all.filter((it) => !it.done || this.scope === 'done'));
  done = $derived(this.scope === 'done' ? [] : this.all.filter((it) => it.done));
  opened = $derived(tasks.items.find((it) => it.key === this.openKey));

  groups = $derived.by(() => {
    const groups = new Map<Group, Item[]>(GROUPS.map((group) => [group, []]));
    for (const one of this.open) groups.get(groupOf(one, tasks.now))?.push(one);
    return [...groups].filter(([, items]) => items.length > 0);
  });
  /** All lines as they stand there. */
  visible = $derived([...this.groups.flatMap(([, items]) => items), ...(this.showsDone ? this.done : [])]);

  get title(): string {
    const scope = this.scope;
    if (typeof scope === 'object') return this.list?.name ?? '';
    return t(SCOPES.find(([word]) => word === scope)?.[1] ?? 'tasks');
  }

  /** Where new tasks go. */
  get target(): OwnedList | undefined {
    return this.list?.myRights.mayWriteAll ? this.list : tasks.inbox;
  }

  count(scope: Scope): number {
    return tasks.items.filter((it) => isIn(it, scope, tasks.now) && !it.done).length;
  }

  go(scope: Scope): void {
    drawer.close();
    this.scope = scope;
    this.openKey = null;
    this.showsDone = false;
  }

  async add(title: string): Promise<boolean> {
    const list = this.target;
    if (!list || !title.trim()) return false;
    const due = this.scope === 'today' ? written(day(new Date()), '', null) : {};
    return (await tasks.add(list, { title: title.trim(), ...due })) !== null;
  }

  /** Goes to the next line, and takes the keys along. */
  walk(step: number): void {
    const rows = this.visible;
    const focused = document.activeElement?.closest<HTMLElement>('[data-task]')?.dataset.task ?? this.openKey;
    const at = rows.findIndex((it) => it.key === focused);
    const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)];
    if (!next) return;
    if (this.openKey !== null) this.openKey = next.key;
    focusTask(next.key);
  }

  /** The line that has the keys, or the open one. */
  get current(): Item | undefined {
    const focused = document.activeElement?.closest<HTMLElement>('[data-task]')?.dataset.task;
    return tasks.items.find((it) => it.key === (focused ?? this.openKey));
  }

  close(): void {
    const key = this.openKey;
    this.openKey = null;
    if (key) focusTask(key);
  }

  /** Keeps the keys in the list when a line leaves it. */
  leave(item: Item): void {
    const rows = this.visible;
    const at = rows.findIndex((it) => it.key === item.key);
    const next = rows[at + 1] ?? rows[at - 1];
    if (this.openKey === item.key) this.openKey = null;
    if (next) focusTask(next.key);
  }
}

export function focusTask(key: string): void {
  document.querySelector<HTMLElement>(`[data-task="${CSS.escape(key)}"] .open`)?.focus();
}

export const page = new Page();
