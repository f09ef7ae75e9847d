// Rules in plain words, and the Sieve script (RFC 5228) that they are: one script, which this editor owns.
//
// The script carries the rules themselves in comments, so that it is read back as it was written. Whatever somebody changed
// by hand is noticed: it is not what the rules would be written as.

export type Field = 'from' | 'to' | 'subject' | 'body' | 'list' | 'size';
export type Test = 'contains' | 'not' | 'is' | 'begins' | 'over' | 'under';
export type Deed = 'move' | 'flag' | 'read' | 'forward' | 'junk' | 'delete' | 'stop';

export interface Condition {
  field: Field;
  test: Test;
  /** A text; for sizes megabytes. */
  value: string;
}

export interface Action {
  do: Deed;
  /** The mailbox's id, or the address. */
  to?: string;
  /** The mailbox's path, for people who read the script. */
  name?: string;
}

export interface Rule {
  name: string;
  on: boolean;
  /** Whether all conditions must hold, not just one. */
  all: boolean;
  conditions: Condition[];
  actions: Action[];
}

/** The name of the script. */
export const SCRIPT = 'Wachpost rules';
const HEAD = '# Rules of the Wachpost web client. It writes this script anew with every change.';
const MARK = '#rule ';

export const TESTS: Record<Field, Test[]> = {
  from: ['contains', 'not', 'is'],
  to: ['contains', 'not', 'is'],
  subject: ['contains', 'not', 'is', 'begins'],
  body: ['contains', 'not'],
  list: ['contains', 'not'],
  size: ['over', 'under'],
};
export const FIELDS = Object.keys(TESTS) as Field[];
export const DEEDS: Deed[] = ['move', 'flag', 'read', 'forward', 'junk', 'delete', 'stop'];

/** RFC 5228 2.4.2: a quoted string. */
function quoted(text: string): string {
  return `"${text.replace(/[\r\n\0]+/g, ' ').replace(/[\\"]/g, '\\$&')}"`;
}

/** RFC 5228 2.7.1: what stands for itself in `:matches`. */
function literal(text: string): string {
  return text.replace(/[\\*?]/g, '\\$&');
}

function testOf({ field, test, value }: Condition): string {
  const not = test === 'not' ? 'not ' : '';
  if (field === 'size') return `size :${test === 'under' ? 'under' : 'over'} ${Math.max(1, Math.min(Math.round(Number(value) * 1024) || 1, 4_000_000))}K`;
  if (field === 'body') return `${not}body :text :contains ${quoted(value)}`;
  if (field === 'from' || field === 'to') {
    const headers = field === 'from' ? '"From"' : '["To", "Cc"]';
    return test === 'is' ? `address :is ${headers} ${quoted(value)}` : `${not}header :contains ${headers} ${quoted(value)}`;
  }
  const header = field === 'list' ? '["List-Id", "List-Post"]' : '"Subject"';
  if (test === 'begins') return `header :matches ${header} ${quoted(`${literal(value)}*`)}`;
  return `${not}header :${test === 'is' ? 'is' : 'contains'} ${header} ${quoted(value)}`;
}

const ORDER: Deed[] = ['flag', 'read', 'forward', 'move', 'junk', 'delete', 'stop'];

function linesOf(rule: Rule, uses: Set<string>): string[] {
  const actions = [...rule.actions].sort((a, b) => ORDER.indexOf(a.do) - ORDER.indexOf(b.do));
  const lines: string[] = [];
  const into = (special: string): void => {
    uses.add('fileinto').add('special-use').add('mailbox');
    // RFC 8579 4: the folder of that use, whatever it is called.
    lines.push(`fileinto :specialuse "\\\\${special}" ${quoted(special)};`);
  };
  for (const action of actions) {
    switch (action.do) {
      case 'flag':
      case 'read':
        uses.add('imap4flags');
        lines.push(`addflag "${action.do === 'flag' ? '\\\\Flagged' : '\\\\Seen'}";`);
        break;
      case 'forward':
        uses.add('copy');
        lines.push(`redirect :copy ${quoted(action.to ?? '')};`);
        break;
      case 'move':
        uses.add('fileinto').add('mailboxid');
        lines.push(`fileinto :mailboxid ${quoted(action.to ?? '')} ${quoted(action.name ?? 'INBOX')};`);
        break;
      case 'junk':
        into('Junk');
        break;
      case 'delete':
        into('Trash');
        break;
      case 'stop':
        break;
    }
  }
  if (actions.some((action) => ['move', 'junk', 'delete', 'stop'].includes(action.do))) lines.push('stop;');
  return lines;
}

/** The script that does what the rules say. */
export function toSieve(rules: Rule[]): string {
  const uses = new Set<string>();
  const blocks = rules.map((rule) => {
    const said = `${MARK}${JSON.stringify(rule)}`;
    if (!rule.on || rule.actions.length === 0) return said;
    if (rule.conditions.some(({ field }) => field === 'body')) uses.add('body');
    const lines = linesOf(rule, uses);
    const tests = rule.conditions.map(testOf);
    const test = tests.length === 0 ? 'true' : tests.length === 1 ? tests[0] : `${rule.all ? 'allof' : 'anyof'} (${tests.join(',\n    ')})`;
    return `${said}\nif ${test} {\n${lines.map((line) => `    ${line}`).join('\n')}\n}`;
  });
  const requires = uses.size > 0 ? [`require [${[...uses].sort().map(quoted).join(', ')}];`] : [];
  return [HEAD, ...requires, ...blocks, ''].join('\n');
}

/** The rules that a script was written from; null if it is none of ours, or somebody changed it by hand. */
export function fromSieve(text: string): Rule[] | null {
  if (!text.startsWith(HEAD)) return null;
  try {
    const lines = text.split(/\r?\n/).filter((line) => line.startsWith(MARK));
    const rules = lines.map((line) => JSON.parse(line.slice(MARK.length)) as Rule);
    return toSieve(rules) === text.replace(/\r\n/g, '\n') ? rules : null;
  } catch {
    return null;
  }
}

export function emptyRule(): Rule {
  return { name: '', on: true, all: true, conditions: [{ field: 'from', test: 'contains', value: '' }], actions: [{ do: 'move' }] };
}

/** Whether a rule says all that it has to. */
export function isWhole(rule: Rule): boolean {
  return (
    rule.actions.length > 0 &&
    rule.conditions.every(({ field, value }) => value.trim() !== '' && (field !== 'size' || Number(value) > 0)) &&
    rule.actions.every((action) => !['move', 'forward'].includes(action.do) || (action.to ?? '') !== '')
  );
}
