//! Requests about the journal: who did what, when, from where.

use model::{Face, Seq, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

/// Whose deeds are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actors {
    /// Those of somebody with this address.
    Address(String),
    /// Those that nobody signed in for: mail from outside, administration, Wachpost itself.
    Nobody,
}

/// One page of an account's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalRequest {
    /// Whose: an address, `#` and a number (also of accounts that were removed), or none for the directory.
    pub account: Option<String>,
    /// Entries after this one.
    pub after: Seq,
    /// At most so many entries are looked at; the answer says where to go on.
    pub limit: u32,
    /// Only from this moment on.
    pub since: Option<Timestamp>,
    /// Only until this moment.
    pub until: Option<Timestamp>,
    /// Only what these did.
    pub actor: Option<Actors>,
    /// Only what was done in this session.
    pub session: Option<SessionId>,
    /// Only what came through this door.
    pub face: Option<Face>,
}
