// Tasks as they are shown: lists of all accounts that are open to the person, their tasks, and what is done with them.

import { bringBack } from '../jmap/restore';
import { TASKS, type Call } from '../jmap/client';
import type { GetAnswer, Id, SetError } from '../jmap/types';
import { itemsOf, listKey, type Item, type OwnedList, type Task, type TaskList } from '../tasks/task';
import { t } from '../texts/index.svelte';
import { nameOf, ownerOf } from './accounts';
import { app, jmap } from './app.svelte';
import { sayRefused } from './change';
import { Mirror } from './mirror.svelte';

const SHOWN = [
  'id', 'uid', 'taskListId', 'title', 'description', 'start', 'due', 'timeZone', 'showWithoutTime', 'priority', 'progress', 'progressUpdated', 'created', 'recurrenceRule', 'recurrenceOverrides',
];
/** A task, and in whose account. */
interface Known {
  account: Id;
  task: Task;
}

/** What is due depends on the minute. */
const MINUTE = 60_000;

class TasksState extends Mirror<Task, Known> {
  lists = $state.raw<OwnedList[]>([]);
  /** Calendars of others, which may take tasks, too. */
  private calendars = new Set<string>();
  /** The minute; what is due depends on it. */
  now = $state.raw(new Date());

  constructor() {
    super({ type: 'Task', within: 'TaskList', capability: TASKS, properties: SHOWN });
  }

  protected keep(account: Id, task: Task): Known {
    return { account, task };
  }

  override watch(): () => void {
    this.now = new Date();
    const clock = setInterval(() => (this.now = new Date()), MINUTE);
    const stop = super.watch();
    return () => {
      clearInterval(clock);
      stop();
    };
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

  protected async loadPlaces(): Promise<void> {
    const accounts = this.accounts;
    const others = accounts.slice(1);
    const answers = await jmap().call([
      ...accounts.map((accountId): Call => ['TaskList/get', { accountId, ids: null }]),
      ...others.map((accountId): Call => ['Calendar/get', { accountId, ids: null, properties: ['name'] }]),
    ]);
    this.calendars = new Set(others.flatMap((account, at) => (answers[accounts.length + at] as unknown as GetAnswer<{ name: string }>).list.map((one) => `${account} ${one.name}`)));
    const all = answers.slice(0, accounts.length).flatMap((answer, at) => {
      const account = accounts[at] ?? '';
      const owner = ownerOf(account, TASKS);
      return (answer as unknown as GetAnswer<TaskList>).list.map((one) => ({ ...one, account, owner, key: listKey(account, one.id), name: nameOf(one, one.role === 'inbox', 'Tasks', 'tasks') }));
    });
    const weight = (it: OwnedList): number => (it.role === 'inbox' ? 0 : it.owner === null ? 1 : 2);
    this.lists = all.sort((a, b) => weight(a) - weight(b) || a.sortOrder - b.sortOrder || a.name.localeCompare(b.name));
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
      if (failed) sayRefused(failed);
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
    const answer = await this.setPlace<TaskList>(accountId, bare ? { update: { [bare]: change } } : { create: { l: change } });
    return answer ? (bare ?? answer.created?.l?.id ?? null) : null;
  }

  async destroyList(list: OwnedList): Promise<boolean> {
    const done = await this.setPlace<TaskList>(list.account, { destroy: [list.id], onDestroyRemoveTasks: true });
    if (done) await this.follow(list.account);
    return done !== null;
  }

  /** Shows a list of somebody else, or does not any more. */
  async subscribe(list: OwnedList, is: boolean): Promise<void> {
    await this.setPlace<TaskList>(list.account, { update: { [list.id]: { isSubscribed: is } } });
  }
}

export const tasks = new TasksState();
