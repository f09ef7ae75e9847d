//! A checkpoint: what a log claims about its tree at one moment, in the text that gets signed.
//!
//! C2SP tlog-checkpoint: the lines origin, size, root and possibly extensions, in a signed note.

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

use std::fmt;
use std::str::FromStr;

use crate::{ConsistencyProof, Hash, Note, NoteError, ProofError, SigningKey, VerifierKey};

/// Which log, how many leaves, and the root of the tree over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

impl Checkpoint {
    /// The claim that the log `origin` has `size` leaves with this root.
    ///
    /// # Errors
    /// [`NoteError`] if the origin is no line of text, or the root cannot belong to an empty tree.
    pub fn new(origin: impl Into<String>, size: u64, root: Hash) -> Result<Self, NoteError> {
        let origin = origin.into();
        check_line(&origin)?;
        if size == 0 && root != Hash::EMPTY_ROOT {
            return Err(NoteError::Malformed(
                "an empty tree with the root of another",
            ));
        }
        Ok(Self {
            origin,
            size,
            root,
            extensions: Vec::new(),
        })
    }

    /// Adds an extension line, which log and witnesses sign but nobody interprets.
    ///
    /// # Errors
    /// [`NoteError`] if it is no line of text, or there are too many.
    pub fn with_extension(mut self, line: impl Into<String>) -> Result<Self, NoteError> {
        let line = line.into();
        check_line(&line)?;
        if self.extensions.len() >= EXTENSION_LINES_LIMIT {
            return Err(NoteError::Malformed("too many extension lines"));
        }
        self.extensions.push(line);
        Ok(self)
    }

    /// Reads a signed checkpoint of the log `origin` and believes it if `key` signed it.
    ///
    /// # Errors
    /// [`NoteError`] if it is malformed, not signed by the key, or one of another log.
    pub fn open(bytes: &[u8], origin: &str, key: &VerifierKey) -> Result<Self, NoteError> {
        let note = Note::parse(bytes)?;
        note.verify(std::slice::from_ref(key))?;
        let checkpoint: Self = note.text().parse()?;
        if checkpoint.origin == origin {
            Ok(checkpoint)
        } else {
            Err(NoteError::OtherOrigin)
        }
    }

    /// The checkpoint as a note, signed with this key; witnesses may add theirs.
    ///
    /// Whoever calls this promises that the tree extends every tree signed before; see
    /// [`Checkpoint::extends`].
    ///
    /// # Errors
    /// [`NoteError::TooLong`] if the lines together are longer than a note may be.
    pub fn sign(&self, key: &SigningKey) -> Result<Note, NoteError> {
        let mut note = Note::new(self.to_string())?;
        note.sign(key)?;
        Ok(note)
    }

    /// Checks that this tree begins with the older one: that the log only grew in between.
    ///
    /// # Errors
    /// [`ProofError`] if the proof does not show that, or is about other sizes; also if the two
    /// are not of the same log.
    pub fn extends(&self, older: &Self, proof: &ConsistencyProof) -> Result<(), ProofError> {
        let sizes = (older.size, self.size);
        if self.origin != older.origin || (proof.old_size, proof.new_size) != sizes {
            return Err(ProofError::OutOfRange);
        }
        proof.verify(&older.root, &self.root)
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree over these leaves.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// Extension lines, in their order.
    #[must_use]
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }
}

impl fmt::Display for Checkpoint {
    /// The text that gets signed, with its last newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}\n{}\n{}",
            self.origin,
            self.size,
            self.root.to_base64()
        )?;
        self.extensions
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for Checkpoint {
    type Err = NoteError;

    /// Reads the text of a checkpoint, without signatures.
    fn from_str(text: &str) -> Result<Self, NoteError> {
        // tlog-checkpoint, "Note text": three lines at least, none of them empty.
        let missing = NoteError::Malformed("a checkpoint has three lines at least");
        let lines = text
            .strip_suffix('\n')
            .ok_or(NoteError::Malformed("the last line does not end"))?;
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(missing);
        };
        let root = Hash::from_base64(root)
            .map_err(|_| NoteError::Malformed("the third line is not a root hash"))?;
        let checkpoint = Self::new(origin, tree_size(size)?, root)?;
        lines.try_fold(checkpoint, Self::with_extension)
    }
}

/// tlog-checkpoint, "Note text": a decimal number of ASCII digits without leading zeros.
fn tree_size(line: &str) -> Result<u64, NoteError> {
    let canonical = line == "0" || !line.starts_with('0');
    let digits = line.bytes().all(|byte| byte.is_ascii_digit());
    let size = if canonical && digits {
        line.parse().ok()
    } else {
        None
    };
    size.ok_or(NoteError::Malformed("the second line is not a tree size"))
}

