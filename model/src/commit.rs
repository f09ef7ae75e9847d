//! The commit: mutations of one account with their actor, durable as a whole or not at all.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::error::DecodeError;
use crate::mutation::Mutation;

/// Mutations in one commit.
pub const MUTATIONS_PER_COMMIT_MAX: usize = 100_000;
/// Octets of an encoded commit.
pub const PAYLOAD_OCTETS_MAX: usize = 16 * 1024 * 1024;

/// The version that stands before the encoded commit; another one is another way to decode what follows.
const FORMAT: u8 = 1;

/// What one entry of the journal says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Who did it.
    pub actor: Actor,
    /// What was done, in order.
    pub mutations: Vec<Mutation>,
}

impl Commit {
    /// The canonical bytes, which the journal keeps and seals.
    ///
    /// # Errors
    /// Refuses more than [`MUTATIONS_PER_COMMIT_MAX`] and [`PAYLOAD_OCTETS_MAX`].
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        if self.mutations.len() > MUTATIONS_PER_COMMIT_MAX {
            return Err(DecodeError::TooLong);
        }
        let bytes = postcard::to_extend(self, vec![FORMAT]).map_err(|_| DecodeError::Malformed)?;
        if bytes.len() > PAYLOAD_OCTETS_MAX {
            Err(DecodeError::TooLong)
        } else {
            Ok(bytes)
        }
    }

    /// Reads what [`Commit::encode`] wrote, and nothing else: bytes behind the end are an error.
    ///
    /// # Errors
    /// Says if the bytes are too long, of another format, or damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > PAYLOAD_OCTETS_MAX {
            return Err(DecodeError::TooLong);
        }
        let (format, rest) = bytes.split_first().ok_or(DecodeError::Malformed)?;
        if *format != FORMAT {
            return Err(DecodeError::Format(*format));
        }
        let (commit, rest) =
            postcard::take_from_bytes::<Self>(rest).map_err(|_| DecodeError::Malformed)?;
        if !rest.is_empty() || commit.mutations.len() > MUTATIONS_PER_COMMIT_MAX {
            return Err(DecodeError::Malformed);
        }
        Ok(commit)
    }
}

/// Decodes any bytes as a commit and as metadata of an email; what decodes must encode and decode to itself.
///
/// # Panics
/// If it does not, which is what a fuzzer looks for.
pub fn fuzz(input: &[u8]) {
    if let Ok(commit) = Commit::decode(input) {
        let again = commit.encode().map(|bytes| Commit::decode(&bytes));
        assert_eq!(again, Ok(Ok(commit)), "a decoded commit encodes to itself");
    }
    if let Ok(meta) = crate::EmailMeta::decode(input) {
        assert!(meta.children(0).count() <= meta.parts.len(), "children end");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Keywords, MailboxId, NumberSet};

    fn commit() -> Commit {
        let uids: NumberSet = [1, 2, 3, 9].into_iter().collect();
        let mutation = Mutation::SetKeywords {
            mailbox: MailboxId(1),
            uids,
            added: Keywords::SEEN,
            removed: Keywords::NONE,
        };
        Commit {
            actor: Actor::system(),
            mutations: vec![mutation],
        }
    }

    #[test]
    fn decodes_what_it_encoded_and_nothing_longer() {
        let mut bytes = commit().encode().unwrap();
        assert_eq!(Commit::decode(&bytes), Ok(commit()));
        bytes.push(0);
        assert_eq!(Commit::decode(&bytes), Err(DecodeError::Malformed));
        bytes[0] = 9;
        assert_eq!(Commit::decode(&bytes), Err(DecodeError::Format(9)));
    }

    proptest! {
        #[test]
        fn damaged_bytes_are_no_panic(at in 0usize..40, byte in any::<u8>(), cut in 0usize..40) {
            let mut bytes = commit().encode().unwrap();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            bytes.truncate(cut.max(1));
            fuzz(&bytes);
        }

        #[test]
        fn any_bytes_are_no_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            fuzz(&bytes);
            bytes.insert(0, FORMAT);
            fuzz(&bytes);
        }
    }
}
