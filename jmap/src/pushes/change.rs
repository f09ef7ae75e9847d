//! A change of states (RFC 8620 7.1), made once for all clients that are told the same.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;
use model::AccountId;
use serde_json::{Value, json};

use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::data_type::DataType;

/// The types that changed in an account, with their states.
pub(crate) type News = BTreeMap<DataType, String>;

/// What a client knows, in short. That of several accounts is the sum of theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark(u64);

impl Mark {
    /// Of one account, from a hash.
    pub(crate) fn of(hash: &blake3::Hash) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
        Self(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }

    /// With what is known of one more account.
    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    /// Without what was known of an account.
    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What changed since a client was told last.
#[derive(Debug)]
pub(crate) struct StateChange {
    changed: BTreeMap<AccountId, News>,
    /// What the client knows once it has this: to be brought again when it comes back.
    pub(crate) mark: Mark,
    /// As it is sent, once it was sent to somebody.
    event: OnceLock<Bytes>,
    message: OnceLock<Bytes>,
}

impl StateChange {
    pub(crate) fn new(changed: BTreeMap<AccountId, News>, mark: Mark) -> Self {
        Self {
            changed,
            mark,
            event: OnceLock::new(),
            message: OnceLock::new(),
        }
    }

    /// RFC 8620 7.1.
    pub(crate) fn value(&self) -> Value {
        object(self.changed.iter())
    }

    /// The same in parts, each with so many accounts at most.
    pub(crate) fn parts(&self, accounts_max: usize) -> Vec<Value> {
        let all: Vec<_> = self.changed.iter().collect();
        let parts = all.chunks(accounts_max.max(1));
        parts.map(|part| object(part.iter().copied())).collect()
    }

    /// As an event source sends it; the first who needs it writes it.
    pub(crate) fn event(&self, write: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.event.get_or_init(|| write(self)).clone()
    }

    /// As a WebSocket sends it.
    pub(crate) fn message(&self, write: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.message.get_or_init(|| write(self)).clone()
    }
}

fn object<'a>(accounts: impl Iterator<Item = (&'a AccountId, &'a News)>) -> Value {
    let mut changed = Object::new();
    for (account, news) in accounts {
        let states: Object = news
            .iter()
            .map(|(of, state)| (of.as_str().to_owned(), state.as_str().into()))
            .collect();
        changed.insert(account.wire(), states.into());
    }
    json!({"@type": "StateChange", "changed": changed})
}
