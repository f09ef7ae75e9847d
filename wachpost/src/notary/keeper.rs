//! The rule of the notary: signs a tree if it grew out of the one that was signed last, and remembers it before the signature
//! is given away.

use std::fmt;

use seal::{Checkpoint, ConsistencyProof, Hash, SigningKey};

use super::memory::Memory;

/// The key with what it signed last.
pub(crate) struct Keeper {
    key: SigningKey,
    origin: String,
    memory: Memory,
}

/// Why a tree is not signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Part of what was signed is not in it.
    #[error(
        "the journal has {size} entries, and {signed} were signed already: its end was cut off, or another was put in its place"
    )]
    Shorter { size: u64, signed: u64 },
    /// It is not what was signed that it begins with.
    #[error(
        "the journal does not begin with the {signed} entries that were signed: it was rewritten"
    )]
    Fork { signed: u64 },
    /// The proof is about something else.
    #[error("the proof begins at {proved} entries, and {signed} were signed")]
    OtherProof { proved: u64, signed: u64 },
    /// It is no tree.
    #[error("this is no tree: {0}")]
    Malformed(String),
    /// It cannot be remembered, and what is not remembered is not signed.
    #[error("{0}")]
    Unavailable(String),
}

impl Keeper {
    pub(crate) fn new(key: SigningKey, memory: Memory) -> Self {
        Self {
            origin: key.verifier().name().to_string(),
            key,
            memory,
        }
    }

    /// Entries of the tree that was signed last; 0 if none was.
    pub(crate) fn last_size(&self) -> u64 {
        self.memory.last().map_or(0, Checkpoint::size)
    }

    /// Signs the tree if it grew out of the last one.
    pub(crate) fn sign(
        &mut self,
        size: u64,
        root: Hash,
        proof: &ConsistencyProof,
    ) -> Result<String, Refusal> {
        let malformed = |error: &dyn fmt::Display| Refusal::Malformed(error.to_string());
        let checkpoint =
            Checkpoint::new(self.origin.clone(), size, root).map_err(|error| malformed(&error))?;
        if let Some(last) = self.memory.last() {
            let signed = last.size();
            if size < signed {
                return Err(Refusal::Shorter { size, signed });
            }
            if proof.old_size != signed {
                let proved = proof.old_size;
                return Err(Refusal::OtherProof { proved, signed });
            }
            checkpoint
                .extends(last, proof)
                .map_err(|_| Refusal::Fork { signed })?;
        }
        let note = checkpoint
            .sign(&self.key)
            .map_err(|error| malformed(&error))?
            .to_string();
        if self.memory.last() != Some(&checkpoint) {
            self.memory.put(checkpoint, &note).map_err(|error| {
                Refusal::Unavailable(format!("the notary cannot write to its memory: {error}"))
            })?;
        }
        Ok(note)
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("origin", &self.origin)
            .field("last_size", &self.last_size())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use proptest::prelude::*;
    use seal::{Frontier, Tile, TileId, TileSource, prove_consistency};

    use super::*;

    /// A log in memory.
    #[derive(Clone, Default)]
    pub(in crate::notary) struct Log {
        pub(in crate::notary) tree: Frontier,
        tiles: Vec<Tile>,
    }

    impl TileSource for Log {
        type Error = std::convert::Infallible;

        fn tile(&self, id: TileId) -> Result<Option<Vec<Hash>>, Self::Error> {
            let found = self.tiles.iter().find(|tile| tile.id == id);
            Ok(found.map(|tile| tile.hashes.clone()))
        }
    }

    impl Log {
        pub(in crate::notary) fn grow(&mut self, by: u64, salt: u8) -> &mut Self {
            for _ in 0..by {
                let leaf = Hash::leaf(&[&self.tree.size().to_le_bytes()[..], &[salt]].concat());
                self.tiles.extend(self.tree.push(leaf));
            }
            self
        }

        pub(in crate::notary) fn proof(&self, old: u64) -> ConsistencyProof {
            prove_consistency(old, self.tree.size(), &self.tree.over(self)).unwrap()
        }

        fn ask(&self, keeper: &mut Keeper) -> Result<String, Refusal> {
            let proof = self.proof(keeper.last_size().min(self.tree.size()));
            keeper.sign(self.tree.size(), self.tree.root(), &proof)
        }
    }

    pub(in crate::notary) fn keeper() -> Keeper {
        let key = SigningKey::from_seed("mail.example.org/journal".parse().unwrap(), &[1; 32]);
        let file = Arc::new(tempfile::tempfile().unwrap());
        let memory = Memory::open(&file, Path::new("notary.last"), &key).unwrap();
        Keeper::new(key, memory)
    }

    #[test]
    fn what_grew_is_signed_and_the_same_once_more() {
        let (mut keeper, mut log) = (keeper(), Log::default());
        let first = log.grow(5, 0).ask(&mut keeper).unwrap();
        assert_eq!(log.ask(&mut keeper).unwrap(), first);
        log.grow(40, 0).ask(&mut keeper).unwrap();
        assert_eq!(keeper.last_size(), 45);
    }

    #[test]
    fn a_fork_a_cut_and_a_proof_of_something_else_are_refused() {
        let (mut keeper, mut log) = (keeper(), Log::default());
        log.grow(9, 0).ask(&mut keeper).unwrap();
        let fork = Log::default().grow(9, 1).clone();
        assert_eq!(fork.ask(&mut keeper), Err(Refusal::Fork { signed: 9 }));
        let longer = Log::default().grow(20, 1).clone();
        assert_eq!(longer.ask(&mut keeper), Err(Refusal::Fork { signed: 9 }));
        let cut = Log::default().grow(8, 0).clone();
        let refusal = Refusal::Shorter { size: 8, signed: 9 };
        assert_eq!(cut.ask(&mut keeper), Err(refusal));
        // Nothing is the beginning of every tree, and no way around.
        let refused = keeper.sign(20, longer.tree.root(), &longer.proof(0));
        let refusal = Refusal::OtherProof {
            proved: 0,
            signed: 9,
        };
        assert_eq!(refused, Err(refusal));
        assert_eq!(keeper.last_size(), 9);
        log.grow(1, 0).ask(&mut keeper).unwrap();
    }

    proptest! {
        #[test]
        fn no_other_history_is_ever_signed(
            common in 0_u64..300, ours in 0_u64..50, theirs in 1_u64..300,
        ) {
            let (mut keeper, mut log) = (keeper(), Log::default());
            log.grow(common, 0);
            let mut fork = log.clone();
            fork.grow(theirs, 1);
            log.grow(ours + 1, 0).ask(&mut keeper).unwrap();
            prop_assert!(fork.ask(&mut keeper).is_err());
            prop_assert!(log.grow(1, 0).ask(&mut keeper).is_ok());
        }
    }
}
