// Tasks that are due, as a layer of the calendar that can be switched off.

import type { Calendar } from '@event-calendar/core';
import { app } from '../state/app.svelte';
import { tasks } from '../state/tasks.svelte';
import { written, type Item, type Task } from '../tasks/task';
import { page as taskPage } from '../tasks/page.svelte';
import { t } from '../texts/index.svelte';
import { hex } from './colour';
import { day, dayAfter, midnight } from './time';

const KEPT = 'wachpost.calendar.tasks';
/** What is due at a time has room for its name below that. */
const ROOM = 30 * 60_000;

class Due {
  shown = $state(localStorage.getItem(KEPT) !== 'no');

  show(is: boolean): void {
    this.shown = is;
    localStorage.setItem(KEPT, is ? 'yes' : 'no');
  }

  /** What is due from one day to another. */
  between(start: Date, end: Date): Item[] {
    return this.shown ? tasks.items.filter((it) => it.due !== null && it.due >= start && it.due < end) : [];
  }
}

export const due = new Due();

/** A task as the grid shows it: at its time, or on its day; a list marks each line with its colour by itself. */
export function inGrid(task: Item, inList: boolean): Calendar.EventInput {
  const colour = hex(tasks.list(task.list)?.color);
  const start = task.due ?? new Date();
  return {
    id: `task ${task.key}`,
    start,
    end: task.wholeDay ? midnight(dayAfter(day(start), 1)) : new Date(start.getTime() + ROOM),
    allDay: task.wholeDay,
    title: task.title || t('taskUntitled'),
    // A task has no length, and one that repeats is moved where its rule stands.
    startEditable: tasks.mayWrite(task) && !task.repeats && !task.done,
    durationEditable: false,
    backgroundColor: inList ? colour : 'var(--paper)',
    textColor: 'var(--ink)',
    styles: inList ? [] : [`box-shadow: inset 4px 0 0 ${colour}, inset 0 0 0 1px var(--line)`],
    classNames: task.done ? ['off'] : [],
    extendedProps: { task },
  };
}

/** Goes to a task. */
export function open(task: Item): void {
  taskPage.go({ list: task.list });
  taskPage.showsDone = task.done;
  taskPage.openKey = task.key;
  app.view = 'tasks';
}

/** A task was drawn to another day or time. */
export async function moved(task: Item, to: Date, wholeDay: boolean, revert: () => void): Promise<void> {
  const { account, task: before } = task;
  const back: Partial<Task> = { start: before.start ?? null, due: before.due ?? null, timeZone: before.timeZone ?? null, showWithoutTime: before.showWithoutTime === true };
  if (!(await tasks.save(account, before.id, written(day(to), wholeDay ? '' : to.toTimeString().slice(0, 5), before)))) {
    revert();
    return;
  }
  app.say(t('moved'), async () => {
    if (await tasks.save(account, before.id, back)) app.say(t('undone'));
  });
}
