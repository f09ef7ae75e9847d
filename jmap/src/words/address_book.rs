//! `AddressBook` (RFC 9610 2): an address book and its words.

use groupware::{AddressBook, BookPreferences, CollectionInfo};
use model::{AccountId, CollectionId, CollectionKind, CollectionRights};
use serde_json::{Value, json};

use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::visit::Visit;

use super::card_id::BookId;
use super::share_with::{Grant, Grants, share_with};

/// The address books of an account, as the caller sees them.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) account: AccountId,
    pub(crate) all: Vec<CollectionInfo>,
    pub(crate) preferences: BookPreferences,
    /// Whether it is the caller's own account, in which the directory is, too.
    pub(crate) own: bool,
}

/// RFC 9610 2 `AddressBookRights`, as they are given.
pub(crate) const GRANTS: &Grants = &[
    ("mayRead", Grant::Rights(CollectionRights::READER)),
    ("mayWrite", Grant::Rights(CollectionRights::WRITER)),
    ("mayShare", Grant::Rights(CollectionRights::ALL)),
    // Goes with `mayShare`, and is nothing without.
    ("mayDelete", Grant::Rights(CollectionRights::NONE)),
];

/// The name of the address book that every account starts with.
const STANDARD: &str = "contacts";
/// What the directory is called.
const DIRECTORY_NAME: &str = "Directory";
/// The directory stands behind all others.
const DIRECTORY_SORT_ORDER: u32 = i32::MAX as u32;

impl Books {
    /// Reads them.
    ///
    /// # Errors
    /// `accountNotFound` where the caller sees nothing of the account.
    pub(crate) async fn read(visit: &Visit, account: AccountId) -> Result<Self, MethodError> {
        let all = visit
            .groupware()
            .collections(&visit.caller, account)
            .await?;
        let is_book = |info: &CollectionInfo| {
            info.collection.kind == CollectionKind::AddressBook
                && info.rights.contains(CollectionRights::READ)
        };
        Ok(Self {
            account,
            all: all.into_iter().filter(is_book).collect(),
            preferences: visit.groupware().book_preferences(&visit.caller).await?,
            own: account == visit.own_account(),
        })
    }

    pub(crate) fn find(&self, id: CollectionId) -> Option<&CollectionInfo> {
        self.all.iter().find(|info| info.collection.id == id)
    }

    /// RFC 9610 2 `isDefault`: what the owner chose, otherwise the one that every account starts with, otherwise the first.
    pub(crate) fn default(&self) -> Option<CollectionId> {
        let there = |id: &CollectionId| self.find(*id).is_some();
        let chosen = self.preferences.default.filter(|_| self.own).filter(there);
        let standard = || {
            let mut all = self.all.iter();
            all.find(|info| info.collection.name.as_str() == STANDARD)
        };
        let first = || standard().or(self.all.first());
        chosen.or_else(|| first().map(|info| info.collection.id))
    }

    /// The ids of all of them.
    pub(crate) fn ids(&self) -> impl Iterator<Item = BookId> + '_ {
        let own = self.all.iter().map(|info| BookId::own(info.collection.id));
        let directory = self.own.then_some(BookId(AddressBook::Directory));
        own.chain(directory)
    }

    /// One of them on the wire.
    pub(crate) fn object(&self, id: BookId) -> Option<Object> {
        let value = match id.0 {
            AddressBook::Directory if self.own => json!({
                "id": id.wire(),
                "name": DIRECTORY_NAME,
                "description": null,
                "sortOrder": DIRECTORY_SORT_ORDER,
                "isDefault": false,
                "isSubscribed": true,
                "shareWith": null,
                "myRights": rights(CollectionRights::READ),
            }),
            AddressBook::Directory => return None,
            AddressBook::Own(id) => {
                let info = self.find(id)?;
                let collection = &info.collection;
                let properties = &collection.properties;
                let name = properties.display_name.as_deref();
                let shown = self.preferences.is_subscribed(self.account, id, self.own);
                json!({
                    "id": BookId::own(id).wire(),
                    "name": name.unwrap_or(collection.name.as_str()),
                    "description": properties.description,
                    "sortOrder": properties.sort_order.unwrap_or(0),
                    "isDefault": self.default() == Some(id),
                    "isSubscribed": shown,
                    "shareWith": share_with(info, rights),
                    "myRights": rights(info.rights),
                })
            }
        };
        match value {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// RFC 9610 2 `AddressBookRights`.
pub(crate) fn rights(rights: CollectionRights) -> Value {
    json!({
        "mayRead": rights.contains(CollectionRights::READ),
        "mayWrite": rights.contains(CollectionRights::WRITE),
        "mayShare": rights.contains(CollectionRights::SHARE),
        // Whoever may share an address book may also destroy it.
        "mayDelete": rights.contains(CollectionRights::SHARE),
    })
}
