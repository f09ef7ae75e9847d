//! What is said between the serving process and the notary.
//!
//! Frames of a few kilobytes at most. The notary believes nothing that is in them: it checks the proof.

use seal::{ConsistencyProof, Hash, Unfit};
use serde::{Deserialize, Serialize};

/// Octets of a frame: a consistency proof of two trees of 2^63 leaves has fewer than 128 hashes, a note is shorter, and so are two
/// cosignatures.
pub(super) const FRAME_OCTETS_MAX: usize = 16 * 1024;
/// Hashes of a proof (RFC 6962 2.1.2: no more than the levels of the tree, and one).
const PATH_HASHES_MAX: usize = 65;

/// What it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Question {
    /// To sign the tree of our own journal.
    Sign(Grown),
    /// To cosign the checkpoint of another log: the body of C2SP tlog-witness `add-checkpoint`.
    Cosign(String),
}

/// A tree with the proof that it only grew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grown {
    pub(super) size: u64,
    pub(super) root: [u8; 32],
    /// The tree that the proof begins with.
    pub(super) old_size: u64,
    pub(super) path: Vec<[u8; 32]>,
}

impl Grown {
    pub(super) fn new(root: Hash, proof: &ConsistencyProof) -> Self {
        Self {
            size: proof.new_size,
            root: *root.as_bytes(),
            old_size: proof.old_size,
            path: proof.path.iter().map(|hash| *hash.as_bytes()).collect(),
        }
    }

    pub(super) fn root(&self) -> Hash {
        Hash::from_bytes(self.root)
    }

    /// None if no proof is as long.
    pub(super) fn proof(&self) -> Option<ConsistencyProof> {
        (self.path.len() <= PATH_HASHES_MAX).then(|| ConsistencyProof {
            old_size: self.old_size,
            new_size: self.size,
            path: self
                .path
                .iter()
                .map(|hash| Hash::from_bytes(*hash))
                .collect(),
        })
    }
}

/// What it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    /// The note.
    Signed(String),
    /// The proof is to begin at this size, which was signed last.
    ProveFrom(u64),
    /// Not now.
    Unavailable(String),
    /// Never.
    Refused(String),
    /// The signature lines.
    Cosigned(Vec<String>),
    /// The checkpoint of another log may not be cosigned.
    Unfit(Unfitness),
}

/// [`Unfit`], as it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Unfitness {
    Malformed,
    UnknownLog,
    NotSigned,
    OldSizeTooLarge,
    Conflict(u64),
    OtherRoot(u64),
    Proof,
}

impl From<Unfit> for Unfitness {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Malformed => Self::Malformed,
            Unfit::UnknownLog => Self::UnknownLog,
            Unfit::NotSigned => Self::NotSigned,
            Unfit::OldSizeTooLarge => Self::OldSizeTooLarge,
            Unfit::Conflict { size } => Self::Conflict(size),
            Unfit::OtherRoot { size } => Self::OtherRoot(size),
            Unfit::Proof => Self::Proof,
        }
    }
}

impl From<Unfitness> for Unfit {
    fn from(unfit: Unfitness) -> Self {
        match unfit {
            Unfitness::Malformed => Self::Malformed,
            Unfitness::UnknownLog => Self::UnknownLog,
            Unfitness::NotSigned => Self::NotSigned,
            Unfitness::OldSizeTooLarge => Self::OldSizeTooLarge,
            Unfitness::Conflict(size) => Self::Conflict { size },
            Unfitness::OtherRoot(size) => Self::OtherRoot { size },
            Unfitness::Proof => Self::Proof,
        }
    }
}
