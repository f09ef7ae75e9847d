import { expect, it } from 'vitest';
import type { Card } from './card';
import { duplicates, merged, richest } from './duplicates';

const card = (id: string, more: Partial<Card>): Card => ({ id, uid: id, addressBookIds: { b1: true }, ...more });

const ANNA = card('k1', { name: { full: 'Anna Amsel' }, emails: { a: { address: 'Anna@example.net' } } });
const MAIL = card('k2', { name: { full: 'A. Amsel' }, emails: { a: { address: 'anna@example.net' }, b: { address: 'amsel@example.org' } }, phones: { p: { number: '+49 30 1234567' } } });
const PHONE = card('k3', { name: { full: 'Büro' }, phones: { p: { number: '030 1234567' } }, notes: { n: { note: 'ring twice' } } });
const NAME = card('k4', { name: { full: 'Amsel, Anna' } });
const OTHER = card('k5', { name: { full: 'Anna' }, phones: { p: { number: '12345' } } });

it('finds cards by address, number and name', () => {
  expect(duplicates([ANNA, MAIL, PHONE, NAME, OTHER]).map((set) => set.map((it) => it.id))).toEqual([['k1', 'k2', 'k3', 'k4']]);
  expect(duplicates([OTHER, card('k6', { name: { full: 'Anna' } })])).toEqual([]);
  expect(duplicates([ANNA, card('k7', { ...ANNA, kind: 'group' })])).toEqual([]);
});

it('makes one of several, and loses nothing', () => {
  expect(richest([ANNA, MAIL, NAME])).toBe(MAIL);
  expect(merged(MAIL, [ANNA, PHONE], ANNA)).toEqual({ name: { full: 'Anna Amsel' }, phones: { p: { number: '+49 30 1234567' }, 'p-2': { number: '030 1234567' } }, notes: { n: { note: 'ring twice' } } });
  expect(merged(ANNA, [NAME], ANNA)).toEqual({});
});
