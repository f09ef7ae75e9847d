//! Deleted things that can be brought back for a while: emails, events, tasks, contacts, and earlier contents of them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use icalendar::Kind;
use model::{AccountId, CollectionId, CollectionKind, EmailId, EmailMeta, PathSegment, Timestamp};
use store::{Destroyed, Engine, Head};

use super::HistoryPlace;
use super::describe::{collection_place, cut, mailbox_place, sender, title};
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::object::{ObjectVersion, ObjectView, Summary, VersionId};

/// Deleted things that are described or brought back with one question.
pub const DELETED_PAGE_MAX: usize = 500;
/// Deleted emails whose subjects are looked through for words, the last ones first.
const SUBJECTS_LOOKED_AT_MAX: usize = 20_000;

/// What sort of thing was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeletedKind {
    /// An email.
    Email,
    /// An event.
    Event,
    /// A task.
    Task,
    /// A contact.
    Contact,
    /// Something else that lay in a folder.
    File,
}

/// Names a deleted thing within its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeletedId {
    /// An email.
    Email(EmailId),
    /// A body that an object had.
    Version(VersionId),
}

/// What of it is wanted; empty for all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletedFilter {
    /// One of these; empty for all.
    pub kinds: Vec<DeletedKind>,
    /// Only earlier contents of what is still there, or only what is gone.
    pub is_earlier: Option<bool>,
    /// In the subject, title or name, letter case aside.
    pub text: Option<String>,
    /// Not deleted before this moment.
    pub since: Option<Timestamp>,
    /// Deleted before this moment.
    pub until: Option<Timestamp>,
}

/// A deleted thing that can be brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedThing {
    /// Which.
    pub id: DeletedId,
    /// What it is.
    pub kind: DeletedKind,
    /// Whether it is what something contained that is still there.
    pub is_earlier: bool,
    /// Subject, title or name; empty where it is not known.
    pub title: String,
    /// Whom an email is from.
    pub from: Option<String>,
    /// When it was deleted or replaced.
    pub at: Timestamp,
    /// When an email was received.
    pub received_at: Option<Timestamp>,
    /// Its octets.
    pub size: u32,
    /// Where it was.
    pub place: HistoryPlace,
}

/// All that was deleted, before titles of emails are known.
type Things = BTreeMap<DeletedId, DeletedThing>;

impl Groupware {
    /// The deleted things that match, the last deleted first.
    ///
    /// # Errors
    /// As [`Groupware::history_entries`].
    pub async fn deleted(
        &self,
        caller: &Caller,
        account: AccountId,
        filter: &DeletedFilter,
    ) -> Result<Vec<DeletedId>, Error> {
        let mut things = self.deleted_all(caller, account).await?;
        things.retain(|_, thing| filter.matches(thing));
        let mut order: Vec<(Timestamp, DeletedId)> =
            things.values().map(|thing| (thing.at, thing.id)).collect();
        order.sort_unstable_by(|one, other| other.cmp(one));
        if let Some(text) = &filter.text {
            let text = text.to_lowercase();
            let emails = order.iter().filter_map(|(_, id)| match id {
                DeletedId::Email(email) => Some(*email),
                DeletedId::Version(_) => None,
            });
            let emails = emails.take(SUBJECTS_LOOKED_AT_MAX).collect();
            self.name(account, emails, &mut things).await?;
            things.retain(|_, thing| {
                let from = thing.from.as_deref().unwrap_or_default();
                let said = [thing.title.as_str(), from];
                said.iter().any(|said| said.to_lowercase().contains(&text))
            });
            order.retain(|(_, id)| things.contains_key(id));
        }
        Ok(order.into_iter().map(|(_, id)| id).collect())
    }

