import AxeBuilder from '@axe-core/playwright';
import { expect, test, type APIRequestContext, type Browser, type Locator, type Page } from '@playwright/test';
import { ANNA, BEN, PASSWORD, deliver, signIn } from './world';

/** A room that the server knows. */
const ROOM = process.env.ROOM ?? 'Room 204';
const USING = ['core', 'calendars', 'principals', 'contacts', 'tasks'].map((name) => `urn:ietf:params:jmap:${name}`);

/** Asks the server itself, without the page under test. */
async function ask(request: APIRequestContext, who: string, calls: (account: string) => unknown[]): Promise<Record<string, unknown>[]> {
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
async function put(request: APIRequestContext, who: string, event: Record<string, unknown>, sendSchedulingMessages = false): Promise<string> {
  const [calendars] = await ask(request, who, (accountId) => [['Calendar/get', { accountId, properties: ['isDefault'] }, 'a']]);
  const standard = (calendars?.list as { id: string; isDefault: boolean }[]).find((one) => one.isDefault)?.id ?? '';
  const [made] = await ask(request, who, (accountId) => [['CalendarEvent/set', { accountId, sendSchedulingMessages, create: { e: { timeZone: 'Europe/Berlin', duration: 'PT1H', ...event, calendarIds: { [standard]: true } } } }, 'a']]);
  expect(made?.notCreated ?? null).toBeNull();
  return (made?.created as Record<string, { id: string }>).e?.id ?? '';
}

/** Makes a task without the page. */
async function putTask(request: APIRequestContext, who: string, task: Record<string, unknown>): Promise<void> {
  const [lists] = await ask(request, who, (accountId) => [['TaskList/get', { accountId, ids: null, properties: ['role'] }, 'a']]);
  const inbox = (lists?.list as { id: string; role: string | null }[]).find((one) => one.role === 'inbox')?.id ?? '';
  const [made] = await ask(request, who, (accountId) => [['Task/set', { accountId, create: { t: { '@type': 'Task', ...task, taskListId: inbox } } }, 'a']]);
  expect(made?.notCreated ?? null).toBeNull();
}

/** The events of somebody whose words are these. */
async function found(request: APIRequestContext, who: string, text: string, properties: string[]): Promise<Record<string, unknown>[]> {
  const [, got] = await ask(request, who, (accountId) => [
    ['CalendarEvent/query', { accountId, filter: { text } }, 'q'],
    ['CalendarEvent/get', { accountId, '#ids': { resultOf: 'q', name: 'CalendarEvent/query', path: '/ids' }, properties }, 'g'],
  ]);
  return got?.list as Record<string, unknown>[];
}

const place = (page: Page, name: string): Locator => page.getByRole('navigation', { name: 'Wachpost' }).getByRole('button', { name });
const grid = (page: Page): Locator => page.locator('.ec');
const shown = (page: Page, text: string | RegExp): Locator => grid(page).getByRole('button', { name: text });
const dialog = (page: Page): Locator => page.getByRole('dialog').last();
const choose = (page: Page, name: string): Promise<void> => dialog(page).getByRole('button', { name, exact: true }).click();

async function open(page: Page, who: string, day = '2027-03-01', view = 'Week'): Promise<void> {
  await signIn(page, who);
  await place(page, 'Calendar').click();
  await page.getByRole('button', { name: view, exact: true }).click();
  await go(page, day);
}

async function go(page: Page, day: string): Promise<void> {
  await page.getByLabel('Go to a day').fill(day);
}

async function second(browser: Browser, who: string, day?: string): Promise<Page> {
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', timezoneId: 'Europe/Berlin' })).newPage();
  await open(page, who, day);
  return page;
}

/** Opens an event until it shows what is waited for: a dialog is as it was when it was opened. */
async function opened(page: Page, event: RegExp, check: () => Promise<void>): Promise<void> {
  await expect(async () => {
    if ((await page.getByRole('dialog').count()) > 0) await page.keyboard.press('Escape');
    await shown(page, event).click({ timeout: 2_000 });
    await check();
  }).toPass({ timeout: 20_000 });
}

/** Draws with the mouse from one place to another. */
async function draw(page: Page, from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 6 });
  await page.mouse.move(to.x, to.y, { steps: 6 });
  await page.mouse.up();
}

async function box(one: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  await expect(one).toBeVisible();
  const found = await one.boundingBox();
  if (!found) throw new Error('it is not seen');
  return found;
}

