//! `D:sync-collection`: what changed since a token (RFC 6578 3.2, 6.1).

use super::{nresults, selection};
use crate::codec::fault::Fault;
use crate::codec::namespace::Namespace;
use crate::codec::precondition::Precondition;
use crate::codec::request::Selection;
use crate::codec::xml::Element;

/// Octets of a token; ours are far shorter.
const SYNC_TOKEN_OCTETS_MAX: usize = 1_024;

/// A sync-collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncCollection {
    /// The token of the last answer; none asks for everything.
    pub token: Option<String>,
    /// How deep.
    pub level: SyncLevel,
    /// At most so many members in the answer.
    pub limit: Option<u32>,
    /// What to say of each.
    pub selection: Selection,
}

/// How deep a sync-collection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncLevel {
    /// The members.
    One,
    /// Everything below.
    Infinite,
}

impl SyncCollection {
    pub(super) fn read(root: &Element) -> Result<Self, Fault> {
        let token = root
            .dav("sync-token")
            .map(Element::word)
            .unwrap_or_default();
        if token.len() > SYNC_TOKEN_OCTETS_MAX {
            return Err(Fault::Refused(Precondition::ValidSyncToken));
        }
        let level = match root.dav("sync-level").map(Element::word).as_deref() {
            // RFC 6578 appendix A: drafts had the level in `Depth`, always 1; iOS and Evolution left it out.
            Some("1") | None => SyncLevel::One,
            Some("infinite" | "infinity") => SyncLevel::Infinite,
            Some(_) => return Err(Fault::Expected("`1` or `infinite` in `D:sync-level`")),
        };
        let limit = root.dav("limit");
        Ok(Self {
            token: Some(token).filter(|token| !token.is_empty()),
            level,
            limit: limit
                .map(|limit| nresults(limit, &Namespace::Dav))
                .transpose()?,
            selection: selection(root)?,
        })
    }
}
