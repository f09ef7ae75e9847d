//! Why bytes do not decode.

/// Why bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More than the named limit allows.
    #[error("the encoded value is longer than its limit")]
    TooLong,
    /// Written by a later version.
    #[error("the entry was written in format {0}, which this version does not know")]
    Format(u8),
    /// Cut or damaged.
    #[error("the encoded value is cut or damaged")]
    Malformed,
}
