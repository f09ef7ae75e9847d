//! One step of a commit: decided, complete, and folded into the state without looking at anything else.
//!
//! Every number a fold needs (UIDs, ids, totals, which keywords really changed) stands in the mutation,
//! so that folding decides nothing, `changes` can be read off the journal, and undoing has what it needs.
//! The order of the variants is part of the journal's encoding: new ones go to the end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::collection::{CollectionKind, CollectionRights, PathSegment, Properties};
use crate::credential::CredentialUse;
use crate::email::{BlobRef, ThreadKeys};
use crate::id::{
    CollectionId, CredentialId, EmailId, MailboxId, ObjectId, PrincipalId, QueueId, Seq, ThreadId,
    Uid, UidValidity,
};
use crate::keyword::{Keyword, Keywords};
use crate::mail_settings::MailSettings;
use crate::mailbox::{MailboxName, Role};
use crate::principal::{Alias, Credential, Domain, Principal};
use crate::queue::{QueueItem, QueueStanding};
use crate::rights::Rights;
use crate::set::NumberSet;
use crate::time::Timestamp;

/// What a group of emails adds to, or takes from, the counters of a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// How many emails.
    pub emails: u32,
    /// How many of them without `$seen`.
    pub unseen: u32,
    /// How many of them with `$deleted`.
    pub deleted: u32,
    /// Their octets.
    pub octets: u64,
}

impl Totals {
    /// Counts one email.
    pub fn add(&mut self, keywords: Keywords, size: u32) {
        self.emails += 1;
        self.unseen += u32::from(!keywords.contains(Keywords::SEEN));
        self.deleted += u32::from(keywords.contains(Keywords::DELETED));
        self.octets += u64::from(size);
    }
}

/// A new mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateMailbox {
    /// Its number: the account's next.
    pub mailbox: MailboxId,
    /// Inside which one.
    pub parent: Option<MailboxId>,
    /// Its name there.
    pub name: MailboxName,
    /// What it is for.
    pub role: Option<Role>,
    /// Its UIDVALIDITY.
    pub uid_validity: UidValidity,
}

/// A new email.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddEmail {
    /// Where.
    pub mailbox: MailboxId,
    /// The mailbox's next UID.
    pub uid: Uid,
    /// The account's next email.
    pub email: EmailId,
    /// Its thread; the account's next if it starts one.
    pub thread: ThreadId,
    /// Its keywords.
    pub keywords: Keywords,
    /// When it was received (RFC 8621 `receivedAt`, IMAP INTERNALDATE).
    pub received_at: Timestamp,
    /// Its `Date` in seconds since 1970, if readable.
    pub sent_at: Option<i64>,
    /// Its size in octets.
    pub size: u32,
    /// Its bytes, and beside them its metadata.
    pub blob: BlobRef,
    /// BLAKE3 of the metadata, which is droppable like the bytes and therefore not in here.
    pub meta: [u8; 32],
    /// What later emails of its thread are found by.
    pub thread_keys: ThreadKeys,
}

/// Copies of emails within the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyEmails {
    /// From where.
    pub from: MailboxId,
    /// Which.
    pub uids: NumberSet,
    /// To where.
    pub to: MailboxId,
    /// UID of the first copy: the mailbox's next; the others follow it in the order of their sources.
    pub first_uid: Uid,
    /// Number of the first copy: the account's next; the others follow it.
    pub first_email: EmailId,
    /// What the target gains.
    pub totals: Totals,
}

/// Emails that change their mailbox and keep their numbers as emails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveEmails {
    /// From where.
    pub from: MailboxId,
    /// Which; they vanish there.
    pub uids: NumberSet,
    /// To where.
    pub to: MailboxId,
    /// UID of the first at the target: its next; the others follow it in the order they had.
    pub first_uid: Uid,
    /// The emails, in the order of `uids`.
    pub emails: Vec<EmailId>,
    /// What the one loses and the other gains.
    pub totals: Totals,
}

