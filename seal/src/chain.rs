//! A chain: the links of one stream, each naming the one before it.
//!
//! The same type makes links (the writer) and checks them (the verifier), so the two cannot
//! disagree about what a good chain is. A link that is refused leaves the chain as it was.

use crate::{Hash, Link};

/// The end of one stream's chain, ready for the next link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    stream: u64,
    last: Option<Last>,
}

/// The newest link of a chain and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Last {
    link: Link,
    hash: Hash,
}

impl Chain {
    /// The chain of a stream that has no link yet.
    #[must_use]
    pub const fn start(stream: u64) -> Self {
        Self { stream, last: None }
    }

    /// The chain that ends with this link, which is taken on trust.
    #[must_use]
    pub fn resume(link: Link) -> Self {
        Self {
            stream: link.stream,
            last: Some(Last {
                link,
                hash: link.hash(),
            }),
        }
    }

    /// The stream.
    #[must_use]
    pub const fn stream(&self) -> u64 {
        self.stream
    }

    /// The newest link, if there is one.
    #[must_use]
    pub fn last(&self) -> Option<&Link> {
        self.last.as_ref().map(|last| &last.link)
    }

    /// What the next link has to name as the one before it; [`Hash::ZERO`] before the first.
    #[must_use]
    pub fn head(&self) -> Hash {
        self.last.map_or(Hash::ZERO, |last| last.hash)
    }

    /// Number of the newest link; 0 before the first.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.last.map_or(0, |last| last.link.number)
    }

    /// Seals an entry: makes the next link for a payload with this hash, and moves on to it.
    ///
    /// Time does not run backwards in a chain: if `at_ms` is before the newest link (the clock
    /// was set back), the new link gets the time of the newest one.
    ///
    /// # Errors
    /// [`ChainError::Full`] after 2^64 - 1 links.
    pub fn append(&mut self, payload: Hash, at_ms: i64) -> Result<Link, ChainError> {
        let link = Link {
            stream: self.stream,
            number: self.next_number()?,
            at_ms: self.last.map_or(at_ms, |last| last.link.at_ms.max(at_ms)),
            previous: self.head(),
            payload,
        };
        *self = Self::resume(link);
        Ok(link)
    }

    /// Checks the link that comes next, and moves on to it.
    ///
    /// # Errors
    /// What is wrong with the link; the chain still ends where it did, and [`Chain::resume`] goes
    /// on behind the bad link if the rest shall be looked at, too.
    pub fn check(&mut self, link: &Link) -> Result<(), ChainError> {
        if link.stream != self.stream {
            return Err(ChainError::ForeignStream {
                expected: self.stream,
                found: link.stream,
            });
        }
        self.check_number(link)?;
        if link.previous != self.head() {
            return Err(ChainError::Severed {
                number: link.number,
                expected: self.head(),
                found: link.previous,
            });
        }
        let before_ms = self.last.map_or(i64::MIN, |last| last.link.at_ms);
        if link.at_ms < before_ms {
            return Err(ChainError::Backwards {
                number: link.number,
                at_ms: link.at_ms,
                before_ms,
            });
        }
        *self = Self::resume(*link);
        Ok(())
    }

    /// Checks the link that comes next together with the bytes it seals.
    ///
    /// # Errors
    /// As [`Chain::check`], and [`ChainError::Payload`] if the bytes are not the sealed ones.
    pub fn check_with_payload(&mut self, link: &Link, payload: &[u8]) -> Result<(), ChainError> {
        let mut next = self.clone();
        next.check(link)?;
        if !link.seals(payload) {
            return Err(ChainError::Payload {
                number: link.number,
            });
        }
        *self = next;
        Ok(())
    }

    fn next_number(&self) -> Result<u64, ChainError> {
        self.number().checked_add(1).ok_or(ChainError::Full)
    }

    fn check_number(&self, link: &Link) -> Result<(), ChainError> {
        let expected = self.next_number()?;
        match self.last {
            _ if link.number == expected => Ok(()),
            _ if link.number > expected => Err(ChainError::Gap {
                expected,
                found: link.number,
            }),
            Some(last) if link.number == last.link.number && *link != last.link => {
                Err(ChainError::Fork {
                    number: link.number,
                })
            }
            _ => Err(ChainError::Repeated {
                expected,
                found: link.number,
            }),
        }
    }
}

