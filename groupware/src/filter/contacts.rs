//! Lists that scripts ask for an address: the account's address books (RFC 6134).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use model::CollectionKind;
use store::Head;

use super::rules::Main;
use crate::Groupware;
use crate::error::Error;

/// RFC 6134 2.5: the names of address books begin so.
const ADDRESS_BOOK: &str = "urn:ietf:params:sieve:addrbook:";
/// RFC 6134 2.5: all of them together; every server that has any knows this one.
const DEFAULT: &str = "default";

/// Addresses by the names of their lists.
#[derive(Debug, Default)]
pub(super) struct Lists {
    by_name: BTreeMap<String, HashSet<String>>,
}

impl Lists {
    pub(super) fn has(&self, list: &str) -> bool {
        self.by_name.contains_key(list)
    }

    pub(super) fn contains(&self, list: &str, value: &str) -> bool {
        let members = self.by_name.get(list);
        members.is_some_and(|members| members.contains(&value.to_lowercase()))
    }

    pub(super) fn members(&self, list: &str) -> Vec<String> {
        let members = self.by_name.get(list).into_iter().flatten();
        let mut members: Vec<String> = members.cloned().collect();
        members.sort_unstable();
        members
    }
}

impl Groupware {
    /// The lists that a script can ask for; none are read if it does not.
    pub(super) async fn lists(&self, head: &Arc<Head>, main: &Main) -> Result<Lists, Error> {
        let mut lists = Lists::default();
        if main.needs.lists.is_empty() && !main.needs.any_list {
            return Ok(lists);
        }
        let mut all = HashSet::new();
        for collection in head.collections.all.values() {
            if collection.kind != CollectionKind::AddressBook {
                continue;
            }
            let view = self.object_view(head, collection.id).await?;
            let cards = view.iter().filter_map(|object| object.summary.contact());
            let members: HashSet<String> =
                cards.flat_map(|card| card.emails.iter().cloned()).collect();
            all.extend(members.iter().cloned());
            let name = format!("{ADDRESS_BOOK}{}", collection.name);
            lists.by_name.insert(name, members);
        }
        lists
            .by_name
            .insert(format!("{ADDRESS_BOOK}{DEFAULT}"), all);
        Ok(lists)
    }
}
