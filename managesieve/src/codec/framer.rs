//! The framer: finds where a command ends in a stream of octets.
//!
//! It reads nothing itself: the loop feeds octets and gets a [`Frame`]; the same input gives the same frames at whatever
//! points it was split. Literals of clients are never waited for (RFC 5804 1.2: `{n+}`), so what is too large has to be
//! read and thrown away, up to a bound.

use memchr::memchr;

/// What the framer found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// All input is taken and no command is complete: read more.
    More,
    /// A whole command stands in [`Framer::command`] until the next call of [`Framer::feed`].
    Command,
    /// A command was given up.
    Failed(FrameError),
}

/// Why a command was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The text outside literals is too long; the stream is in step again.
    #[error("The line is too long")]
    LineTooLong,
    /// The literals together are too large; the stream is in step again.
    #[error("The literal is too large, at most {limit_octets} octets")]
    LiteralTooBig {
        /// The limit in octets.
        limit_octets: usize,
    },
    /// More came than is thrown away: say BYE and close.
    #[error("Too much was sent")]
    Lost,
}

impl FrameError {
    /// Whether the stream cannot be brought back in step.
    #[must_use]
    pub fn is_fatal(self) -> bool {
        self == Self::Lost
    }
}

/// How much one command may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLimits {
    /// Octets of text outside literals.
    pub line_octets: usize,
    /// Octets of all literals.
    pub literal_octets: usize,
    /// Octets that are read and thrown away to get back in step.
    pub discard_octets: usize,
}

impl FrameLimits {
    /// For a client that has not signed in: a password, and some.
    pub const BEFORE_SIGN_IN: Self = Self {
        line_octets: LINE_OCTETS_MAX,
        literal_octets: LITERAL_BEFORE_SIGN_IN_OCTETS_MAX,
        discard_octets: DISCARD_BEFORE_SIGN_IN_OCTETS_MAX,
    };

    /// For a signed-in client that may send scripts of so many octets.
    #[must_use]
    pub const fn after_sign_in(script_octets: usize) -> Self {
        Self {
            line_octets: LINE_OCTETS_MAX,
            literal_octets: script_octets.saturating_add(NAMES_OCTETS_MAX),
            discard_octets: DISCARD_OCTETS_MAX,
        }
    }
}

/// The framer of one connection.
#[derive(Debug)]
pub struct Framer {
    limits: FrameLimits,
    state: State,
    command: Vec<u8>,
    /// Where the text of the current line begins in `command`.
    line: usize,
    text_octets: usize,
    literal_octets: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    Literal {
        remaining: usize,
    },
    /// The rest of the command is thrown away; `literal` octets of a literal are to come, then text.
    Discard {
        error: FrameError,
        literal: usize,
        total: usize,
    },
    Complete,
    Lost,
}

impl Framer {
    /// A framer with these limits.
    #[must_use]
    pub fn new(limits: FrameLimits) -> Self {
        Self {
            limits,
            state: State::Text,
            command: Vec::new(),
            line: 0,
            text_octets: 0,
            literal_octets: 0,
        }
    }

    /// Changes the limits, as after sign-in.
    pub fn set_limits(&mut self, limits: FrameLimits) {
        self.limits = limits;
    }

    /// The command that was framed, without its line end.
    #[must_use]
    pub fn command(&self) -> &[u8] {
        without_line_end(&self.command)
    }

    /// Takes octets from the front of `input` until something is to be said. Call again until [`Frame::More`].
    pub fn feed(&mut self, input: &mut &[u8]) -> Frame {
        loop {
            let found = match self.state {
                State::Text => self.text(input),
                State::Literal { remaining } => self.literal(input, remaining),
                State::Discard {
                    error,
                    literal,
                    total,
                } => self.discard(input, error, literal, total),
                State::Complete => {
                    self.restart();
                    None
                }
                State::Lost => Some(Frame::Failed(FrameError::Lost)),
            };
            if let Some(frame) = found {
                return frame;
            }
        }
    }

