//! The lexer: a script's text as a row of tokens (RFC 5228 8.1).

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use std::fmt;

use crate::fault::{ParseError, Position};

/// The largest number: RFC 5228 2.4.1 asks for 2^31 - 1 at least.
const NUMBER_MAX: u64 = i64::MAX as u64;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Identifier(&'a str),
    /// Without its colon.
    Tag(&'a str),
    Number(u64),
    Text(String),
    /// One of `( ) [ ] { } , ;`.
    Sign(char),
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identifier(name) => write!(f, "`{name}`"),
            Self::Tag(name) => write!(f, "`:{name}`"),
            Self::Number(number) => write!(f, "the number {number}"),
            Self::Text(_) => f.write_str("a string"),
            Self::Sign(sign) => write!(f, "`{sign}`"),
            Self::End => f.write_str("the end of the script"),
        }
    }
}

/// Reads tokens one after the other.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    rest: &'a str,
    line: u32,
    column: u32,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            line: 1,
            column: 1,
        }
    }

    fn position(&self) -> Position {
        Position {
            line: self.line,
            column: self.column,
        }
    }

    /// Takes `octets` of the rest, which end at a character.
    fn take(&mut self, octets: usize) -> &'a str {
        let (taken, rest) = self
            .rest
            .split_at_checked(octets)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        for character in taken.chars() {
            if character == '\n' {
                self.line = self.line.saturating_add(1);
                self.column = 1;
            } else {
                self.column = self.column.saturating_add(1);
            }
        }
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let octets = self.rest.bytes().take_while(|byte| wanted(*byte)).count();
        self.take(octets)
    }

    /// The next token and where it begins.
    pub(crate) fn next(&mut self) -> Result<(Token<'a>, Position), ParseError> {
        self.skip_white_space()?;
        let at = self.position();
        let Some(first) = self.rest.chars().next() else {
            return Ok((Token::End, at));
        };
        let token = match first {
            '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' => {
                self.take(1);
                Token::Sign(first)
            }
            '"' => self.quoted_string(at)?,
            ':' => {
                self.take(1);
                if !starts_identifier(self.rest) {
                    return Err(at.error("a tag needs a name behind its `:`"));
                }
                Token::Tag(self.take_while(is_identifier))
            }
            '0'..='9' => self.number(at)?,
            _ if starts_identifier(self.rest) => {
                let name = self.take_while(is_identifier);
                // RFC 5228 8.1: `text:` begins a string of several lines.
                if name.eq_ignore_ascii_case("text") && self.rest.starts_with(':') {
                    self.take(1);
                    self.multi_line(at)?
                } else {
                    Token::Identifier(name)
                }
            }
            other => {
                return Err(at.error(format!("`{}` has no meaning here", other.escape_debug())));
            }
        };
        Ok((token, at))
    }

    /// RFC 5228 2.3: white space, `#` up to the end of the line, and `/* ... */`.
    fn skip_white_space(&mut self) -> Result<(), ParseError> {
        loop {
            self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
            if self.rest.starts_with('#') {
                self.take_while(|byte| byte != b'\n');
            } else if self.rest.starts_with("/*") {
                let at = self.position();
                let behind = self.rest.get(2..).and_then(|rest| rest.find("*/"));
                let Some(end) = behind else {
                    return Err(at.error("this comment is never closed: `*/` is missing"));
                };
                self.take(end.saturating_add(4));
            } else {
                return Ok(());
            }
        }
    }

    /// RFC 5228 2.4.1: digits, and K, M or G for powers of 1,024.
    fn number(&mut self, at: Position) -> Result<Token<'a>, ParseError> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        let unit = match self.rest.bytes().next() {
            Some(b'k' | b'K') => 1 << 10,
            Some(b'm' | b'M') => 1 << 20,
            Some(b'g' | b'G') => 1 << 30,
            _ => 1,
        };
        if unit > 1 {
            self.take(1);
        }
        if self.rest.bytes().next().is_some_and(is_identifier) {
            return Err(at.error("a number has digits, and at most `K`, `M` or `G` behind them"));
        }
        let number = digits.parse::<u64>().ok();
        number
            .and_then(|number| number.checked_mul(unit))
            .filter(|number| *number <= NUMBER_MAX)
            .map(Token::Number)
            .ok_or_else(|| at.error("this number is too large"))
    }

    /// RFC 5228 2.4.2: a backslash stands before a quote or a backslash; before others it means nothing.
    fn quoted_string(&mut self, at: Position) -> Result<Token<'a>, ParseError> {
        self.take(1);
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|byte| byte != b'"' && byte != b'\\' && byte != 0));
            match self.rest.bytes().next() {
                Some(b'"') => {
                    self.take(1);
                    return Ok(Token::Text(text));
                }
                Some(b'\\') => {
                    self.take(1);
                    let escaped = self.rest.chars().next().filter(|c| *c != '\0');
                    let Some(escaped) = escaped else {
                        return Err(at.error("this string is never closed: `\"` is missing"));
                    };
                    text.push(escaped);
                    self.take(escaped.len_utf8());
                }
                Some(_) => return Err(self.position().error("a string has no NUL")),
                None => return Err(at.error("this string is never closed: `\"` is missing")),
            }
        }
    }

    /// RFC 5228 2.4.2: lines up to one that is a dot; a dot before a dot at the beginning of a line is taken away.
    fn multi_line(&mut self, at: Position) -> Result<Token<'a>, ParseError> {
        self.take_while(|byte| byte == b' ' || byte == b'\t');
        if self.rest.starts_with('#') {
            self.take_while(|byte| byte != b'\n');
        }
        self.take_while(|byte| byte == b'\r');
        if !self.rest.starts_with('\n') {
            return Err(self
                .position()
                .error("the text begins in the line behind `text:`"));
        }
        self.take(1);
        let mut text = String::new();
        loop {
            let octets = self
                .rest
                .find('\n')
                .map_or(self.rest.len(), |end| end.saturating_add(1));
            if octets == 0 {
                return Err(at.error("this text is never closed: a line with `.` alone is missing"));
            }
            let line = self.take(octets);
            if line.trim_end_matches(['\r', '\n']) == "." {
                return Ok(Token::Text(text));
            }
            if line.contains('\0') {
                return Err(at.error("a text has no NUL"));
            }
            text.push_str(
                line.strip_prefix('.')
                    .filter(|rest| rest.starts_with('.'))
                    .unwrap_or(line),
            );
        }
    }
}

