import { expect, test, type Locator, type Page } from '@playwright/test';
import { box, choose, dialog, draw, found, go, nothingPlanned, open, opened, place, put, putTask, second, shown } from './planning';
import { ANNA, BEN, accessible } from './world';

test.beforeEach(nothingPlanned);

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
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/1.+7 March 2027/);

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
