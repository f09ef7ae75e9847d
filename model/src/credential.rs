//! Further ways to prove a principal: second factors, passkeys, and what a browser or a program was granted.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::id::CredentialId;
use crate::protocols::Protocols;
use crate::time::Timestamp;

/// The hash of a random secret that somebody else keeps.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretHash(pub [u8; 32]);

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash([secret])")
    }
}

/// A device that shows a number which changes with time (RFC 6238).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    /// What its owner calls it.
    pub label: String,
    /// The secret that both sides have (RFC 4226 5.1).
    pub secret: Vec<u8>,
    /// The last time step whose number was taken; it and those before it are good for nothing (RFC 6238 5.2).
    pub last_step: u64,
}

impl fmt::Debug for Totp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Totp").field("label", &self.label).finish()
    }
}

/// What a passkey's signatures are checked with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PasskeyKey {
    /// ECDSA with P-256 and SHA-256: the uncompressed point, 65 octets (RFC 9053 2.1).
    Es256(Vec<u8>),
    /// Ed25519: 32 octets (RFC 9053 2.2).
    EdDsa(Vec<u8>),
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8812 2).
    Rs256 {
        /// The modulus, most significant octet first, without leading zeros.
        modulus: Vec<u8>,
        /// The exponent, likewise.
        exponent: Vec<u8>,
    },
}

/// A key pair whose private half an authenticator keeps (WebAuthn 4, "public key credential").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// What its owner calls it.
    pub label: String,
    /// The authenticator's name for it (WebAuthn 4, "credential ID").
    pub name: Vec<u8>,
    /// What its signatures are checked with.
    pub key: PasskeyKey,
    /// The signature counter at its last use (WebAuthn 6.1.1); 0 if it keeps none.
    pub counter: u32,
}

/// Codes for whoever has lost the second factor; each is good once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodes {
    /// Those that are left.
    pub left: Vec<SecretHash>,
}

/// Who holds a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GrantHolder {
    /// A browser that is signed in at our own pages: its secret is in a cookie.
    Browser,
    /// A program (RFC 6749 1.1 "client").
    Program {
        /// Its `client_id`.
        client: String,
    },
}

/// A token that a program shows at each use, and how long it is good (RFC 6749 1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessSecret {
    /// Its hash.
    pub hash: SecretHash,
    /// From when on it is good for nothing.
    pub expires_at: Timestamp,
}

/// The part of a refresh token that changes at each use (RFC 9700 4.14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshSecret {
    /// Its hash.
    pub hash: SecretHash,
    /// Since when it is there.
    pub since: Timestamp,
}

/// What a browser or a program was granted: to act for a principal, for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who holds it.
    pub holder: GrantHolder,
    /// What people read of it, such as the browser or the name of the program.
    pub label: String,
    /// What it is good for.
    pub protocols: Protocols,
    /// From when on it is good for nothing, however it is used.
    pub expires_at: Option<Timestamp>,
    /// How long it may lie unused, in milliseconds.
    pub idle_ms: i64,
    /// The secret that stays as long as the grant: a browser's, or the part of a refresh token that tells a used token
    /// from an invented one.
    pub secret: SecretHash,
    /// What the refresh token has besides; none for a browser.
    pub refresh: Option<RefreshSecret>,
    /// What it had before.
    pub refreshed: Option<SecretHash>,
    /// Access tokens that are good for something: the last one and the one before it.
    pub access: Vec<AccessSecret>,
}

/// When a credential was last used, coarsely: written once a day at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialUse {
    /// Which.
    pub credential: CredentialId,
    /// When.
    pub at: Timestamp,
    /// For what.
    pub protocol: Protocols,
    /// From which network: the first address of an IPv4 /24 or an IPv6 /64; none for a peer without a network.
    pub network: Option<IpAddr>,
}
