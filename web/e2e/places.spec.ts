import { expect, test, type Page } from '@playwright/test';
import { ANNA, BEN, PASSWORD, accessible, deliver, html, signIn } from './world';

const place = (page: Page, name: string) => page.getByRole('navigation', { name: 'Wachpost' }).getByRole('button', { name });

test('an appointment is made, its guest is told, and accepts', async ({ page, browser }) => {
  await signIn(page, ANNA);
  await place(page, 'Calendar').click();
  await page.getByRole('button', { name: 'New event' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Title').fill('Budget talk');
  // Today, also in the last half hour of a week, when a new event would begin in the next.
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' }).format(new Date());
  await dialog.getByLabel('Start').fill(`${today}T10:00`);
  await dialog.getByRole('combobox', { name: 'Participants' }).fill(`${BEN}, `);
  await dialog.getByLabel('Place').fill('Room 204');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('Budget talk').first()).toBeVisible();

  const other = await browser.newPage();
  await signIn(other, BEN);
  await place(other, 'Calendar').click();
  await other.getByText('Budget talk').first().click();
  await other.getByRole('button', { name: 'Accept' }).click();
  await expect(other.getByRole('dialog')).toBeHidden();
  await other.getByText('Budget talk').first().click();
  await expect(other.getByRole('button', { name: 'Accept' })).toHaveAttribute('aria-pressed', 'true');
  await other.close();

  for (const view of ['Day', 'Work week', 'Month', 'Agenda']) {
    await page.getByRole('button', { name: view, exact: true }).click();
    await expect(page.getByRole('button', { name: view, exact: true })).toHaveAttribute('aria-pressed', 'true');
  }
  await page.getByText('Budget talk').first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('Budget talk')).toHaveCount(0);
});

test('a contact is made, changed, written to by completion, and goes', async ({ page }) => {
  await signIn(page, ANNA);
  await place(page, 'Contacts').click();
  await page.getByRole('button', { name: 'New contact' }).click();
  const form = page.getByRole('region', { name: 'Contact', exact: true });
  await form.getByLabel('First name').fill('Zora');
  await form.getByLabel('Last name').fill('Zimmer');
  await form.getByLabel('E-mail address 1').fill('zora@example.net');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByRole('button', { name: 'Edit' }).click();
  await form.getByRole('button', { name: 'Add a phone' }).click();
  await form.getByLabel('Phone 1', { exact: true }).fill('+49 30 1234');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByText('+49 30 1234')).toBeVisible();

  await place(page, 'Mail').click();
  await page.getByRole('button', { name: 'New message' }).click();
  const window = page.getByRole('dialog', { name: 'New message' });
  await window.getByLabel('To', { exact: true }).pressSequentially('zora');
  await expect(page.getByRole('option', { name: /Zora Zimmer/ })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(window.getByLabel('To', { exact: true })).toHaveValue('Zora Zimmer <zora@example.net>, ');
  await window.getByRole('button', { name: 'Discard' }).click();

  await place(page, 'Contacts').click();
  await page.getByRole('listitem').filter({ hasText: 'Zora Zimmer' }).getByRole('button').click();
  await form.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Zora Zimmer' })).toHaveCount(0);
});

test('out of office is set, and what lets one in is seen', async ({ page }) => {
  await signIn(page, ANNA);
  await place(page, 'Settings').click();
  await page.getByLabel('Answer messages while I am away').check();
  await page.getByLabel('Text', { exact: true }).fill('I am away.');
  const away = page.getByRole('region', { name: 'Out of office' });
  await away.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved')).toBeVisible();
  await page.reload();
  await place(page, 'Settings').click();
  await expect(page.getByLabel('Answer messages while I am away')).toBeChecked();
  await page.getByLabel('Answer messages while I am away').uncheck();
  await away.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('navigation', { name: 'Settings' }).getByRole('button', { name: 'Security' }).click();
  await expect(page.getByText('this browser')).toBeVisible();
  await page.getByRole('navigation', { name: 'Settings' }).getByRole('button', { name: 'General' }).click();
  await page.getByRole('combobox', { name: /^Language/ }).selectOption('de');
  await expect(page.getByRole('heading', { name: 'Einstellungen' })).toBeVisible();
  await page.getByRole('combobox', { name: /^Sprache/ }).selectOption('en');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByLabel('E-mail address')).toBeVisible();
  expect(PASSWORD.length).toBeGreaterThan(0);
});

for (const scheme of ['light', 'dark'] as const) {
  for (const [name, width, height] of [['phone', 390, 844], ['laptop', 1280, 800], ['wide', 1920, 1080]] as const) {
    test(`every page is accessible: ${name}, ${scheme}`, async ({ page, request }) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height });
      await deliver(request, ANNA, [html(`Looked at on a ${name}, ${scheme}`, '<p>Text</p>')]);
      await page.goto('/');
      await accessible(page);
      await signIn(page, ANNA);
      await expect(page.getByRole('listitem').first()).toBeVisible();
      await accessible(page);
      await page.getByRole('button', { name: new RegExp(`Looked at on a ${name}, ${scheme}`) }).click();
      await expect(page.frameLocator('iframe').getByText('Text')).toBeVisible();
      await accessible(page);
      if (name === 'phone') await page.getByRole('button', { name: 'Back' }).click();
      await page.getByRole('button', { name: 'New message' }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await accessible(page);
      await page.getByRole('button', { name: 'Discard' }).click();
      for (const [view, shown] of [['Calendar', 'New event'], ['Contacts', 'New contact'], ['Settings', 'Save']] as const) {
        await place(page, view).click();
        await expect(page.getByRole('button', { name: shown }).first()).toBeVisible();
        await accessible(page);
      }
      for (const [part, shown] of [['Rules', 'New rule'], ['Security', 'New app password'], ['What was done', 'This session only'], ['Deleted things', 'Search']] as const) {
        await page.getByRole('navigation', { name: 'Settings' }).getByRole('button', { name: part }).click();
        await expect(page.getByRole('button', { name: shown }).first()).toBeVisible();
        await accessible(page);
      }
    });
  }
}
