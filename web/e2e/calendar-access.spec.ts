import { expect, test } from '@playwright/test';
import { ask, choose, dialog, go, nothingPlanned, place, put, second, shown } from './planning';
import { ANNA, BEN, accessible, signIn } from './world';

test.beforeEach(nothingPlanned);

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
