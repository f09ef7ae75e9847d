import { expect, test } from '@playwright/test';
import { ANNA, BEHALF, BEN, CLARA, SHARED, api, deliver, html, send, signIn } from './world';

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

/** A PDF with one page that says something (ISO 32000-1 7.5), and whose script must not run. */
function pdf(text: string): Buffer {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert(1); top.ran = 1;) >> >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>',
    `<< /Length ${text.length + 36} >>\nstream\nBT /F 24 Tf 20 100 Td (${text}) Tj ET\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let file = '%PDF-1.4\n';
  const places: number[] = [];
  for (const [at, object] of objects.entries()) {
    places.push(file.length);
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
  }
  const start = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('')}`;
  return Buffer.from(`${file}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`);
}

/** A message with files. */
function withFiles(subject: string, files: [type: string, name: string, octets: Buffer][]): string {
  const parts = files.map(([type, name, octets]) => `--b\r\nContent-Type: ${type}; name="${name}"\r\nContent-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n${octets.toString('base64')}\r\n`);
  return `From: Guest <guest@example.net>\r\nTo: ${ANNA}\r\nSubject: ${subject}\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${crypto.randomUUID()}@example.net>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee the files.\r\n${parts.join('')}--b--\r\n`;
}

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

test('pictures, PDF and text are looked at where they are, and nothing in them runs', async ({ page, request }) => {
  const broken: string[] = [];
  page.on('pageerror', (error) => broken.push(String(error)));
  page.on('dialog', (dialog) => {
    broken.push(dialog.message());
    void dialog.dismiss();
  });
  const script = '<svg xmlns="http://www.w3.org/2000/svg" onload="top.ran=1"><script>top.ran=1</script></svg>';
  await deliver(request, ANNA, [
    withFiles('Files to look at', [
      ['image/png', 'dot.png', PIXEL],
      ['application/pdf', 'plan.pdf', pdf('The plan')],
      ['text/plain; charset=iso-8859-1', 'note.txt', Buffer.from('Gr\xfc\xdfe <b>all</b>', 'latin1')],
      ['image/svg+xml', 'drawing.svg', Buffer.from(script)],
      ['text/html', 'page.html', Buffer.from('<script>top.ran=1</script><img src=x onerror="top.ran=1">')],
      ['text/calendar', 'invite.ics', Buffer.from('BEGIN:VCALENDAR\r\nDESCRIPTION:<script>top.ran=1</script>\r\nEND:VCALENDAR\r\n')],
      ['text/vcard', 'card.vcf', Buffer.from('BEGIN:VCARD\r\nVERSION:4.0\r\nFN:<img src=x onerror=top.ran=1>\r\nEND:VCARD\r\n')],
      ['application/pdf', 'broken.pdf', Buffer.from('no pdf')],
    ]),
  ]);
  await signIn(page, ANNA);
  await page.getByRole('button', { name: /Files to look at/ }).click();
  const dialog = (name: string) => page.getByRole('dialog', { name });
  const look = async (name: string): Promise<void> => page.getByRole('button', { name: `Preview: ${name}` }).click();
  const close = async (name: string): Promise<void> => {
    await page.keyboard.press('Escape');
    await expect(dialog(name)).toHaveCount(0);
  };
  await look('dot.png');
  await expect(dialog('dot.png').getByRole('img', { name: 'dot.png' })).toBeVisible();
  await close('dot.png');
  await look('plan.pdf');
  await expect(dialog('plan.pdf').getByText('The plan')).toBeAttached({ timeout: 20_000 });
  // It is drawn: not every point is white.
  const drawn = await dialog('plan.pdf').locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data.some((value, at) => at % 4 < 3 && value < 128));
  expect(drawn).toBe(true);
  await close('plan.pdf');
  for (const [name, text] of [['note.txt', 'Gr\u00fc\u00dfe <b>all</b>'], ['drawing.svg', '<script>'], ['page.html', 'onerror'], ['invite.ics', 'DESCRIPTION:<script>'], ['card.vcf', 'FN:<img']] as const) {
    await look(name);
    await expect(dialog(name).locator('pre')).toContainText(text);
    await close(name);
  }
  await look('broken.pdf');
  await expect(dialog('broken.pdf').getByRole('alert')).toHaveText('This file cannot be shown here.');
  await close('broken.pdf');
  expect(await page.evaluate(() => (window as { ran?: number }).ran)).toBeUndefined();
  expect(broken).toEqual([]);
});

