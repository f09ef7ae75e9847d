// A task as people see it: when it is due, whether it is done, which of its turns is next, and where it belongs in a list.

import { isKnown, occurrences } from '../calendar/recurrence';
import { DAY, day, instant, isZone, wallNumber, wallText, zone } from '../calendar/time';
import type { Id, RecurrenceRule } from '../jmap/types';

/** JMAP Tasks draft -06 3. */
export interface TaskList {
  id: Id;
  role: string | null;
  name: string;
  color: string | null;
  sortOrder: number;
  isSubscribed: boolean;
  shareWith: Record<Id, Record<string, boolean>> | null;
  myRights: Record<string, boolean>;
}

/** JMAP Tasks draft -06 4, RFC 8984 5.2. */
export interface Task {
  '@type'?: 'Task';
  id: Id;
  uid: string;
  taskListId: Id;
  title?: string;
  description?: string;
  descriptionContentType?: string;
  start?: string | null;
  due?: string | null;
  timeZone?: string | null;
  showWithoutTime?: boolean;
  priority?: number;
  progress?: string;
  progressUpdated?: string;
  percentComplete?: number;
  created?: string;
  sortOrder?: number;
  privacy?: string;
  recurrenceRule?: RecurrenceRule | null;
  recurrenceOverrides?: Record<string, Record<string, unknown>> | null;
}

/** A list, and in whose account it is. */
export interface OwnedList extends TaskList {
  account: Id;
  /** Another person's name, where it is not one's own. */
  owner: string | null;
  key: string;
}

/** One line: a task, or the turn of one that repeats. */
export interface Item {
  key: string;
  account: Id;
  list: string;
  /** What is set when it is done: the task, or this turn of it. */
  id: Id;
  task: Task;
  title: string;
  notes: string;
  /** On the clock here; null: at no time. */
  due: Date | null;
  wholeDay: boolean;
  done: boolean;
  doneAt: string | null;
  /** 1 to 9; 0 is none. */
  priority: number;
  repeats: boolean;
}

/** Turns of one series that are looked at. */
const TURNS_MAX = 5_000;

export const listKey = (account: Id, id: Id): string => `${account} ${id}`;

const closed = (progress: unknown): boolean => progress === 'completed' || progress === 'cancelled' || progress === 'failed';

/** When it is due, on the clock here. */
export function dueOf(task: Task): Date | null {
  if (!task.due) return null;
  const known = task.timeZone && isZone(task.timeZone);
  return known ? new Date(instant(task.due, task.timeZone ?? zone())) : new Date(task.due);
}

/** Whether it is due on a day and at no time of it. */
export function isWholeDay(task: Task): boolean {
  return task.showWithoutTime === true;
}

function item(account: Id, task: Task, id: Id, shown: Task): Item {
  return {
    key: `${account} ${id}`,
    account,
    list: listKey(account, task.taskListId),
    id,
    task,
    title: shown.title ?? '',
    notes: shown.description ?? '',
    due: dueOf(shown),
    wholeDay: isWholeDay(shown),
    done: closed(shown.progress),
    doneAt: closed(shown.progress) ? (shown.progressUpdated ?? null) : null,
    priority: shown.priority ?? 0,
    repeats: Boolean(task.recurrenceRule),
  };
}

/** The turn of a series at a time of its clock, as the series and what is said of this turn have it. */
function turn(task: Task, at: string): Task {
  const moved = wallNumber(at) - wallNumber(task.start ?? at);
  const shown: Task = { ...task, start: at };
  if (task.due) shown.due = wallText(wallNumber(task.due) + moved);
  for (const [name, value] of Object.entries(task.recurrenceOverrides?.[at] ?? {})) {
    if (!name.includes('/')) (shown as unknown as Record<string, unknown>)[name] = value;
  }
  return shown;
}

const turnId = (task: Task, at: string): Id => `${task.id}-${at.replace(/[-:]/g, '')}`;

/** The lines of a task: itself; of one that repeats the turn that is next, and those that are done. */
export function itemsOf(account: Id, task: Task, now = new Date()): Item[] {
  const rule = task.recurrenceRule;
  if (!rule || !task.start || closed(task.progress) || !isKnown(rule)) return [item(account, task, task.id, task)];
  const over = task.recurrenceOverrides ?? {};
  const done = Object.keys(over).filter((at) => closed(over[at]?.progress)).sort();
  const lines = done.map((at) => item(account, task, turnId(task, at), turn(task, at)));
  const last = done.at(-1) ?? '';
  // What was missed is not asked for again and again: the newest turn that is due, else the next.
  const today = `${day(now)}T23:59:59`;
  let open: string | null = null;
  let looked = 0;
  for (const at of turns(rule, task.start, over)) {
    looked += 1;
    if (looked > TURNS_MAX) break;
    if (at <= last || over[at]?.excluded === true) continue;
    if (open === null || at <= today) open = at;
    if (at > today) break;
  }
  if (open !== null) lines.push(item(account, task, turnId(task, open), turn(task, open)));
  return lines;
}

