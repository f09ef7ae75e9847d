//! Objects of the directory: domains, principals, aliases and what proves a principal.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::credential::{Grant, Passkey, RecoveryCodes, Totp};
use crate::id::{CredentialId, PrincipalId};
use crate::protocols::Protocols;
use crate::time::Timestamp;

/// A domain whose mail is delivered here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Its name in lower case, Unicode form.
    pub name: String,
    /// Who gets mail for addresses nobody has.
    pub catch_all: Option<PrincipalId>,
}

/// What a principal is (RFC 9670 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrincipalKind {
    /// A person, who can sign in and has an account.
    Person,
    /// A group: mail to it goes to each of its members.
    Group {
        /// The members; groups may contain groups.
        members: Vec<PrincipalId>,
    },
    /// A shared account, which nobody signs in to: rights on it are shared with persons.
    Shared,
    /// A room, which answers invitations by itself.
    Room {
        /// How many people it holds, if known.
        capacity: Option<u32>,
    },
    /// Something else that can be booked, and answers invitations by itself.
    Equipment,
}

/// A person, a group or a shared account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Its number; also of its account.
    pub id: PrincipalId,
    /// The main address, `local-part@domain` in lower case; also the name to sign in with.
    pub address: String,
    /// The name people read.
    pub name: String,
    /// What it is.
    pub kind: PrincipalKind,
    /// Octets its account may hold; none for no limit.
    pub quota_octets: Option<u64>,
    /// Whether it administers the server.
    pub administrator: bool,
    /// Whether it may sign in and receive.
    pub enabled: bool,
}

/// A further address of a principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// `local-part@domain` in lower case.
    pub address: String,
    /// Whose it is.
    pub principal: PrincipalId,
}

/// What proves a SCRAM-SHA-256 client (RFC 5802 3, RFC 7677).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScramVerifier {
    /// The salt.
    pub salt: Vec<u8>,
    /// The iteration count.
    pub iterations: u32,
    /// `StoredKey`.
    pub stored_key: [u8; 32],
    /// `ServerKey`.
    pub server_key: [u8; 32],
}

impl fmt::Debug for ScramVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScramVerifier([secret])")
    }
}

/// What a password is checked against; the password itself is nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordVerifier {
    /// Argon2id in the PHC string format.
    pub argon2id: String,
    /// For SCRAM.
    pub scram: ScramVerifier,
}

impl fmt::Debug for PasswordVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordVerifier([secret])")
    }
}

/// A password for one program, limited to what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPassword {
    /// What its owner called it.
    pub label: String,
    /// What it is good for.
    pub protocols: Protocols,
    /// From when on it is good for nothing.
    pub expires_at: Option<Timestamp>,
    /// What it is checked against.
    pub verifier: PasswordVerifier,
}

/// The ways to prove a principal. New ways are added at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CredentialKind {
    /// The principal's own password, good for everything.
    Password(PasswordVerifier),
    /// A password for one program.
    AppPassword(AppPassword),
    /// A second factor: numbers that change with time.
    Totp(Totp),
    /// A key of an authenticator: a second factor, or one that asks for a PIN or a finger and needs no password.
    Passkey(Passkey),
    /// Codes that stand in for a lost second factor.
    RecoveryCodes(RecoveryCodes),
    /// What a browser or a program was granted.
    Grant(Grant),
}

/// One way to prove a principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its number across the directory.
    pub id: CredentialId,
    /// Whom it proves.
    pub principal: PrincipalId,
    /// Since when.
    pub created_at: Timestamp,
    /// How.
    pub kind: CredentialKind,
}
