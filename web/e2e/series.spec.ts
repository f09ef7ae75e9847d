import { expect, test, type Locator } from '@playwright/test';
import { ask, box, choose, dialog, draw, go, nothingPlanned, open, put, shown } from './planning';
import { ANNA } from './world';

test.beforeEach(nothingPlanned);

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
