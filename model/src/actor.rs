//! Who makes a commit: named in every entry of the journal, so that all they did can be found and undone.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::id::{CredentialId, PrincipalId};

/// One connection or one signed-in browser: random, so that it can be searched for across restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionId(pub u64);

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Through which door a change came. New faces are added at the end: the number is part of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Face {
    /// Wachpost itself: retention, start-up, migration.
    System,
    /// Mail from other servers (port 25).
    Smtp,
    /// Mail submitted by a signed-in client (ports 465, 587).
    Submission,
    /// Mail handed over by a local transfer agent (RFC 2033).
    Lmtp,
    /// RFC 9051, RFC 3501.
    Imap,
    /// RFC 1939.
    Pop3,
    /// RFC 8620.
    Jmap,
    /// RFC 4918 and what stands on it.
    Dav,
    /// Exchange Web Services.
    Ews,
    /// RFC 5804.
    ManageSieve,
    /// The administration listener and the command line.
    Admin,
    /// Signing in over HTTP, and what people do there about their own credentials.
    SignIn,
}

impl Face {
    /// The word for it in logs and listings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Smtp => "smtp",
            Self::Submission => "submission",
            Self::Lmtp => "lmtp",
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
            Self::Jmap => "jmap",
            Self::Dav => "dav",
            Self::Ews => "ews",
            Self::ManageSieve => "managesieve",
            Self::Admin => "admin",
            Self::SignIn => "signin",
        }
    }
}

/// Who did a commit, with what proof, in which session, through which face, from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The signed-in principal; none for mail from outside and for Wachpost itself.
    pub principal: Option<PrincipalId>,
    /// What they signed in with.
    pub credential: Option<CredentialId>,
    /// The connection or browser session.
    pub session: SessionId,
    /// The door.
    pub face: Face,
    /// The peer's address, where there is a network peer.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// Wachpost acting by itself.
    #[must_use]
    pub fn system() -> Self {
        Self {
            principal: None,
            credential: None,
            session: SessionId(0),
            face: Face::System,
            address: None,
        }
    }
}
