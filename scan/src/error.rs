//! Why a scanner gave no verdict.

use std::io;

/// Why a conversation with a scanner came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection broke.
    #[error("the connection to the scanner broke: {0}")]
    Broken(#[from] io::Error),
    /// The scanner ended the connection before it had answered.
    #[error("the scanner closed the connection without an answer")]
    Closed,
    /// It said what the protocol does not know.
    #[error("the scanner's answer makes no sense: {0}")]
    Malformed(&'static str),
    /// It said more than is read.
    #[error("the scanner's answer is longer than {limit} octets")]
    TooLong {
        /// How much is read.
        limit: usize,
    },
    /// The message is larger than it takes.
    #[error(
        "the message is larger than the scanner takes; raise its limit (clamd: `StreamMaxLength`)"
    )]
    MessageTooLarge,
    /// It said that it cannot or will not.
    #[error("the scanner says: {0}")]
    Refused(String),
    /// The protocol has no such request.
    #[error("this scanner cannot learn")]
    Unsupported,
}
