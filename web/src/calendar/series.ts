// What a change of an event that repeats means for the whole: this one, this and all that follow, or all of them.
//
// Everything here says what `CalendarEvent/set` is to be told, and how to take it back; nothing is sent from here.

import type { CalendarEvent, Id, RecurrenceRule } from '../jmap/types';
import { cut, moved } from './recurrence';
import { wallNumber, wallText } from './time';

export type Scope = 'this' | 'following' | 'all';
export type Patch = Record<string, unknown>;

/** What a request sets. */
export interface Change {
  create?: Record<string, Patch>;
  update?: Record<Id, Patch>;
  destroy?: Id[];
}

/** A change, and what undoes it once the ids of what it made are known. */
export interface Planned {
  change: Change;
  undo: (created: Record<string, Id>) => Change;
}

/** What is the same for all occurrences, and cannot be changed for one alone. */
const OF_SERIES = ['recurrenceRule', 'recurrenceOverrides', 'privacy', 'calendarIds'];
/** What the server says of an event. */
const SERVER_SET = ['id', 'baseEventId', 'isOrigin', 'isDraft', 'utcStart', 'utcEnd', 'created', 'updated', 'sequence', 'method'];

export function isOccurrence(event: CalendarEvent): boolean {
  return Boolean(event.recurrenceId && event.baseEventId);
}

/** Which scopes a change can have. */
export function scopes(event: CalendarEvent, patch: Patch | null): Scope[] {
  if (!isOccurrence(event)) return ['all'];
  // Who was invited answers for one or for all: the series is the organizer's to cut.
  if (event.isOrigin === false) return ['this', 'all'];
  return patch && OF_SERIES.some((name) => name in patch) ? ['following', 'all'] : ['this', 'following', 'all'];
}

/** An event as it can be made anew. */
export function copyOf(event: CalendarEvent): Patch {
  return Object.fromEntries(Object.entries(event).filter(([name, value]) => !SERVER_SET.includes(name) && value !== null && value !== undefined));
}

/** Changes an event. `shown` is what was looked at, `base` all of what is stored. Null: it cannot be cut here. */
export function change(shown: CalendarEvent, base: CalendarEvent, patch: Patch, scope: Scope, uid: () => string): Planned | null {
  if (!isOccurrence(shown)) return { change: { update: { [base.id]: patch } }, undo: () => ({ update: { [base.id]: back(base, patch) } }) };
  const at = shown.recurrenceId ?? base.start;
  if (scope === 'this') return { change: { update: { [shown.id]: patch } }, undo: () => ({ update: { [base.id]: restored(base, at) } }) };
  if (scope === 'all' || at <= base.start) {
    const whole = ofAll(base, at, patch);
    return { change: { update: { [base.id]: whole } }, undo: () => ({ update: { [base.id]: back(base, whole) } }) };
  }
  const parts = parted(base, at);
  if (!parts) return null;
  const from = { ...base, ...parts.rest, start: at } as CalendarEvent;
  const rest = { ...copyOf(from), ...ofAll(from, at, counted(base, from, patch)) };
  for (const [name, value] of Object.entries(rest)) if (value === null) delete rest[name];
  // RFC 8984 1.4.10: the first of the series that this one continues.
  const made = { ...rest, uid: uid(), relatedTo: { [base.uid]: { '@type': 'Relation', relation: { first: true } } }, ...asked(rest, 'start' in patch) };
  return {
    change: { update: { [base.id]: parts.before }, create: { rest: made } },
    undo: (created) => ({ update: { [base.id]: back(base, parts.before) }, destroy: created.rest ? [created.rest] : [] }),
  };
}

/** Takes an event away. */
export function removal(shown: CalendarEvent, base: CalendarEvent, scope: Scope): Planned | null {
  const at = shown.recurrenceId ?? base.start;
  if (isOccurrence(shown) && scope === 'this') return { change: { destroy: [shown.id] }, undo: () => ({ update: { [base.id]: restored(base, at) } }) };
  if (!isOccurrence(shown) || scope === 'all' || at <= base.start) {
    return { change: { destroy: [base.id] }, undo: () => ({ create: { back: copyOf(base) } }) };
  }
  const parts = parted(base, at);
  return parts && { change: { update: { [base.id]: parts.before } }, undo: () => ({ update: { [base.id]: back(base, parts.before) } }) };
}

