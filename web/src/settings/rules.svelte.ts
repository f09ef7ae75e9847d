// The scripts of the account, and among them the one that the rules are.

import { SIEVE } from '../jmap/client';
import type { GetAnswer, Id, SetAnswer, SetError } from '../jmap/types';
import { app, jmap } from '../state/app.svelte';
import { t } from '../texts/index.svelte';
import { attempt } from './credentials.svelte';
import { SCRIPT, fromSieve, toSieve, type Rule } from './rules';

export interface Script {
  id: Id;
  name: string;
  blobId: Id;
  isActive: boolean;
  text: string;
}

class Rules {
  scripts = $state.raw<Script[]>([]);
  rules = $state<Rule[]>([]);
  loaded = $state(false);
  /** Why the server takes a script not. */
  wrong = $state('');

  get own(): Script | undefined {
    return this.scripts.find((script) => script.name === SCRIPT);
  }

  /** Our script was changed by somebody else: it is shown, not written over. */
  get isForeign(): boolean {
    return this.own !== undefined && fromSieve(this.own.text) === null;
  }

  get others(): Script[] {
    return this.scripts.filter((script) => script !== this.own || this.isForeign);
  }

  /** Another script that is active, so that the rules are not. */
  get rival(): Script | undefined {
    return this.scripts.find((script) => script.isActive && script.name !== SCRIPT);
  }

  private get account(): Id {
    return jmap().account(SIEVE);
  }

  async load(): Promise<void> {
    await attempt(async () => {
      const { list } = await jmap().one<GetAnswer<Omit<Script, 'text'>>>('SieveScript/get', { accountId: this.account, ids: null });
      this.scripts = await Promise.all(
        list.map(async (script) => {
          const answer = await fetch(jmap().downloadUrl(this.account, script.blobId, 'script.sieve', 'text/plain'));
          if (!answer.ok) throw new Error(answer.statusText);
          return { ...script, text: await answer.text() };
        }),
      );
      this.rules = (this.own && fromSieve(this.own.text)) ?? [];
      this.loaded = true;
    });
  }

  /** Keeps the rules; what the server does not take stays as it was there. */
  async keep(rules: Rule[]): Promise<boolean> {
    this.wrong = '';
    let done = false;
    await attempt(async () => {
      const { blobId } = await jmap().upload(this.account, new Blob([toSieve(rules)], { type: 'application/sieve' }));
      const { error } = await jmap().one<{ error: SetError | null }>('SieveScript/validate', { accountId: this.account, blobId });
      if (error) {
        this.wrong = `${t('rulRefused')} ${error.description ?? error.type}`;
        return;
      }
      const own = this.own;
      const set = own ? { update: { [own.id]: { blobId } } } : { create: { rules: { name: SCRIPT, blobId } } };
      // What somebody else wrote goes on, unless they say otherwise.
      const activate = this.rival ? {} : { onSuccessActivateScript: own?.id ?? '#rules' };
      const answer = await jmap().one<SetAnswer<Script>>('SieveScript/set', { accountId: this.account, ...set, ...activate });
      const failed = Object.values(answer.notCreated ?? answer.notUpdated ?? {})[0];
      if (failed) this.wrong = `${t('rulRefused')} ${failed.description ?? failed.type}`;
      else done = true;
    });
    if (done) app.say(t('saved'));
    await this.load();
    return done;
  }

  async activate(script: Id): Promise<void> {
    await attempt(async () => {
      await jmap().one('SieveScript/set', { accountId: this.account, onSuccessActivateScript: script });
    });
    await this.load();
  }

  /** Begins rules anew where ours was changed by hand: that one stays, under another name. */
  async beginAnew(): Promise<void> {
    const own = this.own;
    if (!own) return;
    await attempt(async () => {
      const name = `${SCRIPT} (${new Date().toISOString().slice(0, 19)})`;
      await jmap().one('SieveScript/set', { accountId: this.account, update: { [own.id]: { name } } });
    });
    await this.load();
  }
}

export const rules = new Rules();
