import { expect, test, type Page } from '@playwright/test';
import { ANNA, BEN, accessible, signIn } from './world';

const place = (page: Page, name: string) => page.getByRole('navigation', { name: 'Wachpost' }).getByRole('button', { name });
const books = (page: Page) => page.getByRole('navigation', { name: 'Address books' });
const groups = (page: Page) => page.getByRole('navigation', { name: 'Groups' });
const row = (page: Page, name: string | RegExp) => page.getByRole('group', { name: 'Contacts' }).getByRole('listitem').filter({ hasText: name });
const card = (page: Page) => page.getByRole('region', { name: 'Contact', exact: true });

/** A name that no other test has. */
let count = 0;
const unique = (words: string): string => `${words} ${Date.now().toString(36)}${(count += 1)}`;

async function begin(page: Page, who = ANNA): Promise<void> {
  await signIn(page, who);
  await place(page, 'Contacts').click();
  await expect(page.getByRole('heading', { level: 1, name: 'All contacts' })).toBeVisible();
}

async function makeBook(page: Page, name: string): Promise<void> {
  await books(page).getByRole('button', { name: 'New address book' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill(name);
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

async function importFile(page: Page, name: string, text: string): Promise<void> {
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Import' });
  await dialog.getByLabel('A file with contacts').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(dialog).toBeHidden({ timeout: 50_000 });
}

const vcard = (uid: string, name: string, ...lines: string[]): string => ['BEGIN:VCARD', 'VERSION:3.0', `UID:${uid}`, `FN:${name}`, `N:${name.split(' ').slice(1).join(' ')};${name.split(' ')[0]};;;`, ...lines, 'END:VCARD', ''].join('\r\n');

/** A small picture. */
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR4nGM4IScHRwzEcQCxYxBBO0tjggAAAABJRU5ErkJggg==', 'base64');

test('a contact with all its fields is made, changed, found, deleted and brought back', async ({ page }) => {
  await begin(page);
  const surname = unique('Zimmer');
  await page.getByRole('button', { name: 'New contact' }).click();
  const form = card(page);
  await expect(form.getByLabel('First name')).toBeFocused();
  await form.getByLabel('First name').fill('Zora');
  await form.getByLabel('Last name').fill(surname);
  await form.getByLabel('Title').fill('Dr.');
  await form.getByLabel('Nickname').fill('Zo');
  await form.getByLabel('Organisation').fill('Werft');
  await form.getByLabel('Department').fill('Dock');
  await form.getByLabel('Position').fill('Engineer');
  await form.getByLabel('E-mail address 1').fill('zora@example.net');
  await form.getByRole('button', { name: 'Add an e-mail address' }).click();
  await form.getByLabel('E-mail address 2').fill('zora@example.org');
  await form.getByLabel('Kind of E-mail 2').selectOption('work');
  await form.getByLabel('Phone 1', { exact: true }).fill('+49 30 1234');
  await form.getByRole('button', { name: 'Add a phone' }).click();
  await form.getByLabel('Phone 2', { exact: true }).fill('+49 170 1');
  await form.getByRole('button', { name: 'Add an address' }).click();
  await form.getByLabel('Street and number').fill('Kai 3');
  await form.getByLabel('Postcode').fill('24103');
  await form.getByLabel('Town').fill('Kiel');
  await form.getByLabel('Birthday').fill('1990-02-28');
  await form.getByLabel('Web page').fill('https://example.net/zora');
  await form.getByLabel('Notes').fill('Likes quinces');
  await form.getByLabel('Choose a photo').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: PICTURE });
  await expect(form.getByRole('img', { name: 'Photo' })).toBeVisible();
  await form.getByRole('button', { name: 'Save' }).click();

  const name = `Dr. Zora ${surname}`;
  await expect(form.getByRole('heading', { name })).toBeVisible();
  for (const words of ['Zo', 'Werft, Dock', 'Engineer', 'zora@example.net', 'zora@example.org', '+49 30 1234', '24103 Kiel', '28 February 1990', 'https://example.net/zora', 'Likes quinces']) {
    await expect(form.getByText(words, { exact: words === 'Zo' }).first()).toBeVisible();
  }
  const photo = form.getByRole('img', { name: `Photo of ${name}` });
  await expect(photo).toBeVisible();
  expect(await photo.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBeGreaterThan(0);

  await form.getByRole('button', { name: 'Edit' }).click();
  await form.getByRole('button', { name: 'Remove zora@example.net' }).click();
  await form.getByLabel('Town').fill('Rendsburg');
  await form.getByRole('button', { name: 'Remove the photo' }).click();
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByText('24103 Rendsburg')).toBeVisible();
  await expect(form.getByText('zora@example.net')).toHaveCount(0);
  await expect(photo).toHaveCount(0);

  const search = page.getByRole('searchbox', { name: 'Search contacts' });
  await search.fill(`werft ${surname.split(' ')[1]}`);
  await expect(row(page, name)).toBeVisible();
  // What only the whole card says is asked of the server.
  await search.fill('quinces');
  await expect(row(page, name)).toBeVisible();
  await search.fill('nobody has this');
  await expect(page.getByText('No contacts here.')).toBeVisible();
  await search.fill(surname);

  await row(page, name).getByRole('button').click();
  await form.getByRole('button', { name: 'Delete' }).click();
  await expect(row(page, name)).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(row(page, name)).toBeVisible();
  await row(page, name).getByRole('button').click();
  await expect(form.getByText('Likes quinces')).toBeVisible();
  await form.getByRole('button', { name: `Write to ${name}` }).click();
  const letter = page.getByRole('dialog', { name: 'New message' });
  await expect(letter.getByLabel('To', { exact: true })).toHaveValue(`${name} <zora@example.org>, `);
  await letter.getByRole('button', { name: 'Discard' }).click();
});

test('an address book is made, renamed, filled and goes', async ({ page }) => {
  await begin(page);
  const [first, second] = [unique('Club'), unique('Choir')];
  await makeBook(page, first);
  await page.getByRole('button', { name: 'New contact' }).click();
  await card(page).getByLabel('First name').fill('Solo');
  await card(page).getByRole('button', { name: 'Save' }).click();
  await expect(row(page, 'Solo')).toBeVisible();
  await books(page).getByRole('button', { name: `Change ${first}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(second);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 1, name: second })).toBeVisible();
  await expect(row(page, 'Solo')).toBeVisible();
  await books(page).getByRole('button', { name: `Change ${second}` }).click();
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await dialog.getByRole('button', { name: 'Delete the address book and its contacts' }).click();
  await expect(books(page).getByText(second)).toHaveCount(0);
});

test('a group has members, and one letter goes to all', async ({ page }) => {
  await begin(page);
  const tag = unique('');
  await makeBook(page, `Team${tag}`);
  await importFile(page, 'team.vcf', ['Ada', 'Bo', 'Cy'].map((it) => vcard(`${it}${tag}`, `${it} Team${tag}`, `EMAIL:${it.toLowerCase()}@example.net`)).join(''));
  await expect(page.getByText('3 contacts imported.')).toBeVisible();
  await groups(page).getByRole('button', { name: 'New group' }).click();
  const form = card(page);
  await form.getByLabel('Name', { exact: true }).fill(`Board${tag}`);
  for (const name of ['Ada', 'Bo', 'Cy']) {
    await form.getByRole('combobox', { name: 'Add a member' }).fill(`${name} Team${tag}`);
    await page.getByRole('option', { name: new RegExp(name) }).waitFor();
    await page.keyboard.press('Enter');
    await expect(form.getByRole('list', { name: 'Members' })).toContainText(name);
  }
  await form.getByRole('button', { name: `Remove Cy Team${tag}` }).click();
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(groups(page).getByRole('button', { name: `Board${tag}` })).toBeVisible();
  await expect(form.getByRole('heading', { name: '2 members' })).toBeVisible();
  await form.getByRole('button', { name: `Write to Board${tag}` }).click();
  const letter = page.getByRole('dialog', { name: 'New message' });
  await expect(letter.getByLabel('To', { exact: true })).toHaveValue(/ada@example\.net.*bo@example\.net/);
  await letter.getByRole('button', { name: 'Discard' }).click();
});

test('the people of the house are there to be read', async ({ page }) => {
  await begin(page);
  await books(page).getByRole('button', { name: 'Directory', exact: true }).click();
  await page.getByRole('searchbox', { name: 'Search contacts' }).fill(BEN);
  await row(page, BEN).getByRole('button').click();
  await expect(card(page).getByRole('button', { name: BEN })).toBeVisible();
  await expect(card(page).getByRole('button', { name: 'Edit' })).toHaveCount(0);
  await expect(card(page).getByRole('button', { name: 'Delete' })).toHaveCount(0);
});

test('files of contacts come in and go out', async ({ page }) => {
  await begin(page);
  const tag = unique('');
  await makeBook(page, `Files${tag}`);
  const file = vcard(`x${tag}`, `Import${tag}`, 'X-ODD:kept', 'TEL:123') + 'BEGIN:VCARD\r\nVERSION:2.1\r\nN:Old;Outlook\r\nEND:VCARD\r\n';
  await importFile(page, 'contacts.vcf', file);
  await expect(row(page, `Import${tag}`)).toBeVisible();
  await expect(row(page, 'Outlook')).toBeVisible();
  await importFile(page, 'contacts.vcf', file);
  await expect(page.getByText('2 were there already.')).toBeVisible();

  await row(page, `Import${tag}`).getByRole('button').click();
  const download = page.waitForEvent('download');
  await card(page).getByRole('button', { name: `Export Import${tag}` }).click();
  const saved = await download;
  const chunks: Buffer[] = [];
  for await (const chunk of await saved.createReadStream()) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  expect(text).toContain('X-ODD:kept');
  expect(text.match(/BEGIN:VCARD/g)).toHaveLength(1);

  // A table, whose columns are told apart by their heads, or by hand.
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Import' });
  await dialog.getByLabel('A file with contacts').setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from(`Vorname;Nachname;E-Mail;Wohnt in\r\nTessa;Table${tag};t@example.net;Ulm\r\nTom;"Table${tag}";;\r\n`) });
  await expect(dialog.getByText('2 rows')).toBeVisible();
  await expect(dialog.getByLabel('Column “Vorname”')).toHaveValue('given');
  await dialog.getByLabel('Column “Wohnt in”').selectOption('Town');
  await accessible(page);
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await row(page, `Tessa Table${tag}`).getByRole('button').click();
  await expect(card(page).getByText('Ulm')).toBeVisible();
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(row(page, `Table${tag}`)).toHaveCount(0);
});

test('contacts that are there twice become one, and two again', async ({ page }) => {
  await begin(page);
  const tag = unique('');
  const mail = `dora${tag.trim()}@example.net`;
  await makeBook(page, `Twice${tag}`);
  await importFile(page, 'twice.vcf', vcard(`a${tag}`, `Dora${tag}`, `EMAIL:${mail}`, 'TEL:+49 30 99887766') + vcard(`b${tag}`, `D.${tag}`, `EMAIL:${mail.toUpperCase()}`, 'NOTE:second'));
  await page.getByRole('button', { name: 'Find duplicates' }).click();
  const set = page.getByRole('region', { name: new RegExp(`^(Dora|D\\.)${tag}`) });
  await set.getByRole('radio', { name: `The name is Dora${tag}` }).check();
  await expect(set.getByText('second')).toBeVisible();
  await accessible(page);
  await set.getByRole('button', { name: 'Merge' }).click();
  await expect(set).toHaveCount(0);
  await card(page).getByRole('button', { name: 'Close' }).click();
  await expect(row(page, tag)).toHaveCount(1);
  await row(page, `Dora${tag}`).getByRole('button').click();
  await expect(card(page).getByText('+49 30 99887766')).toBeVisible();
  await expect(card(page).getByText('second')).toBeVisible();
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(row(page, tag)).toHaveCount(2);
});

test('contacts are kept with the keyboard alone', async ({ page }) => {
  await signIn(page, ANNA);
  await place(page, 'Contacts').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'All contacts' })).toBeVisible();
  await expect(page.getByText('Loading …')).toHaveCount(0);
  const name = unique('Keys');
  await page.keyboard.press('n');
  await expect(card(page).getByLabel('First name')).toBeFocused();
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
  await expect(card(page).getByRole('heading', { name })).toBeVisible();
  await page.keyboard.press('e');
  await expect(card(page).getByLabel('First name')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(card(page).getByRole('heading', { name })).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type(name);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Escape');
  await page.keyboard.press('#');
  await expect(row(page, name)).toHaveCount(0);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
});

test('a shared address book is read by another, who sees what changes', async ({ page, browser }) => {
  await begin(page);
  const tag = unique('');
  await makeBook(page, `Shared${tag}`);
  await books(page).getByRole('button', { name: `Change Shared${tag}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Share …' }).click();
  const share = page.getByRole('dialog', { name: `Share “Shared${tag}”` });
  await share.getByLabel('Who is added').selectOption('may read');
  await share.getByRole('combobox', { name: 'Add a person or group' }).pressSequentially(BEN);
  await page.getByRole('option').filter({ hasText: BEN }).click();
  await expect(share.getByRole('listitem')).toContainText(BEN);
  await share.getByRole('button', { name: 'Close' }).click();

  const other = await browser.newPage();
  await begin(other, BEN);
  await books(other).getByTitle(`Show Shared${tag}`).click();
  await expect(books(other).getByTitle(`Show Shared${tag}`)).toHaveCount(0);
  await books(other).getByRole('button', { name: new RegExp(`^Shared${tag}`) }).click();
  await page.getByRole('button', { name: 'New contact' }).click();
  await card(page).getByLabel('First name').fill(`Both${tag}`);
  await card(page).getByRole('button', { name: 'Save' }).click();
  await expect(row(other, `Both${tag}`)).toBeVisible();
  await row(other, `Both${tag}`).getByRole('button').click();
  await expect(card(other).getByRole('button', { name: 'Edit' })).toHaveCount(0);
  await other.close();
});

test('two thousand contacts are as quick as two', async ({ page }) => {
  test.setTimeout(120_000);
  await begin(page);
  const tag = unique('');
  await makeBook(page, `Many${tag}`);
  const names = Array.from({ length: 2_000 }, (_, at) => vcard(`m${at}${tag}`, `P${at} ${String.fromCharCode(65 + (at % 26))}ame${tag}`));
  await importFile(page, 'many.vcf', names.join(''));
  await expect(page.getByText('2000 contacts imported.')).toBeVisible();
  await expect(row(page, /./).first()).toBeVisible();
  // Only what is seen is drawn.
  expect(await row(page, /./).count()).toBeLessThan(60);
  await page.getByRole('navigation', { name: 'Letters' }).getByRole('button', { name: 'Z' }).click();
  await expect(row(page, /Zame/).first()).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search contacts' }).fill('P1999');
  await expect(row(page, 'P1999')).toBeVisible();
  await books(page).getByRole('button', { name: `Change Many${tag}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await dialog.getByRole('button', { name: 'Delete the address book and its contacts' }).click();
  await expect(dialog).toBeHidden({ timeout: 30_000 });
});

for (const scheme of ['light', 'dark'] as const) {
  for (const [name, width, height] of [['phone', 390, 844], ['laptop', 1280, 800], ['wide', 1920, 1080]] as const) {
    test(`contacts are accessible: ${name}, ${scheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height });
      await begin(page);
      const who = unique('Looked');
      await page.getByRole('button', { name: 'New contact' }).click();
      await card(page).getByLabel('First name').fill(who);
      await card(page).getByLabel('E-mail address 1').fill('looked@example.net');
      await card(page).getByRole('button', { name: 'Add an address' }).click();
      await accessible(page);
      await card(page).getByLabel('Town').fill('Kiel');
      await card(page).getByRole('button', { name: 'Save' }).click();
      await expect(card(page).getByText('Kiel')).toBeVisible();
      await accessible(page);
      await page.screenshot({ path: test.info().outputPath(`contacts-${name}-${scheme}.png`) });
      if (name === 'phone') await page.getByRole('button', { name: 'Back' }).click();
      await page.getByRole('searchbox', { name: 'Search contacts' }).fill(who);
      await expect(row(page, who)).toBeVisible();
      await accessible(page);
      if (name === 'phone') {
        await page.getByRole('button', { name: 'Address books' }).click();
        await expect(groups(page)).toBeVisible();
        await accessible(page);
      }
      await groups(page).getByRole('button', { name: 'New group' }).click();
      await expect(card(page).getByLabel('Name', { exact: true })).toBeVisible();
      await accessible(page);
    });
  }
}
