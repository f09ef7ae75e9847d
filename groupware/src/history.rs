//! What was done in an account, newest first, as its journal has it; and what can be brought back.
//!
//! For the account's own principal; of a shared account, which nobody signs in to, for those who may do everything there.

mod deleted;

mod describe;

mod step;

mod undo;

use model::{
    AccountId, Actor, CollectionKind, CollectionRights, CredentialId, Face, Mutation, PrincipalId,
    PrincipalKind, Seq, SessionId, Timestamp,
};
use store::{Engine, Entry, Head};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

pub use deleted::{DELETED_PAGE_MAX, DeletedFilter, DeletedId, DeletedKind, DeletedThing};
pub use step::{HistoryDeed, HistoryPlace, HistoryStep};
pub use undo::{HISTORY_UNDO_MAX, Undone};

/// Entries of the journal that one question looks at; whoever wants to know more asks on from there.
pub const HISTORY_LOOKED_AT_MAX: u64 = 10_000;
/// Entries that one question answers.
pub const HISTORY_PAGE_MAX: usize = 500;
/// Entries that are read at once.
const ENTRIES_AT_ONCE: usize = 500;

/// What of the history is wanted; empty for all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Not before this moment.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// What this principal did; none inside stands for whoever was not signed in.
    pub who: Option<Option<PrincipalId>>,
    /// What was done in this session.
    pub session: Option<SessionId>,
    /// What was done with this credential.
    pub credential: Option<CredentialId>,
    /// What came through one of these doors; empty for all.
    pub faces: Vec<Face>,
    /// What is about one of these; empty for all.
    pub topics: Vec<HistoryTopic>,
}

/// What something that was done is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HistoryTopic {
    /// Emails came.
    Arrived,
    /// Emails were marked.
    Marked,
    /// Emails were moved or copied.
    Moved,
    /// Something was destroyed.
    Deleted,
    /// Something was brought back.
    Restored,
    /// Messages were sent.
    Sent,
    /// Mailboxes, calendars and address books themselves.
    Folders,
    /// Who else may see and do what.
    Sharing,
    /// Events and tasks.
    Calendar,
    /// Contacts.
    Contacts,
    /// Filters.
    Filters,
    /// Everything else.
    Other,
}

impl HistoryTopic {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Arrived,
        Self::Marked,
        Self::Moved,
        Self::Deleted,
        Self::Restored,
        Self::Sent,
        Self::Folders,
        Self::Sharing,
        Self::Calendar,
        Self::Contacts,
        Self::Filters,
        Self::Other,
    ];
}

/// A part of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// The entries that match, newest first.
    pub entries: Vec<Seq>,
    /// Before which entry to look for more; none where there is nothing more.
    pub next: Option<Seq>,
    /// The account's last entry.
    pub last: Seq,
}

/// Something that was done: one entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its number.
    pub seq: Seq,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it; none where the entry's content was dropped.
    pub actor: Option<Actor>,
    /// What was done.
    pub steps: Vec<HistoryStep>,
    /// How many more steps there were than `steps` tells.
    pub more_steps: u32,
    /// Whether something of it can be taken back.
    pub can_undo: bool,
}

