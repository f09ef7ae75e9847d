//! Deciding about collections.

use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, CreateCollection, Mutation,
    PathSegment, PrincipalId, Properties,
};

use super::Deciding;
use crate::change::{CollectionChange, Outcome};
use crate::error::Error;

/// Collections one account can have.
const COLLECTIONS_PER_ACCOUNT_MAX: usize = 10_000;
/// Folders within folders.
const COLLECTION_DEPTH_MAX: usize = 20;
/// Principals one collection can be shared with, and deputies of an account.
const SHARES_PER_COLLECTION_MAX: usize = 1_000;
/// Octets of what is said of a collection, all together; clients keep some properties of their own there.
const PROPERTIES_OCTETS_MAX: usize = 256 * 1024;

impl Deciding<'_> {
    pub(super) fn collections(
        &mut self,
        change: &CollectionChange,
        place: usize,
    ) -> Result<Outcome, Error> {
        if self.head.account == AccountId::DIRECTORY {
            return Err(Error::Invalid("the directory has no collections"));
        }
        match change {
            CollectionChange::Create {
                parent,
                kind,
                name,
                properties,
            } => self.create_collection(*parent, *kind, name, properties),
            CollectionChange::Update {
                collection,
                parent,
                name,
                properties,
            } => self.update_collection(*collection, *parent, name, properties),
            CollectionChange::Destroy {
                collection,
                with_objects,
            } => self.destroy_collection(*collection, *with_objects),
            CollectionChange::Share {
                collection,
                principal,
                rights,
            } => self.share_collection(*collection, *principal, *rights),
            CollectionChange::SetDeputy { principal, rights } => {
                self.set_deputy(*principal, *rights)
            }
            CollectionChange::Put(new) => self.put_object(new, place),
            CollectionChange::SetProperties {
                collection,
                name,
                dead,
            } => self.set_object_properties(*collection, name, dead),
            CollectionChange::Move {
                from,
                name,
                to,
                new_name,
                replace,
                condition,
            } => self.move_object((*from, name), (*to, new_name), *replace, condition),
            CollectionChange::DestroyObject {
                collection,
                name,
                scheduled,
                condition,
            } => self.destroy_object(*collection, name, *scheduled, condition),
            CollectionChange::Unchanged { collection, since } => {
                let changed = self.head.collections.get(*collection)?.objects_changed;
                if changed == self.seq {
                    return Err(Error::Invalid(
                        "whether a collection is unchanged is asked before it is changed",
                    ));
                }
                if changed.is_after(*since) {
                    return Err(Error::StateMismatch);
                }
                Ok(Outcome::Done)
            }
            CollectionChange::PurgeVersions { before, limit } => {
                let account = self.head.account;
                let versions = self.lookup.versions_before(account, *before, *limit)?;
                self.purge_versions(versions)
            }
            CollectionChange::PurgeThese { versions } => self.purge_these_versions(versions),
        }
    }

    fn create_collection(
        &mut self,
        parent: Option<CollectionId>,
        kind: CollectionKind,
        name: &PathSegment,
        properties: &Properties,
    ) -> Result<Outcome, Error> {
        if self.head.collections.all.len() >= COLLECTIONS_PER_ACCOUNT_MAX {
            return Err(Error::Limit(
                "the account has as many collections as it can have",
            ));
        }
        check_properties(properties)?;
        self.check_collection(None, parent, kind, name)?;
        let collection = self.head.collections.next_collection;
        self.push(Mutation::CreateCollection(CreateCollection {
            collection,
            parent,
            kind,
            name: name.clone(),
            properties: properties.clone(),
        }))?;
        Ok(Outcome::Collection(collection))
    }

    fn update_collection(
        &mut self,
        id: CollectionId,
        parent: Option<CollectionId>,
        name: &PathSegment,
        properties: &Properties,
    ) -> Result<Outcome, Error> {
        let collection = self.head.collections.get(id)?;
        let same = (collection.parent, &collection.name) == (parent, name);
        if same && *collection.properties == *properties {
            return Ok(Outcome::Done);
        }
        check_properties(properties)?;
        if !same {
            self.check_collection(Some(id), parent, collection.kind, name)?;
        }
        self.push(Mutation::UpdateCollection {
            collection: id,
            parent,
            name: name.clone(),
            properties: properties.clone(),
        })?;
        Ok(Outcome::Done)
    }

    fn destroy_collection(
        &mut self,
        id: CollectionId,
        with_objects: bool,
    ) -> Result<Outcome, Error> {
        let collection = self.head.collections.get(id)?;
        let octets = collection.octets;
        let is_above = |other: &std::sync::Arc<crate::Collection>| other.parent == Some(id);
        if self.head.collections.all.values().any(is_above) {
            return Err(Error::HasChildren);
        }
        if collection.objects > 0 {
            if !with_objects {
                return Err(Error::NotEmpty);
            }
            let objects = self.lookup.object_numbers(self.head.account, id)?;
            let count = u64::from(collection.objects);
            if objects.len() != count || self.objects_touched.iter().any(|(of, _)| *of == id) {
                return Err(Error::Invalid(
                    "the request changes objects of the collection it destroys",
                ));
            }
            self.push(Mutation::DestroyObjects {
                collection: id,
                objects,
                octets,
            })?;
        }
        self.push(Mutation::DestroyCollection { collection: id })?;
        Ok(Outcome::Done)
    }

    fn share_collection(
        &mut self,
        id: CollectionId,
        principal: Option<PrincipalId>,
        rights: CollectionRights,
    ) -> Result<Outcome, Error> {
        if principal == Some(PrincipalId(0)) {
            return Err(Error::Invalid("no principal has the number 0"));
        }
        let shares = &self.head.collections.get(id)?.shares;
        if is_change(shares, principal, rights)? {
            self.push(Mutation::ShareCollection {
                collection: id,
                principal,
                rights,
            })?;
        }
        Ok(Outcome::Done)
    }

    fn set_deputy(
        &mut self,
        principal: PrincipalId,
        rights: CollectionRights,
    ) -> Result<Outcome, Error> {
        if principal == PrincipalId(0) || AccountId::from(principal) == self.head.account {
            return Err(Error::Invalid("nobody is their own deputy"));
        }
        if is_change(&self.head.collections.deputies, principal, rights)? {
            self.push(Mutation::SetDeputy { principal, rights })?;
        }
        Ok(Outcome::Done)
    }

    /// Whether a collection can be in this place with this name.
    fn check_collection(
        &self,
        id: Option<CollectionId>,
        parent: Option<CollectionId>,
        kind: CollectionKind,
        name: &PathSegment,
    ) -> Result<(), Error> {
        let collections = &self.head.collections;
        let same_name = collections.named(kind, parent, name.as_str());
        if same_name.is_some_and(|other| Some(other.id) != id) {
            return Err(Error::AlreadyExists("the collection"));
        }
        if let Some(parent) = parent {
            // RFC 4791 4.2, RFC 6352 5.2: calendars and address books have no collections in them.
            if kind != CollectionKind::Folder
                || collections.get(parent)?.kind != CollectionKind::Folder
            {
                return Err(Error::Invalid("only folders are inside folders"));
            }
            if self.is_touched(parent, name) {
                return Err(Error::Invalid(
                    "two changes of the request concern the same name",
                ));
            }
            let object = self.lookup.object(self.head.account, parent, name)?;
            if object.is_some() {
                return Err(Error::AlreadyExists("an object of this name"));
            }
        }
        let mut above = parent;
        for _ in 0..COLLECTION_DEPTH_MAX {
            let Some(current) = above else { return Ok(()) };
            if Some(current) == id {
                return Err(Error::Invalid("a folder cannot be inside itself"));
            }
            above = collections.get(current)?.parent;
        }
        Err(Error::Limit("folders are nested too deep"))
    }
}

/// Whether the list has to change.
///
/// # Errors
/// There is no room for another one.
fn is_change<K: PartialEq + Copy>(
    list: &[(K, CollectionRights)],
    principal: K,
    rights: CollectionRights,
) -> Result<bool, Error> {
    let known = list.iter().find(|(known, _)| *known == principal);
    if known.is_none() && !rights.is_empty() && list.len() >= SHARES_PER_COLLECTION_MAX {
        return Err(Error::Limit("it is shared with as many as it can be"));
    }
    Ok(known.map_or(CollectionRights::NONE, |(_, rights)| *rights) != rights)
}

/// Bounds what is said of a collection.
fn check_properties(properties: &Properties) -> Result<(), Error> {
    let texts = [
        &properties.display_name,
        &properties.description,
        &properties.color,
        &properties.time_zone,
        &properties.availability,
    ];
    let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
    if texts + octets(&properties.dead) > PROPERTIES_OCTETS_MAX {
        return Err(Error::Limit("the properties are too long"));
    }
    Ok(())
}

/// Octets of properties that clients keep for themselves.
pub(super) fn octets(dead: &std::collections::BTreeMap<String, String>) -> usize {
    dead.iter().map(|(name, xml)| name.len() + xml.len()).sum()
}