/** Another rule that says as often as before means what is left of that. */
function counted(base: CalendarEvent, rest: CalendarEvent, patch: Patch): Patch {
  const rule = patch.recurrenceRule as RecurrenceRule | null | undefined;
  if (!rule?.count || rule.count !== base.recurrenceRule?.count) return patch;
  return { ...patch, recurrenceRule: { ...rule, count: rest.recurrenceRule?.count ?? rule.count } };
}

/** What a patch was before. */
function back(base: CalendarEvent, patch: Patch): Patch {
  const known = base as unknown as Record<string, unknown>;
  return Object.fromEntries(Object.keys(patch).map((name) => [name, known[name] ?? null]));
}

/** The override of one occurrence as it was. */
function restored(base: CalendarEvent, at: string): Patch {
  return { [`recurrenceOverrides/${at}`]: base.recurrenceOverrides?.[at] ?? null };
}

/** A series cut in two before an occurrence: what to patch, and what the rest has of its own. */
function parted(base: CalendarEvent, at: string): { before: Patch; rest: Patch } | null {
  const rules = base.recurrenceRule ? cut(base.recurrenceRule, base.start, at, base.showWithoutTime === true) : { before: null, rest: null };
  if (!rules) return null;
  const all = Object.entries(base.recurrenceOverrides ?? {});
  const some = (keep: (key: string) => boolean): Patch | null => {
    const kept = all.filter(([key]) => keep(key));
    return kept.length > 0 ? Object.fromEntries(kept) : null;
  };
  return {
    before: { recurrenceRule: rules.before, recurrenceOverrides: some((key) => key < at) },
    rest: { recurrenceRule: rules.rest, recurrenceOverrides: some((key) => key >= at) },
  };
}

/** The patch of a series that does to all what `patch` does to the occurrence at `at`. */
function ofAll(base: CalendarEvent, at: string, patch: Patch): Patch {
  const made: Patch = { ...patch };
  const to = typeof patch.start === 'string' ? patch.start : at;
  const by = wallNumber(to) - wallNumber(at);
  if ('start' in patch) made.start = wallText(wallNumber(base.start) + by);
  const rule = 'recurrenceRule' in patch ? patch.recurrenceRule : base.recurrenceRule;
  if (by !== 0 && base.recurrenceRule && !('recurrenceRule' in patch)) made.recurrenceRule = moved(base.recurrenceRule, at, to);
  const overrides = Object.entries(base.recurrenceOverrides ?? {});
  if (!rule) {
    if (overrides.length > 0) made.recurrenceOverrides = null;
  } else if (overrides.length > 0) {
    made.recurrenceOverrides = Object.fromEntries(
      overrides.map(([key, own]) => [wallText(wallNumber(key) + by), key === at ? without(own, Object.keys(patch)) : own]),
    );
  }
  return made;
}

/** What was said of the one that was just changed says no more what the change says. */
function without(own: Patch, names: string[]): Patch {
  return Object.fromEntries(Object.entries(own).filter(([path]) => !names.includes(path.split('/')[0] ?? path)));
}

/** Those who take part are asked anew where the time is another. */
function asked(event: Patch, moves: boolean): Patch {
  const everybody = Object.entries((event.participants ?? {}) as Record<string, Patch>);
  if (everybody.length === 0) return {};
  const fresh = everybody.map(([id, one]) => {
    const { scheduleStatus: _status, scheduleSequence: _sequence, scheduleUpdated: _updated, ...kept } = one;
    const owns = Boolean((one.roles as Record<string, true> | undefined)?.owner);
    return [id, moves && !owns ? { ...kept, participationStatus: 'needs-action', expectReply: true } : kept];
  });
  return { participants: Object.fromEntries(fresh) };
}