/// What is wrong with a link at the place where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The link belongs to another stream.
    #[error("link of stream {found} found in the chain of stream {expected}")]
    ForeignStream {
        /// The chain's stream.
        expected: u64,
        /// The link's stream.
        found: u64,
    },
    /// One or more links are missing.
    #[error("link {expected} is missing: the next one found is {found}")]
    Gap {
        /// The first number that is missing.
        expected: u64,
        /// The number found instead.
        found: u64,
    },
    /// Two different links claim the same place.
    #[error("two different links have the number {number}")]
    Fork {
        /// The number that both have.
        number: u64,
    },
    /// A link comes again, or links are out of order, or one has the number 0.
    #[error("link {found} found where link {expected} belongs")]
    Repeated {
        /// The number that should come.
        expected: u64,
        /// The number found instead.
        found: u64,
    },
    /// The link names another predecessor than the link before it: one of the two was altered or
    /// exchanged.
    #[error("link {number} follows a link with hash {found}, but the one before it has {expected}")]
    Severed {
        /// The link's number.
        number: u64,
        /// The hash of the link before it, as it is now.
        expected: Hash,
        /// The hash that the link names.
        found: Hash,
    },
    /// The link is older than the one before it.
    #[error("link {number} is of {at_ms} ms, before the preceding link's {before_ms} ms")]
    Backwards {
        /// The link's number.
        number: u64,
        /// The link's time, in milliseconds since 1970.
        at_ms: i64,
        /// The time of the link before it, in milliseconds since 1970.
        before_ms: i64,
    },
    /// The payload is not the one that was sealed.
    #[error("the payload of link {number} is not the one that was sealed")]
    Payload {
        /// The link's number.
        number: u64,
    },
    /// The stream has used up all numbers.
    #[error("the stream has no number left for another link")]
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first five links of stream 3.
    fn links() -> Vec<Link> {
        let mut chain = Chain::start(3);
        (0..5)
            .map(|at| chain.append(Hash::of(&[at]), i64::from(at)).unwrap())
            .collect()
    }

    fn check(links: &[Link]) -> Result<Chain, ChainError> {
        let mut chain = Chain::start(3);
        links
            .iter()
            .try_for_each(|link| chain.check(link))
            .map(|()| chain)
    }

    #[test]
    fn what_is_appended_checks() {
        let links = links();
        assert_eq!(links[0].number, 1);
        assert_eq!(links[0].previous, Hash::ZERO);
        assert_eq!(links[1].previous, links[0].hash());
        let chain = check(&links).unwrap();
        assert_eq!(chain, Chain::resume(links[4]));
        assert_eq!((chain.number(), chain.head()), (5, links[4].hash()));
    }

    #[test]
    fn a_clock_set_back_does_not_break_the_chain() {
        let mut chain = Chain::start(3);
        chain.append(Hash::ZERO, 100).unwrap();
        assert_eq!(chain.append(Hash::ZERO, 50).unwrap().at_ms, 100);
    }

    #[test]
    fn a_removed_link_is_a_gap() {
        let mut links = links();
        links.remove(2);
        assert_eq!(
            check(&links),
            Err(ChainError::Gap {
                expected: 3,
                found: 4
            })
        );
        links.drain(..2);
        assert_eq!(
            check(&links),
            Err(ChainError::Gap {
                expected: 1,
                found: 4
            })
        );
    }

    #[test]
    fn a_second_link_with_the_same_number_is_a_fork() {
        let mut links = links();
        links.insert(
            3,
            Link {
                payload: Hash::of(b"other"),
                ..links[2]
            },
        );
        assert_eq!(check(&links), Err(ChainError::Fork { number: 3 }));
    }

    #[test]
    fn a_link_that_comes_again_is_named() {
        let mut links = links();
        links.insert(3, links[2]);
        assert_eq!(
            check(&links),
            Err(ChainError::Repeated {
                expected: 4,
                found: 3
            })
        );
        let zero = Link {
            number: 0,
            ..links[0]
        };
        assert_eq!(
            check(&[zero]),
            Err(ChainError::Repeated {
                expected: 1,
                found: 0
            })
        );
    }

    #[test]
    fn every_altered_field_breaks_the_chain() {
        let good = links();
        let altered = [
            Link {
                stream: 4,
                ..good[1]
            },
            Link {
                number: 9,
                ..good[1]
            },
            Link {
                at_ms: good[1].at_ms + 1,
                ..good[1]
            },
            Link {
                previous: Hash::ZERO,
                ..good[1]
            },
            Link {
                payload: Hash::ZERO,
                ..good[1]
            },
        ];
        for link in altered {
            let mut links = good.clone();
            links[1] = link;
            assert!(check(&links).is_err(), "{link:?}");
        }
        let mut links = good.clone();
        links[1].payload = Hash::ZERO;
        let severed = ChainError::Severed {
            number: 3,
            expected: links[1].hash(),
            found: good[1].hash(),
        };
        assert_eq!(check(&links), Err(severed));
    }

    #[test]
    fn time_that_runs_backwards_is_named() {
        let mut links = links();
        links[1].at_ms = -1;
        let backwards = ChainError::Backwards {
            number: 2,
            at_ms: -1,
            before_ms: 0,
        };
        assert_eq!(check(&links[..2]), Err(backwards));
    }

    #[test]
    fn a_refused_payload_leaves_the_chain_where_it_was() {
        let links = links();
        let mut chain = Chain::start(3);
        let refused = chain.check_with_payload(&links[0], b"forged");
        assert_eq!(refused, Err(ChainError::Payload { number: 1 }));
        assert_eq!(chain, Chain::start(3));
        assert_eq!(chain.check_with_payload(&links[0], &[0]), Ok(()));
        assert_eq!(chain.number(), 1);
    }

    #[test]
    fn the_last_number_is_the_end() {
        let mut chain = Chain::resume(Link {
            number: u64::MAX,
            ..links()[0]
        });
        assert_eq!(chain.append(Hash::ZERO, 0), Err(ChainError::Full));
    }
}
