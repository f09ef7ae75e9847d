// How fast the client is in the browser: p95 of opening a message, switching the folder, the next page of a list, and the
// first view on a warm cache. Not a test: it prints figures.
//
// Needs a server whose person ANNA has two filled folders: `python3 measure/fill.py 250000 > many.mbox`,
// `wachpost import mbox many.mbox ANNA --mailbox Many`, and a few thousand more in `INBOX`. Then
//     BASE_URL=https://localhost:8443 ANNA=... PASSWORD=... FOLDERS="Many,Inbox" node measure/figures.js

import { chromium } from '@playwright/test';

const given = (name, otherwise) => {
  const value = process.env[name] ?? otherwise;
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};
const [large, other] = given('FOLDERS', 'Many,Inbox').split(',');
const ROUNDS = Number(given('ROUNDS', '60'));

function p95(all) {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share) => (sorted[Math.min(Math.ceil(sorted.length * share) - 1, sorted.length - 1)] ?? 0).toFixed(0);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms (${sorted.length} times)`;
}

/** Milliseconds from a deed until the page shows what `shown` waits for, both told by the page's own clock. */
function timed(page, deed, shown, argument) {
  return page.evaluate(
    ([deed, shown, argument]) =>
      new Promise((resolve, reject) => {
        const look = new Function('argument', `return ${shown}`);
        const act = new Function('argument', deed);
        const began = performance.now();
        const check = () => {
          if (look(argument)) requestAnimationFrame(() => resolve(performance.now() - began));
          else if (performance.now() - began > 20_000) reject(new Error(`never shown: ${shown}`));
          else setTimeout(check, 1);
        };
        act(argument);
        check();
      }),
    [deed, shown, argument],
  );
}

const browser = await chromium.launch({ executablePath: given('CHROMIUM', '/usr/bin/chromium'), args: ['--no-sandbox'] });
const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', viewport: { width: 1280, height: 800 }, bypassCSP: true });
// When the list is painted first, by the page's own clock, which begins with the navigation.
await context.addInitScript(() => {
  const look = () => {
    if (document.querySelectorAll('#messages .item').length > 3) requestAnimationFrame(() => (window.painted = performance.now()));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
const page = await context.newPage();
await page.goto(given('BASE_URL'));
await page.getByLabel('E-mail address').fill(given('ANNA'));
await page.getByLabel('Password').fill(given('PASSWORD'));
await page.getByRole('button', { name: 'Sign in', exact: true }).click();
await page.getByRole('navigation', { name: 'Folders' }).getByRole('button', { name: new RegExp(`^${large}`) }).waitFor();

const folder = `[...document.querySelectorAll('nav[aria-label="Folders"] button')].find((it) => it.textContent.trim().startsWith(argument))`;
const rowsOf = `document.querySelector('h1')?.textContent === argument && document.querySelectorAll('#messages .item').length > 3`;
const times = { folders: [], pages: [], next: [], messages: [], first: [], tabs: [] };

for (let round = 0; round < ROUNDS; round += 1) {
  for (const name of [large, other]) times.folders.push(await timed(page, `${folder}.click()`, rowsOf, name));
}
await timed(page, `${folder}.click()`, rowsOf, large);
const rows = Number(await page.locator('#messages [role=listitem]').first().getAttribute('aria-setsize'));
console.log(`conversations in ${large}: ${rows}`);
const step = Math.floor(rows / (ROUNDS + 2));
// A page that was never looked at: far apart, so that nothing of it is at hand.
for (let round = 1; round <= ROUNDS; round += 1) {
  const deed = `document.querySelector('#messages .list').scrollTop = argument * 74`;
  const shown = `[...document.querySelectorAll('#messages [role=listitem]')].some((it) => Number(it.getAttribute('aria-posinset')) === argument + 3 && it.querySelector('.item'))`;
  times.pages.push(await timed(page, deed, shown, round * step));
}
// The next page, as one scrolls on.
await timed(page, `document.querySelector('#messages .list').scrollTop = 0`, `document.querySelectorAll('#messages .item').length > 3`, 0);
for (let round = 1; round <= ROUNDS; round += 1) {
  const deed = `document.querySelector('#messages .list').scrollTop = argument * 74`;
  const shown = `[...document.querySelectorAll('#messages [role=listitem]')].some((it) => Number(it.getAttribute('aria-posinset')) === argument + 3 && it.querySelector('.item'))`;
  times.next.push(await timed(page, deed, shown, round * 50));
  await page.waitForTimeout(100);
}
// Messages that nobody looked at yet: the list is somewhere else each time, and what is clicked is clicked at once.
for (let round = 1; round <= ROUNDS; round += 1) {
  const there = `[...document.querySelectorAll('#messages [role=listitem]')].some((it) => Number(it.getAttribute('aria-posinset')) === argument + 3 && it.querySelector('.item'))`;
  await timed(page, `document.querySelector('#messages .list').scrollTop = argument * 74`, there, round * step + Math.floor(step / 2));
  const deed = `window.before = document.querySelector('article iframe')?.srcdoc ?? ''; [...document.querySelectorAll('#messages [role=listitem]')].find((it) => Number(it.getAttribute('aria-posinset')) === argument + 3).querySelector('.open').click()`;
  const shown = `(document.querySelector('article iframe')?.srcdoc ?? '') !== '' && document.querySelector('article iframe').srcdoc !== window.before && document.querySelector('article:last-of-type iframe')?.contentDocument?.body?.textContent.length > 10`;
  times.messages.push(await timed(page, deed, shown, round * step + Math.floor(step / 2)));
}
for (let round = 0; round < ROUNDS / 2; round += 1) {
  await page.reload({ waitUntil: 'commit' });
  await page.waitForFunction(() => window.painted > 0);
  times.first.push(await page.evaluate(() => window.painted));
  // People look at it before they load it again.
  await page.waitForTimeout(300);
}
for (let round = 0; round < ROUNDS / 2; round += 1) {
  const tab = await context.newPage();
  await tab.goto(given('BASE_URL'), { waitUntil: 'commit' });
  await tab.waitForFunction(() => window.painted > 0);
  times.tabs.push(await tab.evaluate(() => window.painted));
  await tab.waitForTimeout(300);
  await tab.close();
}
await browser.close();

console.log(`open a message, never seen:         ${p95(times.messages)}   to reach: p95 < 100 ms`);
console.log(`switch folder, back and forth:      ${p95(times.folders)}   to reach: p95 < 150 ms`);
console.log(`next page of a list, scrolling on:  ${p95(times.next)}   to reach: p95 < 100 ms`);
console.log(`page of a list far away:            ${p95(times.pages)}   to reach: p95 < 100 ms`);
console.log(`first view, warm cache, same tab:   ${p95(times.first)}   to reach: p95 < 300 ms`);
console.log(`first view, warm cache, new tab:    ${p95(times.tabs)}   to reach: p95 < 300 ms`);