test('files are attached by dropping and by pasting', async ({ page }) => {
  await signIn(page, ANNA);
  await page.getByRole('button', { name: 'New message' }).click();
  const window = page.getByRole('dialog', { name: 'New message' });
  await expect(window.getByRole('textbox', { name: 'Message' })).toBeVisible();
  const transfer = (name: string) =>
    page.evaluateHandle((given) => {
      const data = new DataTransfer();
      data.items.add(new File(['content'], given, { type: 'text/plain' }));
      return data;
    }, name);
  await window.dispatchEvent('drop', { dataTransfer: await transfer('dropped.txt') });
  await expect(window.getByRole('listitem').filter({ hasText: 'dropped.txt' })).toBeVisible();
  await window.getByRole('textbox', { name: 'Message' }).evaluate((text, clipboardData) => {
    text.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, await transfer('pasted.txt'));
  await expect(window.getByRole('listitem').filter({ hasText: 'pasted.txt' })).toBeVisible();
  await window.getByRole('button', { name: 'Remove: dropped.txt' }).click();
  await expect(window.getByRole('listitem')).toHaveCount(1);
  await window.getByRole('button', { name: 'Discard' }).click();
});

test('mail is found by what is known of it, with a chip for each filter', async ({ page, request }) => {
  await deliver(request, ANNA, [
    html('Offer one', '<p>Roof</p>', 'Quinn <quinn@example.net>'),
    html('Offer two', '<p>Roof</p>', 'Rita <rita@example.net>'),
    withFiles('Offer three', [['text/plain', 'a.txt', Buffer.from('x')]]),
  ]);
  await signIn(page, ANNA);
  const row = (name: string) => page.getByRole('checkbox', { name: new RegExp(name) });
  await page.getByRole('button', { name: 'Search filters' }).click();
  const panel = page.getByRole('form', { name: 'Search filters' });
  await panel.getByLabel('Subject').fill('Offer');
  await panel.getByLabel('From').fill('quinn');
  await panel.getByLabel('Folder').selectOption({ label: 'Inbox' });
  await panel.getByLabel('Not before').fill('2026-01-01');
  await panel.getByRole('button', { name: 'Search' }).click();
  await expect(row('Offer one')).toBeVisible();
  await expect(row('Offer two')).toHaveCount(0);
  await page.getByRole('button', { name: 'Remove filter: From: quinn' }).click();
  await expect(row('Offer two')).toBeVisible();
  await page.getByRole('button', { name: 'Search filters' }).click();
  await panel.getByLabel('With attachments').check();
  await panel.getByLabel('Unread only').check();
  await panel.getByRole('button', { name: 'Search' }).click();
  await expect(row('Offer three')).toBeVisible();
  await expect(row('Offer two')).toHaveCount(0);
  await page.getByRole('button', { name: 'Clear search' }).click();
  await expect(page.getByRole('button', { name: /^Remove filter/ })).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'Inbox' })).toBeVisible();
});

