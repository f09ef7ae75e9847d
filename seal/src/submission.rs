//! A submission: a checkpoint that a log hands to a witness, with the proof that it grew out of the one that this witness
//! cosigned last; and the rule by which a witness takes it.
//!
//! C2SP tlog-witness, "add-checkpoint".

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

use std::fmt;

use crate::tree::tile::decimal;
use crate::{Checkpoint, ConsistencyProof, Hash, Note, NoteError, VerifierKey};

/// The body of a request to cosign a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Leaves of the tree that the witness is thought to have cosigned last.
    pub old_size: u64,
    /// The proof that the tree only grew since.
    pub path: Vec<Hash>,
    /// The checkpoint with its signatures.
    pub note: Note,
}

impl Submission {
    /// Octets of a body: the largest note, 63 lines of proof, and the line before them.
    pub const BYTES_MAX: usize = 256 * 1024 + 4 * 1024;

    /// Reads a body.
    ///
    /// # Errors
    /// [`NoteError`] if it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(NoteError::TooLong { bytes: bytes.len() });
        }
        let text = str::from_utf8(bytes).map_err(|_| NoteError::NotText)?;
        // tlog-witness, "add-checkpoint": the old size, the proof, an empty line, the checkpoint.
        let malformed =
            NoteError::Malformed("an old size, a proof, an empty line and a checkpoint are wanted");
        let (head, note) = text.split_once("\n\n").ok_or_else(|| malformed.clone())?;
        let mut lines = head.split('\n');
        let old_size = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .and_then(|size| decimal(size, u64::MAX))
            .ok_or(malformed)?;
        let path = parse_path(lines)?;
        let note = Note::parse(note.as_bytes())?;
        Ok(Self {
            old_size,
            path,
            note,
        })
    }

    /// Looks whether a witness may cosign this that cosigned `last` of this log, `known` being the keys of the logs that it
    /// knows. What it may is then remembered durably, and cosigned.
    ///
    /// # Errors
    /// [`Unfit`], in the order in which the specification asks.
    pub fn check(
        &self,
        known: &[VerifierKey],
        last: Option<&Checkpoint>,
    ) -> Result<Checkpoint, Unfit> {
        let checkpoint = self.signed(known)?;
        if self.old_size > checkpoint.size() {
            return Err(Unfit::OldSizeTooLarge);
        }
        let size = last.map_or(0, Checkpoint::size);
        if self.old_size != size {
            return Err(Unfit::Conflict { size });
        }
        let root = last.map_or(Hash::EMPTY_ROOT, Checkpoint::root);
        if size == checkpoint.size() && root != checkpoint.root() {
            return Err(Unfit::OtherRoot { size });
        }
        self.proof(&checkpoint)
            .verify(&root, &checkpoint.root())
            .map_err(|_| Unfit::Proof)?;
        Ok(checkpoint)
    }

    /// The checkpoint, if it is one of a known log that this log's key signed.
    ///
    /// # Errors
    /// [`Unfit::Malformed`], [`Unfit::UnknownLog`] or [`Unfit::NotSigned`].
    pub fn signed(&self, known: &[VerifierKey]) -> Result<Checkpoint, Unfit> {
        let checkpoint: Checkpoint = self.note.text().parse().map_err(|_| Unfit::Malformed)?;
        let keys: Vec<_> = known
            .iter()
            .filter(|key| key.name().as_str() == checkpoint.origin())
            .cloned()
            .collect();
        if keys.is_empty() {
            return Err(Unfit::UnknownLog);
        }
        self.note.verify(&keys).map_err(|_| Unfit::NotSigned)?;
        Ok(checkpoint)
    }

    /// The same with one signature of each of these keys and no other: what somebody who knows only them needs of it.
    ///
    /// # Errors
    /// [`NoteError`] if it has none of them.
    pub fn only_signed_by(&self, known: &[VerifierKey]) -> Result<Self, NoteError> {
        let mut note = Note::new(self.note.text())?;
        for key in known {
            let mut lines = self.note.signatures().iter();
            if let Some(line) = lines.find(|line| line.is_of(key.name(), key.id())) {
                note.add(line.clone())?;
            }
        }
        if note.signatures().is_empty() {
            return Err(NoteError::Unsigned);
        }
        Ok(Self {
            note,
            ..self.clone()
        })
    }

    fn proof(&self, checkpoint: &Checkpoint) -> ConsistencyProof {
        ConsistencyProof {
            old_size: self.old_size,
            new_size: checkpoint.size(),
            path: self.path.clone(),
        }
    }
}

