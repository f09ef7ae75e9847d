// A message as it is written: its fields as people type them, and how they are read and said.

import type { Address, BodyPart, Email, Id } from '../jmap/types';
import { fromText, safe } from '../safe/html';
import { longDate, t } from '../texts/index.svelte';

export interface Attachment {
  blobId: Id;
  name: string;
  type: string;
  size: number;
}

export interface Letter {
  to: string;
  cc: string;
  bcc: string;
  subject: string;
  html: string;
  identity: Id | null;
  attachments: Attachment[];
  inReplyTo: string[] | null;
  references: string[] | null;
  answered: { account: Id; id: Id; keyword: '$answered' | '$forwarded' } | null;
  draft: Id | null;
}

export const EMPTY: Letter = {
  to: '', cc: '', bcc: '', subject: '', html: '', identity: null, attachments: [], inReplyTo: null, references: null, answered: null, draft: null,
};

export function attachmentOf(part: BodyPart): Attachment {
  return { blobId: part.blobId ?? '', name: part.name ?? part.type, type: part.type, size: part.size };
}

export function line(list: Address[] | null): string {
  return (list ?? []).map((it) => (it.name ? `${/[",;<>@]/.test(it.name) ? JSON.stringify(it.name) : it.name} <${it.email}>` : it.email)).join(', ');
}

/** Addresses as people write them, with commas or semicolons between. */
export function read(text: string): Address[] {
  const found: Address[] = [];
  for (const match of text.matchAll(/(?:"((?:[^"\\]|\\.)*)"|([^<>,;"]*))\s*<([^<>,;\s]+)>|([^<>,;\s]+@[^<>,;\s]+)/g)) {
    const name = (match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? '').trim();
    found.push({ name: name || null, email: match[3] ?? match[4] ?? '' });
  }
  return found;
}

export function prefixed(prefix: string, subject: string | null): string {
  const bare = (subject ?? '').trim();
  const known = prefix === 'Re' ? /^(re|aw|antw)\s*:/i : /^(fwd?|wg)\s*:/i;
  return known.test(bare) ? bare : `${prefix}: ${bare}`;
}

export function bodyOf(email: Email): string {
  return (email.htmlBody ?? [])
    .map((part) => {
      const value = part.partId ? (email.bodyValues?.[part.partId]?.value ?? '') : '';
      // The editor joins lines that are only lines of text.
      return part.type === 'text/html' ? safe(value, () => null, false).html : fromText(value.trimEnd()).replace(/\r?\n/g, '<br>');
    })
    .join('<br>');
}

export function quoted(email: Email): string {
  const sender = email.from?.[0];
  const escape = (text: string): string => fromText(text).replace(/<[^>]*>/g, '');
  const said = escape(t('onDate', { date: longDate(email.receivedAt), name: sender?.name || sender?.email || '' }));
  return `<div>${said}</div><blockquote>${bodyOf(email)}</blockquote>`;
}

const SIGNATURE = 'wachpost-signature';

/** The text with another signature: where one stood, else below what is written and above what is quoted. */
export function signed(html: string, signature: string): string {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const old = page.querySelector(`div.${SIGNATURE}`);
  const clean = signature ? safe(signature, () => null, false).html : '';
  if (old) {
    if (clean) old.innerHTML = `-- <br>${clean}`;
    else old.remove();
  } else if (clean) {
    const made = page.createElement('div');
    made.className = SIGNATURE;
    made.innerHTML = `-- <br>${clean}`;
    const quote = page.querySelector('body > blockquote');
    const before = quote?.previousElementSibling ?? quote;
    if (!page.body.firstChild) page.body.innerHTML = '<div><br></div>';
    page.body.insertBefore(made, before ?? null);
  }
  return page.body.innerHTML;
}

/** What HTML says without it. */
export function toText(html: string): string {
  const page = new DOMParser().parseFromString(html, 'text/html');
  for (const end of page.querySelectorAll('br')) {
    // The one that keeps an empty line open is no line of its own.
    const only = end.parentElement?.childNodes.length === 1 && end.parentElement !== page.body;
    end.replaceWith(page.createTextNode(only ? '' : '\n'));
  }
  for (const block of page.querySelectorAll('p,div,li,h1,h2,h3,tr')) block.append(page.createTextNode('\n'));
  // The innermost first, so that quotes of quotes get two signs.
  for (const quote of [...page.querySelectorAll('blockquote')].reverse()) {
    const lines = (quote.textContent ?? '').trim().split('\n').map((it) => `> ${it}`);
    quote.replaceWith(page.createTextNode(`\n${lines.join('\n')}\n`));
  }
  return (page.body.textContent ?? '').replace(/\n{3,}/g, '\n\n').trim() + '\n';
}

/** Whether somebody wrote something into it. */
export function isWritten(letter: Letter): boolean {
  const own = new DOMParser().parseFromString(letter.html, 'text/html');
  for (const given of own.querySelectorAll(`blockquote,div.${SIGNATURE}`)) given.remove();
  return `${letter.to}${letter.subject}${own.body.textContent ?? ''}`.trim() !== '' || letter.attachments.length > 0;
}
