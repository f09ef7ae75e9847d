//! Memory: whom an account answered, and which messages it has seen, until when (RFC 5230 4.2, RFC 7352).
//!
//! One object for each, in a collection beside the scripts, written with the answer itself; when two messages come at the
//! same time, one of the two writes is refused and decided again.

use model::{AccountId, CollectionId, CollectionKind, PathSegment, Properties, Seq};
use sieve::Fingerprint;
use store::{
    Change, Collection, CollectionChange, Condition, Engine, Head, NewObject, ObjectRow, Source,
    TagChange,
};

use crate::collection::wrap;
use crate::error::Error;

/// The name of the collection.
const MEMORY: &str = "memory";
/// Things one account remembers; one that has so many is not answered for and forgets duplicates.
const REMEMBERED_MAX: u32 = 20_000;
/// From so many on, what is over is looked for now and then.
const SWEPT_FROM: u32 = 256;
/// Every so many.
const SWEPT_EVERY: u32 = 64;
/// So many of them go with one write.
const SWEPT_MAX: usize = 256;
/// The form of what is noted beside an object.
const FORMAT: u8 = 1;

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    name: PathSegment,
    what: String,
}

impl Memory {
    /// That somebody was answered.
    pub(super) fn of_answer(fingerprint: &Fingerprint, to: &str) -> Result<Self, Error> {
        let to = to.to_lowercase();
        Self::new("answered", fingerprint, &to)
    }

    /// That a message was seen.
    pub(super) fn of_message(fingerprint: &Fingerprint) -> Result<Self, Error> {
        Self::new("seen", fingerprint, "")
    }

    fn new(kind: &str, fingerprint: &Fingerprint, whom: &str) -> Result<Self, Error> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(kind.as_bytes()).update(&[0]);
        hasher.update(&fingerprint.0).update(whom.as_bytes());
        let hash = hasher.finalize().to_hex();
        let name = PathSegment::try_from(&hash.as_str()[..32]);
        Ok(Self {
            name: name.map_err(|error| Error::internal(&error))?,
            what: format!("{kind} {whom}"),
        })
    }

    /// The object that stands for it, forgotten or not.
    fn row(
        &self,
        engine: &dyn Engine,
        account: AccountId,
        memory: Option<CollectionId>,
    ) -> Result<Option<ObjectRow>, store::Error> {
        match memory {
            Some(memory) => engine.object(account, memory, &self.name),
            None => Ok(None),
        }
    }

    /// Whether it is remembered at that time, in seconds since 1970.
    pub(super) fn holds(
        &self,
        engine: &dyn Engine,
        head: &Head,
        now: i64,
    ) -> Result<bool, store::Error> {
        let row = self.row(engine, head.account, collection(head).map(|it| it.id))?;
        Ok(row.is_some_and(|row| until(&row) > now))
    }

    /// The change that makes it remembered from `now` for so many seconds; nothing where there is no room.
    pub(super) fn remember(
        &self,
        engine: &dyn Engine,
        head: &Head,
        (memory, now, seconds): (CollectionId, i64, u64),
    ) -> Result<Option<Change>, store::Error> {
        let there = collection(head);
        if there.is_some_and(|there| there.objects >= REMEMBERED_MAX) {
            return Ok(None);
        }
        let row = self.row(engine, head.account, there.map(|there| there.id))?;
        let until = now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
        let mut note = vec![FORMAT];
        note.extend(until.to_be_bytes());
        // The time stands in the body, too: two bodies that are equal would be the same object.
        let body = format!("{} until {until}\n", self.what);
        let blob = engine.prepare(body.as_bytes(), note)?;
        Ok(Some(wrap(CollectionChange::Put(NewObject {
            collection: memory,
            name: self.name.clone(),
            uid: String::new(),
            size: blob.size,
            source: Source::New(blob),
            tag: TagChange::None,
            media_type: None,
            // Whoever decided at the same time decides again.
            condition: match row {
                Some(row) => Condition::Body(vec![row.blob.id]),
                None => Condition::Absent,
            },
        }))))
    }
}

/// The collection that holds what is remembered, if there ever was anything.
pub(super) fn collection(head: &Head) -> Option<&Collection> {
    let found = head
        .collections
        .named(CollectionKind::Scripts, None, MEMORY);
    found.map(AsRef::as_ref)
}

/// The change that makes the collection.
pub(super) fn create() -> Change {
    wrap(CollectionChange::Create {
        parent: None,
        kind: CollectionKind::Scripts,
        name: PathSegment::try_from(MEMORY).expect("a constant word is a segment"),
        properties: Properties::default(),
    })
}

/// Changes that forget what is over; mostly none.
pub(super) fn sweep(
    engine: &dyn Engine,
    head: &Head,
    now: i64,
    kept: &[Change],
) -> Result<Vec<Change>, store::Error> {
    let Some(memory) = collection(head) else {
        return Ok(Vec::new());
    };
    if memory.objects < SWEPT_FROM || !memory.objects.is_multiple_of(SWEPT_EVERY) {
        return Ok(Vec::new());
    }
    let rows = engine.objects(head.account, memory.id, Seq::START)?;
    let is_kept = |row: &ObjectRow| {
        kept.iter().any(|change| match change {
            Change::Collections(change) => {
                matches!(&**change, CollectionChange::Put(new) if new.name == row.name)
            }
            _ => false,
        })
    };
    let over = rows
        .into_iter()
        .filter(|row| until(row) <= now && !is_kept(row));
    let forget = |row: ObjectRow| {
        wrap(CollectionChange::DestroyObject {
            collection: row.collection,
            name: row.name,
            scheduled: false,
            condition: Condition::Body(vec![row.blob.id]),
        })
    };
    Ok(over.take(SWEPT_MAX).map(forget).collect())
}

/// Until when it holds, in seconds since 1970.
fn until(row: &ObjectRow) -> i64 {
    match row.meta.split_first() {
        Some((&FORMAT, note)) => note.try_into().map_or(i64::MIN, i64::from_be_bytes),
        _ => i64::MIN,
    }
}
