//! Importing: many objects at once, as they are, and nobody is told of them.

use std::collections::HashMap;
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
        let view = self.object_view(&access.head, collection).await?;
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
        let mut plan = Plan::new(&view, existing);
        let mut done = Vec::new();
        for (place, prepared) in prepared.await?.into_iter().enumerate() {
            // What is pending gets its answer from the store.
            done.push(prepared.and_then(|(name, prepared)| plan.add(place, name, &prepared)));
        }
        self.import_pending(caller, account, plan.pending, &mut done)
            .await?;
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
    /// Names and UIDs of objects of this import.
    taken: HashMap<String, PathSegment>,
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
            taken: HashMap::new(),
            pending: Vec::new(),
        }
    }

    /// Decides about one object.
    fn add(
        &mut self,
        place: usize,
        name: PathSegment,
        prepared: &PreparedObject,
    ) -> Result<Imported, Error> {
        let there = match prepared.uid.as_str() {
            "" => self.view.get(&name),
            uid => self.by_uid.get(uid).copied(),
        };
        let Some(there) = there else {
            if self.view.get(&name).is_some() {
                return Err(Error::AlreadyExists);
            }
            self.take(&name, &prepared.uid)?;
            let tag = if prepared.scheduled {
                TagChange::New
            } else {
                TagChange::None
            };
            let change = prepared.put(self.collection, name, tag, None, Condition::Absent);
            self.pending.push(Pending {
                place,
                change,
                imported: Imported::Added,
            });
            return Ok(Imported::Added);
        };
        if self.existing == Existing::Kept || there.row.blob.id == prepared.blob.id {
            return Ok(Imported::Kept);
        }
        let name = there.row.name.clone();
        self.take(&name, &prepared.uid)?;
        let tag = match (prepared.scheduled, there.row.schedule_tag) {
            (true, _) => TagChange::New,
            (false, Some(_)) => TagChange::Keep,
            (false, None) => TagChange::None,
        };
        let condition = Condition::Body(vec![there.row.blob.id]);
        let change = prepared.put(self.collection, name, tag, None, condition);
        self.pending.push(Pending {
            place,
            change,
            imported: Imported::Replaced,
        });
        Ok(Imported::Replaced)
    }

    /// One import has each name and each UID once.
    fn take(&mut self, name: &PathSegment, uid: &str) -> Result<(), Error> {
        // A name has no `/`: so a name and a UID are never taken for each other.
        let words = [
            Some(name.to_string()),
            (!uid.is_empty()).then(|| format!("/{uid}")),
        ];
        for word in words.into_iter().flatten() {
            if let Some(other) = self.taken.get(&word) {
                return Err(Error::UidConflict {
                    collection: self.collection,
                    name: other.clone(),
                });
            }
            self.taken.insert(word, name.clone());
        }
        Ok(())
    }
}
