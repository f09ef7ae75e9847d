// What the tests of the calendar have in common: calendars as somebody else sees them, and what is done on the page.

import { expect, type APIRequestContext, type Browser, type Locator, type Page } from '@playwright/test';
import { ANNA, BEN, PASSWORD, signIn } from './world';

/** A room that the server knows. */
export const ROOM = process.env.ROOM ?? 'Room 204';
const USING = ['core', 'calendars', 'principals', 'contacts', 'tasks'].map((name) => `urn:ietf:params:jmap:${name}`);

/** Asks the server itself, without the page under test. */
export async function ask(request: APIRequestContext, who: string, calls: (account: string) => unknown[]): Promise<Record<string, unknown>[]> {
  const headers = { authorization: `Basic ${Buffer.from(`${who}:${PASSWORD}`).toString('base64')}` };
  const session = (await (await request.get('/.well-known/jmap', { headers })).json()) as { primaryAccounts: Record<string, string>; apiUrl: string };
  const account = session.primaryAccounts['urn:ietf:params:jmap:calendars'] ?? '';
  const answer = await request.post(session.apiUrl, { headers, data: { using: USING, methodCalls: calls(account) } });
  expect(answer.ok(), await answer.text()).toBe(true);
  return ((await answer.json()) as { methodResponses: [string, Record<string, unknown>][] }).methodResponses.map(([, said]) => said);
}

/** The calendars of both are empty, and each has one; nothing is to be done. */
async function clear(request: APIRequestContext, who: string): Promise<void> {
  const [events, calendars, tasks] = await ask(request, who, (accountId) => [
    ['CalendarEvent/query', { accountId, limit: 500 }, 'a'],
    ['Calendar/get', { accountId, properties: ['isDefault'] }, 'b'],
    ['Task/query', { accountId, limit: 500 }, 'c'],
  ]);
  const [standard] = (calendars?.list as { id: string; isDefault: boolean }[]).filter((one) => one.isDefault);
  const others = (calendars?.list as { id: string; isDefault: boolean }[]).filter((one) => !one.isDefault).map((one) => one.id);
  await ask(request, who, (accountId) => [
    // Rooms that were asked for are free again.
    ['CalendarEvent/set', { accountId, destroy: events?.ids, sendSchedulingMessages: true }, 'a'],
    ['Task/set', { accountId, destroy: tasks?.ids }, 't'],
    ['Calendar/set', { accountId, destroy: others, onDestroyRemoveEvents: true, update: { [standard?.id ?? '']: { shareWith: null, color: null, isVisible: true, defaultAlertsWithTime: null } } }, 'b'],
  ]);
}

/** Makes an event without the page. */
export async function put(request: APIRequestContext, who: string, event: Record<string, unknown>, sendSchedulingMessages = false): Promise<string> {
  const [calendars] = await ask(request, who, (accountId) => [['Calendar/get', { accountId, properties: ['isDefault'] }, 'a']]);
  const standard = (calendars?.list as { id: string; isDefault: boolean }[]).find((one) => one.isDefault)?.id ?? '';
  const [made] = await ask(request, who, (accountId) => [['CalendarEvent/set', { accountId, sendSchedulingMessages, create: { e: { timeZone: 'Europe/Berlin', duration: 'PT1H', ...event, calendarIds: { [standard]: true } } } }, 'a']]);
  expect(made?.notCreated ?? null).toBeNull();
  return (made?.created as Record<string, { id: string }>).e?.id ?? '';
}

/** Makes a task without the page. */
export async function putTask(request: APIRequestContext, who: string, task: Record<string, unknown>): Promise<void> {
  const [lists] = await ask(request, who, (accountId) => [['TaskList/get', { accountId, ids: null, properties: ['role'] }, 'a']]);
  const inbox = (lists?.list as { id: string; role: string | null }[]).find((one) => one.role === 'inbox')?.id ?? '';
  const [made] = await ask(request, who, (accountId) => [['Task/set', { accountId, create: { t: { '@type': 'Task', ...task, taskListId: inbox } } }, 'a']]);
  expect(made?.notCreated ?? null).toBeNull();
}

/** The events of somebody whose words are these. */
export async function found(request: APIRequestContext, who: string, text: string, properties: string[]): Promise<Record<string, unknown>[]> {
  const [, got] = await ask(request, who, (accountId) => [
    ['CalendarEvent/query', { accountId, filter: { text } }, 'q'],
    ['CalendarEvent/get', { accountId, '#ids': { resultOf: 'q', name: 'CalendarEvent/query', path: '/ids' }, properties }, 'g'],
  ]);
  return got?.list as Record<string, unknown>[];
}

export const place = (page: Page, name: string): Locator => page.getByRole('navigation', { name: 'Wachpost' }).getByRole('button', { name });
export const grid = (page: Page): Locator => page.locator('.ec');
export const shown = (page: Page, text: string | RegExp): Locator => grid(page).getByRole('button', { name: text });
export const dialog = (page: Page): Locator => page.getByRole('dialog').last();
export const choose = (page: Page, name: string): Promise<void> => dialog(page).getByRole('button', { name, exact: true }).click();

export async function open(page: Page, who: string, day = '2027-03-01', view = 'Week'): Promise<void> {
  await signIn(page, who);
  await place(page, 'Calendar').click();
  await page.getByRole('button', { name: view, exact: true }).click();
  await go(page, day);
}

export async function go(page: Page, day: string): Promise<void> {
  await page.getByLabel('Go to a day').fill(day);
}

export async function second(browser: Browser, who: string, day?: string): Promise<Page> {
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', timezoneId: 'Europe/Berlin' })).newPage();
  await open(page, who, day);
  return page;
}

/** Opens an event until it shows what is waited for: a dialog is as it was when it was opened. */
export async function opened(page: Page, event: RegExp, check: () => Promise<void>): Promise<void> {
  await expect(async () => {
    if ((await page.getByRole('dialog').count()) > 0) await page.keyboard.press('Escape');
    await shown(page, event).click({ timeout: 2_000 });
    await check();
  }).toPass({ timeout: 20_000 });
}

/** Draws with the mouse from one place to another. */
export async function draw(page: Page, from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 6 });
  await page.mouse.move(to.x, to.y, { steps: 6 });
  await page.mouse.up();
}

/** Where something is seen; what is drawn anew while it is looked for is looked for again. */
export async function box(one: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  let found: Awaited<ReturnType<Locator['boundingBox']>> = null;
  await expect(async () => {
    found = await one.boundingBox();
    expect(found, 'it is seen').not.toBeNull();
  }).toPass({ timeout: 20_000 });
  return found!;
}

/** Nobody has anything planned. */
export async function nothingPlanned({ request }: { request: APIRequestContext }): Promise<void> {
  for (const who of [ANNA, BEN]) await clear(request, who);
}
