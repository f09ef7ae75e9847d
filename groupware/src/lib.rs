//! The operations that all faces share: every one on mailboxes and emails, delivery and submission, and what changed since.
//!
//! [`Groupware`] is the handle. Each operation takes the [`Caller`] first and asks one policy (`rights.rs`)
//! whether it may; what it may not see is [`Error::NotFound`]. A mailbox is read through its [`View`], which all
//! sessions share and which follows the journal; [`Groupware::changes`] and [`Groupware::vanished`] are the only answers
//! to "what is new".
//!
//! Contains no word of a wire protocol: a face translates. Reads no clock but the one it was given.

mod caller;

mod error;

mod refusal;

mod rights;

mod account;

mod visible;

mod mailbox;

pub mod message;

mod email;

mod read;

mod view;

mod catalogue;

mod email_query;

mod email_reading;

mod thread_changes;

mod mailbox_changes;

mod mailbox_order;

mod sync;

mod watch;

pub mod search;

mod collection;

mod object;

mod calendar;

mod contact;

mod schedule;

mod share_notice;

mod attachment;

mod filter;

mod history;

mod record;

mod annotation;

mod list;

mod forward;

mod journaling;

mod delivery;

mod identity;

mod submission;

mod sending;

mod outgoing;

mod quota;

mod upload;

mod correspondents;

mod junk;

mod housekeeping;

use std::sync::{Arc, OnceLock};

use directory::Directory;
use model::Clock;
use store::Store;

pub use account::SharedAccount;
pub use annotation::{
    ANNOTATION_NAME_OCTETS_MAX, ANNOTATION_OCTETS_MAX, ANNOTATIONS_MAX, Annotation,
};
pub use attachment::{
    ATTACHMENT_OCTETS_MAX, ATTACHMENTS_PER_OBJECT_MAX, AttachmentChange, AttachmentChanged,
    NewAttachment,
};
pub use calendar::{
    CalendarPreference, Deed, ItemKind, ItemNote, ItemNotice, NotedItem, ParticipantIdentity,
    calendar_zone, takes_invitations,
};
pub use caller::Caller;
pub use catalogue::{Catalogue, CataloguedEmail, MailboxCounts};
pub use collection::{CollectionInfo, Deputy, NewCollection};
pub use contact::{
    AddressBook, BookPreferences, CardFilter, CardKey, CardOrder, CardSort, CardText,
    DirectoryCard, PeopleChanges,
};
pub use delivery::Delivery;
pub use email::{
    Added, COPY_ACROSS_EMAILS_MAX, Copied, CopiedEmail, EmailChanges, EmailCopy, EmailUpdate,
    EmailsChanged, KeywordUpdate, KeywordsSet, MESSAGE_OCTETS_MAX, MailboxWish, NewMessage, Place,
    Prepared, SEVERAL_MAILBOXES,
};
pub use email_query::{
    EMAIL_COMPARATORS_MAX, EMAIL_CONDITIONS_MAX, EMAIL_FILTER_DEPTH_MAX, EmailComparator,
    EmailFilter, EmailQuery, EmailQueryChanges, EmailSortBy, EmailsFound, QueryPlace, Window,
    WindowStart,
};
pub use email_reading::{EmailBytes, EmailContent};
pub use error::{Error, IncidentId};
pub use filter::{
    Arrival, Delivered, EventCause, FilterPolicy, MailEvent, NumberedScript, Outside, Recipient,
    SCRIPT_NAME_CHARACTERS_MAX, SCRIPT_OCTETS_MAX, SCRIPTS_MAX, ScriptError, ScriptInfo,
    ScriptVersion, VACATION_SUBJECT_CHARACTERS_MAX, VACATION_TEXT_OCTETS_MAX, VacationSetting,
    check_script, script_extensions,
};
pub use history::{
    DELETED_PAGE_MAX, DeletedFilter, DeletedId, DeletedKind, DeletedThing, HISTORY_LOOKED_AT_MAX,
    HISTORY_PAGE_MAX, HISTORY_UNDO_MAX, HistoryDeed, HistoryEntry, HistoryFilter, HistoryPage,
    HistoryPlace, HistoryStep, HistoryTopic, Undone,
};
pub use identity::{IDENTITY_TEXT_OCTETS_MAX, Identity, IdentityFault, IdentityText, NamedAddress};
pub use junk::{Judgement, JunkWatch};
pub use list::PendingPost;
pub use mailbox::{MailboxInfo, MailboxUpdate, Share};
pub use mailbox_changes::MailboxChanges;
pub use mailbox_order::MailboxOrder;
pub use object::{
    Condition, Existing, FoundObject, Imported, KindChanges, KindState, NewBody, NewImport,
    OBJECT_OCTETS_MAX, Object, ObjectChanges, ObjectPlace, ObjectPut, ObjectVersion, ObjectView,
    Overwrite, ReadableCollection, Summary, VersionId,
};
pub use outgoing::{
    Attempted, Claim, Claimed, QUEUE_PAGE_MAX, QueueNotice, QueueStep, QueueWatch, SenderReport,
    Settlement,
};
pub use quota::Quota;
pub use read::{Chunk, Chunks};
pub use record::{
    RECORD_OCTETS_MAX, RECORDS_MAX, Record, RecordChange, RecordChanges, RecordKind, Records,
    RecordsChanged,
};
pub use refusal::Refusal;
// Faces do not know the store; what it says to them, it says through here.
pub use schedule::{FreeBusyAnswer, FreeBusyQuestion};
pub use sending::{SendingLimits, SendingVerdict};
pub use share_notice::{ShareNote, ShareNotice, SharedThing};
pub use store::{Collection, Destroyed, EmailRow, Head, KeywordChange, Mailbox, ObjectRow};
pub use submission::{
    Accepted, AuthorFault, DeliveryState, EnvelopeAddress, NewSending, OwnEnvelope,
    RecipientStatus, SENT_KEPT_FOR_MS, SendFault, Sending, Sent, SentCopy, SentRecipient,
    SentStatus, Submission, UndoStatus, transport_needs,
};
pub use sync::{CHANGES_ENTRIES_MAX, Changes, Scope};
pub use thread_changes::ThreadChanges;
pub use upload::{UPLOAD_KEPT_MS, UPLOADS_MAX, UPLOADS_OCTETS_MAX};
pub use view::{Diff, View};
pub use visible::VisibleAccount;
pub use watch::{Changed, Watch};

