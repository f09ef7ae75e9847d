//! A note: a text with the signatures of one or more keys below it, as C2SP signed-note defines.
//!
//! Invariant: a note holds only what its encoding can carry, and one note has one encoding.
//! The text must not be believed before [`Note::verify`] has named a key that signed it.

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

pub(crate) mod key;

use key::{KeyId, KeyName, SigningKey, VerifierKey};

/// A text and the signatures on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// One signature line of a note, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Name of the key that is said to have signed.
    pub name: KeyName,
    /// Id of that key.
    pub id: KeyId,
    /// What the key's algorithm made; for Ed25519 64 bytes.
    pub bytes: Vec<u8>,
}

impl Note {
    /// A note that nobody has signed yet; the text has to end with a newline.
    ///
    /// # Errors
    /// [`NoteError`] if the text is too long or is no text that a note can carry.
    pub fn new(text: impl Into<String>) -> Result<Self, NoteError> {
        let text = text.into();
        check_size(text.len())?;
        check_characters(&text)?;
        if !text.ends_with('\n') {
            return Err(NoteError::Malformed("the text does not end with a newline"));
        }
        Ok(Self {
            text,
            signatures: Vec::new(),
        })
    }

    /// Reads a signed note.
    ///
    /// # Errors
    /// [`NoteError`] if the bytes are not a note, or one beyond the limits.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        check_size(bytes.len())?;
        let whole = str::from_utf8(bytes).map_err(|_| NoteError::NotText)?;
        check_characters(whole)?;
        // signed-note, "Format": the last empty line of the note divides text and signatures.
        let (before, lines) = whole
            .rsplit_once("\n\n")
            .ok_or(NoteError::Malformed("no empty line before the signatures"))?;
        let lines = lines
            .strip_suffix('\n')
            .ok_or(NoteError::Malformed("the last signature line does not end"))?;
        let mut note = Self {
            text: format!("{before}\n"),
            signatures: Vec::new(),
        };
        for line in lines.split('\n') {
            note.push(Signature::parse(line)?)?;
        }
        Ok(note)
    }

    /// The text, with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds the signature of a key.
    ///
    /// # Errors
    /// [`NoteError::TooManySignatures`] if the note is full.
    pub fn sign(&mut self, key: &SigningKey) -> Result<(), NoteError> {
        self.add(Signature {
            name: key.verifier().name().clone(),
            id: key.verifier().id(),
            // signed-note, "Format": signatures cover the text with its last newline, and not the
            // empty line.
            bytes: key.sign(self.text.as_bytes()).to_vec(),
        })
    }

    /// Adds a signature that somebody else made, such as a witness.
    ///
    /// # Errors
    /// [`NoteError`] if it has no bytes, or the note is full.
    pub fn add(&mut self, signature: Signature) -> Result<(), NoteError> {
        if signature.bytes.is_empty() {
            return Err(NoteError::Malformed("a signature without content"));
        }
        self.push(signature)?;
        check_size(self.to_string().len()).inspect_err(|_| {
            self.signatures.pop();
        })
    }

    fn push(&mut self, signature: Signature) -> Result<(), NoteError> {
        if self.signatures.len() >= SIGNATURES_LIMIT {
            return Err(NoteError::TooManySignatures);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Names the known keys that signed the note, in the order of `known`.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`] if a signature by a known key is wrong, even if others are
    /// right; [`NoteError::Unsigned`] if no known key signed.
    pub fn verify<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        // signed-note, "Signatures": a signature of an unknown key is ignored, a wrong one of a
        // known key spoils the note, and one good signature is needed.
        let mut signers = Vec::new();
        for key in known {
            let mut lines = self
                .signatures
                .iter()
                .filter(|line| line.is_by(key))
                .peekable();
            if lines.peek().is_none() {
                continue;
            }
            if !lines.all(|line| key.verify(self.text.as_bytes(), &line.bytes)) {
                return Err(NoteError::BadSignature {
                    name: key.name().clone(),
                    id: key.id(),
                });
            }
            signers.push(key);
        }
        if signers.is_empty() {
            Err(NoteError::Unsigned)
        } else {
            Ok(signers)
        }
    }
}

impl fmt::Display for Note {
    /// The note as it is stored and sent: what [`Note::parse`] reads once it is signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl Signature {
    /// Reads one signature line without its newline.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] if it is none.
    pub fn parse(line: &str) -> Result<Self, NoteError> {
        // signed-note, "Format": em dash, space, key name, space, base64 of key id and signature.
        let malformed = NoteError::Malformed("not a signature line");
        let fields = line
            .strip_prefix(MARK)
            .and_then(|rest| rest.split_once(' '));
        let Some((name, base64)) = fields else {
            return Err(malformed);
        };
        let (Ok(name), Ok(bytes)) = (name.parse(), STANDARD.decode(base64)) else {
            return Err(malformed);
        };
        let Some((id, bytes)) = bytes.split_first_chunk() else {
            return Err(malformed);
        };
        if bytes.is_empty() {
            return Err(malformed);
        }
        Ok(Self {
            name,
            id: KeyId::from(u32::from_be_bytes(*id)),
            bytes: bytes.to_vec(),
        })
    }

    fn is_by(&self, key: &VerifierKey) -> bool {
        self.is_of(key.name(), key.id())
    }

    /// Whether it says to be by the key of this name and id.
    pub(crate) fn is_of(&self, name: &KeyName, id: KeyId) -> bool {
        self.name == *name && self.id == id
    }
}

impl fmt::Display for Signature {
    /// The signature line without its newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = [self.id.to_be_bytes().as_slice(), &self.bytes].concat();
        write!(f, "{MARK}{} {}", self.name, STANDARD.encode(content))
    }
}

/// What is wrong with a note or a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than a note may be.
    #[error("a note has at most {NOTE_BYTES_LIMIT} bytes, this would be {bytes}")]
    TooLong {
        /// Length in bytes.
        bytes: usize,
    },
    /// Not UTF-8, or with control characters.
    #[error("a note is text without control characters")]
    NotText,
    /// The form is wrong, as said.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// More signatures than a note may have.
    #[error("a note has at most {SIGNATURES_LIMIT} signatures")]
    TooManySignatures,
    /// A known key's signature does not fit the text.
    #[error("the signature by {name} (key {id}) is wrong")]
    BadSignature {
        /// The key's name.
        name: KeyName,
        /// The key's id.
        id: KeyId,
    },
    /// No key that is known here has signed.
    #[error("no known key signed this")]
    Unsigned,
    /// A checkpoint of another log than the one asked for.
    #[error("this is a checkpoint of another log")]
    OtherOrigin,
}

/// What each signature line begins with: an em dash and a space.
const MARK: &str = "\u{2014} ";

/// Longest note in bytes.
// signed-note, "Format": 16 signatures, each of nearly 5 kB, have to be accepted: 107 kB in base64.
const NOTE_BYTES_LIMIT: usize = 256 * 1024;

/// Most signatures on a note.
// signed-note, "Format": at least 16 have to be accepted; 100 is what Go's implementation takes.
const SIGNATURES_LIMIT: usize = 100;

fn check_size(bytes: usize) -> Result<(), NoteError> {
    if bytes > NOTE_BYTES_LIMIT {
        Err(NoteError::TooLong { bytes })
    } else {
        Ok(())
    }
}

/// signed-note, "Format": no ASCII control character but the newline.
fn check_characters(text: &str) -> Result<(), NoteError> {
    let refused = text.bytes().any(|byte| byte < b' ' && byte != b'\n');
    if refused {
        Err(NoteError::NotText)
    } else {
        Ok(())
    }
}

/// Feeds hostile bytes to the parsers of notes and keys.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(note) = Note::parse(input) {
        assert_eq!(
            note.to_string().as_bytes(),
            input,
            "a note has one encoding"
        );
        // The key is fixed, so that hostile input meets the path of a known name and id, too.
        let known = SigningKey::from_seed(KeyName::from_static("fuzz.example"), &[7; 32]);
        let _ = note.verify(std::slice::from_ref(known.verifier()));
    }
    if let Ok(text) = str::from_utf8(input) {
        key::fuzz(text);
    }
}

#[cfg(test)]
mod tests;
