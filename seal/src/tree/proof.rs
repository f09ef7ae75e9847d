//! Proofs: short lists of hashes that convince somebody who has only the root.
//!
//! Checking one is pure arithmetic on what is given, bounded by the length of the path.

use crate::Hash;

/// Says that a leaf is at a certain place in a tree of a certain size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// Place of the leaf, from 0.
    pub index: u64,
    /// Leaves in the tree.
    pub size: u64,
    /// Sibling hashes from the leaf up to the root.
    pub path: Vec<Hash>,
}

impl InclusionProof {
    /// Checks that the leaf with this hash is where the proof says, in the tree with this root.
    ///
    /// # Errors
    /// [`ProofError`], in which case nothing is proven.
    pub fn verify(&self, leaf: &Hash, root: &Hash) -> Result<(), ProofError> {
        if self.index >= self.size {
            return Err(ProofError::OutOfRange);
        }
        // RFC 9162 2.1.3.2: climb from the leaf; `node` and `last` are the places of the climber
        // and of the rightmost node on its level.
        let (mut node, mut last) = (self.index, self.size - 1);
        let mut hash = *leaf;
        for sibling in &self.path {
            if last == 0 {
                return Err(ProofError::PathLength);
            }
            if node % 2 == 1 || node == last {
                hash = Hash::node(sibling, &hash);
                skip_lone_levels(&mut node, &mut last);
            } else {
                hash = Hash::node(&hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(ProofError::PathLength);
        }
        if hash == *root {
            Ok(())
        } else {
            Err(ProofError::Root)
        }
    }
}

/// Says that an older tree is the beginning of a newer one: that nothing in it was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Leaves in the older tree.
    pub old_size: u64,
    /// Leaves in the newer tree.
    pub new_size: u64,
    /// Subtree roots from which both roots can be computed.
    pub path: Vec<Hash>,
}

impl ConsistencyProof {
    /// Checks that the tree with the new root begins with the tree with the old root.
    ///
    /// # Errors
    /// [`ProofError`], in which case nothing is proven.
    pub fn verify(&self, old_root: &Hash, new_root: &Hash) -> Result<(), ProofError> {
        if self.old_size > self.new_size {
            return Err(ProofError::OutOfRange);
        }
        if self.old_size == 0 || self.old_size == self.new_size {
            return self.verify_without_path(old_root, new_root);
        }
        // RFC 9162 2.1.4.2: if the old tree is perfect, its root is the first hash of the path.
        let perfect = self.old_size.is_power_of_two().then_some(old_root);
        let mut path = perfect.into_iter().chain(&self.path);
        let first = path.next().ok_or(ProofError::PathLength)?;
        let (mut node, mut last) = (self.old_size - 1, self.new_size - 1);
        while node % 2 == 1 {
            node >>= 1;
            last >>= 1;
        }
        let (mut old, mut new) = (*first, *first);
        for sibling in path {
            if last == 0 {
                return Err(ProofError::PathLength);
            }
            if node % 2 == 1 || node == last {
                old = Hash::node(sibling, &old);
                new = Hash::node(sibling, &new);
                skip_lone_levels(&mut node, &mut last);
            } else {
                new = Hash::node(&new, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(ProofError::PathLength);
        }
        match (old == *old_root, new == *new_root) {
            (true, true) => Ok(()),
            (false, _) => Err(ProofError::OldRoot),
            (true, false) => Err(ProofError::Root),
        }
    }

    /// The cases that RFC 6962 leaves out: nothing is the beginning of every tree, and a tree is
    /// the beginning of itself.
    fn verify_without_path(&self, old_root: &Hash, new_root: &Hash) -> Result<(), ProofError> {
        if !self.path.is_empty() {
            return Err(ProofError::PathLength);
        }
        if self.old_size == 0 && *old_root != Hash::EMPTY_ROOT {
            return Err(ProofError::OldRoot);
        }
        if self.old_size == self.new_size && old_root != new_root {
            return Err(ProofError::Root);
        }
        Ok(())
    }
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is beyond the tree, or the older tree is the larger one.
    #[error("the proof is about something beyond the tree")]
    OutOfRange,
    /// The path is too short or too long for a tree of this size.
    #[error("the proof's path does not fit a tree of this size")]
    PathLength,
    /// The path does not lead to the old root.
    #[error("the proof does not lead to the old root")]
    OldRoot,
    /// The path does not lead to the root.
    #[error("the proof does not lead to the root")]
    Root,
}

/// Climbs the levels on which a node at the right edge has no sibling.
// RFC 9162 2.1.3.2, 2.1.4.2: shift while the place is even and not zero.
fn skip_lone_levels(node: &mut u64, last: &mut u64) {
    while node.is_multiple_of(2) && *node != 0 {
        *node >>= 1;
        *last >>= 1;
    }
}
