//! Replies: what came of a request. As JSON they are what `--json` prints, so their field names are an interface.

mod health;
mod history;

mod posture;

mod set_up;

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::request::queue::QueueCursor;
use crate::{Octets, Password};

pub use health::{CertificateLine, DiskInfo, HealthInfo};
pub use history::{HistoryInfo, WitnessInfo};
pub use set_up::{
    FindingLine, JudgementInfo, KeyLine, RecordLine, SayingLine, ServiceLine, SetUpInfo,
};

pub use posture::{LayerInfo, PostureInfo, ProcessPosture};

/// What came of a request.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// It was done; there is no more to say.
    Done,
    /// So many messages.
    Count(u64),
    /// How the server is.
    Status(StatusInfo),
    /// Domains by name.
    Domains(Vec<DomainInfo>),
    /// What was added.
    Added(Added),
    /// One account.
    Account(AccountInfo),
    /// A page of accounts or groups.
    Principals(PrincipalPage),
    /// A password that was made; it is told only here.
    Password(Password),
    /// Aliases of one principal.
    Aliases(Vec<AliasInfo>),
    /// An app password that was made; its text is told only here.
    AppPassword {
        /// Its number.
        id: u32,
        /// Its text.
        password: Password,
    },
    /// App passwords of a person.
    AppPasswords(Vec<AppPasswordLine>),
    /// Mailboxes of an account.
    Mailboxes(Vec<MailboxLine>),
    /// Messages of a mailbox.
    Exported(ExportedMessages),
    /// Destroyed emails.
    Destroyed(Vec<DestroyedLine>),
    /// A page of the journal.
    Journal(JournalPage),
    /// Messages that wait to be sent.
    Queue(QueuePage),
    /// The last checkpoint; none if there is none yet.
    Checkpoint(Option<CheckpointInfo>),
    /// Calendars or address books of an account.
    Collections(Vec<CollectionLine>),
    /// Who acts in somebody's place.
    Deputies(Vec<DeputyLine>),
    /// What became of imported objects, one for each in their order.
    ObjectsImported(Vec<ObjectOutcome>),
    /// Objects of a calendar or address book.
    ObjectsExported(ExportedObjects),
    /// Earlier versions of objects.
    Versions(Vec<VersionLine>),
    /// Scripts of an account.
    Scripts(Vec<ScriptLine>),
    /// The text of a script.
    Script(Octets),
    /// What people are told who write to somebody who is away.
    Vacation(VacationInfo),
    /// All about a message that waits to be sent.
    QueueItem(QueueItemInfo),
    /// Messages to lists that wait for a moderator.
    Pending(Vec<PendingLine>),
    /// How the processes of the server are locked in.
    Posture(PostureInfo),
    /// What lets a person in.
    Credentials(Vec<CredentialLine>),
    /// Who has which rights to a shared mailbox.
    Access(Vec<AccessLine>),
    /// Whether the server is well.
    Health(Box<HealthInfo>),
    /// What the world has to know of a domain.
    SetUp(Box<SetUpInfo>),
}

/// Somebody's rights to a shared mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLine {
    /// The address of the person or group.
    pub with: String,
    /// The name people read.
    pub name: String,
    /// Whether they may read.
    pub read: bool,
    /// Whether they may change what is in it.
    pub write: bool,
    /// `as` or `on-behalf`, if they may write in its name.
    pub send: Option<String>,
}

/// A script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptLine {
    /// Its name.
    pub name: String,
    /// Whether it is the one that is run.
    pub active: bool,
    /// Octets of its text.
    pub octets: u32,
}

/// What people are told who write to somebody who is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VacationInfo {
    /// Whether they are told, within the dates.
    pub enabled: bool,
    /// From when on, RFC 3339; none for at once.
    pub from: Option<String>,
    /// Until when; none for as long as it is enabled.
    pub until: Option<String>,
    /// The subject; none for that of what is answered.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// The text for people outside, if that is another one.
    pub outside: Option<String>,
    /// Whether people outside are not answered.
    pub only_inside: bool,
}

