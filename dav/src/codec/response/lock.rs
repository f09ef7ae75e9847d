//! `lockdiscovery` and `supportedlock` (RFC 4918 15.8, 15.10), and the answer to LOCK.

use super::writer::XmlWriter;
use crate::codec::namespace::Tag;
use crate::codec::property::{Property, PropertyName};

/// Who else may lock (RFC 4918 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockScope {
    /// Nobody.
    Exclusive,
    /// Others with shared locks.
    Shared,
}

impl LockScope {
    fn tag(self) -> Tag {
        match self {
            Self::Exclusive => Tag::dav("exclusive"),
            Self::Shared => Tag::dav("shared"),
        }
    }
}

/// A lock that is held (RFC 4918 14.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveLock {
    /// Who else may lock.
    pub scope: LockScope,
    /// Whether everything below is locked, too.
    pub infinite_depth: bool,
    /// The `D:owner` element as its client sent it, as XML that stands on its own.
    pub owner: Option<String>,
    /// Seconds until it ends; none for never.
    pub timeout_seconds: Option<u64>,
    /// Its token, a URI; none to readers who may not know it.
    pub token: Option<String>,
    /// The place that was locked, a percent-encoded path.
    pub root: String,
}

impl XmlWriter {
    /// The value of `lockdiscovery`.
    pub fn active_locks(&mut self, locks: &[ActiveLock]) {
        for lock in locks {
            self.active_lock(lock);
        }
    }

    /// The value of `supportedlock`: exclusive and shared write locks.
    pub fn supported_locks(&mut self) {
        for scope in [LockScope::Exclusive, LockScope::Shared] {
            self.open(&Tag::dav("lockentry"));
            self.lock_kind(scope);
            self.close(&Tag::dav("lockentry"));
        }
    }

    fn lock_kind(&mut self, scope: LockScope) {
        self.open(&Tag::dav("lockscope"));
        self.empty(&scope.tag());
        self.close(&Tag::dav("lockscope"));
        self.open(&Tag::dav("locktype"));
        self.empty(&Tag::dav("write"));
        self.close(&Tag::dav("locktype"));
    }

    fn active_lock(&mut self, lock: &ActiveLock) {
        self.open(&Tag::dav("activelock"));
        self.lock_kind(lock.scope);
        let depth = if lock.infinite_depth { "infinity" } else { "0" };
        self.leaf(&Tag::dav("depth"), depth);
        if let Some(owner) = &lock.owner {
            self.raw(owner);
        }
        self.open(&Tag::dav("timeout"));
        match lock.timeout_seconds {
            Some(seconds) => {
                self.raw("Second-");
                self.raw(itoa::Buffer::new().format(seconds));
            }
            None => self.raw("Infinite"),
        }
        self.close(&Tag::dav("timeout"));
        if let Some(token) = &lock.token {
            self.open(&Tag::dav("locktoken"));
            self.href(token);
            self.close(&Tag::dav("locktoken"));
        }
        self.open(&Tag::dav("lockroot"));
        self.href(&lock.root);
        self.close(&Tag::dav("lockroot"));
        self.close(&Tag::dav("activelock"));
    }
}

/// RFC 4918 9.10.1: the body of the answer to LOCK.
#[must_use]
pub fn lock_body(locks: &[ActiveLock]) -> Vec<u8> {
    let prop = Tag::dav("prop");
    let name = PropertyName::Known(Property::LockDiscovery);
    let mut xml = XmlWriter::with_capacity(1_024);
    xml.root(&prop);
    xml.open_property(&name);
    xml.active_locks(locks);
    xml.close_property(&name);
    xml.close(&prop);
    xml.take()
}
