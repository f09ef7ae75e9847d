//! DNS UPDATE (RFC 2136) as asked of the egress process.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// A change to a zone, signed with TSIG (RFC 8945).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The primary name server.
    pub server: SocketAddr,
    /// The zone.
    pub zone: String,
    /// What signs the request.
    pub key: TsigKey,
    /// What to do.
    pub changes: Vec<Change>,
}

/// A key for TSIG with HMAC-SHA-256.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TsigKey {
    /// Its name, a domain name.
    pub name: String,
    /// The secret octets. Not shown by `Debug`.
    pub secret: Vec<u8>,
}

impl fmt::Debug for TsigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TsigKey")
            .field("name", &self.name)
            .field("secret", &"[secret]")
            .finish()
    }
}

/// One change of an [`Update`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Adds a text record.
    AddTxt {
        /// Its name.
        name: String,
        /// Seconds that it may be cached.
        ttl_seconds: u32,
        /// At most 255 octets.
        text: String,
    },
    /// Removes one text record.
    DeleteTxt {
        /// Its name.
        name: String,
        /// Its text.
        text: String,
    },
    /// Removes every text record of a name.
    DeleteAllTxt {
        /// The name.
        name: String,
    },
}
