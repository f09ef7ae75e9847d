// What was done in the account, as the server tells it, put into words.

import type { Id } from '../jmap/types';
import { t } from '../texts/index.svelte';
import type { Texts } from '../texts/en';

export interface Person {
  principalId: Id;
  name: string | null;
  email: string | null;
}

export interface Place {
  kind: string;
  id: string;
  name: string | null;
  role?: string | null;
}

export interface Step {
  deed: string;
  count: number;
  place: Place | null;
  target: Place | null;
  titles: string[];
  people: string[];
  added: string[];
  removed: string[];
  with?: Person | null;
  isEnd?: boolean;
}

export interface Entry {
  id: Id;
  at: string;
  actor: { person: Person | null; credentialId: number | null; session: string; face: string; address: string | null } | null;
  steps: Step[];
  moreSteps: number;
  canUndo: boolean;
}

export const TOPICS = ['arrived', 'marked', 'moved', 'deleted', 'restored', 'sent', 'folders', 'sharing', 'calendar', 'contacts', 'filters', 'other'] as const;
export const TOPIC_WORDS: Record<(typeof TOPICS)[number], keyof Texts> = {
  arrived: 'hisArrived', marked: 'hisMarked', moved: 'hisMoved', deleted: 'hisDeleted', restored: 'hisRestored', sent: 'hisSent',
  folders: 'hisFolders', sharing: 'hisSharing', calendar: 'calendar', contacts: 'contacts', filters: 'hisFilters', other: 'hisOther',
};

const ROLES = ['inbox', 'drafts', 'sent', 'trash', 'junk', 'archive'] as const;
const MARKS: Record<string, [keyof Texts, keyof Texts]> = {
  $seen: ['hisRead', 'hisUnread'],
  $flagged: ['hisFlagged', 'hisUnflagged'],
  $answered: ['hisAnswered', 'hisUnanswered'],
  $forwarded: ['hisForwarded', 'hisUnforwarded'],
  $junk: ['hisJunk', 'hisNotJunk'],
};

export function placeName(place: Place | null): string {
  if (!place) return t('hisSomewhere');
  const role = ROLES.find((known) => known === place.role);
  if (role) return `“${t(role)}”`;
  if (place.name && OWN_NAMES.has(place.name)) return `“${t('settings')}”`;
  return place.name ? `“${place.name}”` : t('hisGonePlace');
}

/** Where the house keeps what people know as settings. */
const OWN_NAMES = new Set(['identities', 'submissions', 'push-subscriptions', 'participant-identities', 'event-notifications', 'share-notifications', 'preferences', 'annotations']);

/** What an object in such a place is called. */
function thing(place: Place | null): string {
  switch (place?.kind) {
    case 'calendar':
      return t('hisEvent');
    case 'addressbook':
    case 'addressBook':
    case 'address-book':
      return t('hisContact');
    case 'scripts':
      return t('hisRule');
    case 'records':
      return t('hisSetting');
    default:
      return t('hisThing');
  }
}

function marks(step: Step): string {
  const say = (names: string[], at: 0 | 1): string[] =>
    names.filter((name) => name !== '$notjunk').map((name) => {
      const known = MARKS[name];
      return known ? t(known[at]) : t(at === 0 ? 'hisKeyword' : 'hisNoKeyword', { name });
    });
  return [...say(step.added, 0), ...say(step.removed, 1)].join(', ') || t('hisChanged');
}

const WORDS: Record<string, keyof Texts> = {
  emailAdded: 'hisEmailAdded', emailsMarked: 'hisEmailsMarked', emailsCopied: 'hisEmailsCopied', emailsMoved: 'hisEmailsMoved',
  emailsDestroyed: 'hisEmailsDestroyed', emailRestored: 'hisEmailRestored', emailsPurged: 'hisEmailsPurged', messageQueued: 'hisMessageQueued',
  messageSettled: 'hisMessageSettled', mailboxCreated: 'hisMailboxCreated', mailboxChanged: 'hisMailboxChanged', mailboxDestroyed: 'hisMailboxDestroyed',
  collectionCreated: 'hisMailboxCreated', collectionChanged: 'hisMailboxChanged', collectionDestroyed: 'hisMailboxDestroyed',
  objectCreated: 'hisObjectCreated', objectChanged: 'hisObjectChanged', objectMoved: 'hisObjectMoved', objectsDestroyed: 'hisObjectsDestroyed',
  versionsPurged: 'hisVersionsPurged', quotaSet: 'hisQuotaSet',
};

/** One step as a sentence. */
export function sentence(step: Step): string {
  const titles = step.titles.filter((title) => title !== '' && !OWN_NAMES.has(title)).map((title) => `“${title}”`);
  const more = step.count > titles.length && titles.length > 0 ? ` ${t('hisAndMore', { count: step.count - titles.length })}` : '';
  const given = {
    count: step.count,
    messages: step.count === 1 ? t('hisOneMessage') : t('hisMessages', { count: step.count }),
    place: placeName(step.place),
    target: placeName(step.target),
    people: step.people.join(', ') || t('noSender'),
    marks: marks(step),
    thing: thing(step.place ?? step.target),
    name: OWN_NAMES.has(step.titles[0] ?? '') ? t('settings') : (step.titles[0] ?? ''),
  };
  if (step.deed === 'shared' || step.deed === 'deputySet') {
    const person = step.with ? (step.with.name ?? step.with.email ?? t('hisGonePerson')) : t('hisEverybody');
    const word = step.deed === 'shared' ? (step.isEnd ? 'hisUnshared' : 'hisShared') : step.isEnd ? 'hisDeputyEnd' : 'hisDeputy';
    return t(word, { ...given, person });
  }
  const said = t(WORDS[step.deed] ?? 'hisUnknown', given);
  return titles.length > 0 && step.deed !== 'mailboxCreated' && step.deed !== 'mailboxChanged' ? `${said}: ${titles.join(', ')}${more}` : said;
}

const FACES: Record<string, keyof Texts> = {
  system: 'hisBySystem', smtp: 'hisBySmtp', lmtp: 'hisBySmtp', submission: 'hisBySubmission', imap: 'hisByImap', pop3: 'hisByPop3', jmap: 'hisByJmap', dav: 'hisByDav',
  ews: 'hisByEws', managesieve: 'hisBySieve', admin: 'hisByAdmin', signin: 'hisBySignIn',
};

/** Who did it, and how. */
export function who(entry: Entry, own: string): string {
  const { actor } = entry;
  if (!actor) return t('hisDropped');
  const person = actor.person;
  const name = !person ? '' : person.email === own ? t('hisYou') : (person.name ?? person.email ?? t('hisGonePerson'));
  const how = t(FACES[actor.face] ?? 'hisUnknown');
  return [name, how, actor.address ? t('setFrom', { network: actor.address }) : ''].filter((part) => part !== '').join(' · ');
}
