// The objects of JMAP as far as this client reads them (RFC 8620, RFC 8621, RFC 9610, JMAP Calendars).

export type Id = string;

export interface Session {
  username: string;
  accounts: Record<Id, { name: string; isPersonal: boolean; isReadOnly: boolean; accountCapabilities: Record<string, unknown> }>;
  primaryAccounts: Record<string, Id>;
  apiUrl: string;
  downloadUrl: string;
  uploadUrl: string;
  eventSourceUrl: string;
  state: string;
}

export interface Mailbox {
  id: Id;
  name: string;
  parentId: Id | null;
  role: string | null;
  sortOrder: number;
  totalEmails: number;
  unreadEmails: number;
  totalThreads: number;
  unreadThreads: number;
  isSubscribed: boolean;
  myRights: Record<string, boolean>;
}

export interface Address {
  name: string | null;
  email: string;
}

export interface BodyPart {
  partId: string | null;
  blobId: Id | null;
  size: number;
  name: string | null;
  type: string;
  charset: string | null;
  disposition: string | null;
  cid: string | null;
}

export interface Email {
  id: Id;
  blobId: Id;
  threadId: Id;
  mailboxIds: Record<Id, true>;
  keywords: Record<string, true>;
  size: number;
  receivedAt: string;
  sentAt: string | null;
  messageId: string[] | null;
  inReplyTo: string[] | null;
  references: string[] | null;
  from: Address[] | null;
  sender?: Address[] | null;
  to: Address[] | null;
  cc: Address[] | null;
  bcc: Address[] | null;
  replyTo: Address[] | null;
  subject: string | null;
  preview: string;
  hasAttachment: boolean;
  textBody?: BodyPart[];
  htmlBody?: BodyPart[];
  attachments?: BodyPart[];
  bodyValues?: Record<string, { value: string; isTruncated: boolean; isEncodingProblem: boolean }>;
}

export interface Thread {
  id: Id;
  emailIds: Id[];
}

export interface Identity {
  id: Id;
  name: string;
  email: string;
  replyTo: Address[] | null;
  textSignature: string;
  htmlSignature: string;
  mayDelete: boolean;
  /** Ours: whether readers see who wrote beside it. Another server says nothing of that. */
  'wachpost:sends'?: 'as' | 'onBehalf';
}

export interface Calendar {
  id: Id;
  name: string;
  color: string | null;
  sortOrder: number;
  isSubscribed: boolean;
  isVisible: boolean;
  isDefault: boolean;
  defaultAlertsWithTime: Record<Id, Alert> | null;
  defaultAlertsWithoutTime: Record<Id, Alert> | null;
  shareWith: Record<Id, Record<string, boolean>> | null;
  myRights: Record<string, boolean>;
}

export interface Participant {
  '@type'?: 'Participant';
  name?: string;
  email?: string;
  calendarAddress?: string;
  kind?: string;
  roles?: Record<string, true>;
  participationStatus?: string;
  expectReply?: boolean;
}

export type Weekday = 'mo' | 'tu' | 'we' | 'th' | 'fr' | 'sa' | 'su';

export interface RecurrenceRule {
  '@type'?: 'RecurrenceRule';
  frequency: 'yearly' | 'monthly' | 'weekly' | 'daily' | 'hourly' | 'minutely' | 'secondly';
  interval?: number;
  rscale?: string;
  skip?: string;
  firstDayOfWeek?: Weekday;
  byDay?: { '@type'?: 'NDay'; day: Weekday; nthOfPeriod?: number }[];
  byMonthDay?: number[];
  byMonth?: string[];
  byYearDay?: number[];
  byWeekNo?: number[];
  byHour?: number[];
  byMinute?: number[];
  bySecond?: number[];
  bySetPosition?: number[];
  count?: number;
  until?: string;
}

export interface Alert {
  '@type'?: 'Alert';
  trigger: { '@type'?: 'OffsetTrigger'; offset: string; relativeTo?: 'start' | 'end' } | { '@type': 'AbsoluteTrigger'; when: string };
  action?: 'display' | 'email';
  acknowledged?: string;
  relatedTo?: Record<Id, { '@type'?: 'Relation'; relation?: Record<string, true> }>;
}

export interface CalendarEvent {
  id: Id;
  baseEventId?: Id | null;
  uid: string;
  calendarIds: Record<Id, true>;
  isOrigin?: boolean;
  title?: string;
  description?: string;
  start: string;
  utcStart?: string;
  utcEnd?: string;
  timeZone?: string | null;
  endTimeZone?: string | null;
  duration?: string;
  showWithoutTime?: boolean;
  status?: string;
  freeBusyStatus?: string;
  privacy?: string;
  recurrenceRule?: RecurrenceRule | null;
  recurrenceOverrides?: Record<string, Record<string, unknown>> | null;
  recurrenceId?: string | null;
  participants?: Record<string, Participant> | null;
  organizerCalendarAddress?: string | null;
  locations?: Record<string, { '@type'?: 'Location'; name?: string }> | null;
  virtualLocations?: Record<string, { '@type'?: 'VirtualLocation'; uri?: string; name?: string }> | null;
  alerts?: Record<Id, Alert> | null;
  useDefaultAlerts?: boolean;
}

/** Somebody, or a room, whom one can invite or share with (RFC 9670 2). */
export interface Principal {
  id: Id;
  type: 'individual' | 'group' | 'resource' | 'location' | 'other';
  name: string;
  description: string | null;
  email: string | null;
}

export interface ContactCard {
  id: Id;
  addressBookIds: Record<Id, true>;
  kind?: string;
  name?: { full?: string; components?: { kind: string; value: string }[] };
  emails?: Record<string, { address: string }>;
  phones?: Record<string, { number: string }>;
  organizations?: Record<string, { name?: string }>;
  notes?: Record<string, { note: string }>;
}

export interface SetError {
  type: string;
  description?: string;
  properties?: string[];
}

export interface SetAnswer<T> {
  accountId: Id;
  oldState: string | null;
  newState: string;
  created: Record<string, Partial<T> & { id: Id }> | null;
  updated: Record<Id, Partial<T> | null> | null;
  destroyed: Id[] | null;
  notCreated: Record<string, SetError> | null;
  notUpdated: Record<Id, SetError> | null;
  notDestroyed: Record<Id, SetError> | null;
}

export interface GetAnswer<T> {
  accountId: Id;
  state: string;
  list: T[];
  notFound: Id[];
}

export interface QueryAnswer {
  accountId: Id;
  queryState: string;
  canCalculateChanges: boolean;
  position: number;
  ids: Id[];
  total?: number;
}