/// How the server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusInfo {
    /// Version of the program.
    pub version: String,
    /// Whether a server answers; false if a command opened the data folder itself.
    pub serving: bool,
    /// Its process.
    pub process: u32,
    /// Since when, RFC 3339.
    pub started_at: String,
    /// Where it listens.
    pub listeners: Vec<ListenerInfo>,
    /// Entries in the journal.
    pub entries: u64,
    /// Octets of the journal, message files included.
    pub journal_octets: u64,
    /// Octets of the state.
    pub state_octets: u64,
    /// Octets of the search index.
    pub search_octets: u64,
    /// How much of the journal others have fixed; none if no witness is asked, or no server runs.
    pub history: Option<HistoryInfo>,
}

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerInfo {
    /// Its service, such as `imaps`.
    pub service: String,
    /// Its address, or `unix:` and a path.
    pub address: String,
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainInfo {
    /// Its name.
    pub name: String,
    /// Who gets mail for addresses that nobody has.
    pub catch_all: Option<String>,
    /// Where copies of its mail go.
    pub archives: Vec<String>,
}

/// Something new in the directory.
#[derive(Debug, Serialize, Deserialize)]
pub struct Added {
    /// Its number.
    pub id: u32,
    /// Its address.
    pub address: String,
    /// The password, if one was made for it; it is told only here.
    pub password: Option<Password>,
}

/// An account or a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountInfo {
    /// Its number.
    pub id: u32,
    /// Its main address.
    pub address: String,
    /// The name people read.
    pub name: String,
    /// `person`, `shared`, `group`, `room` or `equipment`.
    pub kind: String,
    /// How many people a room holds, if known.
    pub capacity: Option<u32>,
    /// Whether it may sign in and receive.
    pub enabled: bool,
    /// Whether it administers the server.
    pub administrator: bool,
    /// Octets it may hold; none for no limit.
    pub quota_octets: Option<u64>,
    /// Octets it holds.
    pub used_octets: u64,
    /// Its further addresses.
    pub aliases: Vec<String>,
    /// The members of a group.
    pub members: Vec<String>,
    /// What makes a group a distribution list; none if it only stands for its members.
    pub list: Option<ListInfo>,
    /// Who else may write in its name; none if that was never said.
    pub senders: Option<Vec<SenderLine>>,
    /// Where its mail goes on to.
    pub forward: Option<ForwardInfo>,
}

/// A distribution list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListInfo {
    /// Who may write to it: `everybody`, `inside`, `members` or `named`.
    pub posting: String,
    /// Who may, beside those.
    pub posters: Vec<String>,
    /// Who decides about what is written.
    pub moderators: Vec<String>,
    /// Members who have their mail elsewhere.
    pub outside: Vec<String>,
}

/// Somebody who writes in another's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderLine {
    /// The address of the person or group.
    pub sender: String,
    /// `as` or `on-behalf`.
    pub right: String,
}

/// Where an account's mail goes on to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardInfo {
    /// Addresses.
    pub to: Vec<String>,
    /// Whether it is delivered here all the same.
    pub keep: bool,
}

/// A message to a list that waits for a moderator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingLine {
    /// The list.
    pub list: String,
    /// Its number there.
    pub number: u32,
    /// Since when it waits, RFC 3339.
    pub since: String,
    /// Who wrote it, as it says itself.
    pub from: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its size in octets.
    pub octets: u32,
    /// How many will get it.
    pub recipients: u32,
}

/// A page of accounts or groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrincipalPage {
    /// They, by number.
    pub principals: Vec<AccountInfo>,
    /// Go on after this number; none at the end.
    pub next: Option<u32>,
}

/// An alias.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasInfo {
    /// The alias.
    pub alias: String,
    /// The main address of whom it belongs to.
    pub address: String,
}

/// Something that lets a person in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialLine {
    /// Its number.
    pub id: u32,
    /// What it is: `password`, `app password`, `codes`, `passkey`, `recovery codes`, `browser` or `program`.
    pub kind: String,
    /// What it is called.
    pub label: String,
    /// What it is good for by itself.
    pub protocols: Vec<String>,
    /// Whether it is a browser or a program that is signed in.
    pub is_session: bool,
    /// Whether it is a second factor, or stands in for one.
    pub is_second_factor: bool,
    /// Since when it is there, RFC 3339.
    pub created_at: String,
    /// From when on it is good for nothing, RFC 3339.
    pub expires_at: Option<String>,
    /// When it was last used, RFC 3339.
    pub last_used_at: Option<String>,
    /// From which network, by its first address.
    pub last_used_from: Option<String>,
}

/// An app password, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPasswordLine {
    /// Its number.
    pub id: u32,
    /// What it is called.
    pub label: String,
    /// How its text begins.
    pub begins: String,
    /// What it is good for.
    pub protocols: Vec<String>,
    /// Since when it is there, RFC 3339.
    pub created_at: String,
    /// From when on it is good for nothing, RFC 3339.
    pub expires_at: Option<String>,
}

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxLine {
    /// Its number.
    pub id: u32,
    /// Its path from the top.
    pub path: Vec<String>,
    /// What it is for.
    pub role: Option<String>,
    /// Emails in it.
    pub emails: u32,
    /// Of them unseen.
    pub unseen: u32,
    /// Their octets.
    pub octets: u64,
}

/// A calendar or address book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionLine {
    /// Its number.
    pub id: u32,
    /// Its name in addresses.
    pub name: String,
    /// The name people read.
    pub display_name: Option<String>,
    /// How it is drawn: `#rrggbb`.
    pub color: Option<String>,
    /// Objects in it.
    pub objects: u32,
    /// Their octets.
    pub octets: u64,
    /// Who else may do what with it.
    pub shares: Vec<ShareLine>,
}

/// What somebody may do with a calendar or address book of somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareLine {
    /// The address of a person or group; none is everybody who can sign in.
    pub with: Option<String>,
    /// `free-busy`, `read`, `write`, `share`.
    pub rights: Vec<String>,
}

/// Somebody who acts in the place of an account's owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeputyLine {
    /// The address of the person or group.
    pub deputy: String,
    /// `free-busy`, `read`, `write`, `share`.
    pub rights: Vec<String>,
}