test('folders are made, renamed, filled, emptied and deleted', async ({ page, request }) => {
  await deliver(request, ANNA, [html('To be put away', '<p>x</p>')]);
  await signIn(page, ANNA);
  const folder = (name: string) => page.getByRole('navigation', { name: 'Folders' }).getByRole('button', { name, exact: true });
  const menu = async (name: string, command: string): Promise<void> => {
    await page.getByRole('button', { name: `Folder menu: ${name}` }).click({ force: true });
    await page.getByRole('menuitem', { name: command }).click();
  };
  await page.getByRole('button', { name: 'New folder' }).click();
  await page.getByLabel('Name of the folder').fill('Projects');
  await page.getByRole('button', { name: 'Save' }).click();
  await menu('Projects', 'New folder inside');
  await page.getByLabel('Name of the folder').fill('Roof');
  await page.getByRole('button', { name: 'Save' }).click();
  await menu('Roof', 'Rename');
  await page.getByLabel('Name of the folder').fill('New roof');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(folder('New roof')).toBeVisible();

  // By dialog, and back by dragging.
  await page.getByRole('button', { name: /To be put away/ }).click();
  await page.keyboard.press('v');
  await page.getByRole('combobox', { name: 'Find a folder' }).fill('roof');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Moved', { exact: true })).toBeVisible();
  await folder('New roof').click();
  await expect(page.getByRole('button', { name: /To be put away/ })).toBeVisible();
  await page.getByRole('checkbox', { name: /To be put away/ }).locator('..').dragTo(page.getByRole('navigation', { name: 'Folders' }).getByRole('button', { name: /^Inbox/ }));
  await expect(page.getByText('No messages here.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('button', { name: /To be put away/ })).toBeVisible();

  await menu('New roof', 'Empty folder');
  await page.getByRole('dialog').getByRole('button', { name: 'Empty folder' }).click();
  await expect(page.getByText('No messages here.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('button', { name: /To be put away/ })).toBeVisible();
  await menu('New roof', 'Delete folder');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete folder' }).click();
  await expect(folder('New roof')).toHaveCount(0);
  await menu('Projects', 'Delete folder');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete folder' }).click();
  await expect(folder('Projects')).toHaveCount(0);
});

test('everything in a folder is marked and moved at once, and back', async ({ page, request }) => {
  const { account, call } = await api(request, ANNA);
  const made = await call([['Mailbox/set', { accountId: account, create: { m: { name: 'Many' } } }, 'a'], ['Mailbox/query', { accountId: account, filter: { role: 'inbox' } }, 'b']]);
  const many = (made[0]?.[1].created as Record<string, { id: string }>).m?.id ?? '';
  const emails = Object.fromEntries(Array.from({ length: 130 }, (_, at) => [`e${at}`, { mailboxIds: { [many]: true }, from: [{ email: 'x@example.net' }], subject: `Many ${at}`, textBody: [{ partId: 't', type: 'text/plain' }], bodyValues: { t: { value: 'x' } } }]));
  await call([['Email/set', { accountId: account, create: emails }, 'a']]);
  await signIn(page, ANNA);
  await page.getByRole('button', { name: /^Many/ }).click();
  await page.getByRole('checkbox', { name: /Many/ }).first().check();
  await page.getByRole('button', { name: 'Select all in this list (130)' }).click();
  await expect(page.getByText('All 130 selected')).toBeVisible();
  await page.getByRole('toolbar', { name: 'Message' }).first().getByRole('button', { name: 'Archive' }).click();
  await expect(page.getByText('No messages here.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: /Many/ }).first()).toBeVisible();
  const counted = async (): Promise<number> => ((await call([['Email/query', { accountId: account, filter: { inMailbox: many }, calculateTotal: true }, 'a']]))[0]?.[1].total as number) ?? 0;
  await expect.poll(counted).toBe(130);
  await call([['Mailbox/set', { accountId: account, destroy: [many], onDestroyRemoveEmails: true }, 'a']]);
});

test('a mailbox is shared, and whoever it is shared with reads and marks there', async ({ page, browser, request }) => {
  const { account, call } = await api(request, BEN);
  const made = await call([['Mailbox/set', { accountId: account, create: { m: { name: 'Team notes' } } }, 'a']]);
  const box = (made[0]?.[1].created as Record<string, { id: string }>).m?.id ?? '';
  await call([['Email/set', { accountId: account, create: { e: { mailboxIds: { [box]: true }, from: [{ email: 'x@example.net' }], subject: 'For the team', textBody: [{ partId: 't', type: 'text/plain' }], bodyValues: { t: { value: 'Hello team' } } } } }, 'a']]);
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const other = await context.newPage();
  await signIn(other, BEN);
  await other.getByRole('button', { name: 'Folder menu: Team notes' }).click({ force: true });
  await other.getByRole('menuitem', { name: 'Share' }).click();
  const dialog = other.getByRole('dialog');
  const person = dialog.getByRole('combobox').last();
  await dialog.getByRole('combobox', { name: /share/i }).or(person).first().waitFor();
  await dialog.locator('input[role=combobox]').pressSequentially(ANNA);
  await other.getByRole('option', { name: new RegExp(ANNA) }).click();
  await expect(dialog.getByText(ANNA)).toBeVisible();
  await context.close();

  await signIn(page, ANNA);
  const shared = page.getByRole('list', { name: BEN });
  await shared.getByRole('button', { name: /^Team notes/ }).click();
  await page.getByRole('button', { name: /For the team/ }).click();
  await expect(page.frameLocator('iframe').getByText('Hello team')).toBeVisible();
  await expect(page.getByRole('button', { name: /unread.*For the team/ })).toHaveCount(0);
  await expect(page.getByRole('toolbar', { name: 'Message' }).getByRole('button', { name: 'Delete' })).toHaveCount(0);
  await call([['Mailbox/set', { accountId: account, destroy: [box], onDestroyRemoveEmails: true }, 'a']]);
});

test('what is shared appears at once, and goes again at once', async ({ page, request }) => {
  await signIn(page, ANNA);
  const own = await api(request, ANNA);
  const { account, call } = await api(request, BEN);
  const [people] = await own.call([['Principal/get', { accountId: own.account, ids: null }, 'a']]);
  const anna = (people?.[1].list as { id: string; email: string | null }[]).find((one) => one.email === ANNA)?.id ?? '';
  const rights = { [anna]: { mayReadItems: true, maySetSeen: true } };
  const made = await call([['Mailbox/set', { accountId: account, create: { m: { name: 'Live notes', shareWith: rights } } }, 'a']]);
  const box = (made[0]?.[1].created as Record<string, { id: string }>).m?.id ?? '';
  const folder = page.getByRole('list', { name: BEN }).getByRole('button', { name: /^Live notes/ });
  await expect(folder).toBeVisible();
  await folder.click();
  await expect(page.getByRole('heading', { name: 'Live notes' })).toBeVisible();
  await call([['Email/set', { accountId: account, create: { e: { mailboxIds: { [box]: true }, from: [{ email: 'x@example.net' }], subject: 'Live letter', textBody: [{ partId: 't', type: 'text/plain' }], bodyValues: { t: { value: 'x' } } } } }, 'a']]);
  await expect(page.getByRole('button', { name: /Live letter/ })).toBeVisible();
  await call([['Mailbox/set', { accountId: account, update: { [box]: { shareWith: null } } }, 'a']]);
  await expect(folder).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'Inbox' })).toBeVisible();
  await call([['Mailbox/set', { accountId: account, destroy: [box], onDestroyRemoveEmails: true }, 'a']]);

  const calendars = page.getByRole('button', { name: /Calendars shared with me/ });
  const readable = { [anna]: { mayReadFreeBusy: true, mayReadItems: true } };
  const planned = await call([['Calendar/set', { accountId: account, create: { c: { name: 'Live calendar', shareWith: readable } } }, 'a']]);
  const calendar = (planned[0]?.[1].created as Record<string, { id: string }>).c?.id ?? '';
  await page.getByRole('navigation', { name: 'Wachpost' }).getByRole('button', { name: 'Calendar' }).click();
  await calendars.click();
  await expect(page.getByRole('dialog').getByText('Live calendar')).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await call([['Calendar/set', { accountId: account, destroy: [calendar] }, 'a']]);
});

test('who works in a shared mailbox answers as it, and the others see what was answered', async ({ page, browser, request }) => {
  await send(request, BEN, SHARED, 'When do you open?');
  await signIn(page, CLARA);
  const folders = page.getByRole('list', { name: SHARED });
  await folders.getByRole('button', { name: /^Inbox/ }).click();
  await page.getByRole('button', { name: /When do you open/ }).click({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Reply', exact: true }).last().click();
  const window = page.getByRole('dialog', { name: 'New message' });
  await expect(window.getByRole('combobox', { name: 'From' }).locator('option:checked')).toHaveText(new RegExp(`<${SHARED}>`));
  await expect(window.getByText('A copy is put into the sent messages there')).toBeVisible();
  await window.getByRole('textbox', { name: 'Message' }).click();
  await page.keyboard.type('At nine.');
  await window.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByText('Message sent')).toBeVisible();
  await folders.getByRole('button', { name: /^Sent/ }).click();
  // There once it is sent, which is when it cannot be called back any more.
  await expect(page.getByRole('button', { name: /When do you open/ })).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: /When do you open/ }).click();
  await expect(page.frameLocator('iframe').last().getByText('At nine.')).toBeVisible();

  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const other = await context.newPage();
  await signIn(other, BEN);
  await other.getByRole('button', { name: /Re: When do you open/ }).click({ timeout: 30_000 });
  const answer = other.getByRole('region', { name: 'Message', exact: true }).getByRole('article').last();
  await expect(answer).toContainText(SHARED);
  await expect(answer).not.toContainText(CLARA);
  await context.close();
});

test('who writes on behalf of another is named beside them', async ({ page, browser }) => {
  await signIn(page, CLARA);
  await page.getByRole('button', { name: 'New message' }).click();
  const window = page.getByRole('dialog', { name: 'New message' });
  const from = window.getByRole('combobox', { name: 'From' });
  await from.selectOption({ label: (await from.locator('option').filter({ hasText: BEHALF }).textContent()) ?? '' });
  await expect(from.locator('option:checked')).toContainText('(on behalf)');
  await expect(window.getByText(/^Readers see that .+ wrote it on behalf of .+ A copy is put into the sent messages there/)).toBeVisible();
  await window.getByLabel('To', { exact: true }).fill(`${BEN}, `);
  await window.getByLabel('Subject').fill('Press release');
  await window.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByText('Message sent')).toBeVisible();
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const other = await context.newPage();
  await signIn(other, BEN);
  await other.getByRole('button', { name: /Press release/ }).click({ timeout: 30_000 });
  await expect(other.getByRole('region', { name: 'Message', exact: true }).getByText(new RegExp(`written by ${CLARA} on behalf of`))).toBeVisible();
  await context.close();
});

test('the page is there at once when it is loaded anew, and nothing of it stays when one signs out', async ({ page, request }) => {
  await deliver(request, ANNA, [html('Seen before', '<p>x</p>')]);
  await signIn(page, ANNA);
  const row = page.getByRole('button', { name: /Seen before/ });
  await expect(row).toBeVisible();
  let isOpen = false;
  let waiting: (() => void)[] = [];
  await page.route('**/jmap/api', async (route) => {
    if (!isOpen) await new Promise<void>((go) => waiting.push(go));
    await route.continue().catch(() => null);
  });
  await page.reload();
  // Before the server has said a word.
  await expect(row).toBeVisible();
  isOpen = true;
  for (const go of waiting) go();
  waiting = [];
  await row.click();
  await expect(page.frameLocator('iframe').getByText('x')).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByLabel('E-mail address')).toBeVisible();
  const left = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(left).not.toContain('Seen before');
  expect(left).not.toContain(ANNA);
});

