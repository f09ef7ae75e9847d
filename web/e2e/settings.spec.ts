import { createHmac } from 'node:crypto';
import { expect, test, type Page } from '@playwright/test';
import { ANNA, BEN, PASSWORD, api, deliver, html, send, signIn } from './world';

const part = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('navigation', { name: 'Wachpost' }).getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('navigation', { name: 'Settings' }).getByRole('button', { name }).click();
};

/** Proves once more who one is, where the server wants that: it does once in a while. */
async function proved(page: Page, work: () => Promise<void>, shown: () => Promise<void>): Promise<void> {
  await work();
  const dialog = page.getByRole('dialog', { name: 'Is it you?' });
  await expect(async () => {
    if (await dialog.isVisible()) {
      await dialog.getByLabel('Your password').fill(PASSWORD);
      await dialog.getByRole('button', { name: 'Continue' }).click();
    }
    await shown();
  }).toPass({ timeout: 20_000 });
}

/** RFC 6238 4: the code of this half minute. */
function codeOf(secret: string): string {
  const bits = [...secret.replace(/[\s=]/g, '').toUpperCase()].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => parseInt(octet, 2)));
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', key).update(count).digest();
  const at = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('an app password is made for what it needs, shown once, and taken away', async ({ page, request }) => {
  await signIn(page, ANNA);
  await part(page, 'Security');
  const apps = page.getByRole('region', { name: 'App passwords' });
  await apps.getByLabel('What it is for').fill('Script');
  for (const box of ['read mail (IMAP)', 'send mail (SMTP)', 'calendars and contacts (CalDAV, CardDAV)']) await apps.getByLabel(box).uncheck();
  await apps.getByLabel('everything (JMAP)').check();
  await proved(page, () => apps.getByRole('button', { name: 'New app password' }).click(), () => expect(apps.locator('code')).toBeVisible({ timeout: 1_000 }));
  const password = await apps.locator('code').innerText();
  const headers = { authorization: `Basic ${Buffer.from(`${ANNA}:${password}`).toString('base64')}` };
  expect((await request.get('/.well-known/jmap', { headers })).ok()).toBe(true);
  await apps.getByRole('button', { name: 'I have written it down' }).click();
  await expect(page.getByText(password)).toHaveCount(0);
  await expect(apps.getByRole('listitem').filter({ hasText: 'Script' })).toContainText('jmap');
  await apps.getByRole('button', { name: 'Revoke: Script' }).click();
  await expect(apps.getByRole('listitem').filter({ hasText: 'Script' })).toHaveCount(0);
  expect((await request.get('/.well-known/jmap', { headers })).status()).toBe(401);
});

test('another browser is seen, and signed out from here', async ({ page, browser }) => {
  await signIn(page, ANNA);
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const other = await context.newPage();
  await signIn(other, ANNA);
  await part(page, 'Security');
  const sessions = page.getByRole('region', { name: 'Signed-in browsers' });
  await expect(sessions.getByText('this browser')).toBeVisible();
  expect(await sessions.getByRole('listitem').count()).toBeGreaterThan(1);
  await sessions.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(sessions.getByRole('listitem')).toHaveCount(1);
  await other.reload();
  await expect(other.getByLabel('E-mail address')).toBeVisible();
  await context.close();
});

test('the password is changed, and the old one is wrong from then on', async ({ page }) => {
  await signIn(page, BEN);
  await part(page, 'Security');
  const form = page.getByRole('region', { name: 'Change password' });
  const change = async (from: string, to: string): Promise<void> => {
    await form.getByLabel('Current password').fill(from);
    await form.getByLabel('New password', { exact: true }).fill(to);
    await form.getByLabel('New password again').fill(to);
    await form.getByRole('button', { name: 'Change password' }).click();
  };
  await change('nonsense', 'another horse battery');
  await expect(page.getByText('That did not work:')).toBeVisible();
  await change(PASSWORD, 'another horse battery');
  await expect(page.getByText('The password was changed.')).toBeVisible();
  await change('another horse battery', PASSWORD);
  await expect(form.getByLabel('Current password')).toHaveValue('');
});

