// What the administration asks of the server: the requests of `wachpost`'s own commands, as JSON, one address for all.

export type SendRight = 'OnBehalf' | 'As';
export type Sort = 'Person' | 'Shared' | 'Group' | 'Room' | 'Equipment';

/** A right to a shared mailbox in one piece. */
export interface Access {
  write: boolean;
  send: SendRight | null;
}

export interface Queued {
  account: number;
  id: number;
}

/** One of these names, and what belongs to it: as the server tells its variants apart. */
type Of<Name extends string, What> = Name extends string ? { [N in Name]: What } : never;

export type Request =
  | 'Status'
  | 'Health'
  | Of<'Account',
      | Of<'AddPerson', { address: string; name: string | null; password: string | null; quota_octets: number | null; administrator: boolean }>
      | Of<'AddShared', { address: string; name: string | null; quota_octets: number | null }>
      | Of<'Remove', { address: string }>
      | Of<'Show', { address: string }>
      | Of<'Search', { text: string; sorts: Sort[]; after: number }>
      | Of<'SetPassword', { address: string; password: string | null }>
      | Of<'SetEnabled', { address: string; enabled: boolean }>
      | Of<'SetAdministrator', { address: string; administrator: boolean }>
      | Of<'Rename', { address: string; name: string }>
      | Of<'SetQuota', { address: string; quota_octets: number | null }>
      | Of<'AllowSend', { address: string; sender: string; right: SendRight | null }>
      | Of<'Access', { address: string }>
      | Of<'SetAccess', { address: string; with: string; access: Access | null }>
      | Of<'Forward', { address: string; to: string[]; keep: boolean }>>
  | Of<'Group',
      | Of<'Add', { address: string; name: string | null; members: string[] }>
      | Of<'Remove', { address: string }>
      | Of<'AddMember', { address: string; member: string }>
      | Of<'RemoveMember', { address: string; member: string }>
      | Of<'SetList', { address: string; change: 'Plain' | Of<'Posting', 'Everybody' | 'Inside' | 'Members' | 'Named'> }>>
  | Of<'Alias', Of<'Add', { alias: string; address: string }> | Of<'Remove', { alias: string }>>
  | Of<'AppPassword', Of<'Add', { address: string; label: string; protocols: number; expires_at: null }>>
  | Of<'Credential',
      | Of<'List', { address: string }>
      | Of<'Remove', { address: string; id: number }>
      | Of<'SignOut', { address: string }>
      | Of<'ResetSecondFactors', { address: string }>>
  | Of<'Collection', Of<'Deputies', { address: string }> | Of<'SetDeputy', { address: string; deputy: string; rights: number }>>
  | Of<'Resource',
      | Of<'AddRoom', { address: string; name: string | null; capacity: number | null }>
      | Of<'AddEquipment', { address: string; name: string | null }>
      | Of<'Remove', { address: string }>>
  | Of<'Domain',
      | 'List'
      | Of<'Add', { name: string }>
      | Of<'Remove', { name: string }>
      | Of<'CatchAll', { name: string; address: string | null }>>
  | Of<'SetUp', Of<'Show' | 'Check' | 'MakeKeys' | 'PrepareKeys' | 'UseKeys', { domain: string }>>
  | Of<'Queue',
      | Of<'List', { after: unknown; limit: number; filter: { from: string | null; to: string | null; held: boolean } }>
      | Of<'Show' | 'Release' | 'Cancel' | 'SendBack', Queued>
      | Of<'Hold', { name: Queued; reason: string }>
      | Of<'Retry', Queued | null>>
  | Of<'Deeds', { actor: string | null; before: number | null; limit: number }>;

export interface Account {
  id: number;
  address: string;
  name: string;
  kind: 'person' | 'shared' | 'group' | 'room' | 'equipment';
  capacity: number | null;
  enabled: boolean;
  administrator: boolean;
  quota_octets: number | null;
  used_octets: number;
  aliases: string[];
  members: string[];
  list: { posting: string; posters: string[]; moderators: string[]; outside: string[] } | null;
  senders: { sender: string; right: 'as' | 'on-behalf' }[] | null;
  forward: { to: string[]; keep: boolean } | null;
}

export interface AccessLine {
  with: string;
  name: string;
  write: boolean;
  send: 'as' | 'on-behalf' | null;
}

export interface CredentialLine {
  id: number;
  kind: string;
  label: string;
  protocols: string[];
  is_session: boolean;
  is_second_factor: boolean;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  last_used_from: string | null;
}

