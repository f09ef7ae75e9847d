import { expect, test } from '@playwright/test';
import { ROOM, choose, dialog, found, nothingPlanned, open, opened, place, put, second, shown } from './planning';
import { ANNA, BEN, accessible, deliver, signIn } from './world';

test.beforeEach(nothingPlanned);

test('people and a room are invited when they are free; they answer, and hear of changes', async ({ page, browser, request }) => {
  await put(request, BEN, { title: 'Dentist', start: '2027-03-02T09:00:00' });
  await open(page, ANNA);
  const other = await second(browser, BEN);
  await page.getByRole('button', { name: 'New event' }).click();
  const form = dialog(page);
  await form.getByLabel('Title').fill('Planning');
  await form.getByLabel('Start').fill('2027-03-02T09:30');
  await form.getByLabel('End', { exact: true }).fill('2027-03-02T10:30');
  await form.getByRole('combobox', { name: 'Participants' }).fill(`${BEN}, `);
  // Who cannot come is told without being asked for.
  await expect(form.getByText(/Busy then: .*ben/i)).toBeVisible();
  await form.getByRole('button', { name: 'Find a time' }).click();
  const side = form.getByRole('region', { name: 'Find a time' });
  await expect(side.getByRole('listitem').filter({ hasText: /ben/i })).toContainText('Busy');
  await expect(side.getByRole('listitem').filter({ hasText: /anna/i })).toContainText('Free');
  await accessible(page);
  // 08:00 is free for an hour; Ben is busy from 9 to 10.
  await expect(side.getByRole('button').first()).toHaveText(/2 Mar.+08:00.09:00/);
  await side.getByRole('button', { name: /2 Mar.+10:00.11:00/ }).click();
  await expect(form.getByLabel('Start')).toHaveValue('2027-03-02T10:00');
  await expect(form.getByText('Everybody has time then.')).toBeVisible();
  await expect(side.getByRole('listitem').filter({ hasText: /ben/i })).toContainText('Free');
  await form.getByRole('checkbox', { name: new RegExp(`${ROOM}.*Free`) }).check();
  await expect(form.getByLabel('Place')).toHaveValue(ROOM);
  await choose(page, 'Save');

  // The room answers by itself, and is taken for others.
  await shown(page, /Planning/).click();
  await expect(dialog(page).getByRole('list', { name: 'Answers' }).getByRole('listitem').filter({ hasText: ROOM })).toContainText('accepted');
  await choose(page, 'Cancel');
  await page.getByRole('button', { name: 'New event' }).click();
  await dialog(page).getByLabel('Start').fill('2027-03-02T10:30');
  await expect(dialog(page).getByRole('checkbox', { name: new RegExp(`${ROOM}.*Busy`) })).toBeVisible();
  await choose(page, 'Cancel');

  await shown(other, /Planning.*not answered yet/).click();
  await choose(other, 'Maybe');
  await expect(other.getByRole('dialog')).toHaveCount(0);
  await opened(page, /Planning/, () => expect(dialog(page).getByRole('list', { name: 'Answers' }).getByRole('listitem').filter({ hasText: /ben/i })).toContainText('maybe', { timeout: 1_000 }));

  await dialog(page).getByLabel('Start').fill('2027-03-03T10:00');
  await expect(dialog(page).getByLabel('Send invitations and updates')).toBeChecked();
  await choose(page, 'Save');
  await expect(shown(other, /3 March, 10:00.*Planning/)).toBeVisible();
  await shown(page, /Planning/).click();
  await choose(page, 'Delete');
  await expect(shown(page, /Planning/)).toHaveCount(0);
  await shown(other, /Planning/).click();
  await expect(dialog(other).getByText('This event was cancelled.')).toBeVisible();
  await other.context().close();
});

