//! LOCK: what kind of lock is asked for (RFC 4918 9.10, 14.11).

use crate::codec::fault::Fault;
use crate::codec::response::LockScope;
use crate::codec::value::PropertyValue;
use crate::codec::xml::{BodyLimits, Element};

/// Octets of the `owner` of a lock, which is given back in every `lockdiscovery`.
const LOCK_OWNER_OCTETS_MAX: usize = 4_096;

/// The body of a LOCK that asks for a new lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockInfo {
    /// Who else may lock.
    pub scope: LockScope,
    /// The `D:owner` element, as XML that stands on its own.
    pub owner: Option<String>,
}

impl LockInfo {
    /// Reads a body; none (RFC 4918 9.10.2) refreshes the lock that `If` names.
    ///
    /// # Errors
    /// [`Fault`] if it is no `lockinfo` for a write lock.
    pub fn parse(body: &[u8]) -> Result<Option<Self>, Fault> {
        let Some(root) = Element::parse_optional(body, BodyLimits::ORDINARY)? else {
            return Ok(None);
        };
        if !root.is_dav("lockinfo") {
            return Err(Fault::Expected("`D:lockinfo`"));
        }
        let scope = root
            .dav("lockscope")
            .ok_or(Fault::Expected("`D:lockscope`"))?;
        let scope = match (scope.dav("exclusive"), scope.dav("shared")) {
            (Some(_), None) => LockScope::Exclusive,
            (None, Some(_)) => LockScope::Shared,
            _ => return Err(Fault::Expected("`D:exclusive` or `D:shared`")),
        };
        let kind = root.dav("locktype").and_then(|kind| kind.dav("write"));
        if kind.is_none() {
            return Err(Fault::Expected("`D:write` in `D:locktype`"));
        }
        let owner = root
            .dav("owner")
            .map(|owner| PropertyValue::of(owner, root.lang()));
        let owner = owner.transpose()?.map(PropertyValue::into_xml);
        if owner
            .as_ref()
            .is_some_and(|owner| owner.len() > LOCK_OWNER_OCTETS_MAX)
        {
            return Err(Fault::TooLong {
                limit: LOCK_OWNER_OCTETS_MAX,
            });
        }
        Ok(Some(Self { scope, owner }))
    }
}
