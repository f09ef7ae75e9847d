// What is searched for: words, and the filters beside them.

import type { Id } from '../jmap/types';

export interface Search {
  text: string;
  from: string;
  to: string;
  subject: string;
  /** Days, as `2026-05-01`, in the reader's time zone; the last one belongs to it. */
  after: string;
  before: string;
  hasAttachment: boolean;
  unread: boolean;
  flagged: boolean;
  folder: Id | null;
}

export const NOTHING: Search = { text: '', from: '', to: '', subject: '', after: '', before: '', hasAttachment: false, unread: false, flagged: false, folder: null };

/** The start of a day, so many days later, as JMAP wants it. */
function moment(day: string, later: number): string {
  const date = new Date(`${day}T00:00:00`);
  date.setDate(date.getDate() + later);
  return date.toISOString().replace(/\.\d+/, '');
}

/** Whether anything is searched for. */
export function isEmpty(search: Search): boolean {
  return (Object.keys(NOTHING) as (keyof Search)[]).every((name) => search[name] === NOTHING[name]);
}

/** The filter of RFC 8621 4.4.1. */
export function toFilter(search: Search): Record<string, unknown> {
  const { text, from, to, subject, after, before, hasAttachment, unread, flagged, folder } = search;
  return {
    ...(text ? { text } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
    ...(subject ? { subject } : {}),
    ...(after ? { after: moment(after, 0) } : {}),
    ...(before ? { before: moment(before, 1) } : {}),
    ...(hasAttachment ? { hasAttachment } : {}),
    ...(unread ? { notKeyword: '$seen' } : {}),
    ...(flagged ? { hasKeyword: '$flagged' } : {}),
    ...(folder ? { inMailbox: folder } : {}),
  };
}