impl fmt::Display for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        for hash in &self.path {
            writeln!(f, "{}", hash.to_base64())?;
        }
        write!(f, "\n{}", self.note)
    }
}

/// Why a witness does not cosign a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is no checkpoint.
    #[error("this is no checkpoint")]
    Malformed,
    /// Not a log that this witness looks after.
    #[error("this log is not known here")]
    UnknownLog,
    /// The log's key did not sign it.
    #[error("the log's own key did not sign this")]
    NotSigned,
    /// The old size is above that of the checkpoint.
    #[error("the old size is larger than the tree")]
    OldSizeTooLarge,
    /// Another size was cosigned last.
    #[error("a tree of {size} leaves was cosigned last")]
    Conflict {
        /// The one that was.
        size: u64,
    },
    /// Another tree of the same size was cosigned: two histories.
    #[error("another tree of {size} leaves was cosigned")]
    OtherRoot {
        /// The size of both.
        size: u64,
    },
    /// The proof does not show that the tree grew out of the one that was cosigned last.
    #[error("the proof does not show that the tree grew out of the one that was cosigned last")]
    Proof,
}

/// Reads the lines of a proof, each a hash in base64.
pub(crate) fn parse_path<'t>(lines: impl Iterator<Item = &'t str>) -> Result<Vec<Hash>, NoteError> {
    let mut path = Vec::new();
    for line in lines {
        if path.len() >= PATH_LINES_MAX {
            return Err(NoteError::Malformed("more than 63 lines of proof"));
        }
        let hash = Hash::from_base64(line);
        path.push(hash.map_err(|_| NoteError::Malformed("a line of the proof is no hash"))?);
    }
    Ok(path)
}

/// tlog-witness, "add-checkpoint": no more than 63 lines of proof.
const PATH_LINES_MAX: usize = 63;

