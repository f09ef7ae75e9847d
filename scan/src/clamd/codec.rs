//! What is said to clamd and what it answers, as octets.
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use crate::error::Error;
use crate::text::{TEXT_CHARS_MAX, line_of};

/// Octets of one chunk of a stream. Ours: clamd takes up to its `StreamMaxLength` in one, but reads in small pieces.
pub(crate) const CHUNK_OCTETS_MAX: usize = 64 * 1024;
/// Octets of an answer. Ours: a name of malware has some 100.
pub(crate) const REPLY_OCTETS_MAX: usize = 4 * 1024;

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// To PING.
    Pong,
    /// Nothing was found.
    Clean,
    /// Malware of this name was found.
    Found(String),
}

/// The length that stands before a chunk: four octets, the highest first.
pub(crate) fn length(chunk: &[u8]) -> [u8; 4] {
    debug_assert!(chunk.len() <= CHUNK_OCTETS_MAX);
    u32::try_from(chunk.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// Reads an answer without its NUL: `stream: OK`, `stream: NAME FOUND`, `TEXT ERROR`, `PONG`.
pub(crate) fn reply(octets: &[u8]) -> Result<Reply, Error> {
    let text = line_of(octets, TEXT_CHARS_MAX);
    if text == "PONG" {
        return Ok(Reply::Pong);
    }
    if text.ends_with(" ERROR") {
        return Err(match text.contains("size limit exceeded") {
            true => Error::MessageTooLarge,
            false => Error::Refused(text),
        });
    }
    // `stream` is what clamd calls what it got from a stream; a path may stand there in other commands.
    let (_, outcome) = text.split_once(": ").ok_or(UNKNOWN)?;
    if outcome == "OK" {
        return Ok(Reply::Clean);
    }
    let name = outcome.strip_suffix(" FOUND").ok_or(UNKNOWN)?;
    Ok(Reply::Found(name.trim().to_owned()))
}

const UNKNOWN: Error = Error::Malformed("neither OK, FOUND nor ERROR");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        assert_eq!(reply(b"stream: OK").ok(), Some(Reply::Clean));
        assert_eq!(reply(b"PONG").ok(), Some(Reply::Pong));
        assert_eq!(
            reply(b"stream: Eicar-Test-Signature FOUND").ok(),
            Some(Reply::Found("Eicar-Test-Signature".to_owned()))
        );
        let too_large = reply(b"INSTREAM size limit exceeded. ERROR");
        assert!(matches!(too_large, Err(Error::MessageTooLarge)));
        assert!(matches!(
            reply(b"stream: no space left ERROR"),
            Err(Error::Refused(_))
        ));
        for bad in [&b""[..], b"OK", b"stream: MAYBE", b"UNKNOWN COMMAND"] {
            assert!(matches!(reply(bad), Err(Error::Malformed(_))));
        }
    }
}