test('many tabs are open, and each of them works', async ({ page, context, request }) => {
  await signIn(page, ANNA);
  const tabs = [page];
  // Browsers open six connections to a server.
  for (let at = 0; at < 7; at += 1) {
    const tab = await context.newPage();
    await tab.goto('/');
    await expect(tab.getByRole('button', { name: /^Inbox/ })).toBeVisible();
    tabs.push(tab);
  }
  await deliver(request, ANNA, [html('For all tabs', '<p>x</p>')]);
  for (const tab of tabs) await expect(tab.getByRole('button', { name: /For all tabs/ })).toBeVisible();
  // The first one listened for all.
  await page.close();
  await deliver(request, ANNA, [html('For those that are left', '<p>x</p>')]);
  for (const tab of tabs.slice(1)) await expect(tab.getByRole('button', { name: /For those that are left/ })).toBeVisible();
});

test('a long message is shown to its end, and one answers oneself to the same people', async ({ page, request }) => {
  const lines = Array.from({ length: 120 }, (_, at) => `<p>Line ${at}.</p>`).join('');
  await deliver(request, ANNA, [html('A long letter', lines), html('Written by myself', '<p>x</p>', `Anna <${ANNA}>`).replace(`To: ${ANNA}`, `To: ${BEN}`)]);
  await signIn(page, ANNA);
  await page.getByRole('button', { name: /A long letter/ }).click();
  const end = page.frameLocator('iframe').getByText('Line 119.');
  await end.scrollIntoViewIfNeeded();
  await expect(end).toBeInViewport();
  await page.getByRole('button', { name: /Written by myself/ }).click();
  await page.getByRole('region', { name: 'Message', exact: true }).getByRole('button', { name: 'Reply', exact: true }).last().click();
  const window = page.getByRole('dialog', { name: 'New message' });
  await expect(window.getByLabel('To', { exact: true })).toHaveValue(BEN);
  await window.getByRole('button', { name: 'Discard' }).click();
});

