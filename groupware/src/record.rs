//! Records: what clients keep through us that is neither mail, calendar, card nor file, as texts of their own form.
//!
//! The records of one kind lie in a collection that only this module reaches, so they are journalled, sealed, restorable
//! and counted like all else. The text stands in the row itself: listing reads no bodies.
//!
//! **Does not:** know what a text says.

use std::sync::Arc;

use model::{
    AccountId, Actor, CollectionId, CollectionKind, CollectionRights, ObjectId, PathSegment,
    PrincipalKind, Properties, Seq, Timestamp,
};
use store::{
    Change, Collection, CollectionChange, Condition, Engine, Head, NewObject, ObjectRow, Outcome,
    Request, Source, TagChange,
};

use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::caller::Caller;
use crate::collection::wrap;
use crate::error::Error;

/// Records of one kind that one account keeps.
pub const RECORDS_MAX: usize = 10_000;
/// Octets of one record's text.
pub const RECORD_OCTETS_MAX: usize = 64 * 1024;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// An identity to send with (RFC 8621 6).
    Identity,
    /// A message that was sent or is to be (RFC 8621 7).
    Submission,
    /// Where to push what changed (RFC 8620 7.2).
    PushSubscription,
    /// Who somebody is in meetings (JMAP Calendars, `ParticipantIdentity`).
    ParticipantIdentity,
    /// Somebody else changed an event (JMAP Calendars, `CalendarEventNotification`).
    EventNotification,
    /// Somebody else changed a task (JMAP Tasks, `TaskNotification`).
    TaskNotification,
    /// Somebody shared something, or ended that (RFC 9670 3).
    ShareNotification,
    /// What one person prefers.
    Preference,
    /// Where one person wants a mailbox to stand among the others (RFC 8621 2 `sortOrder`).
    MailboxOrder,
    /// What is said of a mailbox, or of the account (RFC 5464).
    Annotation,
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Identity,
        Self::Submission,
        Self::PushSubscription,
        Self::ParticipantIdentity,
        Self::EventNotification,
        Self::TaskNotification,
        Self::ShareNotification,
        Self::Preference,
        Self::MailboxOrder,
        Self::Annotation,
    ];

    /// The name of the collection that they lie in.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identities",
            Self::Submission => "submissions",
            Self::PushSubscription => "push-subscriptions",
            Self::ParticipantIdentity => "participant-identities",
            Self::EventNotification => "event-notifications",
            Self::TaskNotification => "task-notifications",
            Self::ShareNotification => "share-notifications",
            Self::Preference => "preferences",
            Self::MailboxOrder => "mailbox-order",
            Self::Annotation => "annotations",
        }
    }

    /// The last entry that changed a record of this kind; [`Seq::START`] if there never was one.
    #[must_use]
    pub fn changed(self, head: &Head) -> Seq {
        self.collection(head)
            .map_or(Seq::START, |it| it.objects_changed)
    }

    fn collection(self, head: &Head) -> Option<&Arc<Collection>> {
        head.collections
            .named(CollectionKind::Records, None, self.as_str())
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number in the account, never used again.
    pub id: ObjectId,
    /// What it says.
    pub text: String,
    /// The entry that made it.
    pub created: Seq,
    /// The last entry that changed it.
    pub changed: Seq,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// All records of one kind, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records {
    /// The records.
    pub all: Vec<Record>,
    /// The last entry that changed one of them, or took one away.
    pub until: Seq,
}

/// What changed among the records of one kind (RFC 8620 5.2); each number in one of the three at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordChanges {
    /// New since then.
    pub created: Vec<ObjectId>,
    /// There before, and changed.
    pub updated: Vec<ObjectId>,
    /// There before, and gone.
    pub destroyed: Vec<ObjectId>,
    /// The moment up to which this holds.
    pub until: Seq,
}

/// One thing that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordChange {
    /// A new record with this text.
    Create(String),
    /// Another text.
    Update(ObjectId, String),
    /// It goes.
    Destroy(ObjectId),
}