/** The times of a rule with those that were added to it, in their order. */
function* turns(rule: RecurrenceRule, start: string, over: Record<string, unknown>): Generator<string> {
  const added = Object.keys(over).sort();
  for (const at of occurrences(rule, start)) {
    while (added[0] !== undefined && added[0] < at) yield added.shift() ?? at;
    if (added[0] === at) added.shift();
    yield at;
  }
  yield* added;
}

/** What a view shows of all lines. */
export type Scope = 'today' | 'planned' | 'all' | 'done' | { list: string };

/** The end of a day here. */
export function endOfDay(now: Date): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime();
}

export function isOverdue(one: Item, now = new Date()): boolean {
  if (one.done || !one.due) return false;
  return one.wholeDay ? one.due.getTime() + DAY <= now.getTime() && day(one.due) < day(now) : one.due.getTime() < now.getTime();
}

export function isIn(one: Item, scope: Scope, now = new Date()): boolean {
  if (typeof scope === 'object') return one.list === scope.list;
  if (scope === 'done') return one.done;
  if (one.done) return false;
  if (scope === 'today') return one.due !== null && one.due.getTime() < endOfDay(now);
  return scope === 'all' || one.due !== null;
}

/** Open lines by when they are due, then by priority, then by title; what is done by when that was, the last first. */
export function compare(a: Item, b: Item): number {
  if (a.done !== b.done) return Number(a.done) - Number(b.done);
  if (a.done) return (b.doneAt ?? '').localeCompare(a.doneAt ?? '') || a.key.localeCompare(b.key);
  const due = (it: Item): number => it.due?.getTime() ?? Infinity;
  const weight = (it: Item): number => it.priority || 10;
  if (due(a) !== due(b)) return due(a) < due(b) ? -1 : 1;
  return weight(a) - weight(b) || a.title.localeCompare(b.title) || a.key.localeCompare(b.key);
}

/** Under which heading a line stands where days matter. */
export const GROUPS = ['taskOverdue', 'taskToday', 'taskTomorrow', 'taskWeek', 'taskLater', 'taskNoDate', 'taskDone'] as const;
export type Group = (typeof GROUPS)[number];

export function groupOf(one: Item, now = new Date()): Group {
  if (one.done) return 'taskDone';
  if (!one.due) return 'taskNoDate';
  if (isOverdue(one, now)) return 'taskOverdue';
  const at = one.due.getTime();
  const end = endOfDay(now);
  if (at < end) return 'taskToday';
  if (at < end + DAY) return 'taskTomorrow';
  return at < end + 6 * DAY ? 'taskWeek' : 'taskLater';
}

/** The steps of priority that are offered (RFC 5545 3.8.1.9 names the same three). */
export const PRIORITIES = [
  [0, 'taskPriorityNone'],
  [1, 'taskPriorityHigh'],
  [5, 'taskPriorityMiddle'],
  [9, 'taskPriorityLow'],
] as const;

export function priorityStep(priority: number): (typeof PRIORITIES)[number][0] {
  if (priority === 0) return 0;
  return priority < 5 ? 1 : priority === 5 ? 5 : 9;
}

/** What is written for a day, or a day and a time of it; no text is no time at all. */
export function written(date: string, time: string, task: Task | null): Partial<Task> {
  if (!date) return { due: null, start: null, showWithoutTime: null, timeZone: null, recurrenceRule: null } as unknown as Partial<Task>;
  const due = time ? `${date}T${time}:00` : `${date}T00:00:00`;
  const made: Record<string, unknown> = { due, timeZone: time ? zone() : null, showWithoutTime: !time };
  // What repeats begins; another start that came later than the end makes no sense any more.
  if (task?.recurrenceRule) made.start = due;
  else if (task?.start) made.start = null;
  return made as Partial<Task>;
}

/** How a task can repeat, as far as the form here offers it. */
export type Repeat = 'never' | 'daily' | 'workdays' | 'weekly' | 'monthly' | 'yearly' | 'own';

const PLAIN = ['@type', 'frequency', 'interval', 'byDay'];
const WORKDAYS = ['mo', 'tu', 'we', 'th', 'fr'] as const;

export function repeatOf(rule: RecurrenceRule | null | undefined): Repeat {
  if (!rule) return 'never';
  if (Object.keys(rule).some((name) => !PLAIN.includes(name)) || (rule.interval ?? 1) !== 1) return 'own';
  const days = (rule.byDay ?? []).map((it) => it.day);
  if (rule.frequency === 'weekly' && days.length === 5 && WORKDAYS.every((it) => days.includes(it))) return 'workdays';
  if (days.length > 0) return 'own';
  return rule.frequency === 'daily' || rule.frequency === 'weekly' || rule.frequency === 'monthly' || rule.frequency === 'yearly' ? rule.frequency : 'own';
}

export function ruleOf(repeat: Repeat): RecurrenceRule | null {
  if (repeat === 'never' || repeat === 'own') return null;
  if (repeat === 'workdays') return { '@type': 'RecurrenceRule', frequency: 'weekly', byDay: WORKDAYS.map((it) => ({ '@type': 'NDay', day: it })) };
  return { '@type': 'RecurrenceRule', frequency: repeat };
}