test('on a phone the folders lie over the list, and the way back leads to it', async ({ page, request }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await deliver(request, ANNA, [html('On the phone', '<p>Small</p>')]);
  await signIn(page, ANNA);
  await page.getByRole('button', { name: /On the phone/ }).click();
  await expect(page.frameLocator('iframe').getByText('Small')).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('button', { name: /On the phone/ })).toBeVisible();
  const folders = page.getByRole('dialog', { name: 'Folders' });
  const opener = page.getByRole('button', { name: 'Folders' });
  // It goes by pressing beside it, by a key, and by its button; then the keys are where they were.
  for (const close of [() => page.mouse.click(380, 500), () => page.keyboard.press('Escape'), () => folders.getByRole('button', { name: 'Close' }).click()]) {
    await opener.click();
    await expect(folders).toBeVisible();
    await close();
    await expect(folders).toBeHidden();
    await expect(opener).toBeFocused();
  }
  await opener.click();
  await folders.getByRole('button', { name: 'Folder menu: Sent' }).click();
  await page.getByRole('menuitem', { name: 'New folder inside' }).click();
  await page.getByRole('dialog', { name: 'New folder inside' }).getByRole('button', { name: 'Cancel' }).click();
  await folders.getByRole('button', { name: /^Sent/ }).click();
  await expect(page.getByRole('heading', { name: 'Sent' })).toBeVisible();
  await expect(folders).toBeHidden();
  await page.getByRole('navigation', { name: 'Wachpost' }).getByRole('button', { name: 'Contacts' }).click();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Sent' })).toBeVisible();
});

