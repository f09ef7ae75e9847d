import { expect, test } from '@playwright/test';
import { ANNA, BEN, deliver, html, signIn } from './world';

test('who has the wrong password stays outside', async ({ page }) => {
  await page.goto('/');
  await page.getByLabel('E-mail address').fill(ANNA);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('The address or the password is wrong.');
});

test('a message is read, answered, and the answer arrives at once', async ({ page, browser, request }) => {
  await deliver(request, ANNA, [html('A question', '<p>Is it <b>Tuesday</b>?</p>', `Ben <${BEN}>`)]);
  await signIn(page, ANNA);
  const other = await browser.newPage();
  await signIn(other, BEN);

  await page.getByRole('button', { name: /A question/ }).click();
  await expect(page.frameLocator('iframe').getByText('Tuesday')).toBeVisible();
  await page.getByRole('button', { name: 'Reply', exact: true }).last().click();
  const window = page.getByRole('dialog', { name: 'New message' });
  await expect(window.getByLabel('Subject')).toHaveValue('Re: A question');
  await window.getByRole('textbox', { name: 'Message' }).click();
  await page.keyboard.type('No, it is Monday.');
  await window.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByText('Message sent')).toBeVisible();
  // It leaves when it cannot be called back any more.
  await expect(other.getByRole('button', { name: /Re: A question/ })).toBeVisible({ timeout: 30_000 });
  await other.getByRole('button', { name: /Re: A question/ }).click();
  await expect(other.frameLocator('iframe').last().getByText('No, it is Monday.')).toBeVisible();
  await other.close();
});

test('a message that was sent can be called back', async ({ page }) => {
  await signIn(page, ANNA);
  await page.getByRole('button', { name: 'New message' }).click();
  const window = page.getByRole('dialog', { name: 'New message' });
  await window.getByLabel('To', { exact: true }).fill(`${BEN}, `);
  await window.getByLabel('Subject').fill('Too early');
  await window.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(window.getByLabel('Subject')).toHaveValue('Too early');
  await window.getByRole('button', { name: 'Discard' }).click();
  await expect(window).toBeHidden();
});

test('losing the connection and the page loses no word', async ({ page, context }) => {
  await signIn(page, ANNA);
  await page.getByRole('button', { name: 'New message' }).click();
  const window = page.getByRole('dialog', { name: 'New message' });
  await window.getByLabel('Subject').fill('Kept');
  await window.getByRole('textbox', { name: 'Message' }).click();
  await page.keyboard.type('First words.');
  await expect(window.getByText('Draft saved')).toBeVisible();
  await context.setOffline(true);
  await page.keyboard.type(' Last words.');
  await expect(window.getByText('your text is kept on this device')).toBeVisible();
  await context.setOffline(false);
  await page.reload();
  await expect(window.getByRole('textbox', { name: 'Message' })).toContainText('First words. Last words.');
  await page.keyboard.press('Tab');
  await expect(window.getByLabel('Subject')).toHaveValue('Kept');
  await window.getByLabel('Subject').fill('Kept!');
  await expect(window.getByText('Draft saved')).toBeVisible({ timeout: 15_000 });
  await window.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: /^Drafts/ }).click();
  await expect(page.getByRole('button', { name: /Kept!/ })).toHaveCount(1);
});

test('messages are flagged, archived, deleted and found; what was done can be undone', async ({ page, request }) => {
  await deliver(request, ANNA, ['Alpha one', 'Beta two', 'Gamma three'].map((subject) => html(subject, `<p>About ${subject}</p>`)));
  await signIn(page, ANNA);
  const row = (name: RegExp) => page.getByRole('button', { name });
  await row(/Alpha one/).click();
  await page.getByRole('toolbar', { name: 'Message' }).getByRole('button', { name: 'Flag' }).click();
  await expect(row(/flagged.*Alpha one/)).toBeVisible();
  await page.getByRole('toolbar', { name: 'Message' }).getByRole('button', { name: 'Archive' }).click();
  await expect(row(/Alpha one/)).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row(/Alpha one/)).toBeVisible();
  await page.getByRole('checkbox', { name: /Beta two/ }).check();
  await page.getByRole('checkbox', { name: /Gamma three/ }).check();
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.getByRole('toolbar', { name: 'Message' }).first().getByRole('button', { name: 'Delete' }).click();
  await expect(row(/Beta two/)).toHaveCount(0);
  await page.getByRole('searchbox').fill('Gamma');
  await page.keyboard.press('Enter');
  await expect(row(/Gamma three/)).toBeVisible();
  await expect(row(/Alpha one/)).toHaveCount(0);
});

test('mail can be read and written with the keyboard alone', async ({ page, request }) => {
  await deliver(request, ANNA, [html('By keys', '<p>Press keys.</p>')]);
  await signIn(page, ANNA);
  await expect(page.getByRole('button', { name: /By keys/ })).toBeVisible();
  await page.keyboard.press('o');
  await expect(page.frameLocator('iframe').getByText('Press keys.')).toBeVisible();
  await page.keyboard.press('r');
  const window = page.getByRole('dialog', { name: 'New message' });
  await expect(window.getByLabel('Subject')).toHaveValue('Re: By keys');
  await expect(window.getByRole('textbox', { name: 'Message' })).toBeFocused();
  await page.keyboard.type('Done by keys.');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Message sent')).toBeVisible();
  await page.keyboard.press('u');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
});

test('two tabs stay in step', async ({ page, context, request }) => {
  await deliver(request, ANNA, [html('In step', '<p>x</p>')]);
  await signIn(page, ANNA);
  const second = await context.newPage();
  await second.goto('/');
  await second.getByRole('button', { name: /unread.*In step/ }).waitFor();
  await page.getByRole('button', { name: /In step/ }).click();
  await expect(second.getByRole('button', { name: /unread.*In step/ })).toHaveCount(0);
  await expect(second.getByRole('button', { name: /In step/ })).toBeVisible();
});