/// Emails that leave their mailbox and can be restored until they are purged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestroyEmails {
    /// From where.
    pub mailbox: MailboxId,
    /// Which.
    pub uids: NumberSet,
    /// The emails, in the order of `uids`.
    pub emails: Vec<EmailId>,
    /// What the mailbox loses.
    pub totals: Totals,
}

/// A destroyed email put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreEmail {
    /// Which.
    pub email: EmailId,
    /// To where.
    pub mailbox: MailboxId,
    /// The mailbox's next UID.
    pub uid: Uid,
    /// What the mailbox gains.
    pub totals: Totals,
}

/// A new collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateCollection {
    /// Its number: the account's next.
    pub collection: CollectionId,
    /// Inside which one; only folders are.
    pub parent: Option<CollectionId>,
    /// What it holds.
    pub kind: CollectionKind,
    /// Its name in its place.
    pub name: PathSegment,
    /// What is said of it.
    pub properties: Properties,
}

/// A new object, or another body for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutObject {
    /// Where.
    pub collection: CollectionId,
    /// Which: the account's next if it is new.
    pub object: ObjectId,
    /// Its name there.
    pub name: PathSegment,
    /// The `UID` of the calendar object or contact card; empty where there is none.
    pub uid: String,
    /// Octets of its body.
    pub size: u32,
    /// Octets of the body that it had, if it is not new; that one is restorable until it is purged.
    pub replaces: Option<u32>,
    /// Its body, and beside it what was read from it.
    pub blob: BlobRef,
    /// BLAKE3 of what was read from it, which is droppable like the body and therefore not in here.
    pub meta: [u8; 32],
    /// The commit that last changed what others were told of it (RFC 6638 3.2.10 Schedule-Tag); none where nobody is.
    pub schedule_tag: Option<Seq>,
    /// Its media type, where the kind of collection does not tell.
    pub media_type: Option<String>,
}

/// An object gets another place or name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveObject {
    /// Which.
    pub object: ObjectId,
    /// From where.
    pub from: CollectionId,
    /// To where; may be the same.
    pub to: CollectionId,
    /// Its name from now on.
    pub name: PathSegment,
    /// Octets of its body.
    pub size: u32,
}

