//! Sign-ins that succeeded a moment ago, so that a client that opens ten connections costs one hash.
//!
//! Keyed by a BLAKE3 hash with a key of this process over name, password, protocol and network; holds for a short
//! time, and never beyond the directory's next entry: a changed password or a disabled person takes effect at once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::{Protocols, Seq, Timestamp};
use tokio::sync::MutexGuard;

use crate::signed_in::SignedIn;
use crate::slow::Network;

/// Sign-ins remembered; when there are more, all are forgotten.
const SIGN_INS_MAX: usize = 16_384;
/// Locks by which equal attempts at the same time wait for one hash.
const LOCKS: usize = 64;

/// What one attempt is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

#[derive(Debug)]
struct Success {
    signed_in: SignedIn,
    until: Timestamp,
}

#[derive(Debug, Default)]
struct Successes {
    seq: Seq,
    by_key: HashMap<[u8; 32], Success>,
}

pub(crate) struct Recent {
    key: [u8; 32],
    for_ms: i64,
    successes: Mutex<Successes>,
    locks: [tokio::sync::Mutex<()>; LOCKS],
}

impl Recent {
    pub(crate) fn new(key: [u8; 32], for_ms: i64) -> Self {
        Self {
            key,
            for_ms,
            successes: Mutex::default(),
            locks: std::array::from_fn(|_| tokio::sync::Mutex::new(())),
        }
    }

    pub(crate) fn key(
        &self,
        name: &str,
        password: &str,
        protocol: Protocols,
        network: Option<Network>,
    ) -> Key {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        // Each part of variable length after its length, so that no two attempts look alike.
        for part in [name.as_bytes(), password.as_bytes()] {
            hasher.update(&part.len().to_le_bytes()).update(part);
        }
        hasher.update(&protocol.0.to_le_bytes());
        match network {
            None => hasher.update(&[0]),
            Some(Network::V4(octets)) => hasher.update(&[4]).update(&octets),
            Some(Network::V6(octets)) => hasher.update(&[6]).update(&octets),
        };
        Key(*hasher.finalize().as_bytes())
    }

    /// The sign-in that succeeded with this key, if it still holds.
    pub(crate) fn get(&self, key: Key, seq: Seq, now: Timestamp) -> Option<SignedIn> {
        let mut successes = self.lock_successes();
        if successes.seq != seq {
            *successes = Successes {
                seq,
                by_key: HashMap::new(),
            };
        }
        let success = successes.by_key.get(&key.0)?;
        (now < success.until).then(|| success.signed_in.clone())
    }

    /// Remembers a sign-in that was checked when `seq` was the directory's last entry, or later.
    pub(crate) fn put(
        &self,
        key: Key,
        seq: Seq,
        now: Timestamp,
        signed_in: &SignedIn,
        expires_at: Option<Timestamp>,
    ) {
        let until = now.plus_ms(self.for_ms);
        let until = expires_at.map_or(until, |expires_at| until.min(expires_at));
        let mut successes = self.lock_successes();
        if successes.seq != seq || until <= now {
            return;
        }
        if successes.by_key.len() >= SIGN_INS_MAX {
            successes.by_key.retain(|_, success| now < success.until);
            if successes.by_key.len() >= SIGN_INS_MAX {
                successes.by_key.clear();
            }
        }
        let success = Success {
            signed_in: signed_in.clone(),
            until,
        };
        successes.by_key.insert(key.0, success);
    }

    /// Waits until equal attempts are through.
    pub(crate) async fn alone(&self, key: Key) -> MutexGuard<'_, ()> {
        let place = usize::from(key.0[0]) % LOCKS;
        self.locks[place].lock().await
    }

    fn lock_successes(&self) -> std::sync::MutexGuard<'_, Successes> {
        self.successes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Recent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recent([secret])")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{CredentialId, Principal, PrincipalId, PrincipalKind};

    use super::*;

    fn signed_in() -> SignedIn {
        let principal = Principal {
            id: PrincipalId(1),
            address: "anna@example.org".into(),
            name: "Anna".into(),
            kind: PrincipalKind::Person,
            quota_octets: None,
            administrator: false,
            enabled: true,
        };
        SignedIn {
            principal: Arc::new(principal),
            credential: CredentialId(1),
        }
    }

    #[test]
    fn a_success_holds_for_a_while_and_until_the_next_entry() {
        let recent = Recent::new([3; 32], 1_000);
        let key = recent.key("anna@example.org", "secret", Protocols::IMAP, None);
        assert!(recent.get(key, Seq(5), Timestamp(0)).is_none());
        recent.put(key, Seq(5), Timestamp(0), &signed_in(), None);
        assert_eq!(recent.get(key, Seq(5), Timestamp(999)), Some(signed_in()));
        assert!(recent.get(key, Seq(5), Timestamp(1_000)).is_none());
        recent.put(key, Seq(5), Timestamp(0), &signed_in(), Some(Timestamp(10)));
        assert!(recent.get(key, Seq(5), Timestamp(10)).is_none());
        recent.put(key, Seq(5), Timestamp(0), &signed_in(), None);
        assert!(recent.get(key, Seq(6), Timestamp(1)).is_none());
        recent.put(key, Seq(5), Timestamp(0), &signed_in(), None);
        assert!(
            recent.get(key, Seq(6), Timestamp(1)).is_none(),
            "checked too early"
        );
    }

    #[test]
    fn another_attempt_has_another_key() {
        let recent = Recent::new([3; 32], 1_000);
        let network = |text: &str| Some(text.parse::<std::net::IpAddr>().unwrap().into());
        let keys = [
            recent.key("ab", "c", Protocols::IMAP, None),
            recent.key("a", "bc", Protocols::IMAP, None),
            recent.key("ab", "c", Protocols::SUBMISSION, None),
            recent.key("ab", "c", Protocols::IMAP, network("192.0.2.1")),
            recent.key("ab", "c", Protocols::IMAP, network("192.0.2.2")),
        ];
        let different: std::collections::HashSet<_> = keys.iter().map(|key| key.0).collect();
        assert_eq!(different.len(), keys.len());
    }
}
