import { expect, test, type Page } from '@playwright/test';
import { ANNA, BEN, accessible, signIn } from './world';

const place = (page: Page, name: string) => page.getByRole('navigation', { name: 'Wachpost' }).getByRole('button', { name });
const lists = (page: Page) => page.getByRole('navigation', { name: 'Task lists' });
const row = (page: Page, title: string | RegExp) => page.getByRole('listitem').filter({ hasText: title });
const detail = (page: Page) => page.getByRole('region', { name: 'Task', exact: true });

/** A name that no other test has. */
let count = 0;
const unique = (words: string): string => `${words} ${Date.now().toString(36)}${(count += 1)}`;

async function begin(page: Page, who = ANNA): Promise<void> {
  await signIn(page, who);
  await place(page, 'Tasks').click();
  await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
}

async function makeList(page: Page, name: string): Promise<void> {
  await lists(page).getByRole('button', { name: 'New list' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

async function add(page: Page, title: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Add a task' });
  await field.fill(title);
  await field.press('Enter');
  await expect(row(page, title)).toBeVisible();
}

test('a list is made, renamed, coloured and goes with its tasks', async ({ page }) => {
  await begin(page);
  const [first, second] = [unique('House'), unique('Garden')];
  await makeList(page, first);
  await add(page, 'Paint the door');
  await lists(page).getByRole('button', { name: `Change ${first}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(second);
  await dialog.getByRole('radio', { name: 'Colour 3' }).check({ force: true });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 1, name: second })).toBeVisible();
  await lists(page).getByRole('button', { name: `Change ${second}` }).click();
  await expect(dialog.getByRole('radio', { name: 'Colour 3' })).toBeChecked();
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(dialog.getByRole('alert')).toBeVisible();
  await dialog.getByRole('button', { name: 'Delete the list and its tasks' }).click();
  await expect(dialog).toBeHidden();
  await expect(lists(page).getByText(second)).toHaveCount(0);
});

test('a task gets a date, a time, a weight and notes, and stands where it belongs', async ({ page }) => {
  await begin(page);
  const list = unique('Errands');
  await makeList(page, list);
  const title = unique('Fetch the parcel');
  await add(page, title);
  await row(page, title).getByRole('button').click();
  const form = detail(page);
  await form.getByLabel('Due on').fill('2031-05-06');
  await form.getByLabel('Due on').blur();
  await expect(row(page, title)).toContainText('6 May 2031');
  await form.getByLabel('at', { exact: true }).fill('14:30');
  await form.getByLabel('at', { exact: true }).blur();
  await expect(row(page, title)).toContainText('14:30');
  await form.getByLabel('Priority').selectOption('high');
  await expect(row(page, title)).toContainText('high');
  await form.getByLabel('Notes').fill('Number 12');
  await form.getByLabel('Notes').blur();
  await form.getByLabel('What is to be done').fill(`${title}!`);
  await form.getByLabel('What is to be done').blur();
  await expect(row(page, `${title}!`)).toBeVisible();
  await expect(page.getByRole('heading', { level: 2, name: 'Later' })).toBeVisible();

  await lists(page).getByRole('button', { name: /^Planned/ }).click();
  await expect(row(page, title)).toBeVisible();
  await lists(page).getByRole('button', { name: /^Today/ }).click();
  await expect(row(page, title)).toHaveCount(0);
  await lists(page).getByRole('button', { name: /^All/ }).click();
  await expect(row(page, title)).toContainText(list);

  await page.reload();
  await place(page, 'Tasks').click();
  await lists(page).getByRole('button', { name: /^All/ }).click();
  await row(page, title).getByRole('button').click();
  await expect(form.getByLabel('Notes')).toHaveValue('Number 12');
  await expect(form.getByLabel('Due on')).toHaveValue('2031-05-06');
  // In another list it is the same task.
  await form.getByLabel('List').selectOption('Tasks');
  await expect(row(page, title)).toContainText('Tasks');
  await form.getByLabel('Due on').fill('');
  await form.getByLabel('Due on').blur();
  await expect(page.getByRole('heading', { level: 2, name: 'No date' })).toBeVisible();
  await form.getByRole('button', { name: 'Delete' }).click();
  await expect(row(page, title)).toHaveCount(0);
});

test('what is done and deleted can be taken back', async ({ page }) => {
  await begin(page);
  await makeList(page, unique('Back'));
  const title = unique('Call back');
  await add(page, title);
  await row(page, title).getByRole('checkbox').click();
  await expect(page.getByRole('button', { name: 'Done (1)' })).toBeVisible();
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(row(page, title).getByRole('checkbox')).not.toBeChecked();
  await row(page, title).getByRole('checkbox').click();
  await page.getByRole('button', { name: 'Done (1)' }).click();
  await expect(row(page, title).getByRole('checkbox')).toBeChecked();
  await lists(page).getByRole('button', { name: 'Done', exact: true }).click();
  await expect(row(page, title)).toBeVisible();
  await row(page, title).getByRole('checkbox').click();
  await expect(row(page, title)).toHaveCount(0);

  await lists(page).getByRole('button', { name: /^All/ }).click();
  await row(page, title).getByRole('button').click();
  await detail(page).getByLabel('Notes').fill('Kept');
  await detail(page).getByLabel('Notes').blur();
  await detail(page).getByRole('button', { name: 'Delete' }).click();
  await expect(row(page, title)).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await row(page, title).getByRole('button').click();
  await expect(detail(page).getByLabel('Notes')).toHaveValue('Kept');
});

test('a task that repeats is done turn by turn', async ({ page }) => {
  await begin(page);
  const title = unique('Water the flowers');
  await add(page, title);
  await expect(row(page, title)).toContainText('Today');
  await row(page, title).getByRole('button').click();
  await detail(page).getByLabel('Repeats').selectOption('every day');
  await expect(row(page, title).getByLabel('repeats')).toBeVisible();
  await row(page, title).getByRole('checkbox').click();
  await expect(row(page, title)).toHaveCount(0);
  await lists(page).getByRole('button', { name: /^Planned/ }).click();
  await expect(row(page, title)).toContainText('Tomorrow');
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(row(page, title)).toContainText('Today');
  await row(page, title).getByRole('button').click();
  await detail(page).getByLabel('Repeats').selectOption('never');
  await expect(row(page, title).getByLabel('repeats')).toHaveCount(0);
});

test('tasks are kept with the keyboard alone', async ({ page }) => {
  await signIn(page, ANNA);
  await place(page, 'Tasks').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  await page.keyboard.press('l');
  const list = unique('Keys');
  await expect(page.getByRole('dialog').getByLabel('Name')).toBeFocused();
  await page.keyboard.type(list);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: list })).toBeVisible();
  await page.keyboard.press('n');
  for (const title of ['Alpha', 'Beta', 'Gamma']) {
    await page.keyboard.type(title);
    await page.keyboard.press('Enter');
    await expect(row(page, title)).toBeVisible();
  }
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await expect(row(page, 'Beta')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Done (1)' })).toBeVisible();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(detail(page).getByLabel('What is to be done')).toHaveValue('Alpha');
  await page.keyboard.press('u');
  await expect(detail(page)).toHaveCount(0);
  await page.keyboard.press('#');
  await expect(row(page, 'Alpha')).toHaveCount(0);
  await expect(row(page, 'Gamma')).toBeVisible();
  await page.keyboard.press('3');
  await expect(page.getByRole('heading', { level: 1, name: 'All' })).toBeVisible();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await accessible(page);
});

test('a list is shared, and both see at once what the other does', async ({ page, browser }) => {
  await begin(page);
  const list = unique('Together');
  await makeList(page, list);
  await lists(page).getByRole('button', { name: `Share “${list}”` }).click();
  const share = page.getByRole('dialog', { name: `Share “${list}”` });
  await share.getByLabel('Who is added').selectOption('may read and change');
  await share.getByRole('combobox', { name: 'Add a person or group' }).pressSequentially(BEN);
  await page.getByRole('option').filter({ hasText: BEN }).click();
  await expect(share.getByRole('listitem')).toContainText(BEN);
  await share.getByRole('button', { name: 'Close' }).click();
  await expect(lists(page).getByRole('button', { name: `“${list}” is shared` })).toBeVisible();

  const other = await browser.newPage();
  await begin(other, BEN);
  await lists(other).getByTitle(`Show ${list}`).click();
  await expect(lists(other).getByTitle(`Show ${list}`)).toHaveCount(0);
  await lists(other).getByRole('button', { name: new RegExp(`^${list}`) }).click();
  const title = unique('Buy coffee');
  await add(page, title);
  await expect(row(other, title)).toBeVisible();
  await row(other, title).getByRole('checkbox').click();
  await expect(row(page, title)).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Done (1)' })).toBeVisible();
  await other.close();
});

for (const scheme of ['light', 'dark'] as const) {
  for (const [name, width, height] of [['phone', 390, 844], ['laptop', 1280, 800], ['wide', 1920, 1080]] as const) {
    test(`tasks are accessible: ${name}, ${scheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height });
      await begin(page);
      const title = unique('Looked at');
      await add(page, title);
      await accessible(page);
      await row(page, title).getByRole('button').click();
      await detail(page).getByLabel('Priority').selectOption('high');
      await expect(detail(page).getByLabel('What is to be done')).toHaveValue(title);
      await accessible(page);
      await page.screenshot({ path: test.info().outputPath(`tasks-${name}-${scheme}.png`) });
      if (name === 'phone') {
        await expect(page.getByRole('heading', { level: 1 })).toBeHidden();
        await page.getByRole('button', { name: 'Back' }).click();
      }
      await row(page, title).getByRole('checkbox').click();
      const phone = name === 'phone';
      if (phone) await page.getByRole('button', { name: 'Task lists' }).click();
      await lists(page).getByRole('button', { name: 'Done', exact: true }).click();
      if (phone) await expect(lists(page)).toBeHidden();
      await expect(row(page, title)).toBeVisible();
      await accessible(page);
      if (phone) await page.getByRole('button', { name: 'Task lists' }).click();
      await lists(page).getByRole('button', { name: 'New list' }).click();
      await expect(page.getByRole('dialog', { name: 'New list' })).toBeVisible();
      await accessible(page);
    });
  }
}
