// Tasks as they are shown: lists of all accounts that are open to the person, their tasks, and what is done with them.

import { bringBack, getAll } from '../jmap/restore';
import { TASKS, type Call } from '../jmap/client';
import type { GetAnswer, Id, QueryAnswer, SetAnswer, SetError } from '../jmap/types';
import { itemsOf, listKey, type Item, type OwnedList, type Task, type TaskList } from '../tasks/task';
import { t } from '../texts/index.svelte';
import { app, jmap } from './app.svelte';

const SHOWN = [
  'id', 'uid', 'taskListId', 'title', 'description', 'start', 'due', 'timeZone', 'showWithoutTime', 'priority', 'progress', 'progressUpdated', 'created', 'recurrenceRule', 'recurrenceOverrides',
];
/** Tasks of one account: as many as the server finds at once. */
const MOST = 10_000;

interface Changes {
  newState: string;
  hasMoreChanges: boolean;
  created: Id[];
  updated: Id[];
  destroyed: Id[];
}

class TasksState {
  lists = $state.raw<OwnedList[]>([]);
  loaded = $state(false);
  private known = $state.raw<Map<string, { account: Id; task: Task }>>(new Map());
  private states = new Map<Id, string>();
  /** What was asked for last; earlier answers come too late. */
  private turn = 0;
  private following = new Map<Id, Promise<void>>();
  private loading: Promise<void> = Promise.resolve();
  /** Calendars of others, which may take tasks, too. */
  private calendars = new Set<string>();
  /** The minute; what is due depends on it. */
  now = $state.raw(new Date());

  get account(): Id {
    return jmap().account(TASKS);
  }

  /** All accounts with tasks, one's own first. */
  private get accounts(): Id[] {
    const own = this.account;
    const all = Object.entries(jmap().session.accounts).filter(([, it]) => TASKS in it.accountCapabilities);
    return [own, ...all.map(([id]) => id).filter((id) => id !== own)];
  }

  items = $derived([...this.known.values()].flatMap(({ account, task }) => itemsOf(account, task, this.now)));

  /** Lists that are shown: those one wants to see, and what has tasks in it without being asked. */
  shown = $derived(this.lists.filter((list) => list.isSubscribed || [...this.known.values()].some(({ account, task }) => listKey(account, task.taskListId) === list.key)));

  writable = $derived(this.shown.filter((it) => it.myRights.mayWriteAll));

  get inbox(): OwnedList | undefined {
    return this.lists.find((it) => it.role === 'inbox') ?? this.writable[0];
  }

  list(key: string): OwnedList | undefined {
    return this.lists.find((it) => it.key === key);
  }

  /** Whether it is a calendar in the first place: such lists are shown where they have tasks, and offered to nobody. */
  isCalendar(list: OwnedList): boolean {
    return this.calendars.has(`${list.account} ${list.name}`);
  }

  mayWrite(item: Item): boolean {
    return this.list(item.list)?.myRights.mayWriteAll === true;
  }

  task(account: Id, id: Id): Task | undefined {
    return this.known.get(`${account} ${id}`)?.task;
  }

  load(): Promise<void> {
    const read = this.read();
    this.loading = read.catch(() => undefined);
    return read;
  }

  private async read(): Promise<void> {
    this.turn += 1;
    const mine = this.turn;
    const states = new Map<Id, string>();
    await this.loadLists();
    const known = new Map<string, { account: Id; task: Task }>();
    for (const account of this.accounts) {
      const [state, { ids }] = (await jmap().call([
        ['Task/get', { accountId: account, ids: [] }],
        ['Task/query', { accountId: account, limit: MOST }],
      ])) as unknown as [GetAnswer<Task>, QueryAnswer];
      // The state is older than the tasks: what changed in between is asked for once more.
      states.set(account, state.state);
      for (const task of await getAll<Task>(jmap(), 'Task/get', account, ids, { properties: SHOWN })) known.set(`${account} ${task.id}`, { account, task });
    }
    if (mine !== this.turn) return;
    this.known = known;
    this.states = states;
    this.loaded = true;
    // What changed while it was read.
    for (const account of states.keys()) await this.catchUp(account);
  }

  async loadLists(): Promise<void> {
    const accounts = this.accounts;
    const others = accounts.slice(1);
    const answers = await jmap().call([
      ...accounts.map((accountId): Call => ['TaskList/get', { accountId, ids: null }]),
      ...others.map((accountId): Call => ['Calendar/get', { accountId, ids: null, properties: ['name'] }]),
    ]);
    this.calendars = new Set(others.flatMap((account, at) => (answers[accounts.length + at] as unknown as GetAnswer<{ name: string }>).list.map((one) => `${account} ${one.name}`)));
    const all = answers.slice(0, accounts.length).flatMap((answer, at) => {
      const account = accounts[at] ?? '';
      const owner = account === this.account ? null : (jmap().session.accounts[account]?.name ?? null);
      return (answer as unknown as GetAnswer<TaskList>).list.map((one) => ({ ...one, account, owner, key: listKey(account, one.id) }));
    });
    const weight = (it: OwnedList): number => (it.role === 'inbox' ? 0 : it.owner === null ? 1 : 2);
    this.lists = all.sort((a, b) => weight(a) - weight(b) || a.sortOrder - b.sortOrder || a.name.localeCompare(b.name));
  }

  /** Takes over what changed in an account since; one after the other. */
  follow(account: Id): Promise<void> {
    const before = this.following.get(account) ?? Promise.resolve();
    // Nothing is taken over into what is still being read.
    const next = Promise.all([before, this.loading]).then(() => this.catchUp(account));
    this.following.set(account, next.catch(() => undefined));
    return next;
  }

