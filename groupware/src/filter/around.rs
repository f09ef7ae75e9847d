//! What a script sees around the message: the account's mailboxes, scripts, contacts and memory.

use std::sync::Arc;

use sieve::{Fingerprint, Place, Script, Surroundings};
use store::{Engine, Head};

use super::contacts::Lists;
use super::memory::Memory;
use super::path;
use super::rules::Rules;

/// The surroundings of one run.
pub(super) struct Around<'a> {
    pub(super) engine: &'a dyn Engine,
    pub(super) head: &'a Head,
    pub(super) rules: &'a Rules,
    pub(super) lists: &'a Lists,
    /// Seconds since 1970.
    pub(super) now: i64,
}

impl Surroundings for Around<'_> {
    fn script(&self, place: Place, name: &str) -> Option<Arc<Script>> {
        match place {
            Place::Personal => self.rules.main.as_ref()?.included.get(name).cloned(),
            Place::Global => None,
        }
    }

    fn mailbox_exists(&self, name: &str) -> bool {
        path::mailbox(self.head, name).is_some()
    }

    fn mailbox_id_exists(&self, id: &str) -> bool {
        path::mailbox_of_id(self.head, id).is_some()
    }

    fn special_use_exists(&self, attribute: &str, mailbox: Option<&str>) -> bool {
        let Some(found) = path::mailbox_of_use(self.head, attribute) else {
            return false;
        };
        mailbox.is_none_or(|name| path::mailbox(self.head, name) == Some(found))
    }

    fn list_exists(&self, list: &str) -> bool {
        self.lists.has(list)
    }

    fn in_list(&self, list: &str, value: &str) -> bool {
        self.lists.contains(list, value)
    }

    fn list_members(&self, list: &str) -> Vec<String> {
        self.lists.members(list)
    }

    fn seen_before(&self, fingerprint: &Fingerprint) -> bool {
        let Ok(memory) = Memory::of_message(fingerprint) else {
            return false;
        };
        // Unsure is new: a message that comes twice is better than one that does not come.
        let holds = memory.holds(self.engine, self.head, self.now);
        holds.unwrap_or(false)
    }
}