impl Groupware {
    /// The entries of the account's journal that match, newest first, those before `before` only; at most `limit` and
    /// [`HISTORY_PAGE_MAX`]. There may be fewer although there are more further back: [`HistoryPage::next`] tells.
    ///
    /// # Errors
    /// As [`Groupware::history_entries`].
    pub async fn history(
        &self,
        caller: &Caller,
        account: AccountId,
        filter: HistoryFilter,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<HistoryPage, Error> {
        let head = self.history_head(caller, account).await?;
        let limit = limit.clamp(1, HISTORY_PAGE_MAX);
        let read = move |engine: &dyn Engine| page(engine, &head, &filter, before, limit);
        Ok(self.store.read(read).await?)
    }

    /// Entries of the account's journal in plain terms; none where there is no such entry.
    ///
    /// # Errors
    /// [`Error::NotFound`] to those who see nothing of the account, [`Error::Forbidden`] to everybody else but its own
    /// principal and, where it is shared, those who may do everything there.
    pub async fn history_entries(
        &self,
        caller: &Caller,
        account: AccountId,
        wanted: &[Seq],
    ) -> Result<Vec<Option<HistoryEntry>>, Error> {
        let head = self.history_head(caller, account).await?;
        let wanted = wanted.to_vec();
        let read = move |engine: &dyn Engine| {
            wanted
                .iter()
                .map(|seq| entry_at(engine, account, *seq))
                .collect::<Result<Vec<_>, _>>()
        };
        let entries = self.store.read(read).await?;
        self.described(&head, entries).await
    }

    /// The account's head, for whoever may know what was done there.
    pub(crate) async fn history_head(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<std::sync::Arc<Head>, Error> {
        let access = self.collection_access(caller, account).await?;
        if access.is_owner() {
            return Ok(access.head);
        }
        access.require_account(CollectionRights::ALL)?;
        let principal = self.directory.principal(account.into()).await?;
        match principal {
            Some(principal) if principal.kind == PrincipalKind::Shared => Ok(access.head),
            _ => Err(Error::Forbidden),
        }
    }
}

/// The entry of that number.
fn entry_at(
    engine: &dyn Engine,
    account: AccountId,
    seq: Seq,
) -> Result<Option<Entry>, store::Error> {
    let Some(before) = seq.0.checked_sub(1) else {
        return Ok(None);
    };
    let found = engine.journal(account, Seq(before), 1)?;
    Ok(found.into_iter().find(|entry| entry.seq == seq))
}

fn page(
    engine: &dyn Engine,
    head: &Head,
    filter: &HistoryFilter,
    before: Option<Seq>,
    limit: usize,
) -> Result<HistoryPage, store::Error> {
    let last = head.seq;
    let mut page = HistoryPage {
        last,
        ..HistoryPage::default()
    };
    let end = last.0.saturating_add(1);
    // The first entry that was looked at already.
    let mut done = before.map_or(end, |before| before.0.min(end));
    let stop = done.saturating_sub(HISTORY_LOOKED_AT_MAX);
    while done > 1 {
        if done <= stop {
            page.next = Some(Seq(done));
            return Ok(page);
        }
        let after = done
            .saturating_sub(1)
            .saturating_sub(ENTRIES_AT_ONCE as u64);
        let entries = engine.journal(head.account, Seq(after), ENTRIES_AT_ONCE)?;
        for entry in entries.iter().rev().filter(|entry| entry.seq.0 < done) {
            if filter.since.is_some_and(|since| entry.at < since) {
                return Ok(page);
            }
            if filter.matches(entry, head) {
                if page.entries.len() == limit {
                    page.next = page.entries.last().copied();
                    return Ok(page);
                }
                page.entries.push(entry.seq);
            }
        }
        done = after.saturating_add(1);
    }
    Ok(page)
}

impl HistoryFilter {
    fn matches(&self, entry: &Entry, head: &Head) -> bool {
        if self.until.is_some_and(|until| entry.at >= until) {
            return false;
        }
        let Some(commit) = &entry.commit else {
            return self.is_of_all();
        };
        let actor = &commit.actor;
        self.who.is_none_or(|who| actor.principal == who)
            && self.session.is_none_or(|session| actor.session == session)
            && (self.credential.is_none() || actor.credential == self.credential)
            && (self.faces.is_empty() || self.faces.contains(&actor.face))
            && (self.topics.is_empty()
                || commit
                    .mutations
                    .iter()
                    .any(|mutation| self.topics.contains(&topic(mutation, head))))
    }

    /// Whether nothing is asked of who did what.
    fn is_of_all(&self) -> bool {
        self.who.is_none()
            && self.session.is_none()
            && self.credential.is_none()
            && self.faces.is_empty()
            && self.topics.is_empty()
    }
}

/// What a step is about.
fn topic(mutation: &Mutation, head: &Head) -> HistoryTopic {
    use HistoryTopic as T;
    let of_collection = |id| match head.collections.get(id).map(|found| found.kind) {
        Ok(CollectionKind::Calendar | CollectionKind::ScheduleInbox) => T::Calendar,
        Ok(CollectionKind::AddressBook) => T::Contacts,
        Ok(CollectionKind::Scripts) => T::Filters,
        Ok(CollectionKind::Folder | CollectionKind::Records) | Err(_) => T::Other,
    };
    match mutation {
        Mutation::AddEmail(_) => T::Arrived,
        Mutation::SetKeywords { .. } | Mutation::DefineKeyword { .. } => T::Marked,
        Mutation::CopyEmails(_) | Mutation::MoveEmails(_) => T::Moved,
        Mutation::DestroyEmails(_)
        | Mutation::PurgeEmails { .. }
        | Mutation::PurgeVersions { .. }
        | Mutation::DestroyMailbox { .. }
        | Mutation::DestroyCollection { .. } => T::Deleted,
        Mutation::DestroyObjects { collection, .. } => match of_collection(*collection) {
            T::Other if head.collections.get(*collection).is_ok() => T::Other,
            _ => T::Deleted,
        },
        Mutation::RestoreEmail(_) => T::Restored,
        Mutation::Enqueue(_) | Mutation::Dequeue { .. } | Mutation::SetQueued { .. } => T::Sent,
        Mutation::CreateMailbox(_)
        | Mutation::UpdateMailbox { .. }
        | Mutation::SetSubscribed { .. }
        | Mutation::CreateCollection(_)
        | Mutation::UpdateCollection { .. } => T::Folders,
        Mutation::SetShare { .. }
        | Mutation::ShareCollection { .. }
        | Mutation::SetDeputy { .. } => T::Sharing,
        Mutation::PutObject(put) => of_collection(put.collection),
        Mutation::SetObjectProperties { collection, .. } => of_collection(*collection),
        Mutation::MoveObject(moved) => of_collection(moved.to),
        Mutation::SetDomain(_)
        | Mutation::RemoveDomain { .. }
        | Mutation::SetPrincipal(_)
        | Mutation::RemovePrincipal { .. }
        | Mutation::SetAlias(_)
        | Mutation::RemoveAlias { .. }
        | Mutation::SetCredential(_)
        | Mutation::RemoveCredential { .. }
        | Mutation::SetQuota { .. }
        | Mutation::SetMailSettings { .. }
        | Mutation::SetArchive { .. }
        | Mutation::NoteCredentialUses(_) => T::Other,
    }
}
