// Rights to a shared mailbox as people choose them: one level, in plain words.

import type { Access, AccessLine } from './api';

export const LEVELS = ['read', 'work', 'behalf', 'as'] as const;
export type Level = (typeof LEVELS)[number];

const MEANING: Record<Level, Access> = {
  read: { write: false, send: null },
  work: { write: true, send: null },
  behalf: { write: true, send: 'OnBehalf' },
  as: { write: true, send: 'As' },
};

export function accessOf(level: Level): Access {
  return MEANING[level];
}

/** The level that these rights are; none if they were given one by one. */
export function levelOf(line: AccessLine): Level | null {
  const send = line.send === 'as' ? 'As' : line.send === 'on-behalf' ? 'OnBehalf' : null;
  return LEVELS.find((level) => MEANING[level].write === line.write && MEANING[level].send === send) ?? null;
}