    fn restart(&mut self) {
        if self.command.capacity() > IDLE_BUFFER_OCTETS_MAX {
            self.command = Vec::new();
        }
        self.command.clear();
        self.line = 0;
        self.text_octets = 0;
        self.literal_octets = 0;
        self.state = State::Text;
    }

    fn text(&mut self, input: &mut &[u8]) -> Option<Frame> {
        if input.is_empty() {
            return Some(Frame::More);
        }
        let line_end = memchr(b'\n', input);
        let wanted = line_end.map_or(input.len(), |at| at.saturating_add(1));
        if wanted > self.limits.line_octets.saturating_sub(self.text_octets) {
            let kept = self.line.min(self.command.len());
            // What of the line is here counts for the search of a literal's announcement at its end.
            let line = self.command.split_off(kept);
            self.give_up(FrameError::LineTooLong, 0, line);
            return None;
        }
        self.text_octets = self.text_octets.saturating_add(wanted);
        take(input, wanted, &mut self.command);
        line_end?;
        match literal_at_end(self.command.get(self.line..).unwrap_or_default()) {
            None => {
                self.state = State::Complete;
                Some(Frame::Command)
            }
            Some(octets) => {
                self.announced(octets);
                None
            }
        }
    }

    fn announced(&mut self, octets: usize) {
        let all = self.literal_octets.saturating_add(octets);
        if all > self.limits.literal_octets {
            let limit_octets = self.limits.literal_octets;
            self.give_up(
                FrameError::LiteralTooBig { limit_octets },
                octets,
                Vec::new(),
            );
            return;
        }
        self.literal_octets = all;
        self.state = State::Literal { remaining: octets };
    }

    fn literal(&mut self, input: &mut &[u8], remaining: usize) -> Option<Frame> {
        let taken = take(input, remaining, &mut self.command);
        match remaining.saturating_sub(taken) {
            0 => {
                self.line = self.command.len();
                self.state = State::Text;
                None
            }
            remaining => {
                self.state = State::Literal { remaining };
                Some(Frame::More)
            }
        }
    }

    fn give_up(&mut self, error: FrameError, literal: usize, line: Vec<u8>) {
        let total = literal.saturating_add(line.len());
        self.command = line;
        self.line = 0;
        self.state = if total > self.limits.discard_octets {
            State::Lost
        } else {
            State::Discard {
                error,
                literal,
                total,
            }
        };
    }

    fn discard(
        &mut self,
        input: &mut &[u8],
        error: FrameError,
        literal: usize,
        total: usize,
    ) -> Option<Frame> {
        if input.is_empty() {
            return Some(Frame::More);
        }
        if literal > 0 {
            let (thrown, rest) = input.split_at_checked(literal).unwrap_or((input, &[]));
            let literal = literal.saturating_sub(thrown.len());
            *input = rest;
            self.state = State::Discard {
                error,
                literal,
                total,
            };
            return None;
        }
        let line_end = memchr(b'\n', input);
        let wanted = line_end.map_or(input.len(), |at| at.saturating_add(1));
        let total = total.saturating_add(wanted);
        if total > self.limits.discard_octets {
            self.state = State::Lost;
            return None;
        }
        // Only the end of a line tells whether a literal follows.
        take(input, wanted, &mut self.command);
        let unneeded = self.command.len().saturating_sub(MARKER_OCTETS_MAX);
        self.command.drain(..unneeded);
        self.state = State::Discard {
            error,
            literal: 0,
            total,
        };
        line_end?;
        match literal_at_end(&self.command) {
            None => {
                self.restart();
                Some(Frame::Failed(error))
            }
            Some(octets) => {
                self.command.clear();
                let total = total.saturating_add(octets);
                self.state = if total > self.limits.discard_octets {
                    State::Lost
                } else {
                    State::Discard {
                        error,
                        literal: octets,
                        total,
                    }
                };
                None
            }
        }
    }
}

