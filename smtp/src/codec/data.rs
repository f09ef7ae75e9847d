//! The reader of DATA: takes a message out of the stream up to its final dot (RFC 5321 4.1.1.4, 4.5.2).
//!
//! Invariants: only CRLF, dot, CRLF ends a message; what is read does not depend on how the stream was cut; a message
//! with a bare CR or LF is read to its real end and then refused, since two servers that disagree about line ends can be
//! made to see two messages in one ("SMTP smuggling").

use memchr::memchr2;

use super::limits::{DISCARD_FACTOR, MESSAGE_RESERVE_OCTETS_MAX};
use super::reply::{EnhancedCode, Reply};

/// How far the reader has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataStep {
    /// All input was taken; the message goes on.
    More,
    /// The message has ended after `consumed` octets of the input; the rest are commands.
    Done {
        /// Octets of the input that belong to the message.
        consumed: usize,
    },
    /// So far beyond the size limit that the connection is to be closed.
    Abandon,
}

/// Why a message is refused once it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataRefusal {
    /// A CR or LF stands alone in it.
    BareLineEnd,
    /// It is bigger than the limit.
    TooBig,
    /// There is no memory left for it now.
    NoMemory,
}

impl DataRefusal {
    /// The reply to the peer.
    #[must_use]
    pub fn reply(self) -> Reply {
        match self {
            // RFC 5321 2.3.8: CR and LF may occur only together.
            Self::BareLineEnd => Reply::new(
                550,
                EnhancedCode::SYNTAX,
                "Message refused: bare CR or LF in it.",
            ),
            // RFC 1870 6.3: 552 after the data, where it was too much.
            Self::TooBig => Reply::new(552, EnhancedCode::TOO_BIG, "Message too big."),
            // RFC 1870 6.1, 6.3: 452 where there is no room at the moment.
            Self::NoMemory => Reply::new(
                452,
                EnhancedCode::STORAGE_FULL,
                "Too much is being received now, please try again later.",
            ),
        }
    }
}

/// Reads one message of DATA.
#[derive(Debug)]
pub struct DataReader {
    message: Vec<u8>,
    prefix_octets: usize,
    limit_octets: u64,
    read_octets: u64,
    state: State,
    refusal: Option<DataRefusal>,
}

/// Where in the stream the next octet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a line, that is, behind CRLF or at the very beginning.
    LineStart,
    /// Behind a dot at the start of a line; the dot is not stored.
    Dot,
    /// Behind dot and CR at the start of a line; neither is stored.
    DotCr,
    /// Within a line.
    Middle,
    /// Behind a CR within a line, which is not stored yet.
    MiddleCr,
    /// Behind the final dot.
    Done,
}

impl DataReader {
    /// A reader that appends to `prefix` (a trace header, or nothing) a message of at most `limit_octets`.
    ///
    /// `size_hint_octets` is what MAIL's SIZE said; at most [`MESSAGE_RESERVE_OCTETS_MAX`] are set aside for it.
    #[must_use]
    pub fn new(prefix: Vec<u8>, limit_octets: u64, size_hint_octets: Option<u64>) -> Self {
        let mut message = prefix;
        let prefix_octets = message.len();
        message.reserve(reserve(size_hint_octets, limit_octets));
        Self {
            message,
            prefix_octets,
            limit_octets,
            read_octets: 0,
            state: State::LineStart,
            refusal: None,
        }
    }

    /// Octets that can be stored before memory is asked for; no bound once the message is refused and only read over.
    #[must_use]
    pub fn spare_octets(&self) -> usize {
        match self.refusal {
            Some(_) => usize::MAX,
            None => {
                let free = self.message.capacity().saturating_sub(self.message.len());
                free.saturating_sub(PENDING_OCTETS)
            }
        }
    }

    /// Sets aside so many octets beyond those that are spare.
    pub fn make_room(&mut self, octets: usize) {
        if self.refusal.is_none() {
            let spare = self.spare_octets();
            let more = spare.saturating_add(octets);
            self.message
                .reserve_exact(more.saturating_add(PENDING_OCTETS));
        }
    }

