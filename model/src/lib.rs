//! The vocabulary of Wachpost: ids, objects, mutations and the commits they make up.
//!
//! Everything here is plain data. Encoding is canonical: one value has one sequence of bytes, so that
//! what is sealed in the journal can be decoded, checked and folded again by any later version.
//!
//! Does no I/O, reads no clock and knows no protocol.

mod id;

mod set;

mod time;

mod error;

mod actor;

mod keyword;

mod mailbox;

mod rights;

mod email;

mod collection;

mod queue;

mod protocols;

mod credential;

mod principal;

mod mail_settings;

mod mutation;

mod commit;

pub use actor::{Actor, Face, SessionId};
pub use collection::{
    CollectionKind, CollectionRights, Components, PathSegment, Properties, SEGMENT_OCTETS_MAX,
    SegmentError,
};
pub use commit::{Commit, MUTATIONS_PER_COMMIT_MAX, PAYLOAD_OCTETS_MAX, fuzz};
pub use credential::{
    AccessSecret, CredentialUse, Grant, GrantHolder, Passkey, PasskeyKey, RecoveryCodes,
    RefreshSecret, SecretHash, Totp,
};
pub use email::{
    Address, BlobId, BlobRef, Disposition, EmailMeta, Encoding, Headers, MESSAGE_PARTS_DEPTH_MAX,
    MESSAGE_PARTS_MAX, META_OCTETS_MAX, Part, ThreadKeys,
};
pub use error::DecodeError;
pub use id::{
    AccountId, CollectionId, CredentialId, EmailId, MailboxId, ObjectId, PrincipalId, QueueId, Seq,
    ThreadId, Uid, UidValidity,
};
pub use keyword::{KEYWORDS_PER_ACCOUNT_MAX, Keyword, KeywordError, Keywords};
pub use mail_settings::{Archive, Forward, ListSettings, MailSettings, Poster, Posting, SendRight};
pub use mailbox::{MAILBOX_NAME_OCTETS_MAX, MailboxName, NameError, Role};
pub use mutation::{
    AddEmail, CopyEmails, CreateCollection, CreateMailbox, DestroyEmails, MoveEmails, MoveObject,
    Mutation, PutObject, RestoreEmail, Totals,
};
pub use principal::{
    Alias, AppPassword, Credential, CredentialKind, Domain, PasswordVerifier, Principal,
    PrincipalKind, ScramVerifier,
};
pub use protocols::Protocols;
pub use queue::{
    DsnNotify, DsnReturn, QueueItem, QueuePlace, QueueStanding, Queued, QueuedRecipient,
};
pub use rights::Rights;
pub use set::{NumberSet, RANGES_PER_SET_MAX};
pub use time::{Clock, ManualClock, Timestamp};