/// One step of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mutation {
    /// A new mailbox.
    CreateMailbox(CreateMailbox),
    /// A mailbox gets another place, name or role.
    UpdateMailbox {
        /// Which.
        mailbox: MailboxId,
        /// Inside which one from now on.
        parent: Option<MailboxId>,
        /// Its name from now on.
        name: MailboxName,
        /// What it is for from now on.
        role: Option<Role>,
    },
    /// An empty mailbox goes.
    DestroyMailbox {
        /// Which.
        mailbox: MailboxId,
    },
    /// A principal subscribes to a mailbox or gives it up.
    SetSubscribed {
        /// Which.
        mailbox: MailboxId,
        /// Who.
        principal: PrincipalId,
        /// Whether from now on.
        subscribed: bool,
    },
    /// A principal's rights on a mailbox from now on; none takes them away.
    SetShare {
        /// Which.
        mailbox: MailboxId,
        /// Whose; none stands for everybody who can sign in (RFC 4314's `anyone`).
        principal: Option<PrincipalId>,
        /// Which rights.
        rights: Rights,
    },
    /// A keyword of the account's own gets its bit.
    DefineKeyword {
        /// The bit: the account's next.
        bit: u8,
        /// Its name.
        keyword: Keyword,
    },
    /// A new email.
    AddEmail(AddEmail),
    /// Keywords that these emails did not have are added, others that they had are removed.
    SetKeywords {
        /// Where.
        mailbox: MailboxId,
        /// Which; each had none of `added` and all of `removed`.
        uids: NumberSet,
        /// What they gain.
        added: Keywords,
        /// What they lose.
        removed: Keywords,
    },
    /// Copies within the account.
    CopyEmails(CopyEmails),
    /// Emails change their mailbox.
    MoveEmails(MoveEmails),
    /// Emails are destroyed, restorable for the retention time.
    DestroyEmails(DestroyEmails),
    /// A destroyed email comes back.
    RestoreEmail(RestoreEmail),
    /// Destroyed emails go for good: bytes and metadata are dropped, hashes stay.
    PurgeEmails {
        /// Which; none of them is in a mailbox.
        emails: NumberSet,
    },
    /// A message waits to be sent.
    Enqueue(QueueItem),
    /// It no longer waits.
    Dequeue {
        /// Which.
        id: QueueId,
    },
    /// A domain is added or changed.
    SetDomain(Domain),
    /// A domain goes.
    RemoveDomain {
        /// Its name.
        name: String,
    },
    /// A principal is added or changed.
    SetPrincipal(Principal),
    /// A principal goes; its account's journal stays.
    RemovePrincipal {
        /// Which.
        principal: PrincipalId,
    },
    /// An alias is added or changed.
    SetAlias(Alias),
    /// An alias goes.
    RemoveAlias {
        /// Its address.
        address: String,
    },
    /// A credential is added or changed.
    SetCredential(Credential),
    /// A credential goes.
    RemoveCredential {
        /// Which.
        credential: CredentialId,
    },
    /// How many octets the account may hold from now on.
    SetQuota {
        /// None for no limit.
        octets: Option<u64>,
    },
    /// A new collection.
    CreateCollection(CreateCollection),
    /// A collection gets another place, name or properties.
    UpdateCollection {
        /// Which.
        collection: CollectionId,
        /// Inside which one from now on.
        parent: Option<CollectionId>,
        /// Its name from now on.
        name: PathSegment,
        /// What is said of it from now on.
        properties: Properties,
    },
    /// An empty collection goes.
    DestroyCollection {
        /// Which.
        collection: CollectionId,
    },
    /// A principal's rights on a collection from now on; none takes them away.
    ShareCollection {
        /// Which.
        collection: CollectionId,
        /// Whose; none stands for everybody who can sign in.
        principal: Option<PrincipalId>,
        /// Which rights.
        rights: CollectionRights,
    },
    /// What a principal may do on all collections of the account, in its owner's place; none ends it.
    SetDeputy {
        /// Who.
        principal: PrincipalId,
        /// Which rights.
        rights: CollectionRights,
    },
    /// A new object, or another body for one.
    PutObject(PutObject),
    /// What clients keep at an object for themselves, from now on: XML text by `{namespace}name`.
    SetObjectProperties {
        /// Where.
        collection: CollectionId,
        /// Which.
        object: ObjectId,
        /// All of them.
        dead: BTreeMap<String, String>,
    },
    /// An object gets another place or name.
    MoveObject(MoveObject),
    /// Objects are destroyed; their bodies are restorable for the retention time.
    DestroyObjects {
        /// From where.
        collection: CollectionId,
        /// Which.
        objects: NumberSet,
        /// Octets of their bodies.
        octets: u64,
    },
    /// Earlier bodies go for good: bytes are dropped, hashes stay.
    PurgeVersions {
        /// Which: the object, and the entry that replaced or destroyed that body.
        versions: Vec<(ObjectId, Seq)>,
    },
    /// A queued message stands differently from now on.
    SetQueued {
        /// Which.
        id: QueueId,
        /// How.
        standing: QueueStanding,
    },
    /// How mail to a principal goes on, and who may write in its name, from now on.
    SetMailSettings {
        /// Which.
        principal: PrincipalId,
        /// All of it; the default takes it away.
        settings: Box<MailSettings>,
    },
    /// Where copies of messages go from now on.
    SetArchive {
        /// The domain whose mail is copied; none for all mail.
        domain: Option<String>,
        /// The address that gets them; none ends it.
        address: Option<String>,
    },
    /// When credentials were last used.
    NoteCredentialUses(Vec<CredentialUse>),
}
