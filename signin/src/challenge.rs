//! Challenges that whoever is not signed in yet gets to answer: random, good for some minutes, and kept by nobody.
//!
//! A challenge says when it ends and is signed with a key of this process, so that asking for a million of them costs no
//! memory. One that was answered rightly is remembered until it ends, so that no answer counts twice.

use directory::Random;
use model::Timestamp;
use subtle::ConstantTimeEq;

use crate::waiting::Waiting;

/// How long a challenge can be answered, in milliseconds (WebAuthn 15.1 recommends five minutes and more).
pub(crate) const CHALLENGE_MS: i64 = 5 * 60_000;
/// Octets that are random. WebAuthn 13.4.3: 16 at least.
const NONCE_OCTETS: usize = 16;
/// Octets of the moment when it ends.
const MOMENT_OCTETS: usize = 8;
/// Octets of the signature.
const SIGNATURE_OCTETS: usize = 32;
/// Octets of a challenge.
const CHALLENGE_OCTETS: usize = NONCE_OCTETS + MOMENT_OCTETS + SIGNATURE_OCTETS;

/// Gives out challenges, and knows them again.
#[derive(Debug)]
pub(crate) struct Challenges {
    key: Key,
    answered: Waiting<()>,
}

struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Challenges {
    pub(crate) fn new(random: &Random) -> Self {
        Self {
            key: Key(random.bytes()),
            answered: Waiting::new(CHALLENGE_MS),
        }
    }

    /// A new challenge for this purpose.
    pub(crate) fn new_challenge(&self, purpose: &str, random: &Random, now: Timestamp) -> Vec<u8> {
        let mut challenge = Vec::with_capacity(CHALLENGE_OCTETS);
        challenge.extend(random.bytes::<NONCE_OCTETS>());
        challenge.extend(now.plus_ms(CHALLENGE_MS).0.to_be_bytes());
        let signature = self.signature(purpose, &challenge);
        challenge.extend(signature);
        challenge
    }

    /// Whether this is a challenge of ours for this purpose that can still be answered.
    pub(crate) fn is_open(&self, challenge: &[u8], purpose: &str, now: Timestamp) -> bool {
        let Some((signed, signature)) = challenge.split_at_checked(NONCE_OCTETS + MOMENT_OCTETS)
        else {
            return false;
        };
        let is_ours: bool = self.signature(purpose, signed).ct_eq(signature).into();
        let (_, moment) = signed.split_at(NONCE_OCTETS);
        let until = moment.try_into().map_or(i64::MIN, i64::from_be_bytes);
        let is_answered = self.answered.look(&name(challenge), now, |()| ()).is_some();
        is_ours && now.0 < until && !is_answered
    }

    /// It was answered rightly, and cannot be answered again.
    pub(crate) fn close(&self, challenge: &[u8], now: Timestamp) {
        self.answered.put_at(&name(challenge), (), now);
    }

    fn signature(&self, purpose: &str, signed: &[u8]) -> [u8; SIGNATURE_OCTETS] {
        *blake3::Hasher::new_keyed(&self.key.0)
            .update(signed)
            .update(purpose.as_bytes())
            .finalize()
            .as_bytes()
    }
}

fn name(challenge: &[u8]) -> String {
    blake3::hash(challenge).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_answered_once_in_time_and_for_its_purpose() {
        let random = Random::system();
        let challenges = Challenges::new(&random);
        let challenge = challenges.new_challenge("sign in", &random, Timestamp(0));
        let is_open =
            |challenge: &[u8], purpose, now| challenges.is_open(challenge, purpose, Timestamp(now));
        assert!(is_open(&challenge, "sign in", 0));
        assert!(is_open(&challenge, "sign in", CHALLENGE_MS - 1));
        assert!(!is_open(&challenge, "sign in", CHALLENGE_MS));
        assert!(!is_open(&challenge, "register", 0));
        assert!(!is_open(&challenge[1..], "sign in", 0));
        assert!(!is_open(b"", "sign in", 0));
        let mut longer = challenge.clone();
        longer[NONCE_OCTETS] += 1;
        assert!(!is_open(&longer, "sign in", 0));
        challenges.close(&challenge, Timestamp(0));
        assert!(!is_open(&challenge, "sign in", 1));
    }
}
