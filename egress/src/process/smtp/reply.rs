//! Replies of a server: reads them, line by line, out of what a stranger sends (RFC 5321 4.2, RFC 2034, RFC 3463).
//!
//! Invariants: memory is bounded whatever comes; what is kept as text is one printable line for each line of the reply.

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use memchr::memchr;

use super::limits::{REPLY_LINE_OCTETS_MAX, REPLY_LINES_MAX, REPLY_TEXT_OCTETS_MAX};
use crate::wire::SmtpReply;

/// An enhanced status code: class, subject, detail (RFC 3463 2).
pub(crate) type Enhanced = (u8, u16, u16);

/// One whole reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Its code, 200 to 599.
    pub(crate) code: u16,
    /// Its enhanced status code (RFC 2034), if the first line has one of the same class.
    pub(crate) enhanced: Option<Enhanced>,
    /// What stands behind the codes, lines parted by LF.
    pub(crate) text: String,
}

/// What a reply asks of the client (RFC 5321 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// 2yz: done.
    Done,
    /// 3yz: go on.
    GoOn,
    /// 4yz: not now.
    Transient,
    /// 5yz: no.
    Permanent,
}

/// Why what came is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadReply {
    /// A line has no end within [`REPLY_LINE_OCTETS_MAX`].
    LineTooLong,
    /// There are more than [`REPLY_LINES_MAX`] lines.
    TooManyLines,
    /// A line does not begin with a code and a space or hyphen.
    Malformed,
    /// The lines of one reply have different codes.
    CodesDiffer,
}

impl Reply {
    /// What it asks for.
    pub(crate) fn class(&self) -> Class {
        match self.code {
            ..300 => Class::Done,
            300..400 => Class::GoOn,
            400..500 => Class::Transient,
            500.. => Class::Permanent,
        }
    }

    /// Whether the server has said that it closes the connection (RFC 5321 3.8, 4.2.1; RFC 7504).
    pub(crate) fn closes(&self) -> bool {
        matches!(self.code, 421 | 521)
    }

    /// Whether it says that no more recipients are taken in this transaction.
    ///
    /// RFC 5321 4.5.3.1.10: 452; 552 is to be understood like it.
    pub(crate) fn too_many_recipients(&self) -> bool {
        match self.enhanced {
            Some((4 | 5, 5, 3)) => true,
            // RFC 3463 3.3: with another subject it is about the mailbox or the system, not about the number.
            Some(_) => false,
            None => matches!(self.code, 452 | 552),
        }
    }

    /// In the words of the wire to the serving process.
    pub(crate) fn to_wire(&self) -> SmtpReply {
        SmtpReply {
            code: self.code,
            enhanced: self.enhanced,
            text: cut(&self.text, SmtpReply::TEXT_OCTETS_MAX).to_owned(),
        }
    }
}

/// The text up to so many octets, and no character halved.
fn cut(text: &str, octets_max: usize) -> &str {
    text.get(..text.floor_char_boundary(octets_max))
        .unwrap_or_default()
}

/// Puts replies together from lines.
#[derive(Debug, Default)]
pub(crate) struct ReplyReader {
    code: Option<u16>,
    enhanced: Option<Enhanced>,
    text: String,
    lines: usize,
}

