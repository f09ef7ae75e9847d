// What somebody may do with a thing that is shared, in a few steps that people can choose between, and the rights that each
// stands for on the wire (RFC 9670 4).

export type Kind = 'Calendar' | 'Mailbox' | 'AddressBook' | 'TaskList';
export type Rights = Record<string, boolean>;

/** One step: a word of the texts, and the rights. */
export interface Level {
  word: 'shareBusy' | 'shareRead' | 'shareWrite' | 'shareManage';
  rights: Rights;
}

const on = (...names: string[]): Rights => Object.fromEntries(names.map((name) => [name, true]));

const EVENTS = ['mayReadFreeBusy', 'mayReadItems'];
const MAIL = ['mayReadItems', 'maySetSeen'];
const MAIL_WRITE = [...MAIL, 'mayAddItems', 'mayRemoveItems', 'maySetKeywords', 'mayCreateChild', 'maySubmit'];

export const LEVELS: Record<Kind, Level[]> = {
  Calendar: [
    { word: 'shareBusy', rights: on('mayReadFreeBusy') },
    { word: 'shareRead', rights: on(...EVENTS) },
    { word: 'shareWrite', rights: on(...EVENTS, 'mayWriteAll', 'mayWriteOwn', 'mayUpdatePrivate', 'mayRSVP') },
    { word: 'shareManage', rights: on(...EVENTS, 'mayWriteAll', 'mayWriteOwn', 'mayUpdatePrivate', 'mayRSVP', 'mayShare', 'mayDelete') },
  ],
  Mailbox: [
    { word: 'shareRead', rights: on(...MAIL) },
    { word: 'shareWrite', rights: on(...MAIL_WRITE) },
    { word: 'shareManage', rights: on(...MAIL_WRITE, 'mayRename', 'mayDelete', 'mayShare') },
  ],
  AddressBook: [
    { word: 'shareRead', rights: on('mayRead') },
    { word: 'shareWrite', rights: on('mayRead', 'mayWrite') },
    { word: 'shareManage', rights: on('mayRead', 'mayWrite', 'mayShare', 'mayDelete') },
  ],
  TaskList: [
    { word: 'shareRead', rights: on('mayReadItems') },
    { word: 'shareWrite', rights: on('mayReadItems', 'mayWriteAll', 'mayWriteOwn', 'mayUpdatePrivate', 'mayRSVP') },
    { word: 'shareManage', rights: on('mayReadItems', 'mayWriteAll', 'mayWriteOwn', 'mayUpdatePrivate', 'mayRSVP', 'mayAdmin', 'mayDelete') },
  ],
};

/** The highest step whose rights are all there: what somebody else chose in between is told as what it includes. */
export function levelOf(kind: Kind, rights: Rights): Level | undefined {
  return LEVELS[kind].findLast((level) => Object.keys(level.rights).every((name) => rights[name]));
}
