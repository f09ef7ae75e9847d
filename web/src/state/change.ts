// Changing something on the server, and saying why where that failed.

import type { Id, SetAnswer, SetError } from '../jmap/types';
import { t } from '../texts/index.svelte';
import { app, jmap } from './app.svelte';

/** Why something of it was refused; undefined: all was done. */
export function refusal(answer: SetAnswer<unknown>): SetError | undefined {
  return [answer.notCreated, answer.notUpdated, answer.notDestroyed].flatMap((all) => Object.values(all ?? {}))[0];
}

export function sayRefused(error: SetError): void {
  app.say(`${t('failed')} ${error.description ?? error.type}`);
}

/**
 * Sets objects by a method of an account; null if something failed, which is said. `takeOver` learns what came of it, also where
 * only some of it was done.
 */
export async function change<T>(method: string, accountId: Id, given: Record<string, unknown>, takeOver: () => Promise<void>): Promise<SetAnswer<T> | null> {
  try {
    const answer = await jmap().one<SetAnswer<T>>(method, { accountId, ...given });
    await takeOver();
    const refused = refusal(answer);
    if (!refused) return answer;
    sayRefused(refused);
  } catch (error) {
    app.failed(t('failed'), error);
  }
  return null;
}
