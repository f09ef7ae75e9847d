// The people of the test, and how mail gets to them without the page under test.

import AxeBuilder from '@axe-core/playwright';
import { expect, type APIRequestContext, type Page } from '@playwright/test';

const given = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests are started by the server's own`);
  return value;
};

export const ANNA = given('ANNA');
export const BEN = given('BEN');
export const PASSWORD = given('PASSWORD');
/** Who works in a shared mailbox and answers as it, and writes on behalf of another. */
export const CLARA = process.env.CLARA ?? 'clara@example.org';
export const SHARED = process.env.SHARED ?? 'office@example.org';
export const BEHALF = process.env.BEHALF ?? 'press@example.org';

export async function signIn(page: Page, who: string): Promise<void> {
  await page.goto('/');
  await page.getByLabel('E-mail address').fill(who);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('button', { name: 'New message' })).toBeVisible();
}

function authorization(who: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${who}:${PASSWORD}`).toString('base64')}` };
}

/** Calls of JMAP as somebody, without the page under test. */
export interface Api {
  account: string;
  uploadUrl: string;
  call: (methodCalls: unknown) => Promise<[string, Record<string, unknown>][]>;
}

export async function api(request: APIRequestContext, who: string): Promise<Api> {
  const headers = authorization(who);
  const session = (await (await request.get('/.well-known/jmap', { headers })).json()) as {
    capabilities: Record<string, unknown>;
    primaryAccounts: Record<string, string>;
    apiUrl: string;
    uploadUrl: string;
  };
  return {
    account: session.primaryAccounts['urn:ietf:params:jmap:mail'] ?? '',
    uploadUrl: session.uploadUrl,
    call: async (methodCalls) => {
      const using = [...new Set([...Object.keys(session.capabilities), ...Object.keys(session.primaryAccounts)])];
      const answer = await request.post(session.apiUrl, { headers, data: { using, methodCalls } });
      expect(answer.ok(), await answer.text()).toBe(true);
      return ((await answer.json()) as { methodResponses: [string, Record<string, unknown>][] }).methodResponses;
    },
  };
}

/** Sends a message at once, so that it goes the way of all mail. */
export async function send(request: APIRequestContext, from: string, to: string, subject: string, text = 'x'): Promise<void> {
  const { account, call } = await api(request, from);
  const found = await call([['Mailbox/query', { accountId: account, filter: { role: 'drafts' } }, 'a'], ['Identity/get', { accountId: account, ids: null }, 'b']]);
  const [drafts] = found[0]?.[1].ids as string[];
  const identity = (found[1]?.[1].list as { id: string; email: string }[]).find((one) => one.email === from);
  const email = { mailboxIds: { [drafts ?? '']: true }, from: [{ email: from }], to: [{ email: to }], subject, textBody: [{ partId: 't', type: 'text/plain' }], bodyValues: { t: { value: text } } };
  const sent = await call([
    ['Email/set', { accountId: account, create: { e: email } }, 'a'],
    ['EmailSubmission/set', { accountId: account, create: { s: { identityId: identity?.id, emailId: '#e' } }, onSuccessDestroyEmail: ['#s'] }, 'b'],
  ]);
  expect((sent[1]?.[1].created as object | null) ?? null, JSON.stringify(sent)).not.toBeNull();
}

/** Puts messages into somebody's inbox. */
export async function deliver(request: APIRequestContext, who: string, messages: string[]): Promise<void> {
  const headers = authorization(who);
  const session = (await (await request.get('/.well-known/jmap', { headers })).json()) as {
    primaryAccounts: Record<string, string>;
    apiUrl: string;
    uploadUrl: string;
  };
  const account = session.primaryAccounts['urn:ietf:params:jmap:mail'] ?? '';
  const call = async (methodCalls: unknown): Promise<[string, Record<string, unknown>][]> => {
    const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'];
    const answer = await request.post(session.apiUrl, { headers, data: { using, methodCalls } });
    expect(answer.ok(), await answer.text()).toBe(true);
    return ((await answer.json()) as { methodResponses: [string, Record<string, unknown>][] }).methodResponses;
  };
  const found = await call([['Mailbox/query', { accountId: account, filter: { role: 'inbox' } }, 'a']]);
  const [inbox] = found[0]?.[1].ids as string[];
  const emails: Record<string, unknown> = {};
  for (const [at, message] of messages.entries()) {
    const url = session.uploadUrl.replace('{accountId}', account);
    const uploaded = await request.post(url, { headers: { ...headers, 'content-type': 'message/rfc822' }, data: Buffer.from(message) });
    const { blobId } = (await uploaded.json()) as { blobId: string };
    emails[`m${at}`] = { blobId, mailboxIds: { [inbox ?? '']: true } };
  }
  const [imported] = await call([['Email/import', { accountId: account, emails }, 'b']]);
  expect(imported?.[1].notCreated ?? null).toBeNull();
}

/** A message with these header fields, in HTML. */
export function html(subject: string, body: string, from = 'Guest <guest@example.net>'): string {
  return [
    `From: ${from}`, `To: ${ANNA}`, `Subject: ${subject}`, `Message-ID: <${crypto.randomUUID()}@example.net>`, `Date: ${new Date().toUTCString()}`,
    'MIME-Version: 1.0', 'Content-Type: text/html; charset=utf-8', '', body, '',
  ].join('\r\n');
}

/** WCAG 2.2 AA, as far as a program can see it. */
export async function accessible(page: Page): Promise<void> {
  // What is inside a message was written by somebody else.
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).exclude('iframe').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join(', ')}`)).toEqual([]);
}
