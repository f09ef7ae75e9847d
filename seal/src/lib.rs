//! Seal: makes a journal tamper-evident, with nothing but hashes and signatures.
//!
//! Three layers, each of which catches what the one below cannot:
//!
//! ```text
//!  checkpoint   origin, 7, root       signed note: "at this size the tree had this root";
//!                    |                kept by outsiders, so the log cannot be rewritten
//!  tree             root              RFC 6962 Merkle tree over all links in the order they
//!                 /      \            were written: short proofs that a link is in it
//!               o          o          (inclusion) and that it only ever grew (consistency)
//!             /   \      /   \
//!            o     o    o     \       a leaf is the hash of a link
//!           / \   / \  / \     \
//!  links   A1 B1 A2 A3 B2 A4   B3
//!
//!  chains   A1 <- A2 <- A3 <- A4      within stream A each link names the one before it,
//!           B1 <- B2 <- B3            so one stream can be checked alone
//!
//!  payload  SHA-256(payload) stands in the link; the payload itself may be dropped later
//! ```
//!
//! - A [`Link`] is the sealed head of one entry of one stream. [`Chain`] makes the next link and
//!   checks links in order, and says which link is wrong and how.
//! - A [`Frontier`] is the right edge of the tree: it takes leaf hashes, about one SHA-256 each,
//!   knows the root at any time, and hands out each [`Tile`] of 256 hashes when it is complete.
//!   Stored tiles answer for every older state of the tree: see [`TileSource`],
//!   [`prove_inclusion`], [`prove_consistency`].
//! - A [`Checkpoint`] is size and root as text in a [`Note`], signed with a [`SigningKey`] and
//!   opened with a [`VerifierKey`].
//!
//! - A [`WitnessSigningKey`] cosigns the checkpoint of another log that a [`Submission`] brings,
//!   after [`Submission::check`]; a [`Policy`] says which cosignatures are enough; and an
//!   [`OfflineProof`] puts all of that into one file for one entry.
//!
//! Formats are those of others, so that their tools can check ours: RFC 6962 for hashes and
//! proofs, C2SP tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature, tlog-witness,
//! tlog-policy and tlog-proof for the rest. Only the encoding of a link is our own.
//!
//! Opening a log again: rebuild the frontier with [`Frontier::from_full_tiles`] from the number
//! of complete level 0 tiles, then push the hashes of the links after the last of them.
//!
//! What this crate does not do: it reads no clock, makes no randomness, does no I/O, keeps no
//! list of what it has signed, and has no idea what a payload means.

mod chain;
mod checkpoint;
mod cosignature;
mod hash;
mod link;
mod note;
mod offline;
mod policy;
mod submission;
mod tree;

pub use chain::{Chain, ChainError};
pub use checkpoint::Checkpoint;
pub use cosignature::key::{CosignatureKind, WitnessKey, WitnessSigningKey};
pub use hash::{Hash, HashError};
pub use link::{Link, LinkError};
pub use note::key::{KeyError, KeyId, KeyName, SigningKey, VerifierKey};
pub use note::{Note, NoteError, Signature};
pub use offline::{OfflineError, OfflineProof};
pub use policy::{Judgement, LineError, Policy, PolicyError, PolicyLog, PolicyWitness};
pub use submission::{Submission, Unfit};
pub use tree::proof::{ConsistencyProof, InclusionProof, ProofError};
pub use tree::prove::{prove_consistency, prove_inclusion, root_at};
pub use tree::tile::{Tile, TileId, TileSource};
pub use tree::{Frontier, LEAVES_MAX, TreeError, root_of};

/// Feeds hostile bytes to every parser of the crate; panics when one breaks its promise.
///
/// Besides not panicking, each parser promises that what it accepts encodes to the same bytes
/// again, so that nothing can be said in two ways.
pub fn fuzz(input: &[u8]) {
    note::fuzz(input);
    checkpoint::fuzz(input);
    link::fuzz(input);
    tree::tile::fuzz(input);
    cosignature::fuzz(input);
    policy::fuzz(input);
    submission::fuzz(input);
    offline::fuzz(input);
}
