// A message that waits to be sent, called back (RFC 8621 7.5): it is taken out of the queue, and a draft again.

import { SUBMISSION } from '../jmap/client';
import type { Email, Id, SetAnswer } from '../jmap/types';
import { app, jmap } from '../state/app.svelte';
import { mail } from '../state/mail.svelte';
import { t } from '../texts/index.svelte';

export async function cancelSubmission(submission: Id, email: Id): Promise<boolean> {
  try {
    const account = jmap().account(SUBMISSION);
    const answer = await jmap().one<SetAnswer<unknown>>('EmailSubmission/set', { accountId: account, update: { [submission]: { undoStatus: 'canceled' } } });
    const error = answer.notUpdated?.[submission];
    if (error) {
      app.say(`${t('failed')} ${error.description ?? error.type}`);
      return false;
    }
    const drafts = mail.roleIn(account, 'drafts');
    if (drafts) await jmap().one<SetAnswer<Email>>('Email/set', { accountId: account, update: { [email]: { mailboxIds: { [drafts.id]: true }, 'keywords/$draft': true } } });
    return true;
  } catch (error) {
    app.failed(t('failed'), error);
    return false;
  }
}