    /// Deleted things, in the order asked for, at most [`DELETED_PAGE_MAX`]; none where there is no such thing.
    ///
    /// # Errors
    /// As [`Groupware::history_entries`]; [`Error::Limit`].
    pub async fn deleted_things(
        &self,
        caller: &Caller,
        account: AccountId,
        wanted: &[DeletedId],
    ) -> Result<Vec<Option<DeletedThing>>, Error> {
        check_count(wanted)?;
        let mut things = self.deleted_all(caller, account).await?;
        let ids: BTreeSet<DeletedId> = wanted.iter().copied().collect();
        things.retain(|id, _| ids.contains(id));
        let emails = things.keys().filter_map(|id| match id {
            DeletedId::Email(email) => Some(*email),
            DeletedId::Version(_) => None,
        });
        let emails = emails.collect();
        self.name(account, emails, &mut things).await?;
        Ok(wanted.iter().map(|id| things.get(id).cloned()).collect())
    }

    /// Brings deleted things back, each for itself: to where they were; where that is gone emails go to the inbox, and
    /// everything else into the account's first calendar or address book.
    ///
    /// # Errors
    /// As [`Groupware::history_entries`]; [`Error::Limit`]. For each as [`Groupware::restore`] and
    /// [`Groupware::restore_version`].
    pub async fn restore_deleted(
        &self,
        caller: &Caller,
        account: AccountId,
        wanted: &[DeletedId],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        check_count(wanted)?;
        self.history_head(caller, account).await?;
        let mut done = Vec::with_capacity(wanted.len());
        for id in wanted {
            done.push(match id {
                DeletedId::Email(email) => {
                    let back = self.restore(caller, account, vec![*email], None).await;
                    back.map(|_| ())
                }
                DeletedId::Version(version) => self.bring_back(caller, account, *version).await,
            });
        }
        Ok(done)
    }

    /// Brings an earlier version back to where it was, or, where that is gone, into the first collection of its kind.
    pub(super) async fn bring_back(
        &self,
        caller: &Caller,
        account: AccountId,
        id: VersionId,
    ) -> Result<(), Error> {
        let versions = self.object_versions(caller, account).await?;
        let version = versions.iter().find(|version| version.id == id);
        let version = version.ok_or(Error::NotFound)?;
        let access = self.collection_access(caller, account).await?;
        let mut into = None;
        if access.head.collections.get(version.collection).is_err() {
            let kind = match kind_of(version, None) {
                DeletedKind::Contact => CollectionKind::AddressBook,
                _ => CollectionKind::Calendar,
            };
            into = Some(first_of(&access.head, kind).ok_or(Error::NotFound)?);
        }
        self.restore_version(caller, account, id, into)
            .await
            .map(|_| ())
    }

    async fn deleted_all(&self, caller: &Caller, account: AccountId) -> Result<Things, Error> {
        let head = self.history_head(caller, account).await?;
        let mut things = Things::new();
        for email in self.destroyed(caller, account).await? {
            let thing = of_email(&email, &head);
            things.insert(thing.id, thing);
        }
        let mut living = BTreeMap::new();
        for version in self.object_versions(caller, account).await? {
            let mut thing = of_version(&version, &head);
            // What was brought back, or made again, is another object with the same UID.
            thing.is_earlier |= self.is_there(&head, &version, &mut living).await?;
            things.insert(thing.id, thing);
        }
        Ok(things)
    }

    /// Whether something of the version's UID, or of its name where there is none, lies in its collection now.
    async fn is_there(
        &self,
        head: &Arc<Head>,
        version: &ObjectVersion,
        living: &mut BTreeMap<CollectionId, Living>,
    ) -> Result<bool, Error> {
        if head.collections.get(version.collection).is_err() {
            return Ok(false);
        }
        if let Entry::Vacant(unknown) = living.entry(version.collection) {
            let view = self.object_view(head, version.collection).await?;
            let uids = view.iter().map(|object| object.row.uid.clone());
            let uids = uids.filter(|uid| !uid.is_empty()).collect();
            unknown.insert(Living { uids, view });
        }
        Ok(living.get(&version.collection).is_some_and(|living| {
            if version.uid.is_empty() {
                living.view.get(&version.name).is_some()
            } else {
                living.uids.contains(&version.uid)
            }
        }))
    }

