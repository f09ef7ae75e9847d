//! The lexer: words, strings and numbers of one command (RFC 5804 4).

use std::borrow::Cow;

use super::command::Fault;
use super::framer::literal_at_end;

/// Octets of a quoted string's content (RFC 5804 4).
const QUOTED_OCTETS_MAX: usize = 1_024;

/// What is left of a command.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    rest: &'a [u8],
}

impl<'a> Lexer<'a> {
    pub(super) fn new(command: &'a [u8]) -> Self {
        Self { rest: command }
    }

    /// The command's name.
    pub(super) fn word(&mut self) -> Result<&'a str, Fault> {
        let end = self
            .rest
            .iter()
            .position(|octet| !octet.is_ascii_alphabetic())
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).ok_or(Fault::Syntax)?;
        self.rest = rest;
        str::from_utf8(word).map_err(|_| Fault::Syntax)
    }

    /// Whether a space and something behind it follows.
    pub(super) fn has_more(&self) -> bool {
        !self.rest.is_empty()
    }

    /// The space before an argument.
    pub(super) fn space(&mut self) -> Result<(), Fault> {
        self.rest = self.rest.strip_prefix(b" ").ok_or(Fault::Syntax)?;
        Ok(())
    }

    /// Nothing follows.
    pub(super) fn end(&self) -> Result<(), Fault> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Fault::Syntax)
        }
    }

    /// `string`: quoted, or a literal.
    pub(super) fn string(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        match self.rest.first() {
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal(),
            _ => Err(Fault::Syntax),
        }
    }

    /// A string of UTF-8.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, Fault> {
        match self.string()? {
            Cow::Borrowed(octets) => match str::from_utf8(octets) {
                Ok(text) => Ok(Cow::Borrowed(text)),
                Err(_) => Err(Fault::Utf8),
            },
            Cow::Owned(octets) => match String::from_utf8(octets) {
                Ok(text) => Ok(Cow::Owned(text)),
                Err(_) => Err(Fault::Utf8),
            },
        }
    }

    /// `quoted`: RFC 5804 4: `"` and `\` are escaped, NUL, CR and LF are not in it.
    fn quoted(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        let body = self.rest.strip_prefix(b"\"").ok_or(Fault::Syntax)?;
        let mut unescaped: Option<Vec<u8>> = None;
        let mut at = 0;
        let mut octets = 0;
        loop {
            let octet = *body.get(at).ok_or(Fault::Syntax)?;
            let content = match octet {
                b'"' => break,
                b'\0' | b'\r' | b'\n' => return Err(Fault::Syntax),
                b'\\' => {
                    let escaped = *body.get(at + 1).ok_or(Fault::Syntax)?;
                    if !matches!(escaped, b'"' | b'\\') {
                        return Err(Fault::Syntax);
                    }
                    unescaped.get_or_insert_with(|| body[..at].to_vec());
                    at += 1;
                    escaped
                }
                other => other,
            };
            if let Some(unescaped) = &mut unescaped {
                unescaped.push(content);
            }
            at += 1;
            octets += 1;
            if octets > QUOTED_OCTETS_MAX {
                return Err(Fault::TooLong);
            }
        }
        self.rest = body.get(at + 1..).ok_or(Fault::Syntax)?;
        Ok(match unescaped {
            Some(unescaped) => Cow::Owned(unescaped),
            None => Cow::Borrowed(body.get(..at).ok_or(Fault::Syntax)?),
        })
    }

    /// `literal-c2s`: the framer has seen to it that all of it is there.
    fn literal(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        let line = memchr::memchr(b'\n', self.rest).ok_or(Fault::Syntax)?;
        let (marker, rest) = self.rest.split_at_checked(line + 1).ok_or(Fault::Syntax)?;
        let octets = literal_at_end(marker).ok_or(Fault::Syntax)?;
        // Nothing stands between the brace and the line end but the marker itself.
        if marker.iter().filter(|octet| **octet == b'{').count() != 1 {
            return Err(Fault::Syntax);
        }
        let (content, rest) = rest.split_at_checked(octets).ok_or(Fault::Syntax)?;
        self.rest = rest;
        Ok(Cow::Borrowed(content))
    }

    /// `number` (RFC 5804 4): below 4,294,967,296.
    pub(super) fn number(&mut self) -> Result<u32, Fault> {
        let end = self
            .rest
            .iter()
            .position(|octet| !octet.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at_checked(end).ok_or(Fault::Syntax)?;
        self.rest = rest;
        let digits = str::from_utf8(digits).map_err(|_| Fault::Syntax)?;
        digits.parse().map_err(|_| Fault::Number)
    }
}
