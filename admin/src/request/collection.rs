//! Requests about calendars and address books: who has which, who else sees them, who acts in whose place.

use model::{CollectionKind, CollectionRights};
use serde::{Deserialize, Serialize};

/// A calendar or address book of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionName {
    /// Whose.
    pub address: String,
    /// Calendar or address book.
    pub kind: CollectionKind,
    /// Its name in addresses, or the one people read if only one has it.
    pub name: String,
}

/// About calendars and address books.
#[derive(Debug, Serialize, Deserialize)]
pub enum CollectionRequest {
    /// Those of an account. Answer: [`crate::Reply::Collections`].
    List {
        /// Whose.
        address: String,
        /// Calendars or address books.
        kind: CollectionKind,
    },
    /// Makes one. Answer: [`crate::Reply::Collections`] with it alone.
    Create {
        /// Its name in addresses.
        collection: CollectionName,
        /// The name people read; none for the one in addresses.
        display_name: Option<String>,
        /// How it is drawn: `#rrggbb`.
        color: Option<String>,
    },
    /// Gives one another name for people to read.
    Rename {
        /// Which.
        collection: CollectionName,
        /// The name.
        display_name: String,
    },
    /// Says what somebody may do with one.
    Share {
        /// Which.
        collection: CollectionName,
        /// Person or group; none for everybody who can sign in.
        with: Option<String>,
        /// All they may do from now on; none to end it.
        rights: CollectionRights,
    },
    /// Destroys one with all that is in it.
    Remove {
        /// Which.
        collection: CollectionName,
    },
    /// Those who act in the owner's place. Answer: [`crate::Reply::Deputies`].
    Deputies {
        /// Whose.
        address: String,
    },
    /// Lets somebody act in the owner's place, or ends it.
    SetDeputy {
        /// In whose place.
        address: String,
        /// Who.
        deputy: String,
        /// All they may do from now on; none to end it.
        rights: CollectionRights,
    },
}