    /// Takes more of the stream. After [`DataStep::Done`] or [`DataStep::Abandon`] nothing more is taken.
    pub fn push(&mut self, input: &[u8]) -> DataStep {
        let mut rest = input;
        while self.state != State::Done {
            let Some(&first) = rest.first() else { break };
            rest = match (self.state, first) {
                (State::LineStart, b'.') => self.skip(rest, State::Dot),
                (State::LineStart, _) => self.enter(rest, State::Middle),
                (State::Dot, b'\r') => self.skip(rest, State::DotCr),
                // RFC 5321 4.5.2: a first dot with something behind it on the line was added by the client.
                (State::Dot, _) => self.enter(rest, State::Middle),
                (State::DotCr, b'\n') => self.skip(rest, State::Done),
                (State::DotCr, _) => {
                    self.refuse(DataRefusal::BareLineEnd);
                    self.enter(rest, State::Middle)
                }
                (State::MiddleCr, b'\n') => {
                    self.store(b"\r\n");
                    self.skip(rest, State::LineStart)
                }
                (State::MiddleCr, _) => {
                    self.refuse(DataRefusal::BareLineEnd);
                    self.enter(rest, State::Middle)
                }
                (State::Middle | State::Done, _) => self.lines(rest),
            };
        }
        let consumed = input.len().saturating_sub(rest.len());
        let octets = u64::try_from(consumed).unwrap_or(u64::MAX);
        self.read_octets = self.read_octets.saturating_add(octets);
        if self.state == State::Done {
            return DataStep::Done { consumed };
        }
        match self.read_octets > self.limit_octets.saturating_mul(DISCARD_FACTOR) {
            true => DataStep::Abandon,
            false => DataStep::More,
        }
    }

    /// The prefix and the message behind it, once [`DataStep::Done`] has come.
    ///
    /// # Errors
    /// [`DataRefusal`] where the message must be answered with a refusal instead.
    pub fn finish(self) -> Result<Vec<u8>, DataRefusal> {
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(self.message),
        }
    }

    /// From the middle of a line through all lines that begin without a dot, in one stored piece.
    fn lines<'a>(&mut self, input: &'a [u8]) -> &'a [u8] {
        let mut from = 0;
        loop {
            let tail = input.get(from..).unwrap_or_default();
            let Some(found) = memchr2(b'\r', b'\n', tail) else {
                self.store(input);
                return &[];
            };
            let at = from.saturating_add(found);
            let behind = at.saturating_add(1);
            if input.get(at) == Some(&b'\n') {
                // A bare LF is no line end: a dot behind it is an ordinary dot.
                self.refuse(DataRefusal::BareLineEnd);
                from = behind;
                continue;
            }
            if input.get(behind) != Some(&b'\n') {
                // Bare, or the LF is still to come.
                return self.cut(input, at, behind, State::MiddleCr);
            }
            let line_start = behind.saturating_add(1);
            match input.get(line_start) {
                None | Some(b'.') => {
                    return self.cut(input, line_start, line_start, State::LineStart);
                }
                Some(_) => from = line_start,
            }
        }
    }

    /// Stores the input up to `until` and goes on at `resume` in `state`.
    fn cut<'a>(&mut self, input: &'a [u8], until: usize, resume: usize, state: State) -> &'a [u8] {
        self.store(input.get(..until).unwrap_or_default());
        self.state = state;
        input.get(resume..).unwrap_or_default()
    }

    /// Takes one octet without storing it.
    fn skip<'a>(&mut self, input: &'a [u8], state: State) -> &'a [u8] {
        self.state = state;
        input.get(1..).unwrap_or_default()
    }

    /// Looks at the same octet again in another state.
    fn enter<'a>(&mut self, input: &'a [u8], state: State) -> &'a [u8] {
        self.state = state;
        input
    }

    fn store(&mut self, octets: &[u8]) {
        if self.refusal.is_some() {
            return;
        }
        let stored = self.message.len().saturating_sub(self.prefix_octets);
        match fits(stored, octets.len(), self.limit_octets) {
            true => self.message.extend_from_slice(octets),
            false => self.refuse(DataRefusal::TooBig),
        }
    }

    /// Reads the rest over: keeps the first reason and gives the memory back.
    pub fn refuse(&mut self, refusal: DataRefusal) {
        self.refusal.get_or_insert(refusal);
        self.message = Vec::new();
        self.prefix_octets = 0;
    }
}

