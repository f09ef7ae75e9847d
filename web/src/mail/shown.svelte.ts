// What lies over the mail view; each dialog is fetched when it is first needed.

import type { BodyPart, Email, Id, Mailbox } from '../jmap/types';

class Shown {
  shortcuts = $state(false);
  move = $state(false);
  scheduled = $state(false);
  filter = $state(false);
  original = $state.raw<Email | null>(null);
  preview = $state.raw<{ account: Id; part: BodyPart } | null>(null);
  folder = $state.raw<{ what: 'create' | 'rename' | 'delete' | 'empty' | 'share'; account: Id; mailbox: Mailbox | null } | null>(null);
}

export const shown = new Shown();
