import { afterEach, expect, test, vi } from 'vitest';
import type { Client } from '../jmap/client';
import { TASKS } from '../jmap/client';
import { app } from './app.svelte';
import { Mirror } from './mirror.svelte';

interface Thing {
  id: string;
}

class Things extends Mirror<Thing, string> {
  constructor() {
    super({ type: 'Task', within: 'TaskList', capability: TASKS, properties: ['id'] });
  }
  protected loadPlaces(): Promise<void> {
    return Promise.resolve();
  }
  protected keep(account: string, object: Thing): string {
    return `${account}/${object.id}`;
  }
}

const open = { accountCapabilities: { [TASKS]: {} } };

/** A server with one thing in each account. */
function server(accounts: Record<string, object>): Client {
  const answer = (name: string, given: Record<string, unknown>): unknown => {
    if (name === 'Task/query') return { ids: ['t1'] };
    if (name === 'Task/get') return { state: '1', list: (given.ids as string[]).map((id) => ({ id })) };
    return { newState: '1', hasMoreChanges: false, created: [], updated: [], destroyed: [] };
  };
  return {
    session: { username: 'anna', accounts, primaryAccounts: { [TASKS]: 'own' } },
    account: () => 'own',
    call: (calls: [string, Record<string, unknown>][]) => Promise.resolve(calls.map(([name, given]) => answer(name, given))),
    one: (name: string, given: Record<string, unknown>) => Promise.resolve(answer(name, given)),
  } as unknown as Client;
}

afterEach(() => {
  app.client = null;
  vi.restoreAllMocks();
});

test('what is known of an account goes with it', async () => {
  const accounts: Record<string, object> = { own: open, shared: open };
  app.client = server(accounts);
  let tell: Parameters<typeof app.onChange>[0] = () => {};
  vi.spyOn(app, 'onChange').mockImplementation((listener) => {
    tell = listener;
    return () => true;
  });
  const things = new Things();
  things.watch();
  await vi.waitFor(() => expect(things.loaded).toBe(true));
  expect([...things.known.values()].sort()).toEqual(['own/t1', 'shared/t1']);
  delete accounts.shared;
  tell('shared', { TaskList: '' });
  expect([...things.known.values()]).toEqual(['own/t1']);
});
