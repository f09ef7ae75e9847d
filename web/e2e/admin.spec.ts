import AxeBuilder from '@axe-core/playwright';
import { expect, test, type APIRequestContext, type Page } from '@playwright/test';

const given = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests are started by the server's own`);
  return value;
};
const URL = given('ADMIN_URL');
const ADMIN = given('ADMIN');
const ANNA = given('ANNA');
const BEN = given('BEN');
const PASSWORD = given('PASSWORD');
const DOMAIN = ADMIN.split('@')[1] ?? '';

/** Pictures of the views are kept here, for people to look at. */
const PICTURES = process.env.PICTURES;

test.describe.configure({ mode: 'serial' });

async function open(page: Page, who = ADMIN, password = PASSWORD): Promise<void> {
  await page.goto(URL);
  await page.getByLabel('E-mail address').fill(who);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function enter(page: Page): Promise<void> {
  await open(page);
  await expect(page.getByRole('heading', { name: 'People', level: 1 })).toBeVisible();
}

/** Goes to a view as people do: on a phone by the menu. */
async function go(page: Page, name: string): Promise<void> {
  const link = page.getByRole('navigation').getByRole('link', { name, exact: true });
  if (!(await link.isVisible())) await page.getByRole('button', { name: 'Menu' }).click();
  await link.click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
}

/** What the page says that it did. */
async function said(page: Page, text: string): Promise<void> {
  await expect(page.getByRole('status').filter({ hasText: text })).toBeVisible();
}

async function confirm(page: Page, action: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await dialog.getByRole('button', { name: action }).click();
}

/** WCAG 2.2 AA, as far as a program can see it. */
async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)).toEqual([]);
}

/** Sends a message that waits for an hour. */
async function sendLater(request: APIRequestContext, to: string): Promise<void> {
  const headers = { authorization: `Basic ${Buffer.from(`${ANNA}:${PASSWORD}`).toString('base64')}` };
  const session = (await (await request.get('/.well-known/jmap', { headers })).json()) as { primaryAccounts: Record<string, string>; apiUrl: string };
  const accountId = session.primaryAccounts['urn:ietf:params:jmap:mail'] ?? '';
  const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail', 'urn:ietf:params:jmap:submission'];
  const call = async (methodCalls: unknown): Promise<[string, Record<string, unknown>][]> => {
    const answer = await request.post(session.apiUrl, { headers, data: { using, methodCalls } });
    expect(answer.ok(), await answer.text()).toBe(true);
    return ((await answer.json()) as { methodResponses: [string, Record<string, unknown>][] }).methodResponses;
  };
  const found = await call([
    ['Mailbox/query', { accountId, filter: { role: 'drafts' } }, 'a'],
    ['Identity/get', { accountId, ids: null }, 'b'],
  ]);
  const [drafts] = found[0]?.[1].ids as string[];
  const [identity] = found[1]?.[1].list as { id: string }[];
  const email = {
    mailboxIds: { [drafts ?? '']: true },
    from: [{ email: ANNA }],
    to: [{ email: to }],
    subject: 'A message that waits',
    bodyValues: { text: { value: 'Hello' } },
    textBody: [{ partId: 'text', type: 'text/plain' }],
  };
  const envelope = { mailFrom: { email: ANNA, parameters: { HOLDFOR: '3600' } }, rcptTo: [{ email: to }] };
  const done = await call([
    ['Email/set', { accountId, create: { draft: email } }, 'a'],
    ['EmailSubmission/set', { accountId, create: { one: { emailId: '#draft', identityId: identity?.id, envelope } } }, 'b'],
  ]);
  expect(done[1]?.[1].notCreated ?? null, JSON.stringify(done)).toBeNull();
}

test('only those who administer the server come in', async ({ page }) => {
  const hosts = new Set<string>();
  page.on('request', (request) => hosts.add(new globalThis.URL(request.url()).origin));
  await open(page, ANNA);
  await expect(page.getByRole('alert')).toContainText('does not administer');
  await open(page, ADMIN, 'wrong password');
  await expect(page.getByRole('alert')).toBeVisible();
  await accessible(page);
  await enter(page);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'People', level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByLabel('Password')).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Password')).toBeVisible();
  expect([...hosts]).toEqual([new globalThis.URL(URL).origin]);
});

