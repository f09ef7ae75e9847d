//! Importing: many objects at once, as they are, and nobody is told of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::{AccountId, CollectionId, CollectionKind, CollectionRights, PathSegment};
use store::{Change, Condition, TagChange};

use super::prepare::{OBJECT_OCTETS_MAX, PreparedObject, prepare};
use super::view::{Object, ObjectView};
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// An object to be imported.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// Its name in the collection, unless one with its UID is there under another name.
    pub name: PathSegment,
    /// Its body.
    pub body: Vec<u8>,
}

/// What becomes of an object that is there already, with the same UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays as it is.
    Kept,
    /// It gets the imported body; its own stays restorable for the retention time.
    Replaced,
}

/// What became of an imported object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// It is new.
    Added,
    /// It took the place of one that was there.
    Replaced,
    /// One was there, and stayed as it is.
    Kept,
}

/// A change on its way to the store: which of the imported objects it is, and what becomes of it.
struct Pending {
    place: usize,
    change: Change,
    imported: Imported,
}

impl Groupware {
    /// Adds many objects, in few commits: each is taken or refused for itself, and the answers have their order. Nobody is
    /// told: what was agreed on elsewhere is only brought here, and its participants know of it.
    ///
    /// # Errors
    /// `WRITE` is needed; or the store cannot be written. What was done before that stays done, and importing the same
    /// again does the rest.
    pub async fn import_objects(
        &self,
        caller: &Caller,
        account: AccountId,
        collection: CollectionId,
        new: Vec<NewImport>,
        existing: Existing,
    ) -> Result<Vec<Result<Imported, Error>>, Error> {
        let access = self.collection_access(caller, account).await?;
        let into = Arc::clone(access.require(collection, CollectionRights::WRITE)?);
        if into.kind == CollectionKind::ScheduleInbox {
            return Err(Error::Forbidden);
        }
        let prepared = self.blocking(move |engine| {
            let prepared = new.into_iter().map(|new| {
                if new.body.len() > OBJECT_OCTETS_MAX {
                    return Err(Error::TooLarge);
                }
                let prepared = prepare(engine, &into, &new.body)?;
                Ok((new.name, prepared))
            });
            Ok(prepared.collect::<Vec<_>>())
        });
        let (mut done, mut waiting) = (Vec::new(), Vec::new());
        for (place, prepared) in prepared.await?.into_iter().enumerate() {
            done.push(prepared.map(|(name, prepared)| {
                waiting.push((place, name, prepared));
                Imported::Kept
            }));
        }
        // Two with one UID are imported one after the other, as if each had come alone.
        while !waiting.is_empty() {
            let access = self.collection_access(caller, account).await?;
            let view = self.object_view(&access.head, collection).await?;
            let mut plan = Plan::new(&view, existing);
            let mut later = Vec::new();
            for (place, name, prepared) in waiting {
                match plan.add(place, &name, &prepared) {
                    Some(decided) => set(&mut done, place, decided),
                    None => later.push((place, name, prepared)),
                }
            }
            let pending = plan.pending;
            self.import_pending(caller, account, pending, &mut done)
                .await?;
            waiting = later;
        }
        Ok(done)
    }

    /// Commits the changes together; where the store refuses one, those before and behind it still go together.
    async fn import_pending(
        &self,
        caller: &Caller,
        account: AccountId,
        pending: Vec<Pending>,
        done: &mut [Result<Imported, Error>],
    ) -> Result<(), Error> {
        let mut waiting = vec![pending];
        while let Some(mut together) = waiting.pop() {
            if together.is_empty() {
                continue;
            }
            let changes = together.iter().map(|one| one.change.clone()).collect();
            match self.try_change(caller, account, changes).await {
                Ok(_) => {
                    for one in &together {
                        set(done, one.place, Ok(one.imported));
                    }
                }
                Err(error @ (store::Error::Unavailable(_) | store::Error::Damaged(_))) => {
                    return Err(error.into());
                }
                Err(error) if together.len() == 1 => {
                    for one in &together {
                        let error = match error {
                            // Somebody else was faster.
                            store::Error::StateMismatch => Error::StateMismatch,
                            ref other => other.clone().into(),
                        };
                        set(done, one.place, Err(error));
                    }
                }
                Err(_) => {
                    let rest = together.split_off(together.len() / 2);
                    waiting.push(rest);
                    waiting.push(together);
                }
            }
        }
        Ok(())
    }
}

fn set(done: &mut [Result<Imported, Error>], place: usize, result: Result<Imported, Error>) {
    if let Some(slot) = done.get_mut(place) {
        *slot = result;
    }
}

/// What is to be done with the objects of one import.
struct Plan<'a> {
    collection: CollectionId,
    existing: Existing,
    view: &'a ObjectView,
    by_uid: HashMap<&'a str, &'a Arc<Object>>,
    /// Names and UIDs of what is pending.
    taken: HashSet<String>,
    pending: Vec<Pending>,
}

impl<'a> Plan<'a> {
    fn new(view: &'a ObjectView, existing: Existing) -> Self {
        let with_uid = view.iter().filter(|object| !object.row.uid.is_empty());
        Self {
            collection: view.collection().id,
            existing,
            by_uid: with_uid
                .map(|object| (object.row.uid.as_str(), object))
                .collect(),
            view,
            taken: HashSet::new(),
            pending: Vec::new(),
        }
    }

    /// Decides about one object; nothing if that must wait until another one is stored.
    fn add(
        &mut self,
        place: usize,
        name: &PathSegment,
        prepared: &PreparedObject,
    ) -> Option<Result<Imported, Error>> {
        let there = match prepared.uid.as_str() {
            "" => self.view.get(name),
            uid => self.by_uid.get(uid).copied(),
        };
        let Some(there) = there else {
            if self.view.get(name).is_some() {
                return Some(Err(Error::AlreadyExists));
            }
            let tag = if prepared.scheduled {
                TagChange::New
            } else {
                TagChange::None
            };
            return self.put(
                place,
                name,
                prepared,
                (tag, Condition::Absent),
                Imported::Added,
            );
        };
        if self.existing == Existing::Kept || there.row.blob.id == prepared.blob.id {
            return Some(Ok(Imported::Kept));
        }
        let tag = match (prepared.scheduled, there.row.schedule_tag) {
            (true, _) => TagChange::New,
            (false, Some(_)) => TagChange::Keep,
            (false, None) => TagChange::None,
        };
        let condition = Condition::Body(vec![there.row.blob.id]);
        let name = there.row.name.clone();
        self.put(place, &name, prepared, (tag, condition), Imported::Replaced)
    }

    fn put(
        &mut self,
        place: usize,
        name: &PathSegment,
        prepared: &PreparedObject,
        (tag, condition): (TagChange, Condition),
        imported: Imported,
    ) -> Option<Result<Imported, Error>> {
        // One commit has each name and each UID once. A name has no `/`: it is never taken for a UID.
        let words = [name.to_string(), format!("/{}", prepared.uid)];
        let words = &words[..if prepared.uid.is_empty() { 1 } else { 2 }];
        if words.iter().any(|word| self.taken.contains(word)) {
            return None;
        }
        self.taken.extend(words.iter().cloned());
        let change = prepared.put(self.collection, name.clone(), tag, None, condition);
        self.pending.push(Pending {
            place,
            change,
            imported,
        });
        Some(Ok(imported))
    }
}