/// What became of an imported object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ObjectOutcome {
    /// It was not there before.
    Added,
    /// It took the place of one with the same UID.
    Replaced,
    /// One with the same UID is there, and stayed as it is.
    Kept,
    /// It was refused, and why.
    Refused(String),
}

/// A calendar object or contact card on its way out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExportedObject {
    /// Its name in the collection.
    pub name: String,
    /// Its text.
    pub body: Octets,
}

/// Some objects of a calendar or address book.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExportedObjects {
    /// They, by name.
    pub objects: Vec<ExportedObject>,
    /// Go on after this name; none at the end.
    pub next: Option<String>,
}

/// A message on its way out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExportedMessage {
    /// Its UID.
    pub uid: u32,
    /// Its keywords.
    pub keywords: Vec<String>,
    /// When it was received.
    pub received_at: Timestamp,
    /// Its octets.
    pub message: Octets,
}

/// Some messages of a mailbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExportedMessages {
    /// They, by rising UID.
    pub messages: Vec<ExportedMessage>,
    /// Go on after this UID; none at the end.
    pub next: Option<u32>,
}

/// A destroyed email that can be restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestroyedLine {
    /// Its number.
    pub email: u32,
    /// The mailbox it was in.
    pub mailbox: String,
    /// When it was destroyed, RFC 3339.
    pub destroyed_at: String,
    /// When it was received, RFC 3339.
    pub received_at: String,
    /// Its size.
    pub octets: u32,
}

/// A body of a calendar object or contact card that was replaced or destroyed and can be brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionLine {
    /// Number of the object.
    pub object: u32,
    /// Number of the entry that replaced or destroyed it.
    pub until: u64,
    /// When that was, RFC 3339.
    pub at: String,
    /// Whether the object was destroyed then, not its body replaced.
    pub destroyed: bool,
    /// The calendar or address book it was in; none if that was destroyed.
    pub collection: Option<String>,
    /// Its name there.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// What people read of it; none if it has no such words.
    pub title: Option<String>,
    /// Octets of the body.
    pub octets: u32,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// Number of the principal.
    pub id: Option<u32>,
    /// Its address; none if it was removed, or nobody signed in.
    pub address: Option<String>,
    /// Number of the credential.
    pub credential: Option<u32>,
    /// The session, sixteen hexadecimal digits.
    pub session: String,
    /// The door.
    pub face: String,
    /// The peer's address.
    pub from: Option<String>,
}

/// One entry of a journal in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalLine {
    /// Its number in the account.
    pub seq: u64,
    /// Its number in the journal of all accounts, from 0.
    pub index: u64,
    /// When, RFC 3339.
    pub at: String,
    /// Who; none if the entry's content was dropped.
    pub who: Option<Who>,
    /// What, one line for each step.
    pub what: Vec<String>,
}

/// A page of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalPage {
    /// The entries that match, by rising number.
    pub entries: Vec<JournalLine>,
    /// Go on after this entry; none at the end.
    pub next: Option<u64>,
}

/// A message that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueLine {
    /// Account of who submitted it.
    pub account: u32,
    /// Its number there.
    pub id: u32,
    /// Since when, RFC 3339.
    pub accepted_at: String,
    /// The reverse path.
    pub from: String,
    /// The forward paths that are still to be reached, the first of them.
    pub to: Vec<String>,
    /// How many are still to be reached.
    pub open: u32,
    /// How many were reached or refused.
    pub settled: u32,
    /// Its size.
    pub octets: u32,
    /// Why it is held, if it is.
    pub hold: Option<String>,
    /// Not to be sent before, RFC 3339.
    pub release_at: Option<String>,
    /// Before or behind others, -9 to 9.
    pub priority: i8,
    /// Whether its sender was told that it takes long.
    pub delay_told: bool,
    /// When it was last tried, RFC 3339; none if not since the start.
    pub tried_at: Option<String>,
    /// Why that was not enough.
    pub last: Option<String>,
}

/// A page of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePage {
    /// The messages, oldest first.
    pub lines: Vec<QueueLine>,
    /// Go on after this one; none at the end.
    pub next: Option<QueueCursor>,
}

/// All about a message that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueItemInfo {
    /// As in a listing.
    pub line: QueueLine,
    /// All its recipients.
    pub recipients: Vec<QueueRecipientLine>,
    /// `ENVID`.
    pub envelope_id: Option<String>,
    /// Whether it must travel over verified TLS only.
    pub require_tls: bool,
    /// Whether addresses or header are UTF-8.
    pub smtputf8: bool,
    /// The message's header.
    pub header: String,
}

/// A recipient of a message that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRecipientLine {
    /// The forward path.
    pub address: String,
    /// Whether it was reached or refused.
    pub settled: bool,
    /// `ORCPT`.
    pub original: Option<String>,
}

/// A signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointInfo {
    /// Entries that it seals.
    pub entries: u64,
    /// The signed note (C2SP tlog-checkpoint).
    pub note: String,
}