/** WCAG 2.2 AA, as far as a program can see it. */
async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).exclude('iframe').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join(', ')}`)).toEqual([]);
}

test.beforeEach(async ({ request }) => {
  for (const who of [ANNA, BEN]) await clear(request, who);
});

test('an event is drawn, moved, made longer, and each is undone', async ({ page, request }) => {
  await put(request, ANNA, { title: 'Anchor', start: '2027-03-01T09:00:00' });
  await open(page, ANNA);
  const anchor = await box(shown(page, /Anchor/));
  const hour = anchor.height;
  const column = (await box(page.locator('.ec-col-head, .ec-day-head').nth(1))).width || anchor.width;

  // Tuesday, from 10 to 12.
  const x = anchor.x + column * 1.2;
  await draw(page, { x, y: anchor.y + hour * 1.1 }, { x, y: anchor.y + hour * 2.9 });
  await dialog(page).getByLabel('Title').fill('Drawn');
  await expect(dialog(page).getByLabel('Start')).toHaveValue('2027-03-02T10:00');
  await expect(dialog(page).getByLabel('End', { exact: true })).toHaveValue('2027-03-02T12:00');
  await choose(page, 'Save');
  await expect(shown(page, /2 March, 10:00.12:00 Drawn/)).toBeVisible();

  // To Wednesday, one hour later.
  let at = await box(shown(page, /Drawn/));
  await draw(page, { x: at.x + 20, y: at.y + hour / 2 }, { x: at.x + 20 + column, y: at.y + hour * 1.5 });
  await expect(shown(page, /3 March, 11:00.13:00 Drawn/)).toBeVisible();
  await expect(page.getByText('Moved')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(shown(page, /2 March, 10:00.12:00 Drawn/)).toBeVisible();

  // Its end is drawn an hour down.
  at = await box(shown(page, /Drawn/));
  await draw(page, { x: at.x + at.width / 2, y: at.y + at.height - 3 }, { x: at.x + at.width / 2, y: at.y + at.height + hour - 3 });
  await expect(shown(page, /2 March, 10:00.13:00 Drawn/)).toBeVisible();

  // It goes, and comes back.
  await shown(page, /Drawn/).click();
  await choose(page, 'Delete');
  await expect(shown(page, /Drawn/)).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(shown(page, /2 March, 10:00.13:00 Drawn/)).toBeVisible();
});

test('whoever presses on an empty place makes an event there', async ({ page, request }) => {
  await put(request, ANNA, { title: 'Anchor', start: '2027-03-01T09:00:00' });
  await open(page, ANNA);
  const anchor = await box(shown(page, /Anchor/));
  await page.mouse.click(anchor.x + anchor.width / 2, anchor.y + anchor.height * 2.25);
  await expect(dialog(page).getByLabel('Start')).toHaveValue('2027-03-01T11:00');
  await expect(dialog(page).getByLabel('End', { exact: true })).toHaveValue('2027-03-01T12:00');
  await choose(page, 'Cancel');
  await page.getByRole('button', { name: 'Month', exact: true }).click();
  const seen = await box(shown(page, /Anchor/));
  await page.mouse.click(seen.x + seen.width / 2, seen.y + seen.height + 25);
  await expect(dialog(page).getByLabel('All day')).toBeChecked();
  await expect(dialog(page).getByLabel('Start')).toHaveValue('2027-03-01');
  await expect(dialog(page).getByLabel('End', { exact: true })).toHaveValue('2027-03-01');
});

test('every view shows the event, and one goes through time', async ({ page, request }) => {
  await put(request, ANNA, { title: 'Seen', start: '2027-03-03T09:00:00' });
  await open(page, ANNA, '2027-03-03');
  for (const [view, title] of [['Day', /Wednesday,? 3 March 2027/], ['Work week', /1.+5 March 2027/], ['Week', /1.+7 March 2027/], ['Month', 'March 2027'], ['Agenda', 'March 2027']] as const) {
    await page.getByRole('button', { name: view, exact: true }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    await expect(shown(page, /Seen/)).toBeVisible();
  }
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('April 2027');
  await expect(shown(page, /Seen/)).toHaveCount(0);
  await page.getByRole('button', { name: 'Previous', exact: true }).click();
  await expect(shown(page, /Seen/)).toBeVisible();
  // The small month beside it leads to any day, with the keys as well.
  const small = page.getByRole('region', { name: 'Month at a glance' });
  await page.getByRole('button', { name: 'Day', exact: true }).click();
  await small.getByRole('button', { name: 'Next month' }).click();
  await small.getByRole('button', { name: /^Tuesday,? 20 April 2027/ }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/Tuesday,? 20 April 2027/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/Wednesday,? 28 April 2027/);
  await page.keyboard.press('PageUp');
  await expect(small.getByRole('heading')).toHaveText('March 2027');
  await page.getByRole('button', { name: 'Agenda', exact: true }).click();
  await page.getByRole('button', { name: 'Today', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'Europe/Berlin' }).format());
});

test('a series: this one, this and the following, all of them', async ({ page }) => {
  await open(page, ANNA);
  await page.getByRole('button', { name: 'New event' }).click();
  const form = dialog(page);
  await form.getByLabel('Title').fill('Series');
  await form.getByLabel('Start').fill('2027-03-01T09:00');
  await form.getByLabel('End', { exact: true }).fill('2027-03-01T10:00');
  await form.getByLabel('Repeat', { exact: true }).selectOption('weekly');
  await form.getByLabel('Ends', { exact: true }).selectOption('count');
  await form.getByLabel('How many times').fill('5');
  await expect(form.getByText('Every week, on Monday, 5 times')).toBeVisible();
  await choose(page, 'Save');
  await page.getByRole('button', { name: 'Month', exact: true }).click();
  // The clock changes on 28 March; nine o'clock stays nine o'clock.
  await expect(shown(page, / 0?9:00.+Series/)).toHaveCount(5);

  const change = async (event: RegExp, edit: () => Promise<void>, scope: string): Promise<void> => {
    await shown(page, event).click();
    await edit();
    await choose(page, 'Save');
    await choose(page, scope);
    await expect(page.getByRole('dialog')).toHaveCount(0);
  };
  await change(/8 March.*Series/, async () => {
    await dialog(page).getByLabel('Title').fill('Only one');
    await dialog(page).getByLabel('Start').fill('2027-03-09T09:00');
  }, 'Only this event');
  await expect(shown(page, /Tuesday 9 March.*Only one/)).toBeVisible();
  await expect(shown(page, /Series/)).toHaveCount(4);

  // From 22 March on it is an hour later, on Tuesdays.
  await change(/22 March.*Series/, () => dialog(page).getByLabel('Start').fill('2027-03-23T10:00'), 'This and all that follow');
  await expect(shown(page, /Tuesday 23 March, 10:00.*Series/)).toBeVisible();
  await expect(shown(page, /Tuesday 30 March, 10:00.*Series/)).toBeVisible();
  await expect(shown(page, /Series/)).toHaveCount(4);
  await expect(shown(page, /(22|29) March.*Series/)).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(shown(page, /22 March, 0?9:00.*Series/)).toBeVisible();
  await expect(shown(page, /29 March, 0?9:00.*Series/)).toBeVisible();
  await expect(shown(page, /(23|30) March.*Series/)).toHaveCount(0);

  await change(/15 March.*Series/, () => dialog(page).getByLabel('Place').fill('Hall'), 'All events of the series');
  await page.getByRole('button', { name: 'Agenda', exact: true }).click();
  await expect(shown(page, /Hall/)).toHaveCount(5);
  await page.getByRole('button', { name: 'Month', exact: true }).click();

  const remove = async (event: RegExp, scope: string): Promise<void> => {
    await shown(page, event).click();
    await choose(page, 'Delete');
    await choose(page, scope);
    await expect(page.getByRole('dialog')).toHaveCount(0);
  };
  await remove(/15 March.*Series/, 'Only this event');
  await expect(shown(page, /Series/)).toHaveCount(3);
  await remove(/22 March.*Series/, 'This and all that follow');
  await expect(shown(page, /Series/)).toHaveCount(1);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(shown(page, /Series/)).toHaveCount(3);
  await remove(/1 March.*Series/, 'All events of the series');
  await expect(shown(page, /Series|Only one/)).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(shown(page, /Series/)).toHaveCount(3);
  await expect(shown(page, /Only one/)).toBeVisible();
});

test('a series that is drawn asks; rules by weekday of the month, by days, by year', async ({ page, request }) => {
  await put(request, ANNA, { title: 'Weekly', start: '2027-03-01T09:00:00', recurrenceRule: { '@type': 'RecurrenceRule', frequency: 'weekly', count: 3 } });
  await open(page, ANNA, '2027-03-08');
  const at = await box(shown(page, /Weekly/));
  await draw(page, { x: at.x + 20, y: at.y + at.height / 2 }, { x: at.x + 20, y: at.y + at.height * 2.5 });
  await choose(page, 'Cancel');
  await expect(shown(page, /8 March, 09:00.*Weekly/)).toBeVisible();
  await draw(page, { x: at.x + 20, y: at.y + at.height / 2 }, { x: at.x + 20, y: at.y + at.height * 2.5 });
  await choose(page, 'All events of the series');
  await expect(shown(page, /8 March, 11:00.*Weekly/)).toBeVisible();
  await page.getByRole('button', { name: 'Month', exact: true }).click();
  await expect(shown(page, /11:00.*Weekly/)).toHaveCount(3);

  const repeat = async (title: string, fill: (form: Locator) => Promise<void>, sentence: string): Promise<void> => {
    await page.getByRole('button', { name: 'New event' }).click();
    const form = dialog(page);
    await form.getByLabel('Title').fill(title);
    await form.getByLabel('Start').fill('2027-03-09T14:00');
    await fill(form);
    await expect(form.getByText(sentence)).toBeVisible();
    await choose(page, 'Save');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  };
  await repeat('Second Tuesday', async (form) => {
    await form.getByLabel('Repeat', { exact: true }).selectOption('monthly');
    await form.getByLabel('On which days').selectOption('nth');
  }, 'Every month, on the second Tuesday');
  await repeat('Two days', async (form) => {
    await form.getByLabel('Repeat', { exact: true }).selectOption('weekly');
    await form.getByLabel('Thursday').check();
    await form.getByLabel('How often').fill('2');
    await form.getByLabel('Ends', { exact: true }).selectOption('until');
    await form.getByLabel('Last day').fill('2027-03-31');
  }, 'Every 2 weeks, on Tuesday and Thursday, until 31 Mar 2027');
  await repeat('Each year', (form) => form.getByLabel('Repeat', { exact: true }).selectOption('yearly').then(() => undefined), 'Every year');
  await repeat('Each day', (form) => form.getByLabel('Repeat', { exact: true }).selectOption('daily').then(() => undefined), 'Every day');
  await page.getByRole('button', { name: 'Agenda', exact: true }).click();
  await expect(shown(page, /Second Tuesday/)).toHaveCount(1);
  await expect(shown(page, /Two days/)).toHaveCount(4);
  await expect(shown(page, /Each day/)).toHaveCount(23);
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await expect(shown(page, /Tuesday 13 April.*Second Tuesday/)).toBeVisible();
  await expect(shown(page, /Two days/)).toHaveCount(0);
  await go(page, '2028-03-01');
  await expect(shown(page, /9 March.*Each year/)).toBeVisible();
});

test('calendars are made, named, coloured, hidden, and deleted', async ({ page }) => {
  await open(page, ANNA);
  await page.getByRole('button', { name: 'New calendar' }).click();
  await dialog(page).getByLabel('Name').fill('Choir');
  await dialog(page).getByLabel('Colour 3').check({ force: true });
  await choose(page, 'Save');
  const box = page.getByRole('checkbox', { name: 'Choir' });
  await expect(box).toBeChecked();

  await page.getByRole('button', { name: 'New event' }).click();
  await dialog(page).getByLabel('Title').fill('Rehearsal');
  await dialog(page).getByLabel('Start').fill('2027-03-02T19:00');
  await dialog(page).getByLabel('Calendar').selectOption('Choir');
  await choose(page, 'Save');
  await expect(shown(page, /Rehearsal/)).toHaveCSS('background-color', 'rgb(21, 112, 58)');

  await page.getByRole('button', { name: 'Change Choir' }).click();
  await dialog(page).getByLabel('Name').fill('Big choir');
  await dialog(page).getByLabel('Colour 2').check({ force: true });
  await choose(page, 'Save');
  await expect(shown(page, /Rehearsal/)).toHaveCSS('background-color', 'rgb(179, 38, 30)');
  await page.getByRole('checkbox', { name: 'Big choir' }).uncheck();
  await expect(shown(page, /Rehearsal/)).toHaveCount(0);
  // It stays hidden on every device.
  await page.reload();
  await place(page, 'Calendar').click();
  await expect(page.getByRole('checkbox', { name: 'Big choir' })).not.toBeChecked();
  await page.getByRole('checkbox', { name: 'Big choir' }).check();
  await go(page, '2027-03-01');
  await expect(shown(page, /Rehearsal/)).toBeVisible();
  await page.getByRole('button', { name: 'Change Big choir' }).click();
  await choose(page, 'Delete');
  await expect(dialog(page).getByRole('alert')).toBeVisible();
  await choose(page, 'Delete it with all events');
  await expect(page.getByRole('checkbox', { name: 'Big choir' })).toHaveCount(0);
  await expect(shown(page, /Rehearsal/)).toHaveCount(0);
});

test('a calendar is shared, subscribed to, written in, and taken back', async ({ page, browser }) => {
  await open(page, ANNA);
  await page.getByRole('button', { name: 'New calendar' }).click();
  await dialog(page).getByLabel('Name').fill('Team');
  await choose(page, 'Save');
  await page.getByRole('button', { name: 'New event' }).click();
  await dialog(page).getByLabel('Title').fill('Team day');
  await dialog(page).getByLabel('Start').fill('2027-03-02T09:00');
  await dialog(page).getByLabel('Calendar').selectOption('Team');
  await choose(page, 'Save');

  await page.getByRole('button', { name: 'Share “Team”' }).click();
  await dialog(page).getByRole('combobox', { name: 'Add a person or group' }).pressSequentially('ben');
  await dialog(page).getByRole('option', { name: new RegExp(BEN) }).click();
  const rights = dialog(page).getByLabel(/What ben/i);
  await expect(rights).toHaveValue('shareRead');
  await accessible(page);
  await choose(page, 'Close');

  const other = await second(browser, BEN);
  await other.getByRole('button', { name: /Calendars shared with me \(\d+\)/ }).click();
  await dialog(other).getByRole('checkbox', { name: /Team/ }).check();
  await choose(other, 'Close');
  await expect(shown(other, /Team day/)).toBeVisible();
  await shown(other, /Team day/).click();
  await expect(dialog(other).getByText(/2 March 2027/)).toBeVisible();
  await expect(dialog(other).getByLabel('Title')).toHaveCount(0);
  await choose(other, 'Close');

  // More is allowed, which is known at once.
  await page.getByRole('button', { name: '“Team” is shared: look and change' }).click();
  await rights.selectOption('shareWrite');
  await expect(rights).toHaveValue('shareWrite');
  await choose(page, 'Close');
  await opened(other, /Team day/, () => expect(dialog(other).getByLabel('Title')).toBeEnabled({ timeout: 1_000 }));
  await dialog(other).getByLabel('Title').fill('Team day by Ben');
  await choose(other, 'Save');
  await expect(shown(page, /Team day by Ben/)).toBeVisible();

  await page.getByRole('button', { name: 'Change Team' }).click();
  await choose(page, 'Share');
  await dialog(page).getByRole('button', { name: /Stop sharing/ }).click();
  await expect(dialog(page).getByText('Not shared with anybody.')).toBeVisible();
  await choose(page, 'Close');
  await expect(other.getByRole('checkbox', { name: /Team/ })).toHaveCount(0);
  await expect(shown(other, /Team day/)).toHaveCount(0);
  await other.context().close();
});

test('people and a room are invited when they are free; they answer, and hear of changes', async ({ page, browser, request }) => {
  await put(request, BEN, { title: 'Dentist', start: '2027-03-02T09:00:00' });
  await open(page, ANNA);
  const other = await second(browser, BEN);
  await page.getByRole('button', { name: 'New event' }).click();
  const form = dialog(page);
  await form.getByLabel('Title').fill('Planning');
  await form.getByLabel('Start').fill('2027-03-02T09:30');
  await form.getByLabel('End', { exact: true }).fill('2027-03-02T10:30');
  await form.getByRole('combobox', { name: 'Participants' }).fill(`${BEN}, `);
  // Who cannot come is told without being asked for.
  await expect(form.getByText(/Busy then: .*ben/i)).toBeVisible();
  await form.getByRole('button', { name: 'Find a time' }).click();
  const side = form.getByRole('region', { name: 'Find a time' });
  await expect(side.getByRole('listitem').filter({ hasText: /ben/i })).toContainText('Busy');
  await expect(side.getByRole('listitem').filter({ hasText: /anna/i })).toContainText('Free');
  await accessible(page);
  // 08:00 is free for an hour; Ben is busy from 9 to 10.
  await expect(side.getByRole('button').first()).toHaveText(/2 Mar.+08:00.09:00/);
  await side.getByRole('button', { name: /2 Mar.+10:00.11:00/ }).click();
  await expect(form.getByLabel('Start')).toHaveValue('2027-03-02T10:00');
  await expect(form.getByText('Everybody has time then.')).toBeVisible();
  await expect(side.getByRole('listitem').filter({ hasText: /ben/i })).toContainText('Free');
  await form.getByRole('checkbox', { name: new RegExp(`${ROOM}.*Free`) }).check();
  await expect(form.getByLabel('Place')).toHaveValue(ROOM);
  await choose(page, 'Save');

  // The room answers by itself, and is taken for others.
  await shown(page, /Planning/).click();
  await expect(dialog(page).getByRole('list', { name: 'Answers' }).getByRole('listitem').filter({ hasText: ROOM })).toContainText('accepted');
  await choose(page, 'Cancel');
  await page.getByRole('button', { name: 'New event' }).click();
  await dialog(page).getByLabel('Start').fill('2027-03-02T10:30');
  await expect(dialog(page).getByRole('checkbox', { name: new RegExp(`${ROOM}.*Busy`) })).toBeVisible();
  await choose(page, 'Cancel');

  await shown(other, /Planning.*not answered yet/).click();
  await choose(other, 'Maybe');
  await expect(other.getByRole('dialog')).toHaveCount(0);
  await opened(page, /Planning/, () => expect(dialog(page).getByRole('list', { name: 'Answers' }).getByRole('listitem').filter({ hasText: /ben/i })).toContainText('maybe', { timeout: 1_000 }));

  await dialog(page).getByLabel('Start').fill('2027-03-03T10:00');
  await expect(dialog(page).getByLabel('Send invitations and updates')).toBeChecked();
  await choose(page, 'Save');
  await expect(shown(other, /3 March, 10:00.*Planning/)).toBeVisible();
  await shown(page, /Planning/).click();
  await choose(page, 'Delete');
  await expect(shown(page, /Planning/)).toHaveCount(0);
  await shown(other, /Planning/).click();
  await expect(dialog(other).getByText('This event was cancelled.')).toBeVisible();
  await other.context().close();
});

test('who need not come is told apart from who is needed, by everybody', async ({ page, browser, request }) => {
  await open(page, ANNA);
  await page.getByRole('button', { name: 'New event' }).click();
  const form = dialog(page);
  const needed = form.getByRole('combobox', { name: 'Participants', exact: true });
  const optional = form.getByRole('combobox', { name: 'Optional participants' });
  await form.getByLabel('Title').fill('Review');
  await form.getByLabel('Start').fill('2027-03-02T10:00');
  await needed.fill('gina@example.net, ');
  await form.getByRole('button', { name: 'Add optional participants' }).click();
  await expect(optional).toBeFocused();
  await optional.fill(`${BEN}, `);
  await form.getByRole('button', { name: 'Find a time' }).click();
  await expect(form.getByRole('region', { name: 'Find a time' }).getByRole('listitem').filter({ hasText: /ben/i })).toContainText('optional');
  await accessible(page);
  await choose(page, 'Save');
  const roles = async (): Promise<Record<string, unknown>> => {
    const [event] = await found(request, ANNA, 'Review', ['participants']);
    return Object.fromEntries(Object.values((event?.participants ?? {}) as Record<string, { calendarAddress: string; roles: object }>).map((one) => [one.calendarAddress, one.roles]));
  };
  await expect.poll(roles).toMatchObject({ 'mailto:gina@example.net': { required: true }, [`mailto:${BEN}`]: { optional: true } });

  const other = await second(browser, BEN);
  await shown(other, /Review/).click();
  await expect(dialog(other).getByText('Your attendance is optional.')).toBeVisible();
  await expect(dialog(other).getByText(/2 March 2027/)).toBeVisible();
  await accessible(other);
  await choose(other, 'Accept');
  await expect(other.getByRole('dialog')).toHaveCount(0);
  await other.context().close();

  const answers = form.getByRole('list', { name: 'Answers' });
  await opened(page, /Review/, () => expect(answers.getByRole('listitem').filter({ hasText: /ben/i })).toContainText('optional, accepted', { timeout: 1_000 }));
  await expect(optional).toHaveValue(new RegExp(BEN));
  // Whoever is needed after all keeps the answer.
  await optional.fill('');
  await needed.fill(`gina@example.net, ${BEN}, `);
  await choose(page, 'Save');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect.poll(roles).toMatchObject({ [`mailto:${BEN}`]: { required: true } });
  await opened(page, /Review/, () => expect(answers.getByRole('listitem').filter({ hasText: /ben/i })).toContainText('accepted', { timeout: 1_000 }));
  await expect(form.getByRole('button', { name: 'Add optional participants' })).toBeVisible();
});

test('whoever organizes an event takes part in it once', async ({ page, request }) => {
  const owner = { '@type': 'Participant', calendarAddress: `mailto:${ANNA}`, roles: { owner: true } };
  const guest = { '@type': 'Participant', calendarAddress: `mailto:${BEN}`, roles: { optional: true } };
  await put(request, ANNA, { title: 'Once', start: '2027-03-02T10:00:00', participants: { o: owner, g: guest } });
  const [event] = await found(request, ANNA, 'Once', ['participants']);
  expect(Object.keys(event?.participants as object).sort()).toEqual(['g', 'o']);
  await open(page, ANNA);
  await shown(page, /Once/).click();
  await expect(dialog(page).getByRole('list', { name: 'Answers' }).getByRole('listitem')).toHaveCount(2);
});

test('tasks stand where they are due, lead to where they are kept, and can be hidden', async ({ page, request }) => {
  await putTask(request, ANNA, { title: 'Pay the rent', due: '2027-03-03T00:00:00', showWithoutTime: true });
  await putTask(request, ANNA, { title: 'Call the plumber', due: '2027-03-04T15:00:00', timeZone: 'Europe/Berlin' });
  await open(page, ANNA);
  await expect(shown(page, /3 March, Task,.*Pay the rent/)).toBeVisible();
  await expect(shown(page, /4 March, Task,.*15:00.*Call the plumber/)).toBeVisible();
  await accessible(page);
  for (const view of ['Month', 'Agenda', 'Week']) {
    await page.getByRole('button', { name: view, exact: true }).click();
    await expect(shown(page, /Task,.*Pay the rent/)).toBeVisible();
  }

  // Drawn to the next day, and back.
  const at = await box(shown(page, /Pay the rent/));
  await draw(page, { x: at.x + at.width / 2, y: at.y + at.height / 2 }, { x: at.x + at.width * 1.5, y: at.y + at.height / 2 });
  await expect(shown(page, /4 March, Task,.*Pay the rent/)).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(shown(page, /3 March, Task,.*Pay the rent/)).toBeVisible();

  // The layer is switched off, and stays so here.
  await page.getByRole('checkbox', { name: 'Tasks due' }).uncheck();
  await expect(shown(page, /Pay the rent|plumber/)).toHaveCount(0);
  await page.reload();
  await place(page, 'Calendar').click();
  await go(page, '2027-03-01');
  await expect(page.getByRole('checkbox', { name: 'Tasks due' })).not.toBeChecked();
  await expect(shown(page, /Pay the rent|plumber/)).toHaveCount(0);
  await page.getByRole('checkbox', { name: 'Tasks due' }).check();

  // By the keys to the task; what is done there is done here.
  await shown(page, /plumber/).focus();
  await page.keyboard.press('Enter');
  const detail = page.getByRole('region', { name: 'Task', exact: true });
  await expect(detail.getByLabel('What is to be done')).toHaveValue('Call the plumber');
  await expect(page.locator('[data-task] .open:focus')).toContainText('Call the plumber');
  await detail.getByRole('checkbox', { name: 'Done' }).check();
  await place(page, 'Calendar').click();
  await expect(shown(page, /4 March, Task,.*Call the plumber.*done/)).toBeVisible();
});

function invitation(uid: string, title: string, method = 'REQUEST', more: string[] = []): string {
  const lines = [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//Test//EN', `METHOD:${method}`, 'BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20270101T000000Z', 'DTSTART:20270302T130000Z', 'DTEND:20270302T140000Z',
    `SUMMARY:${title}`, 'LOCATION:Their office', 'ORGANIZER;CN=Gina Guest:mailto:gina@example.net', `ATTENDEE;CN=Anna;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:${ANNA}`, 'ATTENDEE;CN=Otto;PARTSTAT=ACCEPTED:mailto:otto@example.net', ...more,
    'END:VEVENT', 'END:VCALENDAR',
  ];
  return [
    'From: Gina Guest <gina@example.net>', `To: ${ANNA}`, `Subject: ${title}`, `Message-ID: <${crypto.randomUUID()}@example.net>`, `Date: ${new Date().toUTCString()}`, 'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary=b', '', '--b', 'Content-Type: text/plain', '', 'Please come.', '--b', `Content-Type: text/calendar; method=${method}; charset=utf-8`, '', ...lines, '--b--', '',
  ].join('\r\n');
}

test('an invitation is answered from the mail, and stands in the calendar', async ({ page, request }) => {
  const title = `Visit ${crypto.randomUUID().slice(0, 8)}`;
  await deliver(request, ANNA, [invitation(`${title}@example.net`.replace(' ', '-'), title)]);
  await signIn(page, ANNA);
  await page.getByRole('button', { name: new RegExp(title) }).click();
  const bar = page.getByRole('region', { name: 'Invitation' });
  await expect(bar).toContainText('Gina Guest invites you');
  await expect(bar).toContainText(title);
  await expect(bar).toContainText('14:00');
  await expect(bar).toContainText('Their office');
  await accessible(page);
  await bar.getByRole('button', { name: 'Accept' }).click();
  await expect(page.getByText('Your answer was sent')).toBeVisible();
  await expect(bar.getByRole('button', { name: 'Accept' })).toHaveAttribute('aria-pressed', 'true');
  await bar.getByRole('button', { name: 'Show in calendar' }).click();
  await expect(page.getByRole('dialog', { name: title })).toContainText('Their office');
  await expect(dialog(page).getByRole('button', { name: 'Accept' })).toHaveAttribute('aria-pressed', 'true');
  // And another answer from here is seen there.
  await choose(page, 'Decline');
  await place(page, 'Mail').click();
  await page.getByRole('button', { name: new RegExp(title) }).click();
  await expect(bar.getByRole('button', { name: 'Decline' })).toHaveAttribute('aria-pressed', 'true');
  await expect(bar.getByRole('button', { name: 'Accept' })).toHaveAttribute('aria-pressed', 'false');
});

test('reminders come, are put off, are done with, and every tab knows', async ({ page, context, request }) => {
  await page.addInitScript(() => {
    const told: string[] = [];
    (window as unknown as { told: string[] }).told = told;
    class Told {
      static permission = 'granted';
      static requestPermission = (): Promise<string> => Promise.resolve('granted');
      constructor(title: string) {
        told.push(title);
      }
    }
    Object.defineProperty(window, 'Notification', { value: Told });
  });
  await open(page, ANNA);
  const tab = await context.newPage();
  await tab.goto('/');
  // In a quarter of an hour, so the reminder of half an hour before is due.
  const soon = new Date(Date.now() + 15 * 60_000);
  const wall = soon.toLocaleString('sv-SE', { timeZone: 'Europe/Berlin' }).slice(0, 16).replace(' ', 'T');
  await page.getByRole('button', { name: 'New event' }).click();
  await dialog(page).getByLabel('Title').fill('Take the bus');
  await dialog(page).getByLabel('Start').fill(wall);
  await dialog(page).getByRole('button', { name: 'Add a reminder' }).click();
  await dialog(page).getByLabel('Reminder 1', { exact: true }).selectOption('-PT30M');
  await choose(page, 'Save');
  const reminders = (one: Page): Locator => one.getByRole('region', { name: 'Reminders' });
  await expect(reminders(page)).toContainText('Take the bus');
  await expect(reminders(tab)).toContainText('Take the bus');
  await accessible(page);
  expect(await page.evaluate(() => (window as unknown as { told: string[] }).told)).toEqual(['Take the bus']);

  await reminders(page).getByLabel(/Remind me again/).selectOption('PT5M');
  await expect(reminders(page).getByText('Take the bus')).toHaveCount(0);
  await expect(reminders(tab).getByText('Take the bus')).toHaveCount(0);
  interface Stored {
    acknowledged?: string;
    trigger: { when?: string };
    relatedTo?: Record<string, { relation: object }>;
  }
  const stored = async (): Promise<Record<string, Stored>> => ((await found(request, ANNA, 'bus', ['alerts']))[0]?.alerts ?? {}) as Record<string, Stored>;
  await expect.poll(async () => Object.values(await stored()).filter((one) => one.acknowledged).length).toBe(1);
  // RFC 9074 7: other programs know what it is that comes again.
  const [first] = Object.entries(await stored()).find(([, one]) => one.acknowledged) ?? [];
  const later = Object.values(await stored()).filter((one) => one.trigger.when);
  expect(later).toHaveLength(1);
  expect(later[0]?.relatedTo?.[first ?? '']?.relation).toEqual({ snooze: true });

  // The other one is seen to for good.
  await put(request, ANNA, { title: 'Call home', start: `${wall}:00`, alerts: { a: { '@type': 'Alert', trigger: { '@type': 'OffsetTrigger', offset: '-PT30M' } } } });
  await expect(reminders(tab)).toContainText('Call home');
  await reminders(tab).getByRole('button', { name: 'Done: Call home' }).click();
  await expect(reminders(page).getByText('Call home')).toHaveCount(0);
  await page.reload();
  await expect(place(page, 'Calendar')).toBeVisible();
  await expect(reminders(page).getByText('Call home')).toHaveCount(0);
});

test('other time zones, whole days, and the change of the clocks', async ({ page, request }) => {
  await put(request, ANNA, { title: 'New York', start: '2027-03-03T09:00:00', timeZone: 'America/New_York' });
  await open(page, ANNA);
  // Six hours between them in winter.
  await expect(shown(page, /3 March, 15:00.16:00 New York/)).toBeVisible();
  await shown(page, /New York/).click();
  await expect(dialog(page).getByLabel('Start')).toHaveValue('2027-03-03T09:00');
  await expect(dialog(page).getByText(/Here: .*15:00.*16:00.*Europe\/Berlin/)).toBeVisible();
  await dialog(page).getByLabel('Ends in time zone').selectOption('Europe/Berlin');
  await dialog(page).getByLabel('End', { exact: true }).fill('2027-03-03T18:00');
  await choose(page, 'Save');
  await expect(shown(page, /3 March, 15:00.18:00 New York/)).toBeVisible();
  const at = await box(shown(page, /New York/));
  await draw(page, { x: at.x + 20, y: at.y + 20 }, { x: at.x + 20, y: at.y + 20 + at.height / 3 });
  await expect(shown(page, /3 March, 16:00.19:00 New York/)).toBeVisible();
  await shown(page, /New York/).click();
  await expect(dialog(page).getByLabel('Start')).toHaveValue('2027-03-03T10:00');
  await choose(page, 'Cancel');

  // Whole days, over the night in which the clock changes: three of them stay three.
  await page.getByRole('button', { name: 'New event' }).click();
  await dialog(page).getByLabel('Title').fill('Fair');
  await dialog(page).getByLabel('All day').check();
  await dialog(page).getByLabel('Start').fill('2027-03-27');
  await dialog(page).getByLabel('End', { exact: true }).fill('2027-03-29');
  await choose(page, 'Save');
  await page.getByRole('button', { name: 'Month', exact: true }).click();
  await shown(page, /Fair/).first().click();
  await expect(dialog(page).getByLabel('Start')).toHaveValue('2027-03-27');
  await expect(dialog(page).getByLabel('End', { exact: true })).toHaveValue('2027-03-29');
  await choose(page, 'Cancel');
  const [got] = await ask(request, ANNA, (accountId) => [['CalendarEvent/get', { accountId, ids: null, properties: ['title', 'start', 'duration', 'timeZone'] }, 'a']]);
  expect((got?.list as { title: string }[]).find((one) => one.title === 'Fair')).toMatchObject({ start: '2027-03-27T00:00:00', duration: 'P3D', timeZone: null });
});

test('events are found by their words', async ({ page, request }) => {
  await put(request, ANNA, { title: 'Archery club', start: '2027-03-03T09:00:00' });
  await put(request, ANNA, { title: 'Long ago', description: 'archery, too', start: '2019-03-03T09:00:00' });
  await put(request, ANNA, { title: 'Something else', start: '2027-03-03T09:00:00' });
  await open(page, ANNA);
  await page.getByRole('searchbox', { name: 'Search events' }).fill('archery');
  await page.keyboard.press('Enter');
  const results = page.getByRole('region', { name: 'Search: archery' });
  await expect(results.getByRole('listitem')).toHaveCount(2);
  await accessible(page);
  await results.getByRole('button', { name: /Long ago/ }).click();
  await expect(dialog(page).getByLabel('Start')).toHaveValue('2019-03-03T09:00');
  await choose(page, 'Cancel');
  await results.getByRole('button', { name: 'Close' }).click();
  await expect(shown(page, /Something else/)).toBeVisible();
});

test('two tabs stay in step', async ({ page, context }) => {
  await open(page, ANNA);
  const tab = await context.newPage();
  await tab.goto('/');
  await place(tab, 'Calendar').click();
  await tab.getByRole('button', { name: 'Week', exact: true }).click();
  await go(tab, '2027-03-01');
  await page.getByRole('button', { name: 'New event' }).click();
  await dialog(page).getByLabel('Title').fill('In step');
  await dialog(page).getByLabel('Start').fill('2027-03-04T09:00');
  await choose(page, 'Save');
  await expect(shown(tab, /4 March, 09:00.*In step/)).toBeVisible();
  await shown(tab, /In step/).click();
  await choose(tab, 'Delete');
  await expect(shown(page, /In step/)).toHaveCount(0);
});

test('the whole calendar works with the keyboard alone', async ({ page, browser, request }) => {
  await put(request, BEN, { title: 'From Ben', start: '2027-03-04T11:00:00', participants: { o: { '@type': 'Participant', calendarAddress: `mailto:${BEN}`, roles: { owner: true } } } });
  const [calendars] = await ask(request, BEN, (accountId) => [['Calendar/get', { accountId, properties: ['isDefault'] }, 'a']]);
  expect(calendars?.list).toHaveLength(1);
  await signIn(page, ANNA);
  /** Whoever closes something is where they were before. */
  const stays = (): Promise<void> => expect.poll(() => page.evaluate(() => document.activeElement !== document.body)).toBe(true);
  const tabTo = async (wanted: RegExp, back = false): Promise<void> => {
    for (let at = 0; at < 80; at += 1) {
      const text = await page.evaluate(() => {
        const one = document.activeElement === document.body ? null : (document.activeElement as HTMLElement | null);
        const label = one?.getAttribute('aria-label') ?? (one as HTMLInputElement | null)?.labels?.[0]?.textContent ?? one?.textContent ?? '';
        return label.trim();
      });
      if (wanted.test(text)) return;
      await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
    }
    throw new Error(`no way to ${wanted} by Tab`);
  };
  await tabTo(/^Calendar$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'New event' })).toBeVisible();
  const title = page.getByRole('heading', { level: 1 });
  for (const [key, view] of [['d', 'Day'], ['x', 'Work week'], ['m', 'Month'], ['a', 'Agenda'], ['w', 'Week']] as const) {
    await page.keyboard.press(key);
    await expect(page.getByRole('button', { name: view, exact: true })).toHaveAttribute('aria-pressed', 'true');
  }
  const thisWeek = await title.textContent();
  await page.keyboard.press('ArrowRight');
  await expect(title).not.toHaveText(thisWeek ?? '');
  await page.keyboard.press('ArrowLeft');
  await expect(title).toHaveText(thisWeek ?? '');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('t');
  await expect(title).toHaveText(thisWeek ?? '');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  // Gone, and not only closed: from then on the keys mean the page.
  await expect(page.locator('dialog')).toHaveCount(0);

  // A day is gone to by its date.
  await page.keyboard.press('g');
  await expect(page.getByLabel('Go to a day')).toBeFocused();
  await page.getByLabel('Go to a day').fill('2027-03-01');
  await tabTo(/^Next$/, true);

  // Made, with a guest.
  await page.keyboard.press('n');
  await expect(page.getByRole('dialog', { name: 'New event' })).toBeVisible();
  await tabTo(/^Title$/);
  await page.keyboard.type('By keys');
  await tabTo(/^Start$/);
  await dialog(page).getByLabel('Start').fill('2027-03-03T09:00');
  await tabTo(/^Participants$/);
  await page.keyboard.type(`${BEN}, `);
  await tabTo(/^Add optional participants$/);
  await page.keyboard.press('Enter');
  await page.keyboard.type('gina@example.net, ');
  await tabTo(/^Find a time$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Find a time' })).toBeVisible();
  await tabTo(/^Save$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(shown(page, /3 March, 09:00.*By keys/)).toBeVisible();
  await stays();

  // Moved in the dialog.
  await tabTo(/^\w+day \d+ March.*By keys/s);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'By keys' })).toBeVisible();
  await tabTo(/^Start$/);
  await dialog(page).getByLabel('Start').fill('2027-03-04T10:00');
  await page.keyboard.press('Enter');
  await expect(shown(page, /4 March, 10:00.*By keys/)).toBeVisible();
  await stays();

  // Answered by Ben, who uses no mouse either.
  const other = await second(browser, BEN);
  await expect(shown(other, /By keys/)).toBeVisible();
  await shown(other, /By keys/).focus();
  await other.keyboard.press('Enter');
  await expect(other.getByRole('dialog', { name: 'By keys' })).toBeVisible();
  await other.getByRole('button', { name: 'Accept' }).focus();
  await other.keyboard.press('Space');
  await expect(other.getByRole('dialog')).toHaveCount(0);
  await other.context().close();

  // And deleted with a key, and brought back.
  await tabTo(/^\w+day \d+ March.*By keys/s);
  await page.keyboard.press('Delete');
  await expect(shown(page, /By keys/)).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).focus();
  await page.keyboard.press('Enter');
  await expect(shown(page, /4 March, 10:00.*By keys/)).toBeVisible();

  // Shared, without a mouse.
  await tabTo(/^Share “/, true);
  await page.keyboard.press('Enter');
  await tabTo(/^Add a person or group$/);
  await page.keyboard.type('ben');
  await expect(page.getByRole('option', { name: new RegExp(BEN) })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(dialog(page).getByLabel(/What ben/i)).toHaveValue('shareRead');
  await page.keyboard.press('Escape');
  await expect(page.locator('dialog')).toHaveCount(0);

  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Search events' })).toBeFocused();
  await page.keyboard.type('keys');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Search: keys' })).toBeVisible();
});

for (const scheme of ['light', 'dark'] as const) {
  for (const [name, width, height] of [['phone', 390, 844], ['laptop', 1280, 800], ['wide', 1920, 1080]] as const) {
    test(`every view and dialog is accessible: ${name}, ${scheme}`, async ({ page, request }) => {
      await put(request, ANNA, { title: 'Seen', start: '2027-03-03T09:00:00', locations: { a: { '@type': 'Location', name: 'Hall' } }, recurrenceRule: { '@type': 'RecurrenceRule', frequency: 'weekly', count: 3 } });
      await put(request, ANNA, { title: 'Free', start: '2027-03-04T00:00:00', timeZone: null, duration: 'P2D', showWithoutTime: true, freeBusyStatus: 'free' });
      const people = {
        o: { '@type': 'Participant', calendarAddress: `mailto:${BEN}`, roles: { owner: true } },
        a: { '@type': 'Participant', calendarAddress: `mailto:${ANNA}`, roles: { required: true }, participationStatus: 'needs-action', expectReply: true },
      };
      await put(request, BEN, { title: 'Asked', start: '2027-03-05T11:00:00', participants: people }, true);
      test.setTimeout(150_000);
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height });
      await signIn(page, ANNA);
      await place(page, 'Calendar').click();
      const phone = name === 'phone';
      const look = (view: string): Promise<unknown> => (phone ? page.getByRole('combobox', { name: 'View' }).selectOption({ label: view }) : page.getByRole('button', { name: view, exact: true }).click());
      await go(page, '2027-03-03');
      for (const view of ['Day', 'Work week', 'Week', 'Month', 'Agenda']) {
        await look(view);
        await expect(shown(page, /Seen/).first()).toBeVisible();
        await accessible(page);
      }
      if (phone) {
        await page.getByRole('button', { name: 'Calendars', exact: true }).click();
        await expect(page.getByRole('region', { name: 'Month at a glance' })).toBeVisible();
        await accessible(page);
      }
      for (const [button, does] of [['New calendar', 'Cancel'], ['Calendars shared with me', 'Close'], [/^Change/, 'Cancel']] as const) {
        await page.getByRole('button', { name: button }).first().click();
        await expect(dialog(page)).toBeVisible();
        await accessible(page);
        if (does === 'Cancel' && button !== 'New calendar') {
          await choose(page, 'Share');
          await expect(dialog(page).getByText('Not shared with anybody.')).toBeVisible();
          await accessible(page);
          await choose(page, 'Close');
        } else await choose(page, does);
      }
      if (phone) await choose(page, 'Close');
      await page.getByRole('button', { name: 'New event' }).click();
      const form = dialog(page);
      await form.getByLabel('Repeat', { exact: true }).selectOption('weekly');
      await form.getByLabel('Ends', { exact: true }).selectOption('until');
      await form.getByRole('button', { name: /Time zone/ }).click();
      await form.getByRole('button', { name: 'Add a reminder' }).click();
      await form.getByRole('combobox', { name: 'Participants' }).fill(`${BEN}, `);
      await form.getByRole('button', { name: 'Find a time' }).click();
      await expect(form.getByText('Everybody is free:')).toBeVisible();
      await accessible(page);
      await choose(page, 'Cancel');
      await shown(page, /Asked/).click();
      await expect(dialog(page).getByRole('button', { name: 'Accept' })).toBeVisible();
      await accessible(page);
      await choose(page, 'Cancel');
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
      await accessible(page);
      await choose(page, 'Close');
      await page.getByRole('searchbox', { name: 'Search events' }).fill('seen');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('region', { name: 'Search: seen' }).getByRole('listitem')).toHaveCount(3);
      await accessible(page);
      await page.getByRole('region', { name: 'Search: seen' }).getByRole('button', { name: 'Close' }).click();
      await shown(page, /Seen/).first().click();
      await dialog(page).getByLabel('Title').fill('Changed');
      await choose(page, 'Save');
      await expect(dialog(page).getByRole('button', { name: 'Only this event' })).toBeVisible();
      await accessible(page);
      await choose(page, 'Cancel');
    });
  }
}