test('a message waits for its time, is seen waiting, and is called back', async ({ page }) => {
  await signIn(page, ANNA);
  await page.getByRole('button', { name: 'New message' }).click();
  const window = page.getByRole('dialog', { name: 'New message' });
  await window.getByRole('textbox', { name: 'Message' }).click();
  await page.keyboard.type('Not yet.');
  await window.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(window.getByRole('alert')).toHaveText('Please say to whom.');
  await window.getByLabel('To', { exact: true }).fill(`${BEN}, `);
  await window.getByLabel('Subject').fill('Later on');
  await window.getByRole('button', { name: 'Send later' }).click();
  await page.getByRole('dialog', { name: 'Send later' }).getByRole('button', { name: /Tomorrow/ }).click();
  await expect(page.getByText('Message sent')).toBeVisible();
  await page.getByRole('button', { name: 'Waiting to be sent' }).click();
  await page.getByRole('button', { name: 'Do not send: Later on' }).click();
  await expect(page.getByText('Nothing is waiting.')).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: /^Drafts/ }).click();
  await expect(page.getByRole('button', { name: /Later on/ })).toBeVisible();
});

test('the original is shown, and only the message is printed', async ({ page, request }) => {
  await deliver(request, ANNA, [html('On paper', '<p>Print me</p>')]);
  await page.addInitScript(() => {
    window.print = () => {
      (window as { printed?: boolean }).printed = true;
    };
  });
  await signIn(page, ANNA);
  await page.getByRole('button', { name: /On paper/ }).click();
  const more = page.getByRole('region', { name: 'Message', exact: true }).getByRole('button', { name: 'More' });
  await more.click();
  await page.getByRole('menuitem', { name: 'Show original' }).click();
  await expect(page.getByRole('dialog')).toContainText('Subject: On paper');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await more.click();
  await page.getByRole('menuitem', { name: 'Print' }).click();
  expect(await page.evaluate(() => (window as { printed?: boolean }).printed)).toBe(true);
  await page.emulateMedia({ media: 'print' });
  await expect(page.frameLocator('iframe').getByText('Print me')).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Folders' })).toBeHidden();
  await expect(page.getByRole('searchbox')).toBeHidden();
});