/// `literal-c2s` (RFC 5804 4): `{n+}` before the line end.
pub(super) fn literal_at_end(line: &[u8]) -> Option<usize> {
    let body = without_line_end(line).strip_suffix(b"+}")?;
    let open = body.iter().rposition(|octet| !octet.is_ascii_digit())?;
    let digits = body.get(open.saturating_add(1)..)?;
    if body.get(open) != Some(&b'{') || digits.is_empty() || digits.len() > DIGITS_MAX {
        return None;
    }
    Some(digits.iter().fold(0_usize, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(usize::from(digit.saturating_sub(b'0')))
    }))
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Moves up to `wanted` octets from the front of `input` to the end of `into`; gives how many.
fn take(input: &mut &[u8], wanted: usize, into: &mut Vec<u8>) -> usize {
    let (taken, rest) = input.split_at_checked(wanted).unwrap_or((input, &[]));
    into.extend_from_slice(taken);
    *input = rest;
    taken.len()
}

/// RFC 5804 4: a quoted string has up to 1,024 octets, and a command three at most; every one of them may be escaped.
const LINE_OCTETS_MAX: usize = 8_192;
/// A sign-in as literals.
const LITERAL_BEFORE_SIGN_IN_OCTETS_MAX: usize = 4_096;
/// Two names as literals, beside a script.
const NAMES_OCTETS_MAX: usize = 2_048;
/// Octets thrown away before the connection is closed, before sign-in.
const DISCARD_BEFORE_SIGN_IN_OCTETS_MAX: usize = 65_536;
/// Octets thrown away before the connection is closed: whoever sends a script that is too large is told so.
const DISCARD_OCTETS_MAX: usize = 8 * 1024 * 1024;
/// A buffer larger than this is given back after its command.
const IDLE_BUFFER_OCTETS_MAX: usize = 4_096;
/// `{`, digits, `+}`, CRLF.
const MARKER_OCTETS_MAX: usize = DIGITS_MAX + 5;
/// RFC 5804 4: a number is below 4,294,967,296; a few zeros before it do no harm.
const DIGITS_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: FrameLimits = FrameLimits {
        line_octets: 40,
        literal_octets: 10,
        discard_octets: 60,
    };

    fn framed(input: &[u8]) -> Vec<Result<String, FrameError>> {
        let mut framer = Framer::new(LIMITS);
        let mut found = Vec::new();
        let mut rest = input;
        loop {
            match framer.feed(&mut rest) {
                Frame::More => return found,
                Frame::Command => {
                    found.push(Ok(String::from_utf8(framer.command().to_vec()).unwrap()));
                }
                Frame::Failed(error) => {
                    found.push(Err(error));
                    if error.is_fatal() {
                        return found;
                    }
                }
            }
        }
    }

    #[test]
    fn commands_end_where_no_literal_follows() {
        assert_eq!(
            framed(b"NOOP\r\nPUT \"a\" {3+}\r\nx\ny\r\nLOGOUT\r\n"),
            [
                Ok("NOOP".into()),
                Ok("PUT \"a\" {3+}\r\nx\ny".into()),
                Ok("LOGOUT".into())
            ]
        );
    }

    #[test]
    fn what_is_too_large_is_thrown_away() {
        let limit = FrameError::LiteralTooBig { limit_octets: 10 };
        assert_eq!(
            framed(b"PUT {11+}\r\n0123456789a {2+}\r\nxx\r\nNOOP\r\n"),
            [Err(limit), Ok("NOOP".into())]
        );
        assert_eq!(
            framed(b"PUT 0123456789012345678901234567890123456789 {2+}\r\nxx\r\nNOOP\r\n"),
            [Err(FrameError::LineTooLong), Ok("NOOP".into())]
        );
        assert_eq!(framed(b"PUT {61+}\r\n"), [Err(FrameError::Lost)]);
        let endless = [b'x'; 200];
        assert_eq!(framed(&endless), [Err(FrameError::Lost)]);
    }

    #[test]
    fn announcements() {
        assert_eq!(literal_at_end(b"{12+}\r\n"), Some(12));
        assert_eq!(literal_at_end(b"a {12}\r\n"), None);
        assert_eq!(literal_at_end(b"{+}\r\n"), None);
        assert_eq!(literal_at_end(b"12+}\r\n"), None);
        assert_eq!(
            literal_at_end(b"{99999999999999999999+}\r\n"),
            Some(usize::MAX)
        );
    }
}
