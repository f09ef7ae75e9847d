//! What is asked of the store, and what it answers.

mod collection;

use std::sync::Arc;

use model::{
    AccountId, Actor, BlobId, BlobRef, CollectionId, CredentialId, CredentialKind, CredentialUse,
    Domain, DsnReturn, EmailId, Keyword, MailSettings, MailboxId, MailboxName, NumberSet, ObjectId,
    Principal, PrincipalId, PrincipalKind, QueueId, QueueStanding, QueuedRecipient, Rights, Role,
    Seq, ThreadId, ThreadKeys, Timestamp, Uid, UidValidity,
};

use crate::blob::Blob;
use crate::text::SearchText;

pub use collection::{CollectionChange, Condition, NewObject, TagChange};

/// Changes to one account that happen together or not at all.
///
/// The changes of one request must not touch the same email twice: each is decided on the state before the request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose data.
    pub account: AccountId,
    /// Who does it.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// Refuse with `StateMismatch` if the account's last entry is another one.
    pub if_seq: Option<Seq>,
    /// What, in order.
    pub changes: Vec<Change>,
}

/// Where the bytes of a new email come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// From outside, made ready by `Engine::prepare`.
    New(Arc<Blob>),
    /// From an email that is stored already, in this account or another.
    Stored {
        /// The bytes.
        blob: BlobRef,
        /// The encoded `model::EmailMeta`.
        meta: Arc<[u8]>,
    },
}

/// An email to be added.
#[derive(Clone, Debug)]
pub struct NewEmail {
    /// To which mailbox.
    pub mailbox: MailboxId,
    /// With which keywords.
    pub keywords: Vec<Keyword>,
    /// When it was received.
    pub received_at: Timestamp,
    /// Its `Date` in seconds since 1970, if readable.
    pub sent_at: Option<i64>,
    /// Its size in octets.
    pub size: u32,
    /// Its bytes.
    pub source: Source,
    /// What ties it to a thread.
    pub thread: ThreadKeys,
    /// Its text, if it is at hand, so that indexing need not read the message again.
    pub text: Option<Arc<SearchText>>,
}

/// How keywords are to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeywordChange {
    /// These are added.
    Add(Vec<Keyword>),
    /// These are removed.
    Remove(Vec<Keyword>),
    /// These are all there will be.
    Replace(Vec<Keyword>),
}

/// A principal to be added; it gets the next number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPrincipal {
    /// The main address in lower case.
    pub address: String,
    /// The name people read.
    pub name: String,
    /// What it is.
    pub kind: PrincipalKind,
    /// Octets its account may hold.
    pub quota_octets: Option<u64>,
    /// Whether it administers the server.
    pub administrator: bool,
}

/// A credential to be added; it gets the next number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecret {
    /// Whom it proves.
    pub principal: PrincipalId,
    /// How.
    pub kind: CredentialKind,
}

/// A message to be queued; it gets the next number.
#[derive(Clone, Debug)]
pub struct NewQueueItem {
    /// The reverse path.
    pub reverse_path: String,
    /// To whom.
    pub recipients: Vec<QueuedRecipient>,
    /// The message.
    pub source: Source,
    /// Its size in octets.
    pub size: u32,
    /// `ENVID`.
    pub envelope_id: Option<String>,
    /// `RET`.
    pub dsn_return: Option<DsnReturn>,
    /// Whether addresses or headers are UTF-8.
    pub smtputf8: bool,
    /// Whether it must travel over verified TLS only.
    pub require_tls: bool,
    /// How it stands at first; nobody is settled yet.
    pub standing: QueueStanding,
}

/// What changes at a queued message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueChange {
    /// These recipients, by their places in the item, have got it or never will; with the last one it leaves the queue.
    Settle(Vec<u32>),
    /// It is held for this reason, or released.
    Hold(Option<String>),
    /// Its sender was told that it takes long.
    DelayTold,
    /// Not to be sent before then; none for at once.
    ReleaseAt(Option<Timestamp>),
}

