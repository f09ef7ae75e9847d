// A small JMAP client (RFC 8620): one session, requests of several calls, uploads and downloads.
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

/** Where the session of last time is kept, so that the first view need not wait for it: names, addresses, nothing secret. */
const KEPT = 'wachpost.session';

export class Client {
  /** Hears that the session is not what it was any more (RFC 8620 3.4). */
  outdated: () => void = () => {};
  /** Hears that the server answered. */
  reached: () => void = () => {};
  /** The state that this was last told of: an answer that never agrees is not asked about for ever. */
  private toldOf = '';

  private constructor(public session: Session) {}

  static async open(): Promise<Client> {
    const session = await read();
    localStorage.setItem(KEPT, JSON.stringify(session));
    return new Client(session);
  }

  /** With the session of last time, if there is one; the first answer says whether it still holds. */
  static again(): Client | null {
    try {
      const session = JSON.parse(localStorage.getItem(KEPT) ?? 'null') as Session | null;
      return session?.apiUrl && session.primaryAccounts[MAIL] ? new Client(session) : null;
    } catch {
      return null;
    }
  }

  /** Nobody is signed in here any more. */
  static forget(): void {
    localStorage.removeItem(KEPT);
  }

  /** Reads the session anew: an account was opened to the person, or closed. */
  async renew(): Promise<void> {
    const session = await read();
    if (session.username !== this.session.username) throw new SignedOut();
    this.session = session;
    localStorage.setItem(KEPT, JSON.stringify(session));
  }

  /** The account that holds the person's own objects of a kind. */
  account(capability: string): Id {
    const account = this.session.primaryAccounts[capability];
    if (account === undefined) throw new JmapError('accountNotFound', capability);
    return account;
  }

  /** Makes the calls in one request; throws if one of them failed as a whole. */
  async call(calls: Call[]): Promise<Record<string, unknown>[]> {
    const answers = await this.attempt(calls);
    return answers.map((answer) => {
      if (answer instanceof JmapError) throw answer;
      return answer;
    });
  }

  /** Makes the calls in one request; what became of each. */
  async attempt(calls: Call[]): Promise<(Record<string, unknown> | JmapError)[]> {
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
      // Another server than last time may not know what this session speaks of.
      this.heard(problem.type ?? String(answer.status));
      throw new JmapError(problem.type ?? String(answer.status), problem.detail ?? answer.statusText);
    }
    const { methodResponses, sessionState } = (await answer.json()) as { methodResponses: Answers; sessionState: string };
    this.reached();
    this.heard(sessionState);
    return calls.map(([name], at) => {
      const found = methodResponses.filter(([, , id]) => id === `c${at}`);
      const failed = found.find(([word]) => word === 'error');
      if (failed) {
        const { type, description } = failed[1] as { type: string; description?: string };
        return new JmapError(type, description ?? type);
      }
      const own = found.find(([word]) => word === name);
      return own ? own[1] : new JmapError('serverFail', `${name} was not answered`);
    });
  }

  private heard(state: string): void {
    if (state === this.session.state || state === this.toldOf) return;
    this.toldOf = state;
    this.outdated();
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

  private capabilities(): Record<string, unknown> {
    return (this.session as unknown as { capabilities: Record<string, unknown> }).capabilities;
  }
}

/** A result of an earlier call of the same request (RFC 8620 3.7). */
export function resultOf(call: number, name: string, path: string): Record<string, string> {
  return { resultOf: `c${call}`, name, path };
}

async function read(): Promise<Session> {
  const answer = await reach('/.well-known/jmap', { headers: { accept: 'application/json' } });
  if (answer.status === 401 || answer.status === 403) throw new SignedOut();
  if (!answer.ok) throw new JmapError(String(answer.status), answer.statusText);
  return (await answer.json()) as Session;
}

async function reach(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { credentials: 'same-origin', cache: 'no-store', redirect: 'follow', ...request });
  } catch {
    throw new Offline();
  }
}