test('codes of an app are set up by a picture, and a recovery code lets one in without them', async ({ page }) => {
  await signIn(page, BEN);
  await part(page, 'Security');
  const codes = page.getByRole('region', { name: 'Codes from an app' });
  await proved(page, () => codes.getByRole('button', { name: 'Set up an app' }).click(), () => expect(codes.getByRole('img', { name: 'QR code' })).toBeVisible({ timeout: 1_000 }));
  const secret = await codes.locator('code').innerText();
  await codes.getByLabel('Six digits from the app').fill(codeOf(secret));
  await codes.getByRole('button', { name: 'Turn on' }).click();
  await expect(codes.getByRole('button', { name: 'Remove: Authenticator app' })).toBeVisible();
  await codes.getByRole('button', { name: 'New recovery codes' }).click();
  const first = await codes.locator('ol code').first().innerText();
  await codes.getByRole('button', { name: 'I have written it down' }).click();
  await expect(page.getByText(first)).toHaveCount(0);

  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await page.getByLabel('E-mail address').fill(BEN);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByLabel(/Code from your app/).fill(first);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('button', { name: 'New message' })).toBeVisible();
  await part(page, 'Security');
  await proved(page, () => codes.getByRole('button', { name: 'Remove: Authenticator app' }).click(), () => expect(codes.getByRole('button', { name: 'Remove: Authenticator app' })).toHaveCount(0, { timeout: 1_000 }));
});

test('a passkey is made, lets one in, and goes', async ({ browser }) => {
  // A passkey belongs to a name, never to an address: the server is called by its name here.
  const context = await browser.newContext({ ignoreHTTPSErrors: true, baseURL: process.env.PASSKEY_URL ?? process.env.BASE_URL ?? '' });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  await signIn(page, ANNA);
  await part(page, 'Security');
  const passkeys = page.getByRole('region', { name: 'Passkeys' });
  await passkeys.getByLabel('Name of the new passkey').fill('Laptop');
  await proved(page, () => passkeys.getByRole('button', { name: 'New passkey' }).click(), () => expect(passkeys.getByRole('button', { name: 'Remove: Laptop' })).toBeVisible({ timeout: 1_000 }));
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page.getByRole('button', { name: 'New message' })).toBeVisible();
  await part(page, 'Security');
  await proved(page, () => passkeys.getByRole('button', { name: 'Remove: Laptop' }).click(), () => expect(passkeys.getByRole('button', { name: 'Remove: Laptop' })).toHaveCount(0, { timeout: 1_000 }));
  await context.close();
});

