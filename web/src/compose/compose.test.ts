import { expect, it } from 'vitest';
import { read, toText } from './compose.svelte';

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
