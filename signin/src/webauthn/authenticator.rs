//! Authenticator data: what the authenticator says of itself and of the person in front of it (WebAuthn 6.1).

use model::PasskeyKey;

use super::cbor::Reader;
use super::{key, sha256};

/// Octets of the hash of the RP ID.
const HASH_OCTETS: usize = 32;
/// Octets of the number of the authenticator's make.
const AAGUID_OCTETS: usize = 16;
/// WebAuthn 5.8.3: octets of the name of a key.
const NAME_OCTETS_MAX: usize = 1_023;
/// WebAuthn 6.1: flags.
const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const HAS_KEY: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// What the authenticator says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AuthenticatorData {
    host_hash: [u8; HASH_OCTETS],
    pub(super) user_present: bool,
    pub(super) user_verified: bool,
    pub(super) counter: u32,
    pub(super) made: Option<Made>,
}

/// A key that was just made (WebAuthn 6.5.1).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) name: Vec<u8>,
    pub(super) key: PasskeyKey,
}

impl AuthenticatorData {
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let (host_hash, rest) = octets.split_first_chunk::<HASH_OCTETS>()?;
        let (&[flags], rest) = rest.split_first_chunk::<1>()?;
        let (counter, mut rest) = rest.split_first_chunk::<4>()?;
        let mut made = None;
        if flags & HAS_KEY != 0 {
            let (_make, behind) = rest.split_first_chunk::<AAGUID_OCTETS>()?;
            let (length, behind) = behind.split_first_chunk::<2>()?;
            let length = usize::from(u16::from_be_bytes(*length));
            if length == 0 || length > NAME_OCTETS_MAX {
                return None;
            }
            let (name, behind) = behind.split_at_checked(length)?;
            let mut reader = Reader::new(behind);
            let key = key::read(&mut reader)?;
            rest = reader.rest();
            made = Some(Made {
                name: name.to_vec(),
                key,
            });
        }
        if flags & HAS_EXTENSIONS != 0 {
            let mut reader = Reader::new(rest);
            reader.skip()?;
            rest = reader.rest();
        }
        rest.is_empty().then_some(Self {
            host_hash: *host_hash,
            user_present: flags & USER_PRESENT != 0,
            user_verified: flags & USER_VERIFIED != 0,
            counter: u32::from_be_bytes(*counter),
            made,
        })
    }

    /// WebAuthn 7.1 step 13, 7.2 step 15: made for this server.
    pub(super) fn is_for(&self, host: &str) -> bool {
        self.host_hash == sha256(host.as_bytes())
    }
}

/// The authenticator data in an attestation object (WebAuthn 6.5.4): a map of a format, a statement and the data.
pub(super) fn of_attestation(octets: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(octets);
    let mut data = None;
    for _ in 0..reader.map()? {
        match reader.text()? {
            "authData" => data = Some(reader.bytes()?),
            _ => reader.skip()?,
        }
    }
    data.filter(|_| reader.rest().is_empty())
}
