//! Signing: who vouches for the tree of all entries, and what they get to see of it.

use std::fmt;
use std::sync::Arc;

use seal::{Checkpoint, ConsistencyProof, Hash, SigningKey};
use store::Error;

/// Signs the tree of all entries. Called by the writer, which waits: an answer is to come soon, or be
/// [`NotSigned::Unavailable`].
pub trait Sign: Send + Sync + fmt::Debug {
    /// A checkpoint over the tree (C2SP tlog-checkpoint), as a signed note.
    ///
    /// # Errors
    /// [`NotSigned`]; mail goes on without a signature.
    fn sign(&self, tree: &Tree<'_>) -> Result<String, NotSigned>;
}

/// Why there is no signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// Not now; later perhaps.
    #[error("{0}")]
    Unavailable(String),
    /// The tree is not one that grew out of what was signed last: it is not asked again.
    #[error("{0}")]
    Refused(String),
}

/// The tree as it is now.
pub struct Tree<'a> {
    size: u64,
    root: Hash,
    prove: &'a dyn Fn(u64) -> Result<ConsistencyProof, Error>,
}

impl<'a> Tree<'a> {
    /// A tree with the way to prove what it grew out of.
    pub fn new(
        size: u64,
        root: Hash,
        prove: &'a dyn Fn(u64) -> Result<ConsistencyProof, Error>,
    ) -> Self {
        Self { size, root, prove }
    }

    /// How many entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over them (RFC 6962 2.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Proves that it only grew since it had this many entries (RFC 6962 2.1.2).
    ///
    /// # Errors
    /// The journal cannot be read, or never had as many.
    pub fn prove_growth(&self, old_size: u64) -> Result<ConsistencyProof, Error> {
        (self.prove)(old_size)
    }
}

impl fmt::Debug for Tree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree")
            .field("size", &self.size)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

/// A key that signs whatever it is shown: for tests and tools; the server asks its notary.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The log's name in its checkpoints (C2SP tlog-checkpoint: origin).
    pub origin: String,
    /// The key.
    pub key: Arc<SigningKey>,
}

impl Sign for Signer {
    fn sign(&self, tree: &Tree<'_>) -> Result<String, NotSigned> {
        let note = Checkpoint::new(self.origin.clone(), tree.size, tree.root)
            .and_then(|checkpoint| checkpoint.sign(&self.key));
        note.map(|note| note.to_string())
            .map_err(|error| NotSigned::Unavailable(error.to_string()))
    }
}