/// One thing that is wanted.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new mailbox. Answer: [`Outcome::Mailbox`].
    CreateMailbox {
        /// Inside which one.
        parent: Option<MailboxId>,
        /// Its name there.
        name: MailboxName,
        /// What it is for.
        role: Option<Role>,
    },
    /// Another place, name or role.
    UpdateMailbox {
        /// Which.
        mailbox: MailboxId,
        /// Inside which one.
        parent: Option<MailboxId>,
        /// Its name there.
        name: MailboxName,
        /// What it is for.
        role: Option<Role>,
    },
    /// A mailbox without children goes.
    DestroyMailbox {
        /// Which.
        mailbox: MailboxId,
        /// Whether its emails are destroyed with it; otherwise it must be empty.
        with_emails: bool,
    },
    /// A principal subscribes or gives it up.
    SetSubscribed {
        /// To which.
        mailbox: MailboxId,
        /// Who.
        principal: PrincipalId,
        /// Whether.
        subscribed: bool,
    },
    /// What a principal may do with a mailbox from now on; none stands for everybody who can sign in.
    SetShare {
        /// Which.
        mailbox: MailboxId,
        /// Who.
        principal: Option<PrincipalId>,
        /// What.
        rights: Rights,
    },
    /// A new email. Answer: [`Outcome::Added`].
    AddEmail(Box<NewEmail>),
    /// Other keywords. Answer: [`Outcome::Keywords`].
    SetKeywords {
        /// Where.
        mailbox: MailboxId,
        /// Which; those that are not there are passed over.
        uids: NumberSet,
        /// What.
        change: KeywordChange,
        /// Leave alone what changed after this (RFC 7162 3.1.3).
        unchanged_since: Option<Seq>,
    },
    /// Copies within the account. Answer: [`Outcome::Copied`].
    CopyEmails {
        /// From where.
        from: MailboxId,
        /// Which; those that are not there are passed over.
        uids: NumberSet,
        /// To where.
        to: MailboxId,
    },
    /// Another mailbox of the account. Answer: [`Outcome::Copied`].
    MoveEmails {
        /// From where.
        from: MailboxId,
        /// Which; those that are not there are passed over.
        uids: NumberSet,
        /// To where.
        to: MailboxId,
    },
    /// They go, and can be restored for the retention time. Answer: [`Outcome::Destroyed`].
    DestroyEmails {
        /// From where.
        mailbox: MailboxId,
        /// Which; those that are not there are passed over.
        uids: NumberSet,
        /// Only those with `$deleted`.
        only_deleted: bool,
    },
    /// A destroyed email comes back. Answer: [`Outcome::Added`].
    RestoreEmail {
        /// Which.
        email: EmailId,
        /// To where.
        mailbox: MailboxId,
    },
    /// What was destroyed before then goes for good. Answer: [`Outcome::Purged`].
    PurgeEmails {
        /// Before when.
        destroyed_before: Timestamp,
        /// At most how many, oldest numbers first.
        limit: u32,
    },
    /// These destroyed emails go for good, whenever they were destroyed. Answer: [`Outcome::Purged`].
    PurgeThese {
        /// Which; those that are not destroyed are passed over.
        emails: NumberSet,
    },
    /// A message to send. Answer: [`Outcome::Queued`].
    Enqueue(Box<NewQueueItem>),
    /// It no longer waits.
    Dequeue {
        /// Which.
        id: QueueId,
    },
    /// It stands differently.
    SetQueued {
        /// Which.
        id: QueueId,
        /// How.
        change: QueueChange,
    },
    /// Octets the account may hold from now on.
    SetQuota {
        /// None for no limit.
        octets: Option<u64>,
    },
    /// Something about collections and the objects in them.
    Collections(Box<CollectionChange>),
    /// A domain is added or changed. Directory only, as all that follow.
    SetDomain(Domain),
    /// A domain without principals and aliases goes.
    RemoveDomain {
        /// Its name.
        name: String,
    },
    /// A principal is added. Answer: [`Outcome::Principal`].
    AddPrincipal(NewPrincipal),
    /// A principal is changed.
    UpdatePrincipal(Principal),
    /// A principal goes, with its aliases and credentials.
    RemovePrincipal {
        /// Which.
        principal: PrincipalId,
    },
    /// An address is added to a principal.
    SetAlias {
        /// The address in lower case.
        address: String,
        /// Whose.
        principal: PrincipalId,
    },
    /// An alias goes.
    RemoveAlias {
        /// The address in lower case.
        address: String,
    },
    /// A credential is added; a password replaces the one there was. Answer: [`Outcome::Credential`].
    AddCredential(NewSecret),
    /// A credential goes.
    RemoveCredential {
        /// Which.
        credential: CredentialId,
    },
    /// A credential changes, if it is still as somebody read it.
    UpdateCredential {
        /// Which.
        credential: CredentialId,
        /// What was read; [`Error::StateMismatch`](crate::Error::StateMismatch) if it is another by now.
        from: Box<CredentialKind>,
        /// What it is from now on.
        to: Box<CredentialKind>,
    },
    /// When credentials were last used; of those that are gone nothing is noted.
    NoteCredentialUses(Vec<CredentialUse>),
    /// How mail to a principal goes on, and who may write in its name, from now on.
    SetMailSettings {
        /// Which.
        principal: PrincipalId,
        /// All of it.
        settings: Box<MailSettings>,
    },
    /// Where copies of messages go from now on.
    SetArchive {
        /// The domain whose mail is copied, in lower case; none for all mail.
        domain: Option<String>,
        /// The address that gets them; none ends it.
        address: Option<String>,
    },
}

/// What became of one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done; there is nothing more to say.
    Done,
    /// The new mailbox.
    Mailbox(MailboxId),
    /// The new or restored email.
    Added {
        /// Its number in the account.
        email: EmailId,
        /// Its number in the mailbox.
        uid: Uid,
        /// The mailbox's UIDVALIDITY.
        uid_validity: UidValidity,
        /// Its thread.
        thread: ThreadId,
    },
    /// Which emails changed.
    Keywords {
        /// Those that have other keywords now.
        changed: NumberSet,
        /// Those left alone because they had changed since (RFC 7162 3.1.3).
        modified: NumberSet,
    },
    /// Which emails are in the other mailbox now: in the order of their UIDs they got consecutive ones.
    Copied {
        /// Their numbers in the mailbox they came from.
        uids: NumberSet,
        /// The first one's number in the other.
        first_uid: Uid,
        /// The other mailbox's UIDVALIDITY.
        uid_validity: UidValidity,
    },
    /// Which emails are gone.
    Destroyed {
        /// Their numbers in the mailbox.
        uids: NumberSet,
    },
    /// How many emails, or bodies of objects, are gone for good.
    Purged {
        /// How many.
        count: u32,
    },
    /// The new collection.
    Collection(CollectionId),
    /// The object that was put or moved.
    Object {
        /// Its number in the account.
        object: ObjectId,
        /// Whether it is new under that name.
        created: bool,
        /// Its body.
        blob: BlobId,
        /// Its schedule tag.
        schedule_tag: Option<Seq>,
    },
    /// The queued message.
    Queued(QueueId),
    /// The new principal.
    Principal(PrincipalId),
    /// The new credential.
    Credential(CredentialId),
}

/// A request that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The account's last entry: the request's own, unless nothing had to change.
    pub seq: Seq,
    /// What became of each change.
    pub outcomes: Vec<Outcome>,
}
