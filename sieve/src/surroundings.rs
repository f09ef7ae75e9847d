//! What a run may ask of the world, answered from what the caller has at hand.

use std::sync::Arc;

use crate::fingerprint::Fingerprint;
use crate::needs::Place;
use crate::script::Script;

/// The answers that a run needs beyond the message. Each has a default: nothing is there.
///
/// Nothing here waits: [`Script::needs`] says before the run what has to be fetched.
pub trait Surroundings {
    /// A script for `include`. It has to be the same one each time it is asked for in one run.
    fn script(&self, place: Place, name: &str) -> Option<Arc<Script>> {
        let _ = (place, name);
        None
    }

    /// Whether the mailbox exists and mail may be filed into it (RFC 5490 3.1).
    fn mailbox_exists(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// Whether there is a mailbox with this id that mail may be filed into (RFC 9042 3).
    fn mailbox_id_exists(&self, id: &str) -> bool {
        let _ = id;
        false
    }

    /// Whether the named mailbox, or any, has this special use, such as `\Junk` (RFC 8579 3).
    fn special_use_exists(&self, attribute: &str, mailbox: Option<&str>) -> bool {
        let _ = (attribute, mailbox);
        false
    }

    /// Whether there is a list of this name that may be asked (RFC 6134 2.6).
    fn list_exists(&self, list: &str) -> bool {
        let _ = list;
        false
    }

    /// Whether the value stands in the list (RFC 6134 2.2).
    fn in_list(&self, list: &str, value: &str) -> bool {
        let _ = (list, value);
        false
    }

    /// The addresses of a list, for `redirect :list` (RFC 6134 2.4).
    fn list_members(&self, list: &str) -> Vec<String> {
        let _ = list;
        Vec::new()
    }

    /// Whether the fingerprint was remembered by an earlier run and has not expired (RFC 7352 3).
    fn seen_before(&self, fingerprint: &Fingerprint) -> bool {
        let _ = fingerprint;
        false
    }
}

/// Surroundings without anything in them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl Surroundings for Nowhere {}