/// What became of what was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordsChanged {
    /// For each change, in their order, the record it was about.
    pub records: Vec<Result<ObjectId, Error>>,
    /// The state that it was decided in: as [`Records::until`].
    pub old: Seq,
    /// The state afterwards.
    pub new: Seq,
}

impl Groupware {
    /// The account's records of a kind.
    ///
    /// # Errors
    /// [`Error::NotFound`] for others than the owner; of a shared account, who may do everything there knows them, too.
    pub async fn records(
        &self,
        caller: &Caller,
        account: AccountId,
        kind: RecordKind,
    ) -> Result<Records, Error> {
        let head = self.records_head(caller, account).await?;
        self.records_in(&head, kind).await
    }

    /// The last entry that changed one of the account's records of a kind, or took one away; without reading any.
    ///
    /// # Errors
    /// As [`Groupware::records`].
    pub async fn records_state(
        &self,
        caller: &Caller,
        account: AccountId,
        kind: RecordKind,
    ) -> Result<Seq, Error> {
        let head = self.records_head(caller, account).await?;
        Ok(kind.changed(&head))
    }

    /// What changed among the account's records of a kind after the entry `since`.
    ///
    /// # Errors
    /// As [`Groupware::records`]; [`Error::CannotCalculate`] for a moment that never was.
    pub async fn record_changes(
        &self,
        caller: &Caller,
        account: AccountId,
        kind: RecordKind,
        since: Seq,
    ) -> Result<RecordChanges, Error> {
        let head = self.records_head(caller, account).await?;
        if since.is_after(head.seq) {
            return Err(Error::CannotCalculate);
        }
        let mut changes = RecordChanges {
            until: kind.changed(&head).max(since),
            ..RecordChanges::default()
        };
        let Some(collection) = kind.collection(&head).map(|it| it.id) else {
            return Ok(changes);
        };
        let read = move |engine: &dyn Engine| {
            let rows = engine.objects(account, collection, since)?;
            Ok((rows, engine.gone(account, collection, since)?))
        };
        let (rows, gone) = self.store.read(read).await?;
        for row in rows {
            changes.until = changes.until.max(row.changed);
            if created(&row.name).is_after(since) {
                changes.created.push(row.object);
            } else {
                changes.updated.push(row.object);
            }
        }
        for gone in gone {
            changes.until = changes.until.max(gone.gone);
            if !created(&gone.name).is_after(since) {
                changes.destroyed.push(gone.object);
            }
        }
        Ok(changes)
    }

    /// Changes records in one durable write; each change succeeds or fails for itself. `if_state` is what
    /// [`Records::until`] must still be.
    ///
    /// # Errors
    /// As [`Groupware::records`]; [`Error::StateMismatch`].
    pub async fn change_records(
        &self,
        caller: &Caller,
        account: AccountId,
        kind: RecordKind,
        if_state: Option<Seq>,
        changes: &[RecordChange],
    ) -> Result<RecordsChanged, Error> {
        self.records_head(caller, account).await?;
        self.write_records(&caller.actor, account, kind, if_state, changes)
            .await
    }

