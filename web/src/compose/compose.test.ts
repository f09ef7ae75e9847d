import { expect, it } from 'vitest';
import { EMPTY, isWritten, read, signed, toText } from './letter';

it('reads addresses as people write them', () => {
  expect(read('Anna Berg <anna@example.org>, bert@example.org; "Doe, John" <john@example.net>,')).toEqual([
    { name: 'Anna Berg', email: 'anna@example.org' },
    { name: null, email: 'bert@example.org' },
    { name: 'Doe, John', email: 'john@example.net' },
  ]);
  expect(read('nobody')).toEqual([]);
});

it('says in plain text what HTML says', () => {
  expect(toText('<div>Hello <b>you</b></div><div><br></div><blockquote>a<br>b</blockquote>')).toBe('Hello you\n\n> a\n> b\n');
});

it('puts a signature below what is written and above what is quoted, and only once', () => {
  const html = '<div><br></div><div>On Monday Ben wrote:</div><blockquote>x</blockquote>';
  const once = signed(html, '<b>Anna</b>');
  expect(once).toBe('<div><br></div><div class="wachpost-signature">-- <br><b>Anna</b></div><div>On Monday Ben wrote:</div><blockquote>x</blockquote>');
  expect(signed(once, 'Sales')).toContain('-- <br>Sales</div>');
  expect(signed(once, 'Sales')).not.toContain('Anna');
  expect(signed(once, '')).toBe(html);
  expect(signed('', '<img src=x onerror=alert(1)>')).not.toContain('onerror');
});

it('knows what nobody wrote', () => {
  const html = signed('<div><br></div><blockquote>quoted</blockquote>', 'Anna');
  expect(isWritten({ ...EMPTY, html })).toBe(false);
  expect(isWritten({ ...EMPTY, html: `<div>Hi</div>${html}` })).toBe(true);
  expect(isWritten({ ...EMPTY, subject: 'x' })).toBe(true);
});
