//! The part of a head that tells of collections: what there is, how much is in it, who may do what.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    CollectionId, CollectionKind, CollectionRights, MoveObject, Mutation, ObjectId, PathSegment,
    PrincipalId, Properties, PutObject, Seq,
};

use crate::error::Error;

/// One collection with its counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Its number.
    pub id: CollectionId,
    /// Inside which one.
    pub parent: Option<CollectionId>,
    /// What it holds.
    pub kind: CollectionKind,
    /// Its name in its place; unique among those of the same kind and parent.
    pub name: PathSegment,
    /// What is said of it.
    pub properties: Arc<Properties>,
    /// How many objects are in it.
    pub objects: u32,
    /// Octets of their bodies.
    pub octets: u64,
    /// The last commit that changed an object in it, removals included.
    pub objects_changed: Seq,
    /// The last commit that changed its place, name, properties or rights.
    pub changed: Seq,
    /// Who else may do what with it, rising; none is everybody who can sign in and comes first.
    pub shares: Vec<(Option<PrincipalId>, CollectionRights)>,
}

/// All collections of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collections {
    /// The number the next collection gets.
    pub next_collection: CollectionId,
    /// The number the next object gets.
    pub next_object: ObjectId,
    /// Who may act in the owner's place, rising, and how far.
    pub deputies: Vec<(PrincipalId, CollectionRights)>,
    /// The collections.
    pub all: BTreeMap<CollectionId, Arc<Collection>>,
}

impl Default for Collections {
    fn default() -> Self {
        Self {
            next_collection: CollectionId(1),
            next_object: ObjectId(1),
            deputies: Vec::new(),
            all: BTreeMap::new(),
        }
    }
}

impl Collections {
    /// A collection.
    ///
    /// # Errors
    /// It is not there.
    pub fn get(&self, id: CollectionId) -> Result<&Arc<Collection>, Error> {
        self.all.get(&id).ok_or(Error::NotFound("the collection"))
    }

    /// The collection of that kind and name in that place.
    #[must_use]
    pub fn named(
        &self,
        kind: CollectionKind,
        parent: Option<CollectionId>,
        name: &str,
    ) -> Option<&Arc<Collection>> {
        self.all.values().find(|collection| {
            collection.kind == kind
                && collection.parent == parent
                && collection.name.as_str() == name
        })
    }

    /// Octets of all bodies.
    #[must_use]
    pub fn used_octets(&self) -> u64 {
        self.all.values().map(|collection| collection.octets).sum()
    }

