//! A cosignature: what a witness says about a checkpoint, namely that at a time it was the largest consistent tree that it
//! had seen of a log.
//!
//! C2SP tlog-cosignature: a signature line of a note, whose content is a timestamp and an Ed25519 or an ML-DSA-44 signature.

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

use crate::{Checkpoint, Note, NoteError, Signature};

pub(crate) mod key;

use key::{WitnessKey, WitnessSigningKey};

impl WitnessKey {
    /// When this witness cosigned the note, in seconds since 1970; `None` if it did not. Of several times the latest.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`] if a signature that says to be by this witness is not; other errors if the text is no
    /// checkpoint.
    pub fn cosigned_at(&self, note: &Note) -> Result<Option<u64>, NoteError> {
        let mut lines = note
            .signatures()
            .iter()
            .filter(|line| line.is_of(self.name(), self.id()))
            .peekable();
        if lines.peek().is_none() {
            return Ok(None);
        }
        let checkpoint: Checkpoint = note.text().parse()?;
        let mut latest = None;
        for line in lines {
            // signed-note, "Signatures": a wrong signature of a known key spoils the note.
            let at = self
                .check(&checkpoint, line)
                .ok_or_else(|| NoteError::BadSignature {
                    name: self.name().clone(),
                    id: self.id(),
                })?;
            latest = latest.max(Some(at));
        }
        Ok(latest)
    }

    /// The time that stands in the signature, in seconds since 1970, if this witness signed the checkpoint with it.
    #[must_use]
    pub fn check(&self, checkpoint: &Checkpoint, signature: &Signature) -> Option<u64> {
        if !signature.is_of(self.name(), self.id()) {
            return None;
        }
        // tlog-cosignature, "Format": eight bytes of time, big-endian, then the signature.
        let (time, content) = signature.bytes.split_first_chunk()?;
        let time = u64::from_be_bytes(*time);
        if time > TIME_SECONDS_MAX {
            return None;
        }
        self.has_signed(checkpoint, time, content).then_some(time)
    }
}

impl WitnessSigningKey {
    /// Cosigns a checkpoint, as of `seconds` since 1970.
    ///
    /// Whoever calls this promises that the tree extends every tree of this log that was cosigned before.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] if the checkpoint cannot be signed in this way: the name of its log is too long.
    pub fn cosign(&self, checkpoint: &Checkpoint, seconds: u64) -> Result<Signature, NoteError> {
        let time = seconds.min(TIME_SECONDS_MAX);
        let mut bytes = time.to_be_bytes().to_vec();
        bytes.extend(self.sign(checkpoint, time)?);
        Ok(Signature {
            name: self.verifier().name().clone(),
            id: self.verifier().id(),
            bytes,
        })
    }
}

/// What an Ed25519 witness signs.
// tlog-cosignature, "Ed25519 signed message": header line, time line, and the whole text of the note.
fn message_v1(checkpoint: &Checkpoint, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{checkpoint}").into_bytes()
}

/// What an ML-DSA-44 witness signs; `None` if a name is too long for it.
// tlog-cosignature, "ML-DSA-44 signed message": label, name, time, origin, start, end and root; extension lines are not in it.
fn message_subtree(checkpoint: &Checkpoint, name: &str, time: u64) -> Option<Vec<u8>> {
    let mut message = LABEL.to_vec();
    put_short(&mut message, name)?;
    message.extend(time.to_be_bytes());
    put_short(&mut message, checkpoint.origin())?;
    message.extend(0_u64.to_be_bytes());
    message.extend(checkpoint.size().to_be_bytes());
    message.extend(checkpoint.root().as_bytes());
    Some(message)
}

/// RFC 8446 3.4: a vector of 1 to 255 bytes behind its length.
fn put_short(message: &mut Vec<u8>, text: &str) -> Option<()> {
    let length = u8::try_from(text.len()).ok().filter(|length| *length > 0)?;
    message.push(length);
    message.extend(text.as_bytes());
    Some(())
}

/// Says what is signed.
const LABEL: &[u8; 12] = b"subtree/v1\n\0";

/// tlog-cosignature, "Format": a time is at most 2^63 - 1.
const TIME_SECONDS_MAX: u64 = i64::MAX.cast_unsigned();

/// Feeds hostile bytes to what reads cosignatures.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input) {
        key::fuzz(text);
    }
    if let Ok(note) = Note::parse(input) {
        for key in key::known() {
            let _ = key.cosigned_at(&note);
        }
    }
}

#[cfg(test)]
mod tests;
