//! One step of what was done, in the terms of those who read it.

use model::{CollectionId, CollectionKind, MailboxId, PrincipalId, Role, Timestamp};

/// What was done in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HistoryDeed {
    /// An email came in from outside, or was put there.
    EmailAdded,
    /// Emails got or lost keywords.
    EmailsMarked,
    /// Emails were copied.
    EmailsCopied,
    /// Emails were moved.
    EmailsMoved,
    /// Emails were destroyed, and can be brought back for a while.
    EmailsDestroyed,
    /// An email was brought back.
    EmailRestored,
    /// Destroyed emails went for good.
    EmailsPurged,
    /// A message began its way to others.
    MessageQueued,
    /// A message left the queue: it was sent, given up or called back.
    MessageSettled,
    /// A mailbox was made.
    MailboxCreated,
    /// A mailbox was renamed or moved.
    MailboxChanged,
    /// A mailbox was deleted.
    MailboxDestroyed,
    /// Somebody may do this or that with a mailbox, calendar or address book, or no more.
    Shared,
    /// Somebody acts in the owner's place, or no more.
    DeputySet,
    /// A calendar, address book or folder was made.
    CollectionCreated,
    /// A calendar, address book or folder was renamed or got other properties.
    CollectionChanged,
    /// A calendar, address book or folder was deleted.
    CollectionDestroyed,
    /// An event, contact, file or setting is new.
    ObjectCreated,
    /// An event, contact, file or setting has another content.
    ObjectChanged,
    /// An event, contact or file is elsewhere or has another name.
    ObjectMoved,
    /// Events, contacts, files or settings were destroyed.
    ObjectsDestroyed,
    /// Earlier contents went for good.
    VersionsPurged,
    /// How much the account may hold.
    QuotaSet,
    /// Something without a word of its own here.
    Other,
}

/// Where something was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryPlace {
    /// In a mailbox.
    Mailbox {
        /// Which.
        id: MailboxId,
        /// Its name; none where it is gone.
        name: Option<String>,
        /// What it is for.
        role: Option<Role>,
    },
    /// In a collection.
    Collection {
        /// Which.
        id: CollectionId,
        /// What it holds; none where it is gone.
        kind: Option<CollectionKind>,
        /// Its name; none where it is gone.
        name: Option<String>,
    },
}

/// One step of what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryStep {
    /// What.
    pub deed: HistoryDeed,
    /// To how many things.
    pub count: u64,
    /// Where.
    pub place: Option<HistoryPlace>,
    /// Where to.
    pub target: Option<HistoryPlace>,
    /// Subjects, titles and names of some of the things, as far as they are still known.
    pub titles: Vec<String>,
    /// Of an email whom it is from; of a message its recipients; some of them.
    pub people: Vec<String>,
    /// Keywords that came.
    pub added: Vec<String>,
    /// Keywords that went.
    pub removed: Vec<String>,
    /// With whom it was shared, or who acts in the owner's place; none inside stands for everybody.
    pub with: Option<Option<PrincipalId>>,
    /// Whether a right was taken away, not given.
    pub is_end: bool,
    /// Not to be sent before then.
    pub release_at: Option<Timestamp>,
}

impl HistoryStep {
    pub(super) fn new(deed: HistoryDeed, count: u64) -> Self {
        Self {
            deed,
            count,
            place: None,
            target: None,
            titles: Vec::new(),
            people: Vec::new(),
            added: Vec::new(),
            removed: Vec::new(),
            with: None,
            is_end: false,
            release_at: None,
        }
    }
}
