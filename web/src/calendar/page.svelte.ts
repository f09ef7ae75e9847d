// What the calendar page shows and asks at the moment, and what its keys and buttons do.

import { tick } from 'svelte';
import { app, jmap } from '../state/app.svelte';
import { calendar, type Owned, type Shown } from '../state/calendar.svelte';
import { findEvents } from '../state/calendarSearch';
import { t } from '../texts/index.svelte';
import { placed, stretchOf, type Begun } from './form.svelte';
import { change, isOccurrence, removal, scopes, type Patch, type Scope } from './series';

export const VIEWS = [
  ['timeGridDay', 'day'], ['workWeek', 'workWeek'], ['timeGridWeek', 'week'], ['dayGridMonth', 'month'], ['listMonth', 'agenda'],
] as const;
export type ViewName = (typeof VIEWS)[number][0];

const KEPT = 'wachpost.calendar.view';
const HOUR = 3_600_000;

export type Dialog =
  | { kind: 'event'; begun: Begun }
  | { kind: 'calendar'; one: Owned | null }
  | { kind: 'share'; one: Owned }
  | { kind: 'subscribe' }
  | { kind: 'keys' };

function kept(): ViewName {
  const found = VIEWS.find(([name]) => name === localStorage.getItem(KEPT))?.[0];
  return found ?? (window.innerWidth < 700 ? 'listMonth' : 'timeGridWeek');
}

class Page {
  view = $state<ViewName>(kept());
  date = $state.raw(new Date());
  shown = $state.raw<Shown[]>([]);
  /** The stretch of time whose events are shown. */
  shownOf = $state.raw<{ start: Date; end: Date } | null>(null);
  dialog = $state.raw<Dialog | null>(null);
  /** From when to when the grid goes. */
  range = $state.raw<{ start: Date; end: Date } | null>(null);
  /** A question that waits for its answer. */
  asking = $state.raw<{ scopes: Scope[]; words: string; answer: (scope: Scope | null) => void } | null>(null);
  /** Words that are searched for, and what was found; null: nothing is searched. */
  found = $state.raw<{ words: string; events: Shown[] } | null>(null);

  private of = '';
  private turn = 0;
  private doing: Promise<unknown> = Promise.resolve();

  /** Whoever signed in last finds nothing of somebody else. */
  meet(): void {
    const { username } = jmap().session;
    if (this.of !== '' && this.of !== username) {
      [this.shown, this.found, this.dialog, this.asking] = [[], null, null, null];
      this.date = new Date();
    }
    this.of = username;
  }

  go(view: ViewName): void {
    this.found = null;
    this.view = view;
    localStorage.setItem(KEPT, view);
  }

  today(): void {
    this.date = new Date();
  }

  step(by: number): void {
    const next = new Date(this.date);
    if (this.view === 'dayGridMonth' || this.view === 'listMonth') next.setMonth(next.getMonth() + by, 1);
    else next.setDate(next.getDate() + by * (this.view === 'timeGridDay' ? 1 : 7));
    this.date = next;
  }

  /** The grid shows another stretch of time. */
  ranged(start: Date, end: Date): void {
    if (this.range?.start.getTime() === start.getTime() && this.range.end.getTime() === end.getTime()) return;
    this.range = { start, end };
    void this.look();
  }

  async look(): Promise<void> {
    if (!this.range || !calendar.loaded) return;
    this.turn += 1;
    const mine = this.turn;
    const { range } = this;
    try {
      const shown = await calendar.between(range.start, range.end);
      // An answer that was overtaken by another is of no use.
      if (mine !== this.turn) return;
      const at = document.activeElement?.closest('.ec-event')?.querySelector<HTMLElement>('[data-event]')?.dataset.event;
      [this.shown, this.shownOf] = [shown, range];
      if (at) await this.stay(at);
    } catch (error) {
      app.failed(t('failed'), error);
    }
  }

  async search(words: string): Promise<void> {
    if (!words) {
      this.found = null;
      return;
    }
    try {
      this.found = { words, events: await findEvents(words) };
    } catch (error) {
      app.failed(t('failed'), error);
    }
  }

  create(start?: Date, end?: Date, allDay = false): void {
    const from = start ?? this.proposed();
    this.dialog = { kind: 'event', begun: { event: null, base: null, start: from, end: end ?? new Date(from.getTime() + HOUR), allDay } };
  }