    /// Leaves a record in somebody's account, whoever it is that does; for what people are to be told.
    pub(crate) async fn leave_record(
        &self,
        actor: &Actor,
        account: AccountId,
        kind: RecordKind,
        text: String,
    ) -> Result<(), Error> {
        let create = [RecordChange::Create(text)];
        let mut done = self
            .write_records(actor, account, kind, None, &create)
            .await?;
        match done.records.pop() {
            Some(Err(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// The changes that make one more record, for a request of the account that has this head and holds only in it
    /// (`if_seq`).
    pub(crate) fn record_created(
        engine: &dyn Engine,
        head: &Head,
        kind: RecordKind,
        text: &str,
    ) -> Result<Vec<Change>, Error> {
        let mut plan = Plan::new(head, kind, Vec::new());
        plan.decide(engine, &RecordChange::Create(text.to_owned()))?;
        Ok(plan.changes)
    }

    /// The change that gives a record another text, for a request of the account that has this head and holds only in it
    /// (`if_seq`).
    pub(crate) fn record_updated(
        engine: &dyn Engine,
        head: &Head,
        kind: RecordKind,
        (id, text): (ObjectId, &str),
    ) -> Result<Vec<Change>, Error> {
        let rows = match kind.collection(head) {
            Some(there) => engine.objects(head.account, there.id, Seq::START)?,
            None => Vec::new(),
        };
        let mut plan = Plan::new(head, kind, rows);
        plan.decide(engine, &RecordChange::Update(id, text.to_owned()))?;
        Ok(plan.changes)
    }

    /// As [`Groupware::change_records`], without asking who it is.
    pub(crate) async fn write_records(
        &self,
        actor: &Actor,
        account: AccountId,
        kind: RecordKind,
        if_state: Option<Seq>,
        changes: &[RecordChange],
    ) -> Result<RecordsChanged, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let head = self.ensure_account(account.into()).await?;
            let old = kind.changed(&head);
            if if_state.is_some_and(|state| state != old) {
                return Err(Error::StateMismatch);
            }
            let (planned, wanted) = (Arc::clone(&head), changes.to_vec());
            let plan = self.blocking(move |engine| {
                let rows = match kind.collection(&planned) {
                    Some(there) => engine.objects(account, there.id, Seq::START)?,
                    None => Vec::new(),
                };
                let mut plan = Plan::new(&planned, kind, rows);
                let decided = wanted
                    .iter()
                    .map(|change| plan.decide(engine, change))
                    .collect::<Vec<_>>();
                Ok((decided, plan.changes))
            });
            let (decided, made) = plan.await?;
            if decided.iter().all(Result::is_err) {
                let records = decided.into_iter().map(|it| it.map(|_| ObjectId(0)));
                return Ok(RecordsChanged {
                    records: records.collect(),
                    old,
                    new: old,
                });
            }
            let request = Request {
                account,
                actor: actor.clone(),
                at: self.clock.now(),
                // The names and rows are right only in this state.
                if_seq: Some(head.seq),
                changes: made,
            };
            match self.store.commit(request).await {
                Ok(committed) => {
                    let outcome = |at: usize, known: Option<ObjectId>| match (
                        known,
                        committed.outcomes.get(at),
                    ) {
                        (Some(id), _) => Ok(id),
                        (None, Some(Outcome::Object { object, .. })) => Ok(*object),
                        (None, _) => Err(Error::NotFound),
                    };
                    let records = decided
                        .into_iter()
                        .map(|it| it.and_then(|(at, known)| outcome(at, known)));
                    return Ok(RecordsChanged {
                        records: records.collect(),
                        old,
                        // An update with the text it had changes nothing.
                        new: if committed.seq == head.seq {
                            old
                        } else {
                            committed.seq
                        },
                    });
                }
                Err(store::Error::StateMismatch) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::StateMismatch)
    }

    pub(crate) async fn records_in(&self, head: &Head, kind: RecordKind) -> Result<Records, Error> {
        let (account, until) = (head.account, kind.changed(head));
        let Some(collection) = kind.collection(head).map(|it| it.id) else {
            return Ok(Records {
                all: Vec::new(),
                until,
            });
        };
        let read = move |engine: &dyn Engine| engine.objects(account, collection, Seq::START);
        let rows = self.store.read(read).await?;
        let until = rows.iter().map(|row| row.changed).fold(until, Seq::max);
        let mut all: Vec<Record> = rows.iter().map(record).collect();
        all.sort_by_key(|record| record.id);
        Ok(Records { all, until })
    }

    /// The head of an account whose records the caller may know and change.
    async fn records_head(&self, caller: &Caller, account: AccountId) -> Result<Arc<Head>, Error> {
        if account != AccountId::DIRECTORY && caller.owns(account) {
            return self.ensure_account(account.into()).await;
        }
        let access = self.collection_access(caller, account).await?;
        access.require_account(CollectionRights::ALL)?;
        match self.directory.principal(account.into()).await? {
            Some(principal) if principal.kind == PrincipalKind::Shared => Ok(access.head),
            _ => Err(Error::NotFound),
        }
    }
}

/// What a request is made of, one wish after the other.
struct Plan {
    collection: CollectionId,
    rows: Vec<ObjectRow>,
    there: usize,
    /// The entry that the request is going to be.
    entry: Seq,
    made: usize,
    changes: Vec<Change>,
}

impl Plan {
    fn new(head: &Head, kind: RecordKind, rows: Vec<ObjectRow>) -> Self {
        let (collection, there, changes) = match kind.collection(head) {
            Some(found) => (found.id, found.objects as usize, Vec::new()),
            None => {
                let create = CollectionChange::Create {
                    parent: None,
                    kind: CollectionKind::Records,
                    name: PathSegment::try_from(kind.as_str())
                        .expect("a constant word is a segment"),
                    properties: Properties::default(),
                };
                (head.collections.next_collection, 0, vec![wrap(create)])
            }
        };
        Self {
            collection,
            rows,
            there,
            entry: head.seq.next(),
            made: 0,
            changes,
        }
    }

    /// Adds the change; answers its place among the changes, and the record's number where there is one already.
    fn decide(
        &mut self,
        engine: &dyn Engine,
        wanted: &RecordChange,
    ) -> Result<(usize, Option<ObjectId>), Error> {
        let (change, known) = match wanted {
            RecordChange::Create(text) => {
                if self.there + self.made >= RECORDS_MAX {
                    return Err(Error::Limit("records of one kind"));
                }
                let name = format!("{}-{}", self.entry, self.made);
                let name = PathSegment::try_from(name).map_err(|error| Error::internal(&error))?;
                let put = self.put(engine, name, text, Condition::Absent)?;
                self.made += 1;
                (put, None)
            }
            RecordChange::Update(id, text) => {
                let name = self.name(*id)?;
                (self.put(engine, name, text, Condition::Present)?, Some(*id))
            }
            RecordChange::Destroy(id) => {
                let destroy = CollectionChange::DestroyObject {
                    collection: self.collection,
                    name: self.name(*id)?,
                    scheduled: false,
                    condition: Condition::Present,
                };
                self.rows.retain(|row| row.object != *id);
                (wrap(destroy), Some(*id))
            }
        };
        self.changes.push(change);
        Ok((self.changes.len() - 1, known))
    }

    fn name(&self, id: ObjectId) -> Result<PathSegment, Error> {
        let row = self.rows.iter().find(|row| row.object == id);
        row.map(|row| row.name.clone()).ok_or(Error::NotFound)
    }

    fn put(
        &self,
        engine: &dyn Engine,
        name: PathSegment,
        text: &str,
        condition: Condition,
    ) -> Result<Change, Error> {
        if text.len() > RECORD_OCTETS_MAX {
            return Err(Error::Limit("octets of a record"));
        }
        let blob = engine.prepare(text.as_bytes(), text.as_bytes().to_vec())?;
        Ok(wrap(CollectionChange::Put(NewObject {
            collection: self.collection,
            name,
            uid: String::new(),
            size: blob.size,
            source: Source::New(blob),
            tag: TagChange::None,
            media_type: None,
            condition,
        })))
    }
}

fn record(row: &ObjectRow) -> Record {
    Record {
        id: row.object,
        text: String::from_utf8_lossy(&row.meta).into_owned(),
        created: created(&row.name),
        changed: row.changed,
        created_at: row.created_at,
        modified_at: row.modified_at,
    }
}

/// The entry that made the record of that name.
fn created(name: &PathSegment) -> Seq {
    let entry = name.as_str().split('-').next().unwrap_or_default();
    Seq(entry.parse().unwrap_or(0))
}
