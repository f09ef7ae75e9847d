//! The line reader: cuts command lines out of a growing buffer.
//!
//! A line ends with CRLF and with nothing else. A line with a bare CR or LF, or one that is too long, is taken off the
//! buffer as a whole and reported, so that the dialogue stays in step.

use memchr::memchr;

use super::limits::{AUTH_LINE_OCTETS_MAX, COMMAND_LINE_OCTETS_MAX};
use super::reply::{EnhancedCode, Reply};

/// Which bound a line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// A command; AUTH may be longer than the others because of its initial response.
    Command,
    /// A line of an AUTH exchange.
    Sasl,
}

/// What the reader found at the start of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineStep<'a> {
    /// A whole line without its CRLF; the caller drops `consumed` octets from the buffer.
    Line {
        /// The line without CRLF.
        line: &'a [u8],
        /// Octets to drop from the start of the buffer.
        consumed: usize,
    },
    /// A line that is refused; to be answered once, then read on after `consumed` octets.
    Bad {
        /// What is wrong with it.
        error: LineError,
        /// Octets to drop from the start of the buffer.
        consumed: usize,
    },
    /// More input is needed; `consumed` octets (of a line that is too long) can be dropped already.
    More {
        /// Octets to drop from the start of the buffer.
        consumed: usize,
    },
}

/// Why a line is refused before it is looked at as a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineError {
    /// The line exceeds its bound.
    TooLong,
    /// A CR or LF stands alone. RFC 5321 2.3.8: they may occur only together.
    BareLineEnd,
}

impl LineError {
    /// The reply to the peer.
    #[must_use]
    pub fn reply(self) -> Reply {
        match self {
            // RFC 5321 4.5.3.1.10: 500 says that a line was too long.
            Self::TooLong => Reply::new(500, EnhancedCode::SYNTAX, "Line too long."),
            Self::BareLineEnd => Reply::new(
                500,
                EnhancedCode::SYNTAX,
                "Lines must end with CRLF; a bare CR or LF is not accepted.",
            ),
        }
    }
}

/// Cuts lines; remembers only whether it is in the middle of a line that is too long.
#[derive(Debug, Clone, Default)]
pub struct LineReader {
    discarding: bool,
}

impl LineReader {
    /// A reader at the start of a line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at the start of `buffer` for one line of the given kind. The caller keeps what is not consumed and calls
    /// again with more behind it; at most the kind's bound needs to be kept.
    pub fn next<'a>(&mut self, buffer: &'a [u8], kind: LineKind) -> LineStep<'a> {
        let end = memchr(b'\n', buffer).map(|at| at.saturating_add(1));
        if self.discarding {
            return match end {
                Some(consumed) => {
                    self.discarding = false;
                    LineStep::Bad {
                        error: LineError::TooLong,
                        consumed,
                    }
                }
                None => LineStep::More {
                    consumed: buffer.len(),
                },
            };
        }
        let limit = limit(buffer, kind);
        let Some(consumed) = end else {
            if buffer.len() < limit {
                return LineStep::More { consumed: 0 };
            }
            self.discarding = true;
            return LineStep::More {
                consumed: buffer.len(),
            };
        };
        if consumed > limit {
            return LineStep::Bad {
                error: LineError::TooLong,
                consumed,
            };
        }
        let whole = buffer.get(..consumed).unwrap_or_default();
        match whole.strip_suffix(b"\r\n") {
            Some(line) if memchr(b'\r', line).is_none() => LineStep::Line { line, consumed },
            // RFC 5321 2.3.8: a receiver must not take CR or LF alone for a line end, nor pass it on.
            _ => LineStep::Bad {
                error: LineError::BareLineEnd,
                consumed,
            },
        }
    }
}

fn limit(buffer: &[u8], kind: LineKind) -> usize {
    let auth = buffer
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"AUTH "));
    match kind {
        LineKind::Command if !auth => COMMAND_LINE_OCTETS_MAX,
        LineKind::Command | LineKind::Sasl => AUTH_LINE_OCTETS_MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(buffer: &[u8]) -> LineStep<'_> {
        LineReader::new().next(buffer, LineKind::Command)
    }

    #[test]
    fn takes_one_line_and_leaves_the_rest() {
        assert_eq!(
            step(b"NOOP\r\nQUIT\r\n"),
            LineStep::Line {
                line: b"NOOP",
                consumed: 6
            }
        );
        assert_eq!(step(b"NOOP\r"), LineStep::More { consumed: 0 });
    }

    #[test]
    fn refuses_bare_line_ends() {
        for line in [&b"NOOP\n"[..], b"NO\rOP\r\n", b"NOOP\r\r\n", b"\n"] {
            let consumed = line.len();
            let error = LineError::BareLineEnd;
            assert_eq!(step(line), LineStep::Bad { error, consumed });
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_answered_once_and_dropped() {
        let mut reader = LineReader::new();
        let flood = vec![b'x'; COMMAND_LINE_OCTETS_MAX];
        let consumed = flood.len();
        assert_eq!(
            reader.next(&flood, LineKind::Command),
            LineStep::More { consumed }
        );
        assert_eq!(
            reader.next(b"xx\r\nNOOP\r\n", LineKind::Command),
            LineStep::Bad {
                error: LineError::TooLong,
                consumed: 4
            }
        );
        assert_eq!(
            reader.next(b"NOOP\r\n", LineKind::Command),
            LineStep::Line {
                line: b"NOOP",
                consumed: 6
            }
        );
    }

    #[test]
    fn only_auth_may_use_the_longer_bound() {
        let mut long = b"auth PLAIN ".to_vec();
        long.resize(AUTH_LINE_OCTETS_MAX.saturating_sub(2), b'A');
        long.extend(b"\r\n");
        assert!(matches!(step(&long), LineStep::Line { .. }));
        let mut long = b"NOOP ".to_vec();
        long.resize(COMMAND_LINE_OCTETS_MAX, b'A');
        long.extend(b"\r\n");
        assert!(matches!(
            step(&long),
            LineStep::Bad {
                error: LineError::TooLong,
                ..
            }
        ));
    }
}
