// Tables of contacts (RFC 4180), as Outlook, Google and others write them: read, and their columns told apart.

import { freeKey, type Card } from './card';

/** Rows, and cells of a row, that are read. */
const ROWS_MAX = 20_000;

/** The cells of a table; what separates them is found out from the first line. */
export function readTable(text: string): string[][] {
  const plain = text.replace(/^\uFEFF/, '');
  const head = plain.slice(0, plain.search(/\r?\n|$/));
  const count = (sign: string): number => head.split(sign).length;
  const sign = [',', ';', '\t'].sort((a, b) => count(b) - count(a))[0] ?? ',';
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const end = (): void => {
    row.push(cell);
    cell = '';
    if (row.some((it) => it.trim())) rows.push(row);
    row = [];
  };
  for (let at = 0; at < plain.length && rows.length < ROWS_MAX; at += 1) {
    const one = plain[at];
    if (quoted) {
      if (one !== '"') cell += one;
      else if (plain[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (one === '"' && cell === '') quoted = true;
    else if (one === sign) {
      row.push(cell);
      cell = '';
    } else if (one === '\n') end();
    else if (one !== '\r') cell += one;
  }
  if (cell || row.length > 0) end();
  return rows;
}

/** What a column can be. */
export const FIELDS = ['', 'full', 'given', 'surname', 'organization', 'title', 'email', 'phone', 'mobile', 'street', 'postcode', 'locality', 'region', 'country', 'birthday', 'note'] as const;
export type Field = (typeof FIELDS)[number];

/** Words in the heads of columns, in English and German; the first that fits. */
const WORDS: [Field, RegExp][] = [
  ['email', /e-?mail(?!.*(type|typ|label|display|anzeige))/i],
  ['mobile', /mobil|handy|cell/i],
  ['phone', /(phone|telefon|tel\.?)(?!.*(type|typ|label))/i],
  ['given', /first ?name|given|vorname/i],
  ['surname', /last ?name|surname|family|nachname|familienname/i],
  ['organization', /company|organi[sz]ation(?!.*(title|type|department))|firma/i],
  ['title', /job ?title|position|beruf|funktion/i],
  ['street', /street|stra(ß|ss)e/i],
  ['postcode', /postal|zip|plz|postleitzahl/i],
  ['locality', /city|town|ort\b|stadt/i],
  ['region', /state|region|bundesland/i],
  ['country', /country|land\b/i],
  ['birthday', /birth|geburt/i],
  ['note', /note|notiz|bemerkung/i],
  ['full', /^(display ?name|full ?name|name|anzeigename)$/i],
];

/** What each column seems to be. */
export function guess(head: string[]): Field[] {
  return head.map((title) => WORDS.find(([, words]) => words.test(title.trim()))?.[0] ?? '');
}

/** A day as tables write it: 1990-02-28, 28.02.1990 or 2/28/1990. */
function dateOf(text: string): { year: number; month: number; day: number } | null {
  const numbers = text.trim().match(/^(\d{1,4})([-./])(\d{1,2})\2(\d{1,4})/);
  if (!numbers) return null;
  const [one, two, three] = [Number(numbers[1]), Number(numbers[3]), Number(numbers[4])];
  const date = numbers[2] === '-' ? { year: one, month: two, day: three } : numbers[2] === '.' ? { year: three, month: two, day: one } : { year: three, month: one, day: two };
  return date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31 && date.year >= 1000 ? date : null;
}

/** A card of a row; null where there is nothing to call it by. */
export function cardOf(row: string[], fields: Field[]): Partial<Card> | null {
  const all = (field: Field): string[] => fields.flatMap((it, at) => (it === field && row[at]?.trim() ? [row[at].trim()] : []));
  const one = (field: Field): string => all(field)[0] ?? '';
  const card: Record<string, unknown> = {};
  const components = [['given', one('given')], ['surname', one('surname')]].filter(([, value]) => value).map(([kind, value]) => ({ kind, value }));
  const full = one('full') || components.map((it) => it.value).join(' ') || one('organization') || one('email');
  if (!full) return null;
  card.name = { '@type': 'Name', full, ...(components.length > 0 ? { components, isOrdered: true } : {}) };
  const map = (name: string, entries: object[]): void => {
    const made: Record<string, object> = {};
    for (const entry of entries) made[freeKey(made)] = entry;
    if (entries.length > 0) card[name] = made;
  };
  map('emails', all('email').filter((it) => it.includes('@')).map((address) => ({ address })));
  map('phones', [...all('phone').map((number) => ({ number })), ...all('mobile').map((number) => ({ number, features: { mobile: true } }))]);
  map('organizations', all('organization').slice(0, 1).map((name) => ({ name })));
  map('titles', all('title').slice(0, 1).map((name) => ({ name })));
  map('notes', all('note').map((note) => ({ note })));
  const parts = [['name', one('street')], ['locality', one('locality')], ['region', one('region')], ['postcode', one('postcode')], ['country', one('country')]].filter(([, value]) => value);
  map('addresses', parts.length > 0 ? [{ components: parts.map(([kind, value]) => ({ kind, value })) }] : []);
  const birthday = dateOf(one('birthday'));
  map('anniversaries', birthday ? [{ kind: 'birth', date: { '@type': 'PartialDate', ...birthday } }] : []);
  return card as Partial<Card>;
}
