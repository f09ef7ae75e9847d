//! The SASL exchange on the wire: base64 lines, the empty response and the cancel sign (RFC 4954 4).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::command::CommandError;

/// What a client proves itself with; never printed, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SaslResponse(Zeroizing<Vec<u8>>);

impl SaslResponse {
    /// The decoded octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// From decoded octets.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// RFC 4954 4: base64 with padding and without white space.
    pub(super) fn decode(text: &str) -> Result<Self, CommandError> {
        STANDARD
            .decode(text)
            .map(Self::new)
            .map_err(|_| CommandError::BadBase64)
    }
}

impl fmt::Debug for SaslResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A line a client sends after a 334 challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaslLine {
    /// `*`: the client gives up; to be answered 501.
    Cancel,
    /// A response, possibly empty.
    Response(SaslResponse),
}

/// Reads a line (without CRLF) of an AUTH exchange.
///
/// # Errors
/// [`CommandError::BadBase64`] where the line is neither `*` nor base64.
pub fn parse_sasl_line(line: &[u8]) -> Result<SaslLine, CommandError> {
    if line == b"*" {
        return Ok(SaslLine::Cancel);
    }
    let text = std::str::from_utf8(line).map_err(|_| CommandError::BadBase64)?;
    SaslResponse::decode(text).map(SaslLine::Response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        assert_eq!(parse_sasl_line(b"*"), Ok(SaslLine::Cancel));
        assert_eq!(
            parse_sasl_line(b""),
            Ok(SaslLine::Response(SaslResponse::new(Vec::new())))
        );
        assert_eq!(
            parse_sasl_line(b"AGEAYg=="),
            Ok(SaslLine::Response(SaslResponse::new(b"\0a\0b".to_vec())))
        );
        for bad in [&b"AGEAYg"[..], b"a b", b"\xFF", b"**"] {
            assert_eq!(parse_sasl_line(bad), Err(CommandError::BadBase64));
        }
    }

    #[test]
    fn is_never_printed() {
        let response = SaslResponse::new(b"hunter2".to_vec());
        assert_eq!(format!("{response:?}"), "[secret]");
    }
}