impl ReplyReader {
    /// Takes whole lines from `input` until a reply is complete: octets taken, and the reply.
    ///
    /// What is not taken is to be given again with more behind it.
    ///
    /// # Errors
    /// [`BadReply`]: the connection is of no use any more.
    pub(crate) fn push(&mut self, input: &[u8]) -> Result<(usize, Option<Reply>), BadReply> {
        let mut taken = 0_usize;
        loop {
            let rest = input.get(taken..).unwrap_or_default();
            let Some(end) = memchr(b'\n', rest) else {
                return match rest.len() >= REPLY_LINE_OCTETS_MAX {
                    true => Err(BadReply::LineTooLong),
                    false => Ok((taken, None)),
                };
            };
            if end >= REPLY_LINE_OCTETS_MAX {
                return Err(BadReply::LineTooLong);
            }
            taken = taken.saturating_add(end).saturating_add(1);
            // Lenient: a bare LF ends a line, too.
            let line = rest.get(..end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if self.line(line)? {
                return Ok((taken, Some(self.finish())));
            }
        }
    }

    /// Takes one line; whether it is the last of its reply.
    fn line(&mut self, line: &[u8]) -> Result<bool, BadReply> {
        let (code, last, text) = reply_line(line).ok_or(BadReply::Malformed)?;
        match self.code {
            None => {
                self.code = Some(code);
                self.enhanced = enhanced_code(code, text).map(|(enhanced, _)| enhanced);
            }
            // RFC 5321 4.2.1: the code is the same on every line.
            Some(first) if first == code => self.text.push('\n'),
            Some(_) => return Err(BadReply::CodesDiffer),
        }
        self.lines = self.lines.saturating_add(1);
        if self.lines > REPLY_LINES_MAX {
            return Err(BadReply::TooManyLines);
        }
        // RFC 2034 4: the enhanced code stands on every line.
        let text = enhanced_code(code, text).map_or(text, |(_, rest)| rest);
        self.keep(text);
        Ok(last)
    }

    /// Keeps the text of a line without what could do harm in a log or report.
    fn keep(&mut self, text: &[u8]) {
        for character in String::from_utf8_lossy(text).chars() {
            if self.text.len() >= REPLY_TEXT_OCTETS_MAX {
                return;
            }
            self.text.push(match character {
                '\t' => ' ',
                _ if character.is_control() => '?',
                _ => character,
            });
        }
    }

    fn finish(&mut self) -> Reply {
        let whole = std::mem::take(self);
        Reply {
            code: whole.code.unwrap_or(500),
            enhanced: whole.enhanced,
            text: whole.text,
        }
    }
}

/// `Reply-line` (RFC 5321 4.2): code, whether it is the last line, text.
fn reply_line(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (code, rest) = line.split_at_checked(3)?;
    let mut value = 0_u16;
    for (place, digit) in code.iter().enumerate() {
        // RFC 5321 4.2: %x32-35 %x30-35 %x30-39; some servers use a second digit above 5.
        let allowed = match place {
            0 => b'2'..=b'5',
            _ => b'0'..=b'9',
        };
        if !allowed.contains(digit) {
            return None;
        }
        value = value
            .checked_mul(10)?
            .checked_add(u16::from(digit.wrapping_sub(b'0')))?;
    }
    match rest.split_first() {
        None => Some((value, true, rest)),
        Some((b' ', text)) => Some((value, true, text)),
        Some((b'-', text)) => Some((value, false, text)),
        Some(_) => None,
    }
}

/// `status-code` at the start of a text (RFC 3463 2), of the same class as the reply (RFC 2034 4), and what follows it.
fn enhanced_code(code: u16, text: &[u8]) -> Option<(Enhanced, &[u8])> {
    let end = memchr(b' ', text).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let mut parts = std::str::from_utf8(digits).ok()?.split('.');
    let class = number(parts.next()?, 1)?;
    let subject = number(parts.next()?, 3)?;
    let detail = number(parts.next()?, 3)?;
    if parts.next().is_some() || class.checked_mul(100)? != code.checked_sub(code % 100)? {
        return None;
    }
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    Some(((u8::try_from(class).ok()?, subject, detail), rest))
}

fn number(digits: &str, length_max: usize) -> Option<u16> {
    let right = !digits.is_empty()
        && digits.len() <= length_max
        && digits.bytes().all(|digit| digit.is_ascii_digit());
    right.then(|| digits.parse().ok()).flatten()
}

/// Reads arbitrary input as a server's replies: for the fuzzer, and for the corpus in the tests.
///
/// # Panics
/// If the result depends on how the input was cut, or a bound does not hold.
pub(crate) fn fuzz(input: &[u8]) {
    let whole = drain(input, usize::MAX);
    for piece in [1, 7] {
        assert_eq!(whole, drain(input, piece), "depends on the cut");
    }
    for reply in &whole.0 {
        assert!((200..600).contains(&reply.code), "code out of range");
        assert!(
            reply.text.len() <= REPLY_TEXT_OCTETS_MAX + REPLY_LINES_MAX + 4,
            "too much text"
        );
        let clean = |c: char| c == '\n' || !c.is_control();
        assert!(reply.text.chars().all(clean), "control characters in text");
        let _ = super::extensions::Extensions::of(reply);
    }
}

/// All replies of an input that comes in pieces, and the error that ended it.
fn drain(input: &[u8], piece: usize) -> (Vec<Reply>, Option<BadReply>) {
    let mut reader = ReplyReader::default();
    let (mut replies, mut pending) = (Vec::new(), Vec::new());
    for part in input.chunks(piece.min(input.len().max(1))) {
        pending.extend_from_slice(part);
        loop {
            match reader.push(&pending) {
                Err(bad) => return (replies, Some(bad)),
                Ok((taken, reply)) => {
                    pending.drain(..taken);
                    match reply {
                        Some(reply) => replies.push(reply),
                        None => break,
                    }
                }
            }
        }
    }
    (replies, None)
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test may panic")]
mod tests {
    use super::*;

    fn one(text: &str) -> Reply {
        let (mut replies, bad) = drain(text.as_bytes(), 1);
        assert_eq!((replies.len(), bad), (1, None), "{text:?}");
        replies.remove(0)
    }

    fn bad(input: &[u8]) -> Option<BadReply> {
        fuzz(input);
        drain(input, usize::MAX).1
    }

    #[test]
    fn reads_one_line_and_many() {
        let reply = one("250 2.1.5 Recipient <a@b> ok\r\n");
        assert_eq!(reply.code, 250);
        assert_eq!(reply.enhanced, Some((2, 1, 5)));
        assert_eq!(reply.text, "Recipient <a@b> ok");
        assert_eq!(reply.class(), Class::Done);
        assert_eq!(one("250-a\r\n250-\r\n250 b\r\n").text, "a\n\nb");
        assert_eq!(one("354\r\n").class(), Class::GoOn);
        assert_eq!(one("250\n").text, "");
    }

    #[test]
    fn an_enhanced_code_counts_only_if_its_class_is_the_replys() {
        assert_eq!(one("550 5.7.1 no\r\n").enhanced, Some((5, 7, 1)));
        assert_eq!(one("450 4.7.123\r\n").enhanced, Some((4, 7, 123)));
        for without in [
            "550 4.7.1 no\r\n",
            "550 5.7 no\r\n",
            "550 5.7.1.2 no\r\n",
            "550 5.7.1234 no\r\n",
            "550 5..1 no\r\n",
            "550 5.7.x no\r\n",
            "550 no\r\n",
            "354 3.0.+1 go\r\n",
        ] {
            assert_eq!(one(without).enhanced, None, "{without}");
        }
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        for text in [
            "\r\n",
            "25 a\r\n",
            "199 a\r\n",
            "650 a\r\n",
            "2x0 a\r\n",
            "250_a\r\n",
            "HTTP/1.1 400 Bad\r\n",
        ] {
            assert_eq!(bad(text.as_bytes()), Some(BadReply::Malformed), "{text:?}");
        }
        assert_eq!(bad(b"250-a\r\n251 b\r\n"), Some(BadReply::CodesDiffer));
        let line = [&b"250 "[..], &[b'x'; REPLY_LINE_OCTETS_MAX]].concat();
        assert_eq!(bad(&line), Some(BadReply::LineTooLong));
        let lines = "250-x\r\n".repeat(REPLY_LINES_MAX + 1);
        assert_eq!(bad(lines.as_bytes()), Some(BadReply::TooManyLines));
        assert_eq!(bad("250-x\r\n".repeat(REPLY_LINES_MAX).as_bytes()), None);
    }

    #[test]
    fn text_is_bounded_and_harmless() {
        assert_eq!(one("550 a\x1b[2Jb\tc\0\r\n").text, "a?[2Jb c?");
        let long = format!("250-{}\r\n", "y".repeat(2_000)).repeat(5) + "250 end\r\n";
        assert!(one(&long).text.len() <= REPLY_TEXT_OCTETS_MAX + 5);
    }

    #[test]
    fn too_many_recipients_is_told_from_a_full_mailbox() {
        assert!(one("452 4.5.3 Too many recipients\r\n").too_many_recipients());
        assert!(one("452 Too many recipients\r\n").too_many_recipients());
        assert!(one("552 Too many recipients\r\n").too_many_recipients());
        assert!(!one("452 4.2.2 Mailbox full\r\n").too_many_recipients());
        assert!(!one("450 4.2.0 Greylisted\r\n").too_many_recipients());
    }

    #[test]
    fn arbitrary_input_is_survived() {
        fuzz(b"");
        fuzz(b"\n\n");
        fuzz(&[0xff; 5_000]);
        fuzz(b"250-\xff\xfe\r\n250 SIZE 99999999999999999999999\r\n421 bye\r\nrest");
    }

    proptest::proptest! {
        #[test]
        fn any_octets_do_not_panic(input in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            fuzz(&input);
        }

        #[test]
        fn lines_of_a_reply_come_back(code in 200_u16..600, lines in proptest::collection::vec("([A-Za-z][ -~]{0,60})?", 1..10)) {
            let mut text = String::new();
            for (place, line) in lines.iter().enumerate() {
                let hyphen = if place + 1 == lines.len() { ' ' } else { '-' };
                text.push_str(&format!("{code}{hyphen}{line}\r\n"));
            }
            let reply = one(&text);
            proptest::prop_assert_eq!(reply.code, code);
            proptest::prop_assert_eq!(reply.text, lines.join("\n"));
        }
    }
}