export interface Domain {
  name: string;
  catch_all: string | null;
  archives: string[];
}

export interface DnsRecord {
  name: string;
  kind: string;
  value: string;
  purpose: string;
  line: string;
}

/** Something that the server says by a code, with its text in English for clients that do not know the code. */
export interface Saying {
  code: string;
  values: Record<string, string>;
  text: string;
}

export interface Finding {
  measure: string;
  state: 'good' | 'weak' | 'bad' | 'unknown';
  found: Saying;
  todo: Saying | null;
}

export interface SetUp {
  domain: string;
  host: string;
  records: DnsRecord[];
  keys: { selector: string; kind: string; state: 'signing' | 'next' | 'retired'; dns_name: string }[];
  services: { service: string; host: string; port: number; security: string; url: string | null }[];
  advice: Saying[];
  judgement: { findings: Finding[]; met: number; of: number } | null;
}

export interface QueueLine {
  account: number;
  id: number;
  accepted_at: string;
  from: string;
  to: string[];
  open: number;
  settled: number;
  octets: number;
  hold: string | null;
  release_at: string | null;
  tried_at: string | null;
  last: string | null;
}

export interface Health {
  status: {
    version: string;
    started_at: string;
    listeners: { service: string; address: string }[];
    entries: number;
    journal_octets: number;
    state_octets: number;
    search_octets: number;
    history: {
      entries: number;
      fixed_entries: number | null;
      unfixed_seconds: number | null;
      witnesses: { name: string; url: string; state: string; why: string | null; entries: number | null; seconds: number | null }[];
    } | null;
  };
  posture: {
    kernel: string;
    required: boolean;
    complete: boolean;
    processes: { process: string; layers: { layer: string; on: boolean; detail: string }[] }[];
  } | null;
  sealed_entries: number | null;
  certificates: { file: string; expires_at: string | null; problem: string | null }[];
  disk: { free_octets: number; total_octets: number } | null;
  memory_octets: number | null;
  waiting: number;
  held: number;
  domains: number;
}

export interface Deed {
  seq: number;
  at: string;
  who: { id: number | null; address: string | null; face: string; from: string | null; session: string } | null;
  what: string[];
}

export interface Replies {
  Count: number;
  Account: Account;
  Added: { id: number; address: string; password: string | null };
  Principals: { principals: Account[]; next: number | null };
  Password: string;
  AppPassword: { id: number; password: string };
  Credentials: CredentialLine[];
  Deputies: { deputy: string; rights: string[] }[];
  Access: AccessLine[];
  Domains: Domain[];
  SetUp: SetUp;
  Queue: { lines: QueueLine[]; next: unknown };
  QueueItem: { line: QueueLine; recipients: { address: string; settled: boolean }[]; header: string };
  Health: Health;
  Journal: { entries: Deed[]; next: number | null };
}

export class SignedOut extends Error {}
export class Offline extends Error {}

/** The server says why it did not do it. */
export class Refused extends Error {
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

async function send(path: string, body: unknown): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  } catch {
    throw new Offline();
  }
  return answer;
}

/** Asks; the answer is the server's reply as it came. */
export async function ask(request: Request): Promise<unknown> {
  const answer = await send('/api', request);
  if (answer.status === 401) throw new SignedOut();
  const read = (await answer.json().catch(() => ({}))) as { error?: string; message?: string };
  if (!answer.ok) throw new Refused(read.error ?? 'internal', read.message ?? String(answer.status));
  return read;
}

/** Asks for something that is answered with this. */
export async function fetchOf<Name extends keyof Replies>(name: Name, request: Request): Promise<Replies[Name]> {
  const reply = (await ask(request)) as Partial<Replies>;
  const found = reply[name];
  if (found === undefined) throw new Refused('internal', `no ${name} in the answer`);
  return found as Replies[Name];
}

/** Signing in and out, whose answers are the pages' own. */
export async function auth(path: string, body: unknown): Promise<{ status: number; read: Record<string, unknown> }> {
  const answer = await send(`/auth/${path}`, body);
  return { status: answer.status, read: (await answer.json().catch(() => ({}))) as Record<string, unknown> };
}

export async function session(): Promise<{ address: string; name: string } | null> {
  let answer: Response;
  try {
    answer = await fetch('/auth/session');
  } catch {
    throw new Offline();
  }
  if (!answer.ok) return null;
  return ((await answer.json()) as { principal: { address: string; name: string } }).principal;
}
