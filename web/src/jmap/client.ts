// A small JMAP client (RFC 8620): one session, requests of several calls, uploads, downloads, and what is pushed.
//
// The session cookie signs every request in; nothing secret is ever in reach of a script.

import type { Id, Session } from './types';

export const CORE = 'urn:ietf:params:jmap:core';
export const MAIL = 'urn:ietf:params:jmap:mail';
export const SUBMISSION = 'urn:ietf:params:jmap:submission';
export const VACATION = 'urn:ietf:params:jmap:vacationresponse';
export const CALENDARS = 'urn:ietf:params:jmap:calendars';
export const CALENDARS_PARSE = 'urn:ietf:params:jmap:calendars:parse';
export const TASKS = 'urn:ietf:params:jmap:tasks';
export const CONTACT_FILES = 'https://wachpost.example/jmap/contact-files';
export const CONTACTS = 'urn:ietf:params:jmap:contacts';
export const PRINCIPALS = 'urn:ietf:params:jmap:principals';
export const AVAILABILITY = 'urn:ietf:params:jmap:principals:availability';
export const SIEVE = 'urn:ietf:params:jmap:sieve';
/** What was done in an account, and what can be brought back: of this server alone. */
export const HISTORY = 'https://wachpost.example/jmap/history';
const USED = [CORE, MAIL, SUBMISSION, VACATION, CALENDARS, CALENDARS_PARSE, CONTACTS, PRINCIPALS, AVAILABILITY, SIEVE, HISTORY, TASKS, CONTACT_FILES];

/** One call of a method: its name and arguments. */
export type Call = [string, Record<string, unknown>];

/** Why a request or one of its calls was not answered. */
export class JmapError extends Error {
  constructor(
    /** The word of the standard, or the HTTP status. */
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/** Nobody is signed in any more. */
export class SignedOut extends Error {}

/** The server cannot be reached at the moment. */
export class Offline extends Error {}

/** The answers to calls, in their order. */
type Answers = [string, Record<string, unknown>, string][];

export class Client {
  private constructor(public session: Session) {}

  static async open(): Promise<Client> {
    const answer = await reach('/.well-known/jmap', { headers: { accept: 'application/json' } });
    if (answer.status === 401 || answer.status === 403) throw new SignedOut();
    if (!answer.ok) throw new JmapError(String(answer.status), answer.statusText);
    return new Client((await answer.json()) as Session);
  }

  /** Reads the session anew: an account was opened to the person, or closed. */
  async renew(): Promise<void> {
    this.session = (await Client.open()).session;
  }

  /** The account that holds the person's own objects of a kind. */
  account(capability: string): Id {
    const account = this.session.primaryAccounts[capability];
    if (account === undefined) throw new JmapError('accountNotFound', capability);
    return account;
  }

  /** Makes the calls in one request; throws if one of them failed as a whole. */
  async call(calls: Call[]): Promise<Record<string, unknown>[]> {
    const methodCalls = calls.map(([name, given], at) => [name, given, `c${at}`]);
    const offered = Object.keys(this.session.accounts).length > 0 ? USED.filter((name) => name in this.capabilities()) : [CORE];
    const answer = await reach(this.session.apiUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ using: offered, methodCalls }),
    });
    if (answer.status === 401) throw new SignedOut();
    if (!answer.ok) {
      const problem = (await answer.json().catch(() => ({}))) as { type?: string; detail?: string };
      throw new JmapError(problem.type ?? String(answer.status), problem.detail ?? answer.statusText);
    }
    const { methodResponses } = (await answer.json()) as { methodResponses: Answers };
    return calls.map(([name], at) => {
      const found = methodResponses.filter(([, , id]) => id === `c${at}`);
      const failed = found.find(([word]) => word === 'error');
      if (failed) {
        const { type, description } = failed[1] as { type: string; description?: string };
        throw new JmapError(type, description ?? type);
      }
      const own = found.find(([word]) => word === name);
      if (!own) throw new JmapError('serverFail', `${name} was not answered`);
      return own[1];
    });
  }

  /** One call. */
  async one<T>(name: string, given: Record<string, unknown>): Promise<T> {
    const [answer] = await this.call([[name, given]]);
    return answer as T;
  }

  async upload(account: Id, file: Blob): Promise<{ blobId: Id; type: string; size: number }> {
    const url = this.session.uploadUrl.replace('{accountId}', encodeURIComponent(account));
    const type = file.type || 'application/octet-stream';
    const answer = await reach(url, { method: 'POST', headers: { 'content-type': type }, body: file });
    if (!answer.ok) throw new JmapError(String(answer.status), answer.statusText);
    return (await answer.json()) as { blobId: Id; type: string; size: number };
  }

  downloadUrl(account: Id, blob: Id, name: string, type: string): string {
    return this.session.downloadUrl
      .replace('{accountId}', encodeURIComponent(account))
      .replace('{blobId}', encodeURIComponent(blob))
      .replace('{name}', encodeURIComponent(name))
      .replace('{type}', encodeURIComponent(type));
  }

  /** Calls `changed` with the states of an account whenever they change; answers how to end that (RFC 8620 7.3). */
  watch(changed: (account: Id, states: Record<string, string>) => void, connected: (is: boolean) => void): () => void {
    const url = this.session.eventSourceUrl.replace('{types}', '*').replace('{closeafter}', 'no').replace('{ping}', '60');
    const source = new EventSource(url);
    source.addEventListener('state', (event) => {
      const { changed: all } = JSON.parse(event.data as string) as { changed: Record<Id, Record<string, string>> };
      for (const [account, states] of Object.entries(all)) changed(account, states);
    });
    source.addEventListener('open', () => connected(true));
    source.addEventListener('error', () => connected(source.readyState === EventSource.OPEN));
    return () => source.close();
  }

  private capabilities(): Record<string, unknown> {
    return (this.session as unknown as { capabilities: Record<string, unknown> }).capabilities;
  }
}

/** A result of an earlier call of the same request (RFC 8620 3.7). */
export function resultOf(call: number, name: string, path: string): Record<string, string> {
  return { resultOf: `c${call}`, name, path };
}

async function reach(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { credentials: 'same-origin', cache: 'no-store', redirect: 'follow', ...request });
  } catch {
    throw new Offline();
  }
}
