//! Fingerprints: what is remembered of a reply or of a message, so that it is known again.

/// A hash of what makes two replies, or two messages, the same (RFC 5230 4.2, RFC 7352 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Hashes texts so that the same text in another place gives another fingerprint (RFC 5230 4.2: counted strings).
    pub(crate) fn of(what: &str, texts: &[Option<&str>]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(what.as_bytes());
        for text in texts {
            match text {
                Some(text) => {
                    hasher.update(&[1]);
                    hasher.update(&(text.len() as u64).to_be_bytes());
                    hasher.update(text.as_bytes());
                }
                None => {
                    hasher.update(&[0]);
                }
            }
        }
        Self(hasher.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_text_matters() {
        let of = |texts: &[Option<&str>]| Fingerprint::of("vacation", texts);
        assert_eq!(of(&[Some("a"), None]), of(&[Some("a"), None]));
        assert_ne!(of(&[Some("a"), None]), of(&[None, Some("a")]));
        assert_ne!(of(&[Some("ab"), Some("c")]), of(&[Some("a"), Some("bc")]));
        assert_ne!(of(&[]), Fingerprint::of("duplicate", &[]));
    }
}