  private async catchUp(account: Id): Promise<void> {
    const since = this.states.get(account);
    if (since === undefined) return this.load();
    let changes: Changes;
    try {
      changes = await jmap().one<Changes>('Task/changes', { accountId: account, sinceState: since });
    } catch (error) {
      if ((error as { type?: string }).type === 'cannotCalculateChanges') return this.load();
      throw error;
    }
    const got = await getAll<Task>(jmap(), 'Task/get', account, [...changes.created, ...changes.updated], { properties: SHOWN });
    this.states.set(account, changes.newState);
    if (got.length === 0 && changes.destroyed.every((id) => !this.known.has(`${account} ${id}`))) return;
    const known = new Map(this.known);
    for (const id of changes.destroyed) known.delete(`${account} ${id}`);
    for (const task of got) known.set(`${account} ${task.id}`, { account, task });
    this.known = known;
    if (changes.hasMoreChanges) await this.catchUp(account);
  }

  /** Sets tasks and shows what came of it; null if something failed, which is said. */
  private async set(account: Id, given: Record<string, unknown>): Promise<SetAnswer<Task> | null> {
    try {
      const answer = await jmap().one<SetAnswer<Task>>('Task/set', { accountId: account, ...given });
      const failed = [answer.notCreated, answer.notUpdated, answer.notDestroyed].flatMap((all) => Object.values(all ?? {}));
      await this.follow(account);
      if (failed.length === 0) return answer;
      app.say(`${t('failed')} ${reason(failed[0])}`);
    } catch (error) {
      app.failed(t('failed'), error);
    }
    return null;
  }

  /** Makes a task; its id. */
  async add(list: OwnedList, task: Partial<Task>): Promise<Id | null> {
    const answer = await this.set(list.account, { create: { t: { '@type': 'Task', ...task, taskListId: list.id } } });
    return answer?.created?.t?.id ?? null;
  }

  async save(account: Id, id: Id, change: Partial<Task>): Promise<boolean> {
    return (await this.set(account, { update: { [id]: change } })) !== null;
  }

  /** Moves a task to another list, be it in another account. */
  async move(item: Item, to: OwnedList): Promise<boolean> {
    if (to.account === item.account) return this.save(item.account, item.task.id, { taskListId: to.id });
    try {
      const answer = await jmap().one<{ notCreated: Record<string, SetError> | null }>('Task/copy', {
        fromAccountId: item.account, accountId: to.account, create: { t: { id: item.task.id, taskListId: to.id } }, onSuccessDestroyOriginal: true,
      });
      const failed = answer.notCreated?.t;
      if (failed) app.say(`${t('failed')} ${reason(failed)}`);
      await Promise.all([this.follow(item.account), this.follow(to.account)]);
      return !failed;
    } catch (error) {
      app.failed(t('failed'), error);
      return false;
    }
  }

  async done(item: Item, is: boolean): Promise<void> {
    const before = item.done ? 'completed' : 'needs-action';
    const put = (progress: string): Promise<boolean> => this.save(item.account, item.id, { progress });
    if (!(await put(is ? 'completed' : 'needs-action'))) return;
    app.say(t(is ? 'taskDoneNow' : 'taskOpenAgain', { title: item.title }), async () => void (await put(before)));
  }

  async destroy(item: Item): Promise<void> {
    const { account, task } = item;
    if (!(await this.set(account, { destroy: [task.id] }))) return;
    app.say(t('taskDeleted', { title: item.title }), async () => {
      try {
        const left = await bringBack(jmap(), account, 'task', [task.id]);
        if (left.length === 0) return void (await this.follow(account));
      } catch (error) {
        return app.failed(t('failed'), error);
      }
      const list = this.list(item.list);
      // In the account of somebody else there is no history to look into: what is known of it is made anew.
      const { id: _, taskListId: __, ...rest } = task;
      if (list) await this.add(list, Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)));
    });
  }

  /** Makes or changes a list; its id. */
  async saveList(id: Id | null, change: { name: string; color: string | null }): Promise<Id | null> {
    const accountId = id ? (this.lists.find((it) => it.key === id)?.account ?? this.account) : this.account;
    const bare = id?.split(' ')[1];
    const answer = await this.setList(accountId, bare ? { update: { [bare]: change } } : { create: { l: change } });
    return answer ? (bare ?? answer.created?.l?.id ?? null) : null;
  }

  async destroyList(list: OwnedList): Promise<boolean> {
    const done = await this.setList(list.account, { destroy: [list.id], onDestroyRemoveTasks: true });
    if (done) await this.follow(list.account);
    return done !== null;
  }

  /** Shows a list of somebody else, or does not any more. */
  async subscribe(list: OwnedList, is: boolean): Promise<void> {
    await this.setList(list.account, { update: { [list.id]: { isSubscribed: is } } });
  }

  private async setList(accountId: Id, given: Record<string, unknown>): Promise<SetAnswer<TaskList> | null> {
    try {
      const answer = await jmap().one<SetAnswer<TaskList>>('TaskList/set', { accountId, ...given });
      const failed = [answer.notCreated, answer.notUpdated, answer.notDestroyed].flatMap((all) => Object.values(all ?? {}));
      await this.loadLists();
      if (failed.length === 0) return answer;
      app.say(`${t('failed')} ${reason(failed[0])}`);
    } catch (error) {
      app.failed(t('failed'), error);
    }
    return null;
  }
}

function reason(error: SetError | undefined): string {
  return error?.description ?? error?.type ?? '';
}

export const tasks = new TasksState();
