import { expect, it } from 'vitest';
import { cardOf, guess, readTable } from './csv';

it('reads tables of several kinds', () => {
  expect(readTable('a,b\r\n"x, ""y""\nz",2\r\n\r\n3')).toEqual([['a', 'b'], ['x, "y"\nz', '2'], ['3']]);
  expect(readTable('\uFEFFVorname;Nachname\nÄnne;de Vries\n')).toEqual([['Vorname', 'Nachname'], ['Änne', 'de Vries']]);
});

it('tells columns apart', () => {
  expect(guess(['First Name', 'Last Name', 'E-mail 1 - Value', 'E-mail 1 - Label', 'Mobile Phone', 'Company', 'Telefon', 'PLZ', 'Ort', 'x'])).toEqual([
    'given', 'surname', 'email', '', 'mobile', 'organization', 'phone', 'postcode', 'locality', '',
  ]);
});

it('makes cards of rows', () => {
  const fields = guess(['Name', 'E-Mail', 'Handy', 'Geburtstag', 'Straße', 'Stadt']);
  expect(cardOf(['Zora Zimmer', 'z@example.net', '0170 1', '28.02.1990', 'Weg 1', 'Kiel'], fields)).toEqual({
    name: { '@type': 'Name', full: 'Zora Zimmer' },
    emails: { k1: { address: 'z@example.net' } },
    phones: { k1: { number: '0170 1', features: { mobile: true } } },
    addresses: { k1: { components: [{ kind: 'name', value: 'Weg 1' }, { kind: 'locality', value: 'Kiel' }] } },
    anniversaries: { k1: { kind: 'birth', date: { '@type': 'PartialDate', year: 1990, month: 2, day: 28 } } },
  });
  expect(cardOf(['', '', '', '', '', 'Kiel'], fields)).toBeNull();
});
