import { describe, expect, it } from 'vitest';
import { addressLines, changes, fold, holds, letterOf, nameOf, searchText, sortName, toForm, type Card } from './card';

const base: Card = {
  id: 'k1', uid: 'u', addressBookIds: { b1: true },
  name: { full: 'Dr. Änne de Vries', components: [{ kind: 'title', value: 'Dr.' }, { kind: 'given', value: 'Änne' }, { kind: 'surname', value: 'de Vries' }], isOrdered: true },
  organizations: { o: { name: 'Werft', units: [{ name: 'Dock' }, { name: 'Zwei' }] } },
  emails: { a: { address: 'a@example.net', contexts: { work: true }, pref: 1 }, b: { address: 'b@example.net' } },
  phones: { p: { number: 'tel:+4930123', features: { mobile: true, text: true } } },
  addresses: { h: { components: [{ kind: 'name', value: 'Kai 3' }, { kind: 'locality', value: 'Kiel' }, { kind: 'postOfficeBox', value: '12' }] } },
  anniversaries: { w: { kind: 'wedding', date: { year: 2001, month: 2, day: 3 } } },
};

describe('a card', () => {
  it('has a name, a place among others, and is found', () => {
    expect([nameOf(base), sortName(base), letterOf(sortName(base))]).toEqual(['Dr. Änne de Vries', 'de Vries Änne', 'D']);
    expect([letterOf('Ärger'), letterOf('42'), letterOf('Ω')]).toEqual(['A', '#', 'Ω']);
    expect(nameOf({ ...base, name: null })).toBe('Werft');
    expect(holds(searchText(base), 'VRIES anne')).toBe(true);
    expect(holds(searchText(base), '4930')).toBe(true);
    expect(holds(searchText(base), 'dock kiel')).toBe(false);
    expect(fold(' Ünder ')).toBe('under');
  });

  it('has an address in lines', () => {
    const components = [['country', 'D'], ['locality', 'Kiel'], ['postcode', '24103'], ['number', '3'], ['name', 'Kai']].map(([kind = '', value = '']) => ({ kind, value }));
    expect(addressLines({ components })).toEqual(['Kai 3', '24103 Kiel', 'D']);
    expect(addressLines({ full: 'a\nb' })).toEqual(['a', 'b']);
  });

  it('is not changed by a form that nobody touched', () => {
    expect(changes(base, toForm(base))).toEqual({});
  });

  it('keeps what the form has no place for', () => {
    const form = toForm(base);
    form.surname = 'Vries';
    form.emails[0]!.value = 'c@example.net';
    form.emails.splice(1, 1);
    form.phones[0]!.kind = 'work';
    form.addresses[0]!.street = 'Kai 4';
    form.unit = '';
    form.birthday = '1990-02-28';
    expect(changes(base, form)).toEqual({
      name: { '@type': 'Name', isOrdered: true, full: 'Dr. Änne Vries', components: [{ kind: 'title', value: 'Dr.' }, { kind: 'given', value: 'Änne' }, { kind: 'surname', value: 'Vries' }] },
      emails: { a: { address: 'c@example.net', contexts: { work: true }, pref: 1 } },
      phones: { p: { number: 'tel:+4930123', features: { text: true }, contexts: { work: true } } },
      addresses: { h: { components: [{ kind: 'name', value: 'Kai 4' }, { kind: 'locality', value: 'Kiel' }, { kind: 'postOfficeBox', value: '12' }] } },
      organizations: { o: { name: 'Werft', units: [{ name: 'Zwei' }] } },
      anniversaries: { w: { kind: 'wedding', date: { year: 2001, month: 2, day: 3 } }, k1: { kind: 'birth', date: { '@type': 'PartialDate', year: 1990, month: 2, day: 28 } } },
    });
  });

  it('loses what is emptied', () => {
    const form = { ...toForm(base), organization: '', unit: '', emails: [], addresses: [] };
    expect(changes(base, form)).toEqual({ organizations: null, emails: null, addresses: null });
  });

  it('is made of a form', () => {
    const form = { ...toForm(null), given: 'Zora', emails: [{ key: 'k1', value: 'z@example.net', context: 'private' as const }], note: 'x' };
    expect(changes(null, form)).toEqual({
      name: { '@type': 'Name', isOrdered: true, components: [{ kind: 'given', value: 'Zora' }], full: 'Zora' },
      emails: { k1: { address: 'z@example.net', contexts: { private: true } } },
      notes: { k1: { note: 'x' } },
    });
  });
});