/// The handle to all operations; cheap to clone.
#[derive(Clone, Debug)]
pub struct Groupware {
    store: Store,
    directory: Directory,
    clock: Clock,
    views: Arc<view::Cache>,
    catalogues: Arc<catalogue::Catalogues>,
    watchers: Arc<watch::Watchers>,
    sight: Arc<visible::SightCount>,
    upload_expiry: Arc<upload::Expiry>,
    searches: Arc<search::Searches>,
    object_views: Arc<object::ObjectViews>,
    parsed: Arc<object::ParsedBudget>,
    turns: Arc<schedule::Turns>,
    queue_watchers: Arc<outgoing::QueueWatchers>,
    fresh_octets: Arc<outgoing::FreshOctets>,
    attempts: Arc<outgoing::Attempts>,
    junk_watchers: Arc<junk::JunkWatchers>,
    correspondents: Arc<correspondents::Correspondents>,
    people_state: Arc<contact::PeopleState>,
    sending_limits: Arc<OnceLock<Arc<dyn SendingLimits>>>,
    filters: Arc<filter::Filters>,
    filter_policy: FilterPolicy,
}

impl Groupware {
    /// The operations on what is in this store. One handle per store, cloned from there: each that is made anew
    /// listens to the store for itself and keeps views of its own.
    #[must_use]
    pub fn new(store: Store, directory: Directory, clock: Clock) -> Self {
        let views = Arc::new(view::Cache::new(view::VIEWS_OCTETS_MAX));
        let watchers = Arc::new(watch::Watchers::default());
        let sight: Arc<visible::SightCount> = Arc::default();
        let weak_sight = Arc::downgrade(&sight);
        let queue_watchers = Arc::new(outgoing::QueueWatchers::default());
        let (weak_views, weak_watchers) = (Arc::downgrade(&views), Arc::downgrade(&watchers));
        let weak_queue_watchers = Arc::downgrade(&queue_watchers);
        let junk_watchers = Arc::new(junk::JunkWatchers::default());
        let weak_junk_watchers = Arc::downgrade(&junk_watchers);
        store.engine().watch(Box::new(move |notice| {
            if let Some(sight) = weak_sight.upgrade() {
                sight.note(notice);
            }
            // The views must know of it before anybody wakes who will look at them.
            if let Some(views) = weak_views.upgrade() {
                views.note(notice);
            }
            if let Some(watchers) = weak_watchers.upgrade() {
                watchers.note(notice);
            }
            if let Some(watchers) = weak_queue_watchers.upgrade() {
                watchers.note(notice);
            }
            if let Some(watchers) = weak_junk_watchers.upgrade() {
                watchers.note(notice);
            }
        }));
        Self {
            store,
            directory,
            clock,
            views,
            catalogues: Arc::new(catalogue::Catalogues::new(catalogue::CATALOGUES_OCTETS_MAX)),
            watchers,
            sight,
            upload_expiry: Arc::default(),
            searches: Arc::default(),
            object_views: Arc::new(object::ObjectViews::new(object::OBJECT_VIEWS_OCTETS_MAX)),
            parsed: Arc::default(),
            turns: Arc::default(),
            queue_watchers,
            fresh_octets: Arc::default(),
            attempts: Arc::default(),
            junk_watchers,
            correspondents: Arc::default(),
            people_state: Arc::default(),
            sending_limits: Arc::default(),
            filters: Arc::default(),
            filter_policy: FilterPolicy::default(),
        }
    }

    /// The same with another policy for filters; for the handle that all others are cloned from.
    #[must_use]
    pub fn with_filter_policy(self, policy: FilterPolicy) -> Self {
        Self {
            filter_policy: policy,
            ..self
        }
    }

    /// What the administrator lets filters do.
    #[must_use]
    pub fn filter_policy(&self) -> FilterPolicy {
        self.filter_policy
    }

    /// Says how much everybody may send; once, before the first submission. Without it there is no limit.
    pub fn set_sending_limits(&self, limits: Arc<dyn SendingLimits>) {
        if self.sending_limits.set(limits).is_err() {
            tracing::warn!("the limits on sending were set already and stay as they are");
        }
    }

    /// Who there is, and who may sign in.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// What time it is.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}
