//! An offline proof: that an entry is in a log which witnesses saw, in one file that can be checked without asking anybody.
//!
//! C2SP tlog-proof.

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::submission::parse_path;
use crate::tree::tile::decimal;
use crate::{Hash, InclusionProof, Judgement, Note, NoteError, Policy, PolicyError, ProofError};

/// A proof with all that is needed to check it, but a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfflineProof {
    /// What the application put beside it; nobody vouches for it.
    pub extra: Option<Vec<u8>>,
    /// Place of the entry in the log, from 0.
    pub index: u64,
    /// Sibling hashes from the leaf up to the root.
    pub path: Vec<Hash>,
    /// The checkpoint with its signatures.
    pub note: Note,
}

impl OfflineProof {
    /// Octets of a file: the largest note, the largest extra data in base64, and the rest.
    pub const BYTES_MAX: usize = 512 * 1024;

    /// Reads a file.
    ///
    /// # Errors
    /// [`NoteError`] if it is no proof.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(NoteError::TooLong { bytes: bytes.len() });
        }
        let text = str::from_utf8(bytes).map_err(|_| NoteError::NotText)?;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(NoteError::Malformed("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(NoteError::Malformed("not a proof of a known version"));
        }
        let extra = lines
            .next_if(|line| line.starts_with(EXTRA))
            .map(|line| STANDARD.decode(line.get(EXTRA.len()..).unwrap_or_default()))
            .transpose()
            .map_err(|_| NoteError::Malformed("the extra data is no base64"))?;
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix(INDEX))
            .and_then(|index| decimal(index, u64::MAX))
            .ok_or(NoteError::Malformed("no place of the entry"))?;
        Ok(Self {
            extra,
            index,
            path: parse_path(lines)?,
            note: Note::parse(note.as_bytes())?,
        })
    }

    /// Checks that the entry with this leaf hash is where the proof says, in a tree that the policy trusts.
    ///
    /// # Errors
    /// [`OfflineError`], in which case nothing is proven.
    pub fn check(&self, leaf: &Hash, policy: &Policy) -> Result<Judgement, OfflineError> {
        let judgement = policy.judge(&self.note)?;
        let inclusion = InclusionProof {
            index: self.index,
            size: judgement.checkpoint.size(),
            path: self.path.clone(),
        };
        inclusion.verify(leaf, &judgement.checkpoint.root())?;
        if !judgement.is_trusted {
            return Err(OfflineError::NoQuorum {
                witnesses: judgement.witnesses.len(),
            });
        }
        Ok(judgement)
    }
}

impl fmt::Display for OfflineProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "{EXTRA}{}", STANDARD.encode(extra))?;
        }
        writeln!(f, "{INDEX}{}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", hash.to_base64())?;
        }
        write!(f, "\n{}", self.note)
    }
}

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfflineError {
    /// The checkpoint is not one that the policy knows.
    #[error("{0}")]
    Policy(#[from] PolicyError),
    /// The entry is not in the tree.
    #[error("{0}")]
    Proof(#[from] ProofError),
    /// Too few witnesses cosigned the tree.
    #[error("too few witnesses cosigned the tree for the policy: {witnesses}")]
    NoQuorum {
        /// How many known ones did.
        witnesses: usize,
    },
}

// tlog-proof, "Format".
const HEADER: &str = "c2sp.org/tlog-proof@v1";
const EXTRA: &str = "extra ";
const INDEX: &str = "index ";

/// Feeds hostile bytes to the parser.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(proof) = OfflineProof::parse(input) {
        assert_eq!(
            proof.to_string().as_bytes(),
            input,
            "a proof has one encoding"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Checkpoint, CosignatureKind, Frontier, KeyName, SigningKey, TileId, WitnessSigningKey,
        prove_inclusion,
    };

    fn log() -> SigningKey {
        SigningKey::from_seed(KeyName::from_static("log.example"), &[1; 32])
    }

    fn witness() -> WitnessSigningKey {
        let name = KeyName::from_static("w.example");
        WitnessSigningKey::from_seed(name, CosignatureKind::Ed25519, &[2; 32])
    }

    fn leaf(index: u64) -> Hash {
        Hash::leaf(&index.to_le_bytes())
    }

    fn proof(index: u64) -> OfflineProof {
        let mut tree = Frontier::new();
        for index in 0..40 {
            assert!(tree.push(leaf(index)).is_empty());
        }
        let checkpoint = Checkpoint::new("log.example", 40, tree.root()).unwrap();
        let mut note = checkpoint.sign(&log()).unwrap();
        note.add(witness().cosign(&checkpoint, 77).unwrap())
            .unwrap();
        let none = std::collections::BTreeMap::<TileId, Vec<Hash>>::new();
        OfflineProof {
            extra: Some(b"beside".to_vec()),
            index,
            path: prove_inclusion(index, 40, &tree.over(&none)).unwrap().path,
            note,
        }
    }

    fn policy(quorum: &str) -> Policy {
        let (log, witness) = (log(), witness());
        let text = format!(
            "log {}\nwitness w {}\nquorum {quorum}\n",
            log.verifier(),
            witness.verifier()
        );
        Policy::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_entry_is_proven_offline() {
        let judgement = proof(17).check(&leaf(17), &policy("w")).unwrap();
        assert_eq!(judgement.checkpoint.size(), 40);
        assert_eq!(judgement.witnesses, [("w".to_owned(), 77)]);
        assert_eq!(
            proof(17).check(&leaf(18), &policy("w")),
            Err(OfflineError::Proof(ProofError::Root))
        );
    }

    #[test]
    fn without_the_witness_it_is_not() {
        let mut alone = proof(3);
        alone.note = Checkpoint::open(
            alone.note.to_string().as_bytes(),
            "log.example",
            log().verifier(),
        )
        .unwrap()
        .sign(&log())
        .unwrap();
        assert_eq!(
            alone.check(&leaf(3), &policy("w")),
            Err(OfflineError::NoQuorum { witnesses: 0 })
        );
        assert!(alone.check(&leaf(3), &policy("none")).is_ok());
    }

    #[test]
    fn files_come_back() {
        for extra in [None, Some(Vec::new()), Some(vec![0, 255])] {
            let proof = OfflineProof { extra, ..proof(0) };
            let text = proof.to_string();
            assert!(text.starts_with("c2sp.org/tlog-proof@v1\n"));
            assert_eq!(OfflineProof::parse(text.as_bytes()), Ok(proof));
        }
        let good = proof(7).to_string();
        for bad in [
            good.replacen("@v1", "@v2", 1),
            good.replacen("index 7", "index 07", 1),
            good.replacen("index 7\n", "", 1),
            good.replacen("extra ", "extra  ", 1),
            good.replacen("\n\n", "\n", 1),
            good.replacen("index 7\n", "index 7\nAA\n", 1),
            "x".repeat(OfflineProof::BYTES_MAX + 1),
        ] {
            assert!(OfflineProof::parse(bad.as_bytes()).is_err(), "{bad:.80}");
        }
    }
}