/// A CR is stored together with its LF, which may come with the next input.
const PENDING_OCTETS: usize = 1;

/// Whether so many more octets are within the limit.
pub(super) fn fits(stored: usize, more: usize, limit_octets: u64) -> bool {
    u64::try_from(stored.saturating_add(more)).is_ok_and(|total| total <= limit_octets)
}

/// Octets to set aside for a message.
pub(super) fn reserve(size_hint_octets: Option<u64>, limit_octets: u64) -> usize {
    let claimed = size_hint_octets.unwrap_or(0).min(limit_octets);
    usize::try_from(claimed).map_or(MESSAGE_RESERVE_OCTETS_MAX, |claimed| {
        claimed.min(MESSAGE_RESERVE_OCTETS_MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = Result<Vec<u8>, DataRefusal>;

    /// The message, and what follows it.
    fn read(input: &[u8]) -> Option<(Read, &[u8])> {
        let mut reader = DataReader::new(Vec::new(), 1_000, None);
        match reader.push(input) {
            DataStep::Done { consumed } => Some((reader.finish(), input.get(consumed..)?)),
            DataStep::More | DataStep::Abandon => None,
        }
    }

    fn text(bytes: &[u8]) -> Read {
        Ok(bytes.to_vec())
    }

    #[test]
    fn reads_to_the_final_dot_and_removes_stuffing() {
        assert_eq!(read(b".\r\nX"), Some((text(b""), &b"X"[..])));
        assert_eq!(
            read(b"a\r\n..b\r\n.c\r\n...\r\n.\r\nQUIT\r\n"),
            Some((text(b"a\r\n.b\r\nc\r\n..\r\n"), &b"QUIT\r\n"[..]))
        );
        assert_eq!(
            read(b"\0\xFF\r\n.\r\n"),
            Some((text(b"\0\xFF\r\n"), &b""[..]))
        );
    }

    #[test]
    fn other_ends_are_no_ends_and_are_refused_at_the_real_one() {
        for smuggled in [
            &b"a\n.\nMAIL"[..],
            b"a\r.\rMAIL",
            b"a\n.\r\nMAIL",
            b"a\r\n.\nMAIL",
            b"a\r\n.\rMAIL",
            b"a\r.\r\nMAIL",
            b"a\r\n\n.\r\nMAIL",
            b"a\r\n.\r\rMAIL",
            b".\nMAIL",
            b"a\r\r\nMAIL",
        ] {
            assert_eq!(read(smuggled), None, "{smuggled:?}");
            let whole = [smuggled, b"\r\n.\r\nREST"].concat();
            let expected = Err(DataRefusal::BareLineEnd);
            assert_eq!(read(&whole), Some((expected, &b"REST"[..])), "{smuggled:?}");
        }
    }

    #[test]
    fn a_nul_between_does_not_make_an_end() {
        assert_eq!(read(b"a\r\n.\0\r\n"), None);
        assert_eq!(
            read(b"a\r\n.\0\r\n.\r\n"),
            Some((text(b"a\r\n\0\r\n"), &b""[..]))
        );
    }

    #[test]
    fn the_size_limit_refuses_and_much_more_abandons() {
        let mut reader = DataReader::new(b"PREFIX".to_vec(), 4, Some(u64::MAX));
        assert_eq!(reader.push(b"ab\r\n.\r\n"), DataStep::Done { consumed: 7 });
        assert_eq!(reader.finish(), text(b"PREFIXab\r\n"));
        let mut reader = DataReader::new(b"PREFIX".to_vec(), 4, None);
        assert_eq!(reader.push(b"abc\r\n.\r\n"), DataStep::Done { consumed: 8 });
        assert_eq!(reader.finish(), Err(DataRefusal::TooBig));
        let mut reader = DataReader::new(Vec::new(), 4, None);
        assert_eq!(reader.push(b"12345678"), DataStep::More);
        assert_eq!(reader.push(b"9"), DataStep::Abandon);
    }
}