    /// Puts subjects and senders to emails.
    async fn name(
        &self,
        account: AccountId,
        emails: Vec<EmailId>,
        things: &mut Things,
    ) -> Result<(), Error> {
        let read = move |engine: &dyn Engine| {
            let mut named = Vec::new();
            engine.metas(account, &emails, &mut |email, octets| {
                if let Ok(meta) = EmailMeta::decode(octets) {
                    let subject = cut(meta.headers.subject.unwrap_or_default());
                    named.push((email, subject, sender(&meta)));
                }
                ControlFlow::Continue(())
            })?;
            Ok(named)
        };
        for (email, subject, from) in self.store.read(read).await? {
            if let Some(thing) = things.get_mut(&DeletedId::Email(email)) {
                thing.title = subject;
                thing.from = from;
            }
        }
        Ok(())
    }
}

/// What lies in a collection.
struct Living {
    uids: BTreeSet<String>,
    view: Arc<ObjectView>,
}

fn check_count(wanted: &[DeletedId]) -> Result<(), Error> {
    if wanted.len() > DELETED_PAGE_MAX {
        return Err(Error::Limit("These are too many deleted things at once."));
    }
    Ok(())
}

fn of_email(email: &Destroyed, head: &Head) -> DeletedThing {
    DeletedThing {
        id: DeletedId::Email(email.email),
        kind: DeletedKind::Email,
        is_earlier: false,
        title: String::new(),
        from: None,
        at: email.destroyed_at,
        received_at: Some(email.received_at),
        size: email.size,
        place: mailbox_place(head, email.mailbox),
    }
}

fn of_version(version: &ObjectVersion, head: &Head) -> DeletedThing {
    let collection = head.collections.get(version.collection).ok();
    let kind = kind_of(version, collection.map(|found| found.kind));
    DeletedThing {
        id: DeletedId::Version(version.id),
        kind,
        is_earlier: !version.destroyed,
        title: title(&version.summary).unwrap_or_else(|| match kind {
            DeletedKind::File => cut(version.name.as_str()),
            _ => String::new(),
        }),
        from: None,
        at: version.at,
        received_at: None,
        size: version.size,
        place: collection_place(head, version.collection),
    }
}

/// What a version is of. Where the collection is gone, its name tells: clients name objects by what they are.
fn kind_of(version: &ObjectVersion, kind: Option<CollectionKind>) -> DeletedKind {
    match (&version.summary, kind) {
        (Summary::Calendar(summary), _) if summary.kind == Kind::Task => DeletedKind::Task,
        (Summary::Calendar(_), _) | (_, Some(CollectionKind::Calendar)) => DeletedKind::Event,
        (Summary::Contact(_), _) | (_, Some(CollectionKind::AddressBook)) => DeletedKind::Contact,
        (Summary::Unknown, Some(_)) => DeletedKind::File,
        (Summary::Unknown, None) if version.uid.is_empty() => DeletedKind::File,
        (Summary::Unknown, None) if has_ending(&version.name, "vcf") => DeletedKind::Contact,
        (Summary::Unknown, None) => DeletedKind::Event,
    }
}

fn has_ending(name: &PathSegment, ending: &str) -> bool {
    let found = name.as_str().rsplit_once('.');
    found.is_some_and(|(_, found)| found.eq_ignore_ascii_case(ending))
}

/// The account's oldest collection of a kind: its standard one, as long as that is there.
fn first_of(head: &Arc<Head>, kind: CollectionKind) -> Option<CollectionId> {
    let mut all = head.collections.all.values();
    all.find(|collection| collection.kind == kind)
        .map(|collection| collection.id)
}

impl DeletedFilter {
    fn matches(&self, thing: &DeletedThing) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&thing.kind))
            && self
                .is_earlier
                .is_none_or(|wanted| wanted == thing.is_earlier)
            && self.since.is_none_or(|since| thing.at >= since)
            && self.until.is_none_or(|until| thing.at < until)
    }
}