/// tlog-checkpoint, "Note text": lines are not empty; signed-note, "Format": no control characters.
fn check_line(line: &str) -> Result<(), NoteError> {
    if line.is_empty() || line.len() > LINE_BYTES_LIMIT {
        return Err(NoteError::Malformed("a line is empty or too long"));
    }
    if line.bytes().any(|byte| byte < b' ') {
        return Err(NoteError::NotText);
    }
    Ok(())
}

/// Longest origin or extension line in bytes; ours, as tlog-checkpoint has no bound.
const LINE_BYTES_LIMIT: usize = 4096;

/// Most extension lines; ours, as tlog-checkpoint advises against having any.
const EXTENSION_LINES_LIMIT: usize = 16;

/// Feeds hostile bytes to the parser of checkpoints.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(checkpoint) = str::from_utf8(input)
        .unwrap_or_default()
        .parse::<Checkpoint>()
    {
        assert_eq!(
            checkpoint.to_string().as_bytes(),
            input,
            "a checkpoint has one encoding"
        );
        assert!(
            Note::new(checkpoint.to_string()).is_ok(),
            "a checkpoint can be signed"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyName;

    // The example of C2SP tlog-checkpoint.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(KeyName::from_static("log.example"), &[seed; 32])
    }

    #[test]
    fn the_example_of_tlog_checkpoint_comes_back() {
        let checkpoint: Checkpoint = EXAMPLE.parse().unwrap();
        assert_eq!(checkpoint.origin(), "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size(), 20_852_163);
        assert_eq!(
            checkpoint.root().to_base64(),
            "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
        );
        assert!(checkpoint.extensions().is_empty());
        assert_eq!(checkpoint.to_string(), EXAMPLE);
        let signed = format!(
            "{EXAMPLE}\n\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+\
             ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        );
        assert_eq!(Note::parse(signed.as_bytes()).unwrap().text(), EXAMPLE);
    }

    #[test]
    fn only_the_logs_own_signature_opens_it() {
        let checkpoint = Checkpoint::new("log.example", 5, Hash::of(b"root")).unwrap();
        let checkpoint = checkpoint.with_extension("an extension").unwrap();
        let mut note = checkpoint.sign(&key(1)).unwrap();
        note.sign(&key(2)).unwrap();
        let bytes = note.to_string().into_bytes();
        let open = |origin, seed| Checkpoint::open(&bytes, origin, key(seed).verifier());
        assert_eq!(open("log.example", 1), Ok(checkpoint));
        assert_eq!(open("other.example", 1), Err(NoteError::OtherOrigin));
        assert_eq!(open("log.example", 3), Err(NoteError::Unsigned));
    }

    #[test]
    fn what_is_not_a_checkpoint_is_refused() {
        let root = Hash::ZERO.to_base64();
        let bad = [
            String::new(),
            "\n".into(),
            "log\n1\n".into(),
            format!("log\n1\n{root}"),
            format!("\n1\n{root}\n"),
            format!("log\n\n{root}\n"),
            format!("log\n01\n{root}\n"),
            format!("log\n+1\n{root}\n"),
            format!("log\n-1\n{root}\n"),
            format!("log\n 1\n{root}\n"),
            format!("log\n18446744073709551616\n{root}\n"),
            format!("log\n0\n{root}\n"),
            format!("log\n1\n{}\n", &root[..43]),
            format!("log\n1\n{root}=\n"),
            format!("log\n1\n{root}\n\n"),
            format!("log\n1\n{root}\nextension\n\n"),
            format!("log\n1\n{root}\n{}", "extension\n".repeat(17)),
            format!("log\r\n1\n{root}\n"),
            format!("{}\n1\n{root}\n", "x".repeat(4097)),
        ];
        for text in bad {
            assert!(text.parse::<Checkpoint>().is_err(), "{text:?}");
        }
        assert!(
            format!("log\n18446744073709551615\n{root}\n")
                .parse::<Checkpoint>()
                .is_ok()
        );
        assert!(
            format!("log\n0\n{}\n", Hash::EMPTY_ROOT.to_base64())
                .parse::<Checkpoint>()
                .is_ok()
        );
    }

    #[test]
    fn a_checkpoint_extends_only_what_the_proof_is_about() {
        let root = Hash::of(b"root");
        let of = |origin, size| Checkpoint::new(origin, size, root).unwrap();
        let proof = ConsistencyProof {
            old_size: 4,
            new_size: 4,
            path: Vec::new(),
        };
        assert_eq!(of("a", 4).extends(&of("a", 4), &proof), Ok(()));
        assert_eq!(
            of("a", 4).extends(&of("b", 4), &proof),
            Err(ProofError::OutOfRange)
        );
        assert_eq!(
            of("a", 5).extends(&of("a", 4), &proof),
            Err(ProofError::OutOfRange)
        );
    }
}
