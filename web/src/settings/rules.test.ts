import { expect, it } from 'vitest';
import { emptyRule, fromSieve, isWhole, toSieve, type Rule } from './rules';

const rules: Rule[] = [
  {
    name: 'Bills "and" more',
    on: true,
    all: false,
    conditions: [
      { field: 'subject', test: 'begins', value: 'Invoice*' },
      { field: 'from', test: 'is', value: 'billing@example.net' },
      { field: 'size', test: 'over', value: '2.5' },
    ],
    actions: [{ do: 'move', to: 'm7', name: 'Bills' }, { do: 'flag' }, { do: 'forward', to: 'ben@example.org' }],
  },
  { name: 'Off', on: false, all: true, conditions: [], actions: [{ do: 'delete' }] },
];

it('is read back as it was written', () => {
  expect(fromSieve(toSieve(rules))).toEqual(rules);
  expect(fromSieve(toSieve([]))).toEqual([]);
  expect(fromSieve(toSieve(rules).replace(/\n/g, '\r\n'))).toEqual(rules);
});

it('notices what was changed by hand, and what is none of ours', () => {
  expect(fromSieve(toSieve(rules).replace('m7', 'm8'))).toBeNull();
  expect(fromSieve(`${toSieve(rules)}keep;\n`)).toBeNull();
  expect(fromSieve('keep;')).toBeNull();
});

it('writes what Sieve understands, and nothing that somebody typed becomes a command', () => {
  const text = toSieve(rules);
  expect(text).toContain('header :matches "Subject" "Invoice\\\\**"');
  expect(text).toContain('size :over 2560K');
  expect(text).toContain('require ["copy", "fileinto", "imap4flags", "mailboxid"];');
  // Marks first: what is moved is moved with them.
  expect(text.indexOf('addflag')).toBeLessThan(text.indexOf('fileinto :'));
  const hostile = toSieve([{ ...emptyRule(), name: 'x\ndiscard;', conditions: [{ field: 'subject', test: 'is', value: '"; discard; "\r\ndiscard;' }], actions: [{ do: 'flag' }] }]);
  expect(hostile).toContain('"\\"; discard; \\" discard;"');
  expect(hostile.split('\n').filter((line) => line.trim().startsWith('discard'))).toEqual([]);
});

it('knows which rule is whole', () => {
  expect(isWhole(emptyRule())).toBe(false);
  expect(rules.every(isWhole)).toBe(true);
});
