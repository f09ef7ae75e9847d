//! Requests about what is in calendars and address books: bringing it in, taking it out.

use model::CollectionKind;
use serde::{Deserialize, Serialize};

use super::collection::CollectionName;
use crate::Octets;

/// Objects in one [`ObjectRequest::Import`].
pub const IMPORT_OBJECTS_MAX: usize = 1_000;

/// A calendar object or contact card to be imported.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImportedObject {
    /// Its name in the collection.
    pub name: String,
    /// Its text.
    pub body: Octets,
}

/// About what is in calendars and address books.
#[derive(Debug, Serialize, Deserialize)]
pub enum ObjectRequest {
    /// Adds objects to a calendar or address book, which is made if it is not there; each for itself.
    /// Answer: [`crate::Reply::ObjectsImported`].
    Import {
        /// Where to.
        collection: CollectionName,
        /// At most [`IMPORT_OBJECTS_MAX`].
        objects: Vec<ImportedObject>,
        /// Whether they take the place of those with the same UID.
        replace: bool,
    },
    /// Puts one object there as its owner would: who takes part in it is invited. Answer: [`crate::Reply::Done`].
    Put {
        /// Where to.
        collection: CollectionName,
        /// The object.
        object: ImportedObject,
    },
    /// Objects of a calendar or address book by name. Answer: [`crate::Reply::ObjectsExported`].
    Export {
        /// Whose.
        address: String,
        /// The collection's number.
        collection: u32,
        /// Those after this name; none from the beginning.
        after: Option<String>,
    },
    /// The earlier versions of objects that can be brought back. Answer: [`crate::Reply::Versions`].
    Versions {
        /// Whose.
        address: String,
        /// Of calendar objects or of contact cards.
        kind: CollectionKind,
        /// In which calendar or address book; none for all, those that were destroyed included.
        collection: Option<String>,
    },
    /// Brings one of them back. Answer: [`crate::Reply::Done`].
    RestoreVersion {
        /// Whose.
        address: String,
        /// A calendar object or a contact card.
        kind: CollectionKind,
        /// Number of the object.
        object: u32,
        /// Number of the entry that replaced or destroyed it.
        until: u64,
        /// Where to; none for the calendar or address book it was in.
        into: Option<String>,
    },
}