/// Feeds hostile bytes to the parser.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(submission) = Submission::parse(input) {
        assert_eq!(
            submission.to_string().as_bytes(),
            input,
            "a submission has one encoding"
        );
        let _ = submission.check(&[], None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Frontier, KeyName, SigningKey, TileId, prove_consistency};

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(KeyName::from_static("log.example"), &[seed; 32])
    }

    /// A tree whose leaves are told apart by the salt.
    fn tree(size: u64, salt: u8) -> Frontier {
        let mut tree = Frontier::new();
        for leaf in 0..size {
            let leaf = Hash::leaf(&[&leaf.to_le_bytes()[..], &[salt]].concat());
            assert!(tree.push(leaf).is_empty(), "small enough for one tile");
        }
        tree
    }

    fn checkpoint(tree: &Frontier) -> Checkpoint {
        Checkpoint::new("log.example", tree.size(), tree.root()).unwrap()
    }

    fn submission(old: u64, tree: &Frontier, key: &SigningKey) -> Submission {
        let none = std::collections::BTreeMap::<TileId, Vec<Hash>>::new();
        let path = prove_consistency(old, tree.size(), &tree.over(&none))
            .unwrap()
            .path;
        let note = checkpoint(tree).sign(key).unwrap();
        Submission {
            old_size: old,
            path,
            note,
        }
    }

    fn check(submission: &Submission, last: Option<&Frontier>) -> Result<u64, Unfit> {
        let known = [key(1).verifier().clone()];
        let last = last.map(checkpoint);
        submission
            .check(&known, last.as_ref())
            .map(|checkpoint| checkpoint.size())
    }

    #[test]
    fn what_grew_is_taken() {
        assert_eq!(check(&submission(0, &tree(9, 0), &key(1)), None), Ok(9));
        let nine = tree(9, 0);
        assert_eq!(
            check(&submission(9, &tree(30, 0), &key(1)), Some(&nine)),
            Ok(30)
        );
        assert_eq!(check(&submission(9, &nine, &key(1)), Some(&nine)), Ok(9));
    }

    #[test]
    fn what_is_unfit_is_told_apart() {
        let (nine, fork) = (tree(9, 0), tree(9, 1));
        let last = Some(&nine);
        let grown = submission(9, &tree(30, 0), &key(1));
        assert_eq!(
            check(&submission(9, &tree(30, 0), &key(2)), last),
            Err(Unfit::NotSigned)
        );
        assert_eq!(grown.check(&[], None), Err(Unfit::UnknownLog));
        let mut other = grown.clone();
        other.old_size = 31;
        assert_eq!(check(&other, last), Err(Unfit::OldSizeTooLarge));
        // A replayed old checkpoint, and a log that does not know what was cosigned.
        assert_eq!(
            check(&submission(4, &tree(7, 0), &key(1)), last),
            Err(Unfit::Conflict { size: 9 })
        );
        assert_eq!(
            check(&submission(0, &tree(30, 0), &key(1)), last),
            Err(Unfit::Conflict { size: 9 })
        );
        assert_eq!(check(&grown, None), Err(Unfit::Conflict { size: 0 }));
        // A split view.
        assert_eq!(
            check(&submission(9, &fork, &key(1)), last),
            Err(Unfit::OtherRoot { size: 9 })
        );
        assert_eq!(
            check(&submission(9, &tree(30, 1), &key(1)), last),
            Err(Unfit::Proof)
        );
        let mut longer = submission(9, &nine, &key(1));
        longer.path.push(Hash::ZERO);
        assert_eq!(check(&longer, last), Err(Unfit::Proof));
        let mut first = submission(0, &nine, &key(1));
        first.path.push(Hash::ZERO);
        assert_eq!(check(&first, None), Err(Unfit::Proof));
        let text = Note::new("no checkpoint\n").unwrap();
        let text = Submission {
            note: text,
            ..grown
        };
        assert_eq!(check(&text, last), Err(Unfit::Malformed));
    }

    #[test]
    fn what_is_passed_on_is_short_whoever_signed_along() {
        let mut submission = submission(0, &tree(9, 0), &key(1));
        let line = submission.note.signatures()[0].clone();
        for _ in 0..20 {
            submission.note.add(line.clone()).unwrap();
            submission.note.sign(&key(3)).unwrap();
        }
        let known = [key(2).verifier().clone(), key(1).verifier().clone()];
        let short = submission.only_signed_by(&known).unwrap();
        assert_eq!(short.note.signatures(), [line]);
        assert_eq!(check(&short, None), Ok(9));
        assert!(submission.only_signed_by(&known[..1]).is_err());
    }

    #[test]
    fn bodies_come_back() {
        for (old, size) in [(0, 3), (3, 3), (3, 30)] {
            let body = submission(old, &tree(size, 0), &key(1));
            let text = body.to_string();
            assert_eq!(Submission::parse(text.as_bytes()), Ok(body));
        }
        let good = submission(3, &tree(30, 0), &key(1)).to_string();
        let line = format!("{}\n", Hash::ZERO.to_base64());
        for bad in [
            good.replacen("old 3", "old 03", 1),
            good.replacen("old 3", "old", 1),
            good.replacen("old 3", "Old 3", 1),
            good.replacen("old 3", "old -3", 1),
            good.replacen("old 3\n", "old 3\nAAAA\n", 1),
            good.replacen("old 3\n", &format!("old 3\n{}", line.repeat(64)), 1),
            good.trim_end().to_owned(),
            good.split("\n\n").next().unwrap().to_owned(),
            "x".repeat(Submission::BYTES_MAX + 1),
        ] {
            assert!(Submission::parse(bad.as_bytes()).is_err(), "{bad:.80}");
        }
    }
}