test('who need not come is told apart from who is needed, by everybody', async ({ page, browser, request }) => {
  await open(page, ANNA);
  await page.getByRole('button', { name: 'New event' }).click();
  const form = dialog(page);
  const needed = form.getByRole('combobox', { name: 'Participants', exact: true });
  const optional = form.getByRole('combobox', { name: 'Optional participants' });
  await form.getByLabel('Title').fill('Review');
  await form.getByLabel('Start').fill('2027-03-02T10:00');
  await needed.fill('gina@example.net, ');
  await form.getByRole('button', { name: 'Add optional participants' }).click();
  await expect(optional).toBeFocused();
  await optional.fill(`${BEN}, `);
  await form.getByRole('button', { name: 'Find a time' }).click();
  await expect(form.getByRole('region', { name: 'Find a time' }).getByRole('listitem').filter({ hasText: /ben/i })).toContainText('optional');
  await accessible(page);
  await choose(page, 'Save');
  const roles = async (): Promise<Record<string, unknown>> => {
    const [event] = await found(request, ANNA, 'Review', ['participants']);
    return Object.fromEntries(Object.values((event?.participants ?? {}) as Record<string, { calendarAddress: string; roles: object }>).map((one) => [one.calendarAddress, one.roles]));
  };
  await expect.poll(roles).toMatchObject({ 'mailto:gina@example.net': { required: true }, [`mailto:${BEN}`]: { optional: true } });

  const other = await second(browser, BEN);
  await shown(other, /Review/).click();
  await expect(dialog(other).getByText('Your attendance is optional.')).toBeVisible();
  await expect(dialog(other).getByText(/2 March 2027/)).toBeVisible();
  await accessible(other);
  await choose(other, 'Accept');
  await expect(other.getByRole('dialog')).toHaveCount(0);
  await other.context().close();

  const answers = form.getByRole('list', { name: 'Answers' });
  await opened(page, /Review/, () => expect(answers.getByRole('listitem').filter({ hasText: /ben/i })).toContainText('optional, accepted', { timeout: 1_000 }));
  await expect(optional).toHaveValue(new RegExp(BEN));
  // Whoever is needed after all keeps the answer.
  await optional.fill('');
  await needed.fill(`gina@example.net, ${BEN}, `);
  await choose(page, 'Save');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect.poll(roles).toMatchObject({ [`mailto:${BEN}`]: { required: true } });
  await opened(page, /Review/, () => expect(answers.getByRole('listitem').filter({ hasText: /ben/i })).toContainText('accepted', { timeout: 1_000 }));
  await expect(form.getByRole('button', { name: 'Add optional participants' })).toBeVisible();
});

test('whoever organizes an event takes part in it once', async ({ page, request }) => {
  const owner = { '@type': 'Participant', calendarAddress: `mailto:${ANNA}`, roles: { owner: true } };
  const guest = { '@type': 'Participant', calendarAddress: `mailto:${BEN}`, roles: { optional: true } };
  await put(request, ANNA, { title: 'Once', start: '2027-03-02T10:00:00', participants: { o: owner, g: guest } });
  const [event] = await found(request, ANNA, 'Once', ['participants']);
  expect(Object.keys(event?.participants as object).sort()).toEqual(['g', 'o']);
  await open(page, ANNA);
  await shown(page, /Once/).click();
  await expect(dialog(page).getByRole('list', { name: 'Answers' }).getByRole('listitem')).toHaveCount(2);
});

function invitation(uid: string, title: string, method = 'REQUEST', more: string[] = []): string {
  const lines = [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//Test//EN', `METHOD:${method}`, 'BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20270101T000000Z', 'DTSTART:20270302T130000Z', 'DTEND:20270302T140000Z',
    `SUMMARY:${title}`, 'LOCATION:Their office', 'ORGANIZER;CN=Gina Guest:mailto:gina@example.net', `ATTENDEE;CN=Anna;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:${ANNA}`, 'ATTENDEE;CN=Otto;PARTSTAT=ACCEPTED:mailto:otto@example.net', ...more,
    'END:VEVENT', 'END:VCALENDAR',
  ];
  return [
    'From: Gina Guest <gina@example.net>', `To: ${ANNA}`, `Subject: ${title}`, `Message-ID: <${crypto.randomUUID()}@example.net>`, `Date: ${new Date().toUTCString()}`, 'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary=b', '', '--b', 'Content-Type: text/plain', '', 'Please come.', '--b', `Content-Type: text/calendar; method=${method}; charset=utf-8`, '', ...lines, '--b--', '',
  ].join('\r\n');
}

test('an invitation is answered from the mail, and stands in the calendar', async ({ page, request }) => {
  const title = `Visit ${crypto.randomUUID().slice(0, 8)}`;
  await deliver(request, ANNA, [invitation(`${title}@example.net`.replace(' ', '-'), title)]);
  await signIn(page, ANNA);
  await page.getByRole('button', { name: new RegExp(title) }).click();
  const bar = page.getByRole('region', { name: 'Invitation' });
  await expect(bar).toContainText('Gina Guest invites you');
  await expect(bar).toContainText(title);
  await expect(bar).toContainText('14:00');
  await expect(bar).toContainText('Their office');
  await accessible(page);
  await bar.getByRole('button', { name: 'Accept' }).click();
  await expect(page.getByText('Your answer was sent')).toBeVisible();
  await expect(bar.getByRole('button', { name: 'Accept' })).toHaveAttribute('aria-pressed', 'true');
  await bar.getByRole('button', { name: 'Show in calendar' }).click();
  await expect(page.getByRole('dialog', { name: title })).toContainText('Their office');
  await expect(dialog(page).getByRole('button', { name: 'Accept' })).toHaveAttribute('aria-pressed', 'true');
  // And another answer from here is seen there.
  await choose(page, 'Decline');
  await place(page, 'Mail').click();
  await page.getByRole('button', { name: new RegExp(title) }).click();
  await expect(bar.getByRole('button', { name: 'Decline' })).toHaveAttribute('aria-pressed', 'true');
  await expect(bar.getByRole('button', { name: 'Accept' })).toHaveAttribute('aria-pressed', 'false');
});
