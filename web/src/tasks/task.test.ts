import { describe, expect, it } from 'vitest';
import { compare, dueOf, groupOf, isIn, isOverdue, itemsOf, priorityStep, repeatOf, ruleOf, written, type Item, type Task } from './task';

const NOW = new Date('2026-05-06T12:00:00');
const base: Task = { id: 'd1', uid: 'u', taskListId: 'l1', title: 'a' };
const one = (task: Partial<Task>): Item => itemsOf('a1', { ...base, ...task }, NOW)[0] as Item;

describe('when a task is due', () => {
  it('is a time in its zone, or a day', () => {
    expect(dueOf({ ...base, due: '2026-05-06T10:00:00', timeZone: 'Etc/UTC' })?.toISOString()).toBe('2026-05-06T10:00:00.000Z');
    expect(dueOf({ ...base, due: '2026-05-06T10:00:00', timeZone: 'America/New_York' })?.toISOString()).toBe('2026-05-06T14:00:00.000Z');
    expect(dueOf(base)).toBeNull();
    const day = one({ due: '2026-05-06T00:00:00', showWithoutTime: true });
    expect(isOverdue(day, NOW)).toBe(false);
    expect(groupOf(day, NOW)).toBe('taskToday');
    expect(isOverdue(one({ due: '2026-05-05T00:00:00', showWithoutTime: true }), NOW)).toBe(true);
    expect(isOverdue(one({ due: '2026-05-06T11:00:00' }), NOW)).toBe(true);
  });

  it('says where it stands', () => {
    const groups = ['2026-05-07T00:00:00', '2026-05-10T00:00:00', '2026-06-10T00:00:00'].map((due) => groupOf(one({ due, showWithoutTime: true }), NOW));
    expect(groups).toEqual(['taskTomorrow', 'taskWeek', 'taskLater']);
    expect(groupOf(one({}), NOW)).toBe('taskNoDate');
    const late = one({ due: '2026-05-01T00:00:00' });
    expect([isIn(late, 'today', NOW), isIn(late, 'planned', NOW), isIn(late, 'done', NOW)]).toEqual([true, true, false]);
    const done = one({ progress: 'completed', due: '2026-05-01T00:00:00' });
    expect([isIn(done, 'today', NOW), isIn(done, 'all', NOW), isIn(done, 'done', NOW), isIn(done, { list: 'a1 l1' }, NOW)]).toEqual([false, false, true, true]);
  });
});

describe('lists', () => {
  it('are in the order of what is due, then of what matters', () => {
    const all = [
      one({ id: 'd1', title: 'c' }),
      one({ id: 'd2', title: 'b', priority: 1 }),
      one({ id: 'd3', title: 'later', due: '2026-05-09T00:00:00' }),
      one({ id: 'd4', title: 'soon', due: '2026-05-07T00:00:00' }),
      one({ id: 'd5', title: 'done', progress: 'completed' }),
    ];
    expect(all.sort(compare).map((it) => it.title)).toEqual(['soon', 'later', 'b', 'c', 'done']);
  });
});

describe('a task that repeats', () => {
  const weekly: Partial<Task> = {
    start: '2026-04-06T00:00:00', due: '2026-04-07T00:00:00', showWithoutTime: true, recurrenceRule: { '@type': 'RecurrenceRule', frequency: 'weekly' },
  };

  it('has one line: the newest turn that is due', () => {
    const [line, ...more] = itemsOf('a1', { ...base, ...weekly }, NOW);
    expect(more).toEqual([]);
    expect(line?.id).toBe('d1-20260504T000000');
    expect(line?.due).toEqual(new Date('2026-05-05T00:00:00'));
    expect(line?.repeats).toBe(true);
  });

  it('goes on to the next turn once this one is done', () => {
    const recurrenceOverrides = { '2026-05-04T00:00:00': { progress: 'completed', progressUpdated: '2026-05-06T10:00:00Z' } };
    const [done, open] = itemsOf('a1', { ...base, ...weekly, recurrenceOverrides }, NOW);
    expect([done?.id, done?.done, done?.doneAt]).toEqual(['d1-20260504T000000', true, '2026-05-06T10:00:00Z']);
    expect([open?.id, open?.done]).toEqual(['d1-20260511T000000', false]);
  });

  it('knows what was taken out, and ends', () => {
    const recurrenceOverrides = { '2026-05-04T00:00:00': { excluded: true }, '2026-04-27T00:00:00': { title: 'b' } };
    const [line] = itemsOf('a1', { ...base, ...weekly, recurrenceOverrides }, NOW);
    expect([line?.id, line?.title]).toEqual(['d1-20260427T000000', 'b']);
    const over = { '2026-04-13T00:00:00': { progress: 'completed' } };
    const ended = itemsOf('a1', { ...base, ...weekly, recurrenceRule: { frequency: 'weekly', count: 2 }, recurrenceOverrides: over }, NOW);
    expect(ended.map((it) => it.done)).toEqual([true]);
  });

  it('is left to the server where its rule is rare', () => {
    const [line] = itemsOf('a1', { ...base, ...weekly, recurrenceRule: { frequency: 'yearly', byWeekNo: [3] } }, NOW);
    expect(line?.id).toBe('d1');
  });

  it('is offered in a few ways', () => {
    for (const repeat of ['daily', 'workdays', 'weekly', 'monthly', 'yearly'] as const) expect(repeatOf(ruleOf(repeat))).toBe(repeat);
    expect(repeatOf(null)).toBe('never');
    expect(repeatOf({ frequency: 'weekly', interval: 2 })).toBe('own');
    expect(repeatOf({ frequency: 'weekly', count: 2 })).toBe('own');
  });
});

describe('what is written', () => {
  it('is a day, a time, or nothing', () => {
    expect(written('2026-05-06', '', null)).toEqual({ due: '2026-05-06T00:00:00', timeZone: null, showWithoutTime: true });
    expect(written('2026-05-06', '14:30', null)).toMatchObject({ due: '2026-05-06T14:30:00', showWithoutTime: false });
    expect(written('', '', null)).toMatchObject({ due: null, recurrenceRule: null });
    expect(written('2026-05-06', '', { ...base, recurrenceRule: { frequency: 'daily' } }).start).toBe('2026-05-06T00:00:00');
  });

  it('has three steps of priority', () => {
    expect([0, 1, 4, 5, 6, 9].map(priorityStep)).toEqual([0, 1, 1, 5, 9, 9]);
  });
});