test('a person is added with one form, found, changed, locked out and removed', async ({ page }) => {
  await enter(page);
  await page.getByRole('button', { name: 'New person' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('Zoë Zimmermann');
  await expect(dialog.getByLabel('Address before the @')).toHaveValue('zoe.zimmermann');
  await dialog.getByRole('button', { name: 'Add person' }).click();
  const address = `zoe.zimmermann@${DOMAIN}`;
  await expect(page.getByRole('dialog', { name: `${address} was added` })).toBeVisible();
  await expect(page.getByLabel('Invitation to pass on')).toHaveValue(new RegExp(address));
  await page.getByRole('button', { name: 'Done' }).click();

  await page.getByRole('searchbox').fill('zimmer');
  await expect(page.getByRole('list', { name: 'People' }).getByRole('listitem')).toHaveCount(1);
  await page.getByRole('button', { name: 'Disable Zoë Zimmermann' }).click();
  await said(page, 'Disabled');
  await expect(page.getByText('Disabled', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('button', { name: 'Disable Zoë Zimmermann' })).toBeVisible();
  await page.getByRole('link', { name: 'Zoë Zimmermann' }).click();
  await expect(page.getByRole('heading', { name: 'Zoë Zimmermann', level: 1 })).toBeFocused();

  await page.getByLabel('Name', { exact: true }).fill('Zoë Zander');
  await page.getByRole('region', { name: 'Person' }).getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Zoë Zander', level: 1 })).toBeVisible();
  await page.getByLabel('Storage of Zoë Zander').selectOption({ label: '10 GiB' });
  await expect(page.getByText(/of 10 GiB/)).toBeVisible();
  await page.getByLabel('New address').fill('zoe');
  await page.getByRole('button', { name: 'Add address' }).click();
  await expect(page.getByRole('list', { name: 'Further addresses' })).toContainText(`zoe@${DOMAIN}`);
  await page.getByRole('button', { name: `Remove zoe@${DOMAIN}` }).click();
  await expect(page.getByRole('list', { name: 'Further addresses' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('list', { name: 'Further addresses' })).toContainText(`zoe@${DOMAIN}`);
  // An address that somebody else has: what is wrong is said, and nothing changes.
  await page.getByLabel('New address').fill(ANNA);
  await page.getByRole('button', { name: 'Add address' }).click();
  await expect(page.getByRole('alert')).toContainText('exists already');
  await page.getByRole('button', { name: 'Close' }).click();

  await page.getByLabel('New app password: what it is for').fill('Scanner');
  await page.getByRole('button', { name: 'Make app password' }).click();
  await expect(page.getByRole('dialog').locator('code')).not.toBeEmpty();
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('list', { name: 'Ways in' })).toContainText('Scanner');
  await page.getByRole('button', { name: /Revoke: .*Scanner/ }).click();
  await confirm(page, 'Revoke');
  await expect(page.getByRole('list', { name: 'Ways in' })).not.toContainText('Scanner');
  await page.getByRole('button', { name: 'End all sessions' }).click();
  await confirm(page, 'End all sessions');
  await said(page, 'All sessions are ended');

  await page.getByLabel('Deputy for the calendar').fill(BEN);
  await page.getByRole('button', { name: 'Add deputy' }).click();
  await expect(page.getByRole('list', { name: 'Deputies' })).toContainText(BEN);
  await page.getByLabel('Who may write in this name').fill(BEN);
  await page.getByRole('button', { name: 'Allow writing' }).click();
  await expect(page.getByRole('list', { name: 'Deputies' }).getByRole('listitem')).toHaveCount(2);
  await page.getByLabel('Send mail on to these addresses').fill(BEN);
  await page.getByRole('region', { name: 'Forwarding' }).getByRole('button', { name: 'Save' }).click();
  await said(page, 'Saved');

  await page.getByRole('button', { name: 'Remove person' }).click();
  await expect(page.getByRole('dialog')).toContainText('are lost');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.getByRole('button', { name: 'Remove person' }).click();
  await confirm(page, 'Remove person');
  await said(page, 'was removed');
  await page.getByRole('searchbox').fill('zander');
  await expect(page.getByText('Nobody was found.')).toBeVisible();
});

test('groups, shared mailboxes and rooms: one person, one mailbox, one step', async ({ page }) => {
  await enter(page);
  await go(page, 'Groups');
  await page.getByRole('button', { name: 'New group' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Board');
  await dialog.getByLabel('E-mail address').fill(`board@${DOMAIN}`);
  await dialog.getByLabel('Members').fill(ANNA);
  await dialog.getByRole('button', { name: 'Add group' }).click();
  await expect(page.getByRole('heading', { name: 'Board', level: 1 })).toBeVisible();
  await page.getByLabel('Person, group or mailbox').fill(BEN);
  await page.getByRole('button', { name: 'Add member' }).click();
  const members = page.getByRole('list', { name: 'Members' });
  await expect(members.getByRole('listitem')).toHaveCount(2);
  await page.getByRole('button', { name: `Take out ${ANNA}` }).click();
  await expect(members.getByRole('listitem')).toHaveCount(1);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(members.getByRole('listitem')).toHaveCount(2);
  await page.getByLabel('Mail from others').selectOption({ label: 'Everybody in the organisation' });
  await said(page, 'Saved');

  await go(page, 'Shared mailboxes');
  await page.getByRole('button', { name: 'New shared mailbox' }).click();
  await dialog.getByLabel('Name').fill('Front desk');
  await dialog.getByLabel('E-mail address').fill(`desk@${DOMAIN}`);
  await dialog.getByRole('button', { name: 'Add mailbox' }).click();
  await expect(page.getByRole('heading', { name: 'Front desk', level: 1 })).toBeVisible();
  await go(page, 'Shared mailboxes');
  await page.getByLabel('Mailbox', { exact: true }).fill(`desk@${DOMAIN}`);
  await page.getByLabel('Person or group').fill(BEN);
  await page.getByLabel('May do what').selectOption({ label: 'Works in it and writes as the mailbox' });
  await page.getByRole('button', { name: 'Give access' }).click();
  await said(page, 'Done: the mailbox shows up');
  await page.getByRole('link', { name: 'Front desk' }).click();
  const rights = page.getByLabel(/What .* may do/);
  await expect(rights).toHaveValue('as');
  await rights.selectOption({ label: 'Reads' });
  await expect(page.getByRole('list', { name: 'Who has access' })).toBeVisible();
  await expect(rights).toHaveValue('read');
  await page.getByRole('button', { name: /Take away/ }).click();
  await expect(page.getByText('Nobody has access yet.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(rights).toHaveValue('read');

  await go(page, 'Rooms and equipment');
  await page.getByRole('button', { name: 'New room' }).click();
  await dialog.getByLabel('Name').fill('Great hall');
  await dialog.getByLabel('E-mail address').fill(`hall@${DOMAIN}`);
  await dialog.getByLabel('Seats').fill('40');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('list', { name: 'Rooms and equipment' })).toContainText('40 seats');
});

test('a domain is added, its keys made, its records shown and checked', async ({ page }) => {
  await enter(page);
  await go(page, 'Domains');
  await page.getByLabel('Domain', { exact: true }).fill('second.example');
  await page.getByRole('button', { name: 'Add domain' }).click();
  await expect(page.getByRole('heading', { name: 'second.example', level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Make keys' }).click();
  const keys = page.getByRole('list', { name: 'Keys that sign mail (DKIM)' });
  await expect(keys.getByText('signs', { exact: true })).toHaveCount(2);
  await page.getByRole('button', { name: 'Prepare new keys' }).click();
  await expect(keys.getByText('prepared', { exact: true })).toHaveCount(2);
  await page.getByRole('button', { name: 'Sign with the new keys' }).click();
  await expect(keys.getByText('retired', { exact: true })).toHaveCount(2);
  await expect(page.getByRole('list', { name: 'DNS records' })).toContainText('v=DMARC1');
  await page.getByRole('button', { name: 'Check now' }).click();
  await expect(page.getByRole('list', { name: 'What the world sees' }).getByRole('listitem')).toHaveCount(10, { timeout: 60_000 });
  // What was found and what to do is said in German, too, and nothing of it is left in English.
  await page.getByLabel('Language').selectOption('de');
  const seen = page.getByRole('list', { name: 'Was die Welt sieht' });
  await expect(seen).toContainText(/konnte nicht nachgesehen werden|kein Eintrag|kein MX-Eintrag|Zertifikat/);
  await expect(seen).toContainText('→');
  await expect(seen.locator('[lang="de"]').first()).toBeVisible();
  await expect(seen.locator('[lang="en"]')).toHaveCount(0);
  await page.getByLabel('Sprache').selectOption('en');
  await page.getByRole('button', { name: 'Remove domain' }).click();
  await confirm(page, 'Remove domain');
  await said(page, 'was removed');
});

test('the queue says why something waits; it is held, released and sent back', async ({ page, request }) => {
  await sendLater(request, 'somebody@elsewhere.example');
  await enter(page);
  await go(page, 'Queue');
  await page.getByRole('link', { name: /somebody@elsewhere/ }).click();
  await expect(page.getByText('Not before')).toBeVisible();
  await page.getByLabel('Hold it, because').fill('the printer is on fire');
  await page.getByRole('button', { name: 'Hold', exact: true }).click();
  await expect(page.getByText('the printer is on fire')).toBeVisible();
  await page.getByRole('button', { name: 'Send back' }).click();
  await expect(page.getByRole('dialog')).toContainText('Its sender is told');
  await confirm(page, 'Send back');
  await said(page, 'Sent back');
  await expect(page.getByText('No mail waits. All is sent.')).toBeVisible();
});

test('storage, health, and what was done', async ({ page }) => {
  await enter(page);
  await go(page, 'Storage');
  const before = page.getByLabel(/^Storage of/).first();
  await before.selectOption({ label: '2 GiB' });
  await said(page, 'Saved');
  await expect(page.getByText(/of 2 GiB/).first()).toBeVisible();

  await go(page, 'Health');
  await expect(page.getByRole('heading', { name: 'Certificates' })).toBeVisible();
  await expect(page.getByText(/good until/)).toBeVisible();
  await expect(page.getByText(/free$/)).toBeVisible();

  await go(page, 'What was done');
  const deeds = page.getByRole('list', { name: 'What was done' });
  await expect(deeds.getByRole('listitem').first()).toContainText(ADMIN);
  await page.getByLabel('By whom').fill(ANNA);
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(deeds.getByText(ADMIN)).toHaveCount(0);
});

test('a person is added with the keyboard alone, in German', async ({ page }) => {
  await enter(page);
  await page.getByLabel('Language').selectOption('de');
  await expect(page.getByRole('heading', { name: 'Personen', level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Neue Person' }).focus();
  await page.keyboard.press('Enter');
  const name = page.getByRole('dialog').getByLabel('Name', { exact: true });
  for (let tries = 0; tries < 4 && !(await name.evaluate((field) => field === document.activeElement)); tries += 1) await page.keyboard.press('Tab');
  await expect(name).toBeFocused();
  await page.keyboard.type('Jörg Weiß');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: `joerg.weiss@${DOMAIN} wurde angelegt` })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.getByLabel('Sprache').selectOption('en');
});

const SIZES = [
  { name: 'phone', width: 390, height: 844 },
  { name: 'laptop', width: 1280, height: 800 },
  { name: 'wide', width: 1920, height: 1080 },
];

for (const size of SIZES) {
  for (const scheme of ['light', 'dark'] as const) {
    test(`every view is accessible: ${size.name}, ${scheme}`, async ({ page }) => {
      test.setTimeout(240_000);
      await page.setViewportSize({ width: size.width, height: size.height });
      await page.emulateMedia({ colorScheme: scheme });
      await enter(page);
      const look = async (name: string): Promise<void> => {
        await accessible(page);
        // Nothing is wider than the window.
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(over, name).toBeLessThanOrEqual(0);
        if (PICTURES) await page.screenshot({ path: `${PICTURES}/admin-${name}-${size.name}-${scheme}.png` });
      };
      await expect(page.getByRole('list', { name: 'People' })).toBeVisible();
      await look('people');
      await page.getByRole('button', { name: 'New person' }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await look('new-person');
      await page.keyboard.press('Escape');
      await page.getByRole('list', { name: 'People' }).getByRole('link').first().click();
      await expect(page.getByRole('heading', { name: 'Ways in' })).toBeVisible();
      await look('person');
      for (const [view, word, settled] of [
        ['Groups', 'groups', 'Board'],
        ['Shared mailboxes', 'shared', 'Front desk'],
        ['Rooms and equipment', 'rooms', 'Great hall'],
        ['Domains', 'domains', DOMAIN],
        ['Queue', 'queue', 'All is sent'],
        ['Storage', 'quotas', 'in use'],
        ['Health', 'health', 'Where it listens'],
        ['What was done', 'deeds', ADMIN],
      ] as const) {
        await go(page, view);
        await expect(page.getByRole('main').getByText(settled).first()).toBeVisible();
        await look(word);
      }
      await go(page, 'Shared mailboxes');
      await page.getByRole('link', { name: 'Front desk' }).click();
      await expect(page.getByRole('heading', { name: 'Who has access' })).toBeVisible();
      await look('mailbox');
      await go(page, 'Domains');
      await page.getByRole('link', { name: DOMAIN, exact: true }).click();
      await expect(page.getByRole('list', { name: 'DNS records' })).toBeVisible();
      await look('domain');
    });
  }
}