test('a rule in plain words sorts what comes, and scripts of others stay as they are', async ({ page, request }) => {
  const { account, call } = await api(request, ANNA);
  const made = await call([
    ['Blob/upload', { accountId: account, create: { b: { data: [{ 'data:asText': '# by hand\nkeep;\n' }] } } }, 'a'],
    ['SieveScript/set', { accountId: account, create: { s: { name: 'by hand', blobId: '#b' } } }, 'b'],
    ['Mailbox/set', { accountId: account, create: { m: { name: 'Bills' } } }, 'c'],
  ]);
  expect(made.map(([name]) => name)).not.toContain('error');
  await signIn(page, ANNA);
  await part(page, 'Rules');
  await page.getByRole('button', { name: 'New rule' }).click();
  const dialog = page.getByRole('dialog', { name: 'New rule' });
  await dialog.getByLabel('Name of the rule').fill('Bills "aside"');
  await dialog.getByLabel('Part of the message').selectOption('subject');
  await dialog.getByLabel('Comparison').selectOption('begins');
  await dialog.getByLabel('Text', { exact: true }).fill('Bill');
  await dialog.getByRole('combobox', { name: 'Move to' }).selectOption({ label: 'Bills' });
  await dialog.getByRole('button', { name: 'Add an action' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('checkbox', { name: 'Bills "aside"' })).toBeChecked();
  await page.getByText('by hand', { exact: true }).click();
  await expect(page.getByText('# by hand keep;')).toBeVisible();

  await send(request, BEN, ANNA, 'Bill number 7');
  await page.getByRole('navigation', { name: 'Wachpost' }).getByRole('button', { name: 'Mail' }).click();
  await page.getByRole('button', { name: /^Bills/ }).click();
  await expect(page.getByRole('button', { name: /flagged.*Bill number 7/ })).toBeVisible({ timeout: 30_000 });

  // It is read back as it was written, changed, and goes; the other script is there all the time.
  await part(page, 'Rules');
  await page.getByRole('button', { name: 'Edit: Bills "aside"' }).click();
  await page.getByRole('dialog').getByLabel('Name of the rule').fill('Bills');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await part(page, 'Security');
  await expect(page.getByRole('region', { name: 'Forwarding and rules' })).toContainText('Nothing is forwarded.');
  await part(page, 'Rules');
  await page.getByRole('button', { name: 'Delete: Bills' }).click();
  await expect(page.getByText('There are no rules yet.')).toBeVisible();
  await expect(page.getByText('by hand', { exact: true })).toBeVisible();
});

test('what was done is told in plain words, narrowed down, and taken back', async ({ page, request }) => {
  await deliver(request, ANNA, [html('Watched', '<p>x</p>')]);
  await signIn(page, ANNA);
  await page.getByRole('button', { name: /Watched/ }).click();
  await page.getByRole('toolbar', { name: 'Message' }).getByRole('button', { name: 'Archive' }).click();
  await expect(page.getByText('Moved', { exact: true })).toBeVisible();
  await part(page, 'What was done');
  const moved = page.getByRole('listitem').filter({ hasText: 'One message moved from “Inbox” to “Archive”: “Watched”' });
  await expect(moved.first()).toContainText('You · this web page or a JMAP program');
  await page.getByRole('combobox', { name: /^What/ }).selectOption('sharing');
  await expect(moved).toHaveCount(0);
  await page.getByRole('combobox', { name: /^What/ }).selectOption('moved');
  await page.getByLabel('Who').selectOption('me');
  await moved.first().getByRole('button', { name: /^Undo/ }).click();
  await expect(page.getByText('Taken back: 1')).toBeVisible();
  await page.getByLabel('Who').selectOption('nobody');
  await expect(page.getByText('Nothing was found.')).toBeVisible();
  await page.getByRole('navigation', { name: 'Wachpost' }).getByRole('button', { name: 'Mail' }).click();
  await expect(page.getByRole('button', { name: /Watched/ })).toBeVisible();
});

test('deleted mail, an event as it was, and a contact come back', async ({ page, request }) => {
  const lost = `Lost Contact ${Date.now()}`;
  await deliver(request, ANNA, [html('Gone for good?', '<p>No.</p>')]);
  const { account, call } = await api(request, ANNA);
  const found = await call([
    ['Email/query', { accountId: account, filter: { subject: 'Gone for good?' } }, 'a'],
    ['Calendar/get', { accountId: account, ids: null }, 'b'],
    ['AddressBook/get', { accountId: account, ids: null }, 'c'],
  ]);
  const [email] = found[0]?.[1].ids as string[];
  const [calendar] = found[1]?.[1].list as { id: string }[];
  const [book] = found[2]?.[1].list as { id: string }[];
  const event = { calendarIds: { [calendar?.id ?? '']: true }, title: 'Talk as it was', start: '2026-05-02T10:00:00', duration: 'PT1H', timeZone: 'Etc/UTC' };
  const made = await call([
    ['CalendarEvent/set', { accountId: account, create: { e: event } }, 'a'],
    ['ContactCard/set', { accountId: account, create: { c: { addressBookIds: { [book?.id ?? '']: true }, name: { full: lost } } } }, 'b'],
  ]);
  const idOf = (at: number, name: string): string => (made[at]?.[1].created as Record<string, { id: string }>)[name]?.id ?? '';
  await call([
    ['Email/set', { accountId: account, destroy: [email] }, 'a'],
    ['CalendarEvent/set', { accountId: account, update: { [idOf(0, 'e')]: { title: 'Talk as it is' } } }, 'b'],
    ['ContactCard/set', { accountId: account, destroy: [idOf(1, 'c')] }, 'c'],
  ]);

  await signIn(page, ANNA);
  await part(page, 'Deleted things');
  await page.getByLabel('In the title').fill('gone for');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.getByRole('button', { name: 'Bring back: Gone for good?' }).click();
  await expect(page.getByText('Brought back: 1')).toBeVisible();
  await expect(page.getByText('There is nothing to bring back.')).toBeVisible();
  await page.getByLabel('In the title').fill('');
  await page.getByRole('combobox', { name: /^What/ }).selectOption('contact');
  await page.getByRole('checkbox', { name: new RegExp(lost) }).check();
  await page.getByRole('button', { name: 'Bring back 1' }).click();
  await expect(page.getByRole('checkbox', { name: new RegExp(lost) })).toHaveCount(0);
  await page.getByRole('combobox', { name: /^What/ }).selectOption('event');
  await page.getByLabel('Which').selectOption('earlier');
  await page.getByRole('button', { name: 'Bring back: Talk as it was' }).click();
  await expect(page.getByRole('button', { name: 'Bring back: Talk as it is' })).toBeVisible();
  const back = await call([
    ['CalendarEvent/get', { accountId: account, ids: [idOf(0, 'e')], properties: ['title'] }, 'a'],
    ['Email/get', { accountId: account, ids: [email], properties: ['subject'] }, 'b'],
  ]);
  expect(back[0]?.[1].list).toMatchObject([{ title: 'Talk as it was' }]);
  expect(back[1]?.[1].list).toMatchObject([{ subject: 'Gone for good?' }]);
});

test('a signature stands below what one writes, for the sender one chooses', async ({ page }) => {
  await signIn(page, ANNA);
  await part(page, 'General');
  const names = page.getByRole('region', { name: 'Names and signatures' });
  await names.getByLabel('Signature').fill('Anna Amsel\nTeam North');
  await names.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved')).toBeVisible();
  const senders = names.getByLabel('Sender').locator('option');
  const before = await senders.count();
  await names.getByRole('button', { name: 'Another name for this address' }).click();
  await expect(senders).toHaveCount(before + 1);
  await names.getByLabel('Name', { exact: true }).fill('Press office');
  await names.getByLabel('Signature').fill('The press office');
  await names.getByRole('button', { name: 'Save' }).click();
  await expect(names.getByLabel('Sender')).toContainText('Press office');
  await page.getByRole('navigation', { name: 'Wachpost' }).getByRole('button', { name: 'Mail' }).click();
  await page.getByRole('button', { name: 'New message' }).click();
  const window = page.getByRole('dialog', { name: 'New message' });
  const text = window.getByRole('textbox', { name: 'Message' });
  await expect(text).toContainText('Team North');
  await window.getByLabel('From').selectOption({ label: `Press office <${ANNA}>` });
  await expect(text).toContainText('The press office');
  await expect(text).not.toContainText('Team North');
  await window.getByRole('button', { name: 'Discard' }).click();
  await part(page, 'General');
  await names.getByLabel('Sender').selectOption({ label: `Press office <${ANNA}>` });
  await names.getByRole('button', { name: 'Delete' }).click();
  await expect(names.getByLabel('Sender')).not.toContainText('Press office');
  await names.getByLabel('Signature').fill('');
  await names.getByRole('button', { name: 'Save' }).click();
});