  /** The next half hour, on the day that is looked at. */
  private proposed(): Date {
    const now = new Date();
    now.setMinutes(now.getMinutes() < 30 ? 30 : 60, 0, 0);
    if (this.view === 'timeGridDay' && this.date.toDateString() !== new Date().toDateString()) {
      const there = new Date(this.date);
      there.setHours(now.getHours(), now.getMinutes(), 0, 0);
      return there;
    }
    return now;
  }

  async open(shown: Shown): Promise<void> {
    try {
      // What was just drawn is on its way, and what is shown here may be older.
      await this.doing;
      const found = await calendar.fresh(shown);
      if (!found) {
        app.say(t('calGone'));
        await this.look();
        return;
      }
      this.dialog = { kind: 'event', begun: { ...found, ...stretchOf(found.event) } };
    } catch (error) {
      app.failed(t('failed'), error);
    }
  }

  close(): void {
    const event = this.dialog?.kind === 'event' ? this.dialog.begun.event : null;
    this.dialog = null;
    void this.look().then(() => this.stay(event ? `${event.account} ${event.id}` : ''));
  }

  /** Whoever uses the keys is where they were: at the event, or what there is of the grid. */
  private async stay(key: string): Promise<void> {
    await tick();
    if (document.activeElement !== document.body) return;
    const there = document.querySelector(`[data-event="${CSS.escape(key)}"]`)?.closest<HTMLElement>('[role=button]');
    (there ?? document.querySelector<HTMLElement>('.ec > section'))?.focus();
  }

  /** Which of the occurrences are meant; null: none after all. */
  ask(all: Scope[], words: string): Promise<Scope | null> {
    const [only] = all;
    if (all.length === 1 && only) return Promise.resolve(only);
    return new Promise((resolve) => {
      this.asking = {
        scopes: all,
        words,
        answer: (scope) => {
          this.asking = null;
          resolve(scope);
        },
      };
    });
  }

  /** Changes an event, after asking what of it. */
  async save(event: Shown, patch: Patch, tells: boolean, words = t('calSaved')): Promise<boolean> {
    if (Object.keys(patch).length === 0) return true;
    const scope = await this.ask(scopes(event, patch), t('calChangeWhich'));
    return scope !== null && this.saveAs(event, patch, scope, tells, words);
  }

  private async saveAs(event: Shown, patch: Patch, scope: Scope, tells: boolean, words: string): Promise<boolean> {
    const base = await calendar.whole(event).catch(() => null);
    if (!base) {
      app.say(t('calGone'));
      return false;
    }
    const planned = change(event, base, patch, scope, () => crypto.randomUUID());
    if (!planned) {
      app.say(t('calCannotCut'));
      return false;
    }
    return calendar.perform(event.account, planned, words, tells);
  }

  async remove(event: Shown): Promise<boolean> {
    const all = isOccurrence(event) ? scopes(event, null) : (['all'] as Scope[]);
    const scope = await this.ask(all, t('calDeleteWhich'));
    if (!scope) return false;
    const base = await calendar.whole(event).catch(() => null);
    const planned = base && removal(event, base, scope);
    if (!planned) {
      app.say(base ? t('calCannotCut') : t('calGone'));
      return false;
    }
    const done = await calendar.perform(event.account, planned, t('deleted'), true);
    await this.look();
    await this.stay('');
    return done;
  }

  /** An event was drawn to another place, or made longer or shorter. */
  moved(event: Shown, to: { start: Date; end: Date; allDay: boolean }, revert: () => void): void {
    // What is offered to be undone is never the step before.
    app.notice = null;
    const move = async (): Promise<void> => {
      const done = await this.save(event, placed(event, to.start, to.end, to.allDay), true, t('moved'));
      if (!done) revert();
      await this.look();
    };
    this.doing = move();
  }

  /** Says whether one comes. */
  async answer(event: Shown, id: string, status: string): Promise<boolean> {
    const scope = await this.ask(scopes(event, {}), t('calAnswerWhich'));
    if (!scope) return false;
    const target = scope === 'this' ? event.id : event.baseEventId && event.recurrenceId ? event.baseEventId : event.id;
    const done = await calendar.set(event.account, { update: { [target]: { [`participants/${id}/participationStatus`]: status } } }, true);
    if (done) app.say(t('calAnswered'));
    return done !== null;
  }
}

export const page = new Page();
