// Reminders: when they are due, and what is put off (RFC 8984 4.5.2, RFC 9074 7).

import type { Alert, CalendarEvent, Id } from '../jmap/types';
import { locale, t } from '../texts/index.svelte';
import { milliseconds } from './time';

export const CHOICES = ['PT0S', '-PT5M', '-PT10M', '-PT15M', '-PT30M', '-PT1H', '-PT2H', '-P1D', '-P2D', '-P1W'];
/** Of whole days: by the clock of the day it begins on. */
export const CHOICES_OF_DAYS = ['PT9H', 'PT0S', '-PT6H', '-PT15H', '-P1DT15H', '-P1W'];
/** What was put off has the id of the alert that it stands for, and this. */
const PUT_OFF = '-later';
/** An alert of something that is long over is of no use any more. */
const USEFUL = 12 * 3_600_000;

/** A reminder that is due, or will be. */
export interface Due {
  /** Id of the alert. */
  id: Id;
  at: number;
}

/** `10 minutes before`. */
export function offsetName(offset: string, atEnd = false): string {
  const by = milliseconds(offset);
  if (by === 0) return t(atEnd ? 'calAtEnd' : 'calAtStart');
  const minutes = Math.abs(by) / 60_000;
  const [count, unit] = minutes % 10_080 === 0 ? [minutes / 10_080, 'week'] : minutes % 1_440 === 0 ? [minutes / 1_440, 'day'] : minutes % 60 === 0 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
  const long = new Intl.NumberFormat(locale(), { style: 'unit', unit: unit as string, unitDisplay: 'long' }).format(count as number);
  return t(by < 0 ? 'calBefore' : 'calAfter', { time: long });
}

/** The alerts that hold for an event: its own, or those of its calendar. */
export function alertsOf(event: CalendarEvent, standard: Record<Id, Alert> | null): Record<Id, Alert> {
  return (event.useDefaultAlerts ? standard : event.alerts) ?? {};
}

/** The alert that another one puts off; undefined: it is one of its own. */
function putOff(alert: Alert): Id | undefined {
  return Object.entries(alert.relatedTo ?? {}).find(([, it]) => it.relation?.snooze)?.[0];
}

/** The reminders of an event that nobody has seen to yet, in their order. */
export function pending(event: CalendarEvent, alerts: Record<Id, Alert>, stretch: { start: number; end: number }, now: number): Due[] {
  if (event.status === 'cancelled') return [];
  const all = Object.entries(alerts).flatMap(([id, alert]): Due[] => {
    if (alert.action === 'email') return [];
    const { trigger } = alert;
    const at = 'when' in trigger ? Date.parse(trigger.when) : (trigger.relativeTo === 'end' ? stretch.end : stretch.start) + milliseconds(trigger.offset);
    // RFC 8984 4.5.2: what was seen to at or after its time is done with.
    if (Number.isNaN(at) || (alert.acknowledged && Date.parse(alert.acknowledged) >= at)) return [];
    const useful = 'when' in trigger ? at + USEFUL : Math.max(stretch.end, at) + USEFUL;
    return useful < now ? [] : [{ id, at }];
  });
  return all.sort((a, b) => a.at - b.at);
}

/** The alerts once somebody has seen to those that are due; put off until `later`, where that is wanted. */
export function seen(alerts: Record<Id, Alert>, due: Id[], now: number, later: number | null): Record<Id, Alert> {
  const utc = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  const origin = (id: Id): Id => (alerts[id] && putOff(alerts[id])) ?? id;
  // RFC 9074 7: whoever sees to one that was put off has seen to the one that it stands for.
  const seenTo = new Set(due.map(origin));
  const made: Record<Id, Alert> = {};
  for (const [id, alert] of Object.entries(alerts)) {
    // What was put off and has come is gone; what is put off once more replaces it.
    if (putOff(alert) === undefined) made[id] = seenTo.has(id) ? { ...alert, acknowledged: utc(now) } : alert;
    else if (!due.includes(id)) made[id] = alert;
  }
  const [first] = seenTo;
  if (later !== null && first !== undefined) {
    const relatedTo = { [first]: { '@type': 'Relation' as const, relation: { snooze: true as const } } };
    made[`${first}${PUT_OFF}`] = { '@type': 'Alert', trigger: { '@type': 'AbsoluteTrigger', when: utc(later) }, action: 'display', relatedTo };
  }
  return made;
}
