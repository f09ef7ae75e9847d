import { expect, it } from 'vitest';
import { linked } from './words';

it('what leads elsewhere is told from the words around it', () => {
  expect(linked('See https://example.org/a?b=1, or (http://example.net).')).toEqual([
    { text: 'See ' }, { text: 'https://example.org/a?b=1', href: 'https://example.org/a?b=1' }, { text: ', or (' }, { text: 'http://example.net', href: 'http://example.net' }, { text: ').' },
  ]);
  // Nothing that could run is a link.
  expect(linked('javascript:alert(1) data:text/html,x https:').some((one) => one.href)).toBe(false);
  expect(linked('')).toEqual([]);
});