test('two tabs write two letters, and neither loses a word', async ({ page, context }) => {
  await signIn(page, ANNA);
  const second = await context.newPage();
  await second.goto('/');
  for (const [tab, subject] of [[page, 'First letter'], [second, 'Second letter']] as const) {
    await tab.getByRole('button', { name: 'New message' }).click();
    await tab.getByRole('dialog').getByLabel('Subject').fill(subject);
  }
  await context.setOffline(true);
  for (const tab of [page, second]) {
    await tab.getByRole('textbox', { name: 'Message' }).click();
    await tab.keyboard.type('Written without a connection.');
    await expect(tab.getByText('your text is kept on this device')).toBeVisible({ timeout: 15_000 });
  }
  await context.setOffline(false);
  for (const [tab, subject] of [[page, 'First letter'], [second, 'Second letter']] as const) {
    await tab.reload();
    await expect(tab.getByLabel('Subject')).toHaveValue(subject);
    await expect(tab.getByRole('textbox', { name: 'Message' })).toContainText('Written without a connection.');
  }
  // A tab that is closed leaves its letter to the next one.
  await second.close();
  const third = await context.newPage();
  await third.goto('/');
  await expect(third.getByLabel('Subject')).toHaveValue('Second letter');
  for (const tab of [page, third]) {
    await tab.getByRole('button', { name: 'Discard' }).click();
    await expect(tab.getByRole('dialog')).toHaveCount(0);
  }
});

test('new mail is there at once, and the title says so', async ({ page, request }) => {
  await signIn(page, ANNA);
  await send(request, BEN, ANNA, 'Just now');
  await expect(page.getByRole('button', { name: /unread.*Just now/ })).toBeVisible({ timeout: 30_000 });
  await expect(page).toHaveTitle(/^\(\d+\) Mail – Wachpost$/);
});

test('the whole way of mail by keyboard: go, choose, mark, move, take back, search, write', async ({ page, request }) => {
  await deliver(request, ANNA, [html('Key one', '<p>1</p>'), html('Key two', '<p>2</p>')]);
  await signIn(page, ANNA);
  const row = (name: RegExp) => page.getByRole('button', { name });
  await expect(row(/Key one/)).toBeVisible();
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.keyboard.press('s');
  await expect(row(/flagged.*Key one/)).toBeVisible();
  await expect(row(/flagged.*Key two/)).toBeVisible();
  await page.keyboard.press('z');
  await expect(row(/flagged.*Key two/)).toHaveCount(0);
  await page.keyboard.press('k');
  await page.keyboard.press('o');
  await expect(page.frameLocator('iframe').getByText('2')).toBeVisible();
  await page.keyboard.press('e');
  await expect(row(/Key two/)).toHaveCount(0);
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await expect(page.getByRole('heading', { name: 'Archive' })).toBeVisible();
  await expect(row(/Key two/)).toBeVisible();
  await page.keyboard.press('#');
  await expect(row(/Key two/)).toHaveCount(0);
  await page.keyboard.press('z');
  await expect(row(/Key two/)).toBeVisible();
  await page.keyboard.press('v');
  await expect(page.getByRole('combobox', { name: 'Find a folder' })).toBeFocused();
  await page.keyboard.type('inb');
  await page.keyboard.press('Enter');
  await expect(row(/Key two/)).toHaveCount(0);
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await expect(row(/Key two/)).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('Key');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Found: Key' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('c');
  const window = page.getByRole('dialog', { name: 'New message' });
  await expect(window.getByLabel('To', { exact: true })).toBeFocused();
  await page.keyboard.type(`${BEN}, `);
  for (let at = 0; at < 2; at += 1) await page.keyboard.press('Tab');
  await expect(window.getByLabel('Subject')).toBeFocused();
  await page.keyboard.type('By keys alone');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Message sent')).toBeVisible();
});