fn starts_identifier(text: &str) -> bool {
    let first = text.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

fn is_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<Token<'_>>, ParseError> {
        let mut lexer = Lexer::new(text);
        let mut tokens = Vec::new();
        loop {
            match lexer.next()?.0 {
                Token::End => return Ok(tokens),
                token => tokens.push(token),
            }
        }
    }

    #[test]
    fn tokens_are_told_apart() {
        assert_eq!(
            tokens("size :over 2K; # end\n/* a\n * b */ [\"a\\\"b\\c\"]").unwrap(),
            [
                Token::Identifier("size"),
                Token::Tag("over"),
                Token::Number(2_048),
                Token::Sign(';'),
                Token::Sign('['),
                Token::Text("a\"bc".into()),
                Token::Sign(']'),
            ]
        );
    }

    #[test]
    fn a_text_of_several_lines_loses_stuffed_dots() {
        assert_eq!(
            tokens("text: # why\r\na\r\n..b\r\n.c\r\n.\r\n;").unwrap(),
            [Token::Text("a\r\n.b\r\n.c\r\n".into()), Token::Sign(';')]
        );
        assert_eq!(tokens("TEXT:\n.\n").unwrap(), [Token::Text(String::new())]);
    }

    #[test]
    fn errors_name_the_place() {
        for (text, line, column) in [
            ("keep;\n  \"ä", 2, 3),
            ("ä", 1, 1),
            ("\n/* x", 2, 1),
            ("text: a\n.\n", 1, 7),
            ("text:\na", 1, 1),
            ("99999999999999999999", 1, 1),
            ("9223372036854775807G", 1, 1),
            ("1x", 1, 1),
            (": a", 1, 1),
        ] {
            let error = tokens(text).unwrap_err();
            assert_eq!(
                (error.line, error.column),
                (line, column),
                "{text:?}: {error}"
            );
        }
    }
}