    /// Folds one mutation; those that are not about collections change nothing.
    pub(crate) fn apply(&mut self, mutation: &Mutation, seq: Seq) -> Result<(), Error> {
        match mutation {
            Mutation::CreateCollection(new) => {
                require(
                    new.collection == self.next_collection,
                    "a collection out of order",
                )?;
                self.next_collection = CollectionId(new.collection.0.saturating_add(1));
                let collection = Collection {
                    id: new.collection,
                    parent: new.parent,
                    kind: new.kind,
                    name: new.name.clone(),
                    properties: Arc::new(new.properties.clone()),
                    objects: 0,
                    octets: 0,
                    objects_changed: seq,
                    changed: seq,
                    shares: Vec::new(),
                };
                self.all.insert(new.collection, Arc::new(collection));
            }
            Mutation::UpdateCollection {
                collection,
                parent,
                name,
                properties,
            } => {
                let collection = self.get_mut(*collection)?;
                collection.parent = *parent;
                collection.name = name.clone();
                collection.properties = Arc::new(properties.clone());
                collection.changed = seq;
            }
            Mutation::DestroyCollection { collection } => {
                let gone = self.all.remove(collection);
                require(
                    gone.is_some_and(|gone| gone.objects == 0),
                    "a collection destroyed that is not empty",
                )?;
            }
            Mutation::ShareCollection {
                collection,
                principal,
                rights,
            } => {
                let collection = self.get_mut(*collection)?;
                set(&mut collection.shares, *principal, *rights);
                collection.changed = seq;
            }
            Mutation::SetDeputy { principal, rights } => {
                set(&mut self.deputies, *principal, *rights);
            }
            Mutation::PutObject(put) => self.put(put, seq)?,
            Mutation::SetObjectProperties { collection, .. } => {
                self.get_mut(*collection)?.objects_changed = seq;
            }
            Mutation::MoveObject(moved) => self.moved(moved, seq)?,
            Mutation::DestroyObjects {
                collection,
                objects,
                octets,
            } => {
                let count = u32::try_from(objects.len())
                    .map_err(|_| damaged("more objects destroyed than there are"))?;
                self.get_mut(*collection)?.lose(count, *octets, seq)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn put(&mut self, put: &PutObject, seq: Seq) -> Result<(), Error> {
        if put.replaces.is_none() {
            require(put.object == self.next_object, "an object out of order")?;
            self.next_object = ObjectId(put.object.0.saturating_add(1));
        }
        let collection = self.get_mut(put.collection)?;
        if let Some(octets) = put.replaces {
            collection.lose(1, u64::from(octets), seq)?;
        }
        collection.gain(put.size, seq);
        Ok(())
    }

    fn moved(&mut self, moved: &MoveObject, seq: Seq) -> Result<(), Error> {
        self.get_mut(moved.from)?
            .lose(1, u64::from(moved.size), seq)?;
        self.get_mut(moved.to)?.gain(moved.size, seq);
        Ok(())
    }

    fn get_mut(&mut self, id: CollectionId) -> Result<&mut Collection, Error> {
        self.all
            .get_mut(&id)
            .map(Arc::make_mut)
            .ok_or_else(|| damaged("a collection that is not there"))
    }
}

impl Collection {
    fn gain(&mut self, octets: u32, seq: Seq) {
        self.objects = self.objects.saturating_add(1);
        self.octets = self.octets.saturating_add(u64::from(octets));
        self.objects_changed = seq;
    }

    fn lose(&mut self, objects: u32, octets: u64, seq: Seq) -> Result<(), Error> {
        let left = self
            .objects
            .checked_sub(objects)
            .zip(self.octets.checked_sub(octets));
        (self.objects, self.octets) =
            left.ok_or_else(|| damaged("a collection loses more than it has"))?;
        self.objects_changed = seq;
        Ok(())
    }
}

/// Replaces what somebody may; nothing takes the entry away.
fn set<K: Ord + Copy>(
    list: &mut Vec<(K, CollectionRights)>,
    principal: K,
    rights: CollectionRights,
) {
    list.retain(|(known, _)| *known != principal);
    if !rights.is_empty() {
        let place = list.partition_point(|(known, _)| *known < principal);
        list.insert(place, (principal, rights));
    }
}

fn damaged(what: &str) -> Error {
    Error::Damaged(what.into())
}

fn require(holds: bool, what: &str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(damaged(what)) }
}

#[cfg(test)]
mod tests {
    use model::{BlobId, BlobRef, CreateCollection, NumberSet};

    use super::*;

    fn calendar() -> Collections {
        let mut collections = Collections::default();
        let create = Mutation::CreateCollection(CreateCollection {
            collection: CollectionId(1),
            parent: None,
            kind: CollectionKind::Calendar,
            name: PathSegment::try_from("home").unwrap(),
            properties: Properties::default(),
        });
        collections.apply(&create, Seq(1)).unwrap();
        collections
    }

    fn put(object: u32, size: u32, replaces: Option<u32>) -> Mutation {
        Mutation::PutObject(PutObject {
            collection: CollectionId(1),
            object: ObjectId(object),
            name: PathSegment::try_from("a.ics").unwrap(),
            uid: "a".into(),
            size,
            replaces,
            blob: BlobRef {
                id: BlobId([0; 32]),
                at: 1,
            },
            meta: [0; 32],
            schedule_tag: None,
            media_type: None,
        })
    }

    #[test]
    fn counts_what_is_put_replaced_and_destroyed() {
        let mut collections = calendar();
        collections.apply(&put(1, 10, None), Seq(2)).unwrap();
        collections.apply(&put(1, 30, Some(10)), Seq(3)).unwrap();
        let collection = collections.get(CollectionId(1)).unwrap();
        assert_eq!((collection.objects, collection.octets), (1, 30));
        assert_eq!(collection.objects_changed, Seq(3));
        let gone = Mutation::DestroyObjects {
            collection: CollectionId(1),
            objects: NumberSet::range(1, 1),
            octets: 30,
        };
        collections.apply(&gone, Seq(4)).unwrap();
        assert_eq!(collections.used_octets(), 0);
        assert!(matches!(
            collections.apply(&gone, Seq(5)),
            Err(Error::Damaged(_))
        ));
    }

    #[test]
    fn refuses_an_object_out_of_order() {
        let mut collections = calendar();
        let put = collections.apply(&put(7, 10, None), Seq(2));
        assert!(matches!(put, Err(Error::Damaged(_))));
    }

    #[test]
    fn rights_replace_each_other_and_end() {
        let mut collections = calendar();
        let share = |rights| Mutation::ShareCollection {
            collection: CollectionId(1),
            principal: Some(PrincipalId(4)),
            rights,
        };
        for rights in [CollectionRights::READER, CollectionRights::WRITER] {
            collections.apply(&share(rights), Seq(2)).unwrap();
        }
        let shares = |collections: &Collections| {
            let collection = collections.get(CollectionId(1)).unwrap();
            collection.shares.clone()
        };
        assert_eq!(
            shares(&collections),
            [(Some(PrincipalId(4)), CollectionRights::WRITER)]
        );
        collections
            .apply(&share(CollectionRights::NONE), Seq(3))
            .unwrap();
        assert!(shares(&collections).is_empty());
    }
}
