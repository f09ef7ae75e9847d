// Reminders of what is in one's own calendars: found ahead, shown when they are due, and seen to or put off on the server, so
// that every device knows.

import { alertsOf, pending, seen } from '../calendar/alerts';
import type { Id } from '../jmap/types';
import { locale, t } from '../texts/index.svelte';
import { app } from './app.svelte';
import { calendar, type Shown } from './calendar.svelte';

/** What is due, of one event. */
export interface Reminder {
  key: string;
  event: Shown;
  start: number;
  end: number;
  /** The alerts of the event that are due. */
  due: Id[];
}

const DAY = 86_400_000;
/** The longest time ahead that a reminder may be, and some days for what is put off. */
const AHEAD = 9 * DAY;
const BACK = 2 * DAY;
/** So often the events ahead are looked at anew, whatever happens. */
const AGAIN = 30 * 60_000;
/** Changes that come one after another are looked at together. */
const PAUSE = 300;

class CalendarAlerts {
  due = $state.raw<Reminder[]>([]);
  /** Whether the browser may show reminders outside of the page. */
  permission = $state<NotificationPermission | 'unknown'>(typeof Notification === 'undefined' ? 'unknown' : Notification.permission);

  private ahead: Shown[] = [];
  private told = new Set<string>();
  private timer = 0;
  private looking = 0;

  /** Begins to watch; answers how to end that. */
  watch(): () => void {
    void this.look();
    const end = app.onChange((account, states) => {
      if (account !== calendar.account || !('CalendarEvent' in states || 'Calendar' in states)) return;
      clearTimeout(this.looking);
      this.looking = window.setTimeout(() => void this.look(), PAUSE);
    });
    const again = window.setInterval(() => void this.look(), AGAIN);
    return () => {
      end();
      clearInterval(again);
      clearTimeout(this.timer);
      clearTimeout(this.looking);
      this.due = [];
      this.ahead = [];
      this.told.clear();
      calendar.forget();
    };
  }

  async look(): Promise<void> {
    try {
      if (!calendar.loaded) await calendar.load();
      const now = Date.now();
      this.ahead = await calendar.between(new Date(now - BACK), new Date(now + AHEAD), calendar.account);
      this.tell();
    } catch {
      // It is tried again; who looks at the calendar is told what is wrong.
    }
  }

  private standard(event: Shown): ReturnType<typeof alertsOf> {
    const of = calendar.of(event);
    return alertsOf(event, (event.showWithoutTime ? of?.defaultAlertsWithoutTime : of?.defaultAlertsWithTime) ?? null);
  }

  private stretch(event: Shown): { start: number; end: number } {
    const at = (text: string | undefined): number => Date.parse(text ?? event.start);
    return event.showWithoutTime ? { start: new Date(`${event.start.slice(0, 10)}T00:00:00`).getTime(), end: at(event.utcEnd) } : { start: at(event.utcStart), end: at(event.utcEnd) };
  }

  private tell(): void {
    clearTimeout(this.timer);
    const now = Date.now();
    let next = Infinity;
    const found = new Map<string, Reminder>();
    for (const event of this.ahead) {
      const stretch = this.stretch(event);
      const all = pending(event, this.standard(event), stretch, now);
      for (const one of all) if (one.at > now) next = Math.min(next, one.at);
      const due = all.filter((one) => one.at <= now).map((one) => one.id);
      // Of a series the latest one that is due stands for all.
      const key = event.baseEventId ?? event.id;
      if (due.length > 0) found.set(key, { key, event, ...stretch, due });
    }
    this.due = [...found.values()].sort((a, b) => a.start - b.start);
    for (const one of this.due) this.notify(one);
    if (next < Infinity) this.timer = window.setTimeout(() => this.tell(), Math.min(next - now + 50, AGAIN));
  }

  private notify(one: Reminder): void {
    const tag = `${one.key} ${one.due.join()} ${one.start}`;
    if (this.told.has(tag)) return;
    this.told.add(tag);
    if (this.permission !== 'granted') return;
    // Two tabs tell it once: the same tag replaces.
    try {
      const shown = new Notification(one.event.title || t('calNoTitle'), { tag, body: new Date(one.start).toLocaleString(locale()), icon: '/icon.svg' });
      shown.onclick = () => window.focus();
    } catch {
      // Some phones let only an installed program do that; the page shows it all the same.
    }
  }

  async permit(): Promise<void> {
    this.permission = await Notification.requestPermission();
  }

  /** Sees to what is due of an event; `later`: it comes again then. */
  async see(one: Reminder, later: number | null): Promise<void> {
    this.due = this.due.filter((other) => other.key !== one.key);
    const { event } = one;
    // RFC 8984 4.5.2: that an alert of a series was seen is said of the series, never of one occurrence.
    const base = await calendar.whole(event).catch(() => null);
    if (!base) return;
    const own = base.recurrenceOverrides?.[event.recurrenceId ?? '']?.alerts !== undefined;
    const target = own ? event : base;
    const alerts = seen(target.useDefaultAlerts ? this.standard(event) : (target.alerts ?? {}), one.due, Date.now(), later);
    await calendar.set(event.account, { update: { [target.id]: { alerts, ...(target.useDefaultAlerts ? { useDefaultAlerts: false } : {}) } } }, false);
    await this.look();
  }
}

export const calendarAlerts = new CalendarAlerts();
