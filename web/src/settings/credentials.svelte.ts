// What lets somebody in: sessions, app passwords, programs, passkeys, codes.

import { app } from '../state/app.svelte';
import { t } from '../texts/index.svelte';
import { NotConfirmed, ask } from './ask.svelte';

export interface Credential {
  id: number;
  kind: 'password' | 'appPassword' | 'totp' | 'passkey' | 'recoveryCodes' | 'session' | 'program';
  label: string | null;
  protocols: string[];
  createdAt: string;
  expiresAt: string | null;
  lastUse: { at: string; protocol: string | null; network: string | null } | null;
  current?: boolean;
  left?: number;
  client?: string;
}

class Credentials {
  all = $state.raw<Credential[]>([]);

  of(...kinds: Credential['kind'][]): Credential[] {
    return this.all.filter((one) => kinds.includes(one.kind));
  }

  async load(): Promise<void> {
    await attempt(async () => {
      this.all = (await ask<{ credentials: Credential[] }>('/auth/credentials')).credentials;
    });
  }

  async remove(id: number): Promise<void> {
    await attempt(async () => {
      await ask('/auth/credentials/remove', { id });
      app.say(t('setRevoked'));
    });
    await this.load();
  }

  async signOutOthers(): Promise<void> {
    await attempt(async () => {
      await ask('/auth/credentials/sign-out-others', {});
      app.say(t('setOthersOut'));
    });
    await this.load();
  }
}

/** Does it, and says what went wrong. */
export async function attempt(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof NotConfirmed)) app.failed(t('failed'), error);
    return false;
  }
}

export const credentials = new Credentials();
