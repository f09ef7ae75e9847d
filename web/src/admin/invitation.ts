// The text that somebody new is handed: where to sign in, as whom, with what.

import { fetchOf } from './api';
import { t } from './words.svelte';

/** Where people have their mail: not here. */
async function server(address: string): Promise<string> {
  const domain = address.split('@')[1] ?? '';
  const setUp = await fetchOf('SetUp', { SetUp: { Show: { domain } } }).catch(() => null);
  const url = setUp?.services.find((one) => one.service === 'jmap')?.url;
  return url ? new URL(url).origin : `https://${setUp?.host ?? domain}`;
}

export async function invitation(name: string, address: string, password: string): Promise<string> {
  return t('invitationText', { name, address, password, server: await server(address) });
}
