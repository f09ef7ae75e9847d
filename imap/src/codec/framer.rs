//! The framer: finds where a command ends in a stream of octets, and asks before a literal is taken.
//!
//! It reads nothing itself. The session feeds octets and gets a [`Frame`]; the same input gives the same frames at
//! whatever points it was split. What a client can make it hold is bounded by [`FrameLimits`].
//! It deliberately does not understand commands, except that it must know `APPEND`'s message literals, which may be large.

use memchr::memchr;

/// What the framer found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// All input is taken and no command is complete: read more.
    More,
    /// A literal was announced; the session must call [`Framer::accept`] or [`Framer::refuse`], and after accepting a
    /// synchronising one write a continuation request.
    Literal(LiteralRequest),
    /// A whole command stands in [`Framer::command`] until the next call of [`Framer::feed`].
    Command,
    /// A command was given up; the session answers with the tag, and closes if the error is fatal.
    Failed(FrameError),
}

/// An announced literal that waits for the session's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiteralRequest {
    /// Its size.
    pub octets: usize,
    /// The client waits for `+` (RFC 9051 4.3).
    pub synchronising: bool,
    /// It is a message of `APPEND`.
    pub message: bool,
}

/// A command that was not framed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct FrameError {
    /// The command's tag, if it had one.
    pub tag: Option<String>,
    /// What was wrong.
    pub fault: FrameFault,
    /// The stream cannot be brought back in step within the bound: say BYE and close.
    pub fatal: bool,
}

/// Why a command was not framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// The text outside literals is longer than the limit.
    #[error("Command line too long, at most {limit} octets")]
    TextTooLong {
        /// The limit in octets.
        limit: usize,
    },
    /// A literal, or all literals of the command together, are larger than the limit.
    #[error("Literal too big, at most {limit} octets")]
    LiteralTooBig {
        /// The limit in octets.
        limit: usize,
        /// It was a message of `APPEND`: the answer is `NO [TOOBIG]` (RFC 7889 4).
        message: bool,
    },
    /// The session refused the literal.
    #[error("Literal refused")]
    Refused,
}

/// How much one command may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLimits {
    /// Octets of text outside literals, of all lines of a command.
    pub text_octets: usize,
    /// Octets of all literals of a command that are not messages.
    pub literal_octets: usize,
    /// Octets of a non-synchronising literal that is not a message.
    pub non_synchronising_octets: usize,
    /// Octets of one message of `APPEND`; zero where `APPEND` is not possible.
    pub append_octets: usize,
    /// Octets of all messages of one `APPEND`.
    pub append_command_octets: usize,
    /// Octets that are read and thrown away to get back in step.
    pub discard_octets: usize,
}

impl FrameLimits {
    /// For a client that has not signed in: about 8 KiB in all.
    pub const BEFORE_LOGIN: Self = Self {
        text_octets: TEXT_BEFORE_LOGIN_OCTETS_MAX,
        literal_octets: LITERAL_BEFORE_LOGIN_OCTETS_MAX,
        non_synchronising_octets: LITERAL_MINUS_OCTETS_MAX,
        append_octets: 0,
        append_command_octets: 0,
        discard_octets: DISCARD_BEFORE_LOGIN_OCTETS_MAX,
    };

    /// For a signed-in client that may append messages of up to `append_octets`.
    #[must_use]
    pub const fn after_login(append_octets: usize) -> Self {
        Self {
            text_octets: TEXT_OCTETS_MAX,
            literal_octets: LITERAL_OCTETS_MAX,
            non_synchronising_octets: LITERAL_OCTETS_MAX,
            append_octets,
            append_command_octets: append_octets.saturating_mul(MULTIAPPEND_FACTOR_MAX),
            discard_octets: append_octets
                .saturating_mul(MULTIAPPEND_FACTOR_MAX)
                .saturating_add(DISCARD_OCTETS_MAX),
        }
    }
}

/// The framer of one connection.
#[derive(Debug)]
pub struct Framer {
    limits: FrameLimits,
    state: State,
    /// The command so far, literals in place; while discarding, the end of the current line.
    command: Vec<u8>,
    /// Where the current line's text starts in `command`.
    line: usize,
    text_octets: usize,
    literal_octets: usize,
    message_octets: usize,
    literals: usize,
    append: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Text,
    Asked(LiteralRequest),
    Literal {
        remaining: usize,
    },
    Discard {
        error: FrameError,
        literal: usize,
        total: usize,
    },
    Complete,
    Failing(FrameError),
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
            message_octets: 0,
            literals: 0,
            append: false,
        }
    }

    /// Changes the limits, as after sign-in.
    pub fn set_limits(&mut self, limits: FrameLimits) {
        self.limits = limits;
    }

    /// The command that was framed, without its last line end; after [`Frame::Literal`] what came before the literal.
    #[must_use]
    pub fn command(&self) -> &[u8] {
        let end = match self.state {
            State::Complete => without_line_end(&self.command).len(),
            _ => self.command.len(),
        };
        self.command.get(..end).unwrap_or_default()
    }

    /// Whether the framer is between two commands: nothing has been fed of the next.
    #[must_use]
    pub fn is_between_commands(&self) -> bool {
        match self.state {
            State::Complete => true,
            State::Text => self.command.is_empty(),
            State::Asked(_) | State::Literal { .. } | State::Discard { .. } | State::Failing(_) => {
                false
            }
        }
    }

    /// Takes octets from the front of `input` until something is to be said. Call again until [`Frame::More`].
    pub fn feed(&mut self, input: &mut &[u8]) -> Frame {
        loop {
            let found = match &self.state {
                State::Text => self.text(input),
                State::Asked(request) => Some(Frame::Literal(*request)),
                State::Literal { .. } => self.literal(input),
                State::Discard { .. } => self.discard(input),
                State::Complete => {
                    self.restart();
                    None
                }
                State::Failing(error) => {
                    let error = error.clone();
                    if !error.fatal {
                        self.restart();
                    }
                    Some(Frame::Failed(error))
                }
            };
            if let Some(frame) = found {
                return frame;
            }
        }
    }

    /// Takes the literal that was asked about; does nothing when none was.
    pub fn accept(&mut self) {
        let State::Asked(request) = self.state else {
            return;
        };
        self.begin(request);
    }

    /// Refuses the literal that was asked about; the next [`Framer::feed`] goes on, and gives [`Frame::Failed`] when the
    /// stream is in step again: at once for a synchronising literal, after throwing the octets away otherwise.
    pub fn refuse(&mut self) {
        let State::Asked(request) = self.state else {
            return;
        };
        self.give_up(FrameFault::Refused, request);
    }

    fn restart(&mut self) {
        if self.command.capacity() > IDLE_BUFFER_OCTETS_MAX {
            self.command = Vec::new();
        }
        self.command.clear();
        self.line = 0;
        self.text_octets = 0;
        self.literal_octets = 0;
        self.message_octets = 0;
        self.literals = 0;
        self.append = false;
        self.state = State::Text;
    }

    fn text(&mut self, input: &mut &[u8]) -> Option<Frame> {
        if input.is_empty() {
            return Some(Frame::More);
        }
        let line_end = memchr(b'\n', input);
        let wanted = line_end.map_or(input.len(), |at| at.saturating_add(1));
        let room = self.limits.text_octets.saturating_sub(self.text_octets);
        self.text_octets = self.text_octets.saturating_add(wanted);
        if wanted > room {
            take(input, room, &mut self.command);
            let fault = FrameFault::TextTooLong {
                limit: self.limits.text_octets,
            };
            let error = self.error(fault, false);
            self.keep_tail();
            self.state = State::Discard {
                error,
                literal: 0,
                total: 0,
            };
            return None;
        }
        take(input, wanted, &mut self.command);
        line_end?;
        match literal_at_end(self.command.get(self.line..).unwrap_or_default()) {
            None => {
                self.state = State::Complete;
                Some(Frame::Command)
            }
            Some(marker) => {
                self.announced(&marker);
                None
            }
        }
    }

    /// Decides what can be decided about a literal without the session.
    fn announced(&mut self, marker: &Marker) {
        let message = self.is_message(marker);
        let request = LiteralRequest {
            octets: usize::try_from(marker.octets).unwrap_or(usize::MAX),
            synchronising: marker.synchronising,
            message,
        };
        self.literals = self.literals.saturating_add(1);
        let limits = self.limits;
        let limit = if message {
            let left = limits
                .append_command_octets
                .saturating_sub(self.message_octets);
            limits.append_octets.min(left)
        } else {
            let left = limits.literal_octets.saturating_sub(self.literal_octets);
            if request.synchronising {
                left
            } else {
                left.min(limits.non_synchronising_octets)
            }
        };
        if request.octets > limit {
            let limit = if message { limits.append_octets } else { limit };
            return self.give_up(FrameFault::LiteralTooBig { limit, message }, request);
        }
        if message || request.synchronising || request.octets > LITERAL_MINUS_OCTETS_MAX {
            self.state = State::Asked(request);
        } else {
            self.begin(request);
        }
    }

    /// RFC 9051 6.3.12, RFC 3502: of `APPEND`, every literal is a message, except one in the place of the mailbox's name.
    fn is_message(&mut self, marker: &Marker) -> bool {
        if self.limits.append_octets == 0 {
            return false;
        }
        if self.literals > 0 {
            return self.append;
        }
        let line = self.command.get(..marker.start).unwrap_or_default();
        let arguments = append_arguments(line);
        self.append = arguments.is_some();
        arguments.is_some_and(|arguments| !arguments.is_empty())
    }

    fn begin(&mut self, request: LiteralRequest) {
        let counter = if request.message {
            &mut self.message_octets
        } else {
            &mut self.literal_octets
        };
        *counter = counter.saturating_add(request.octets);
        self.command
            .reserve(request.octets.saturating_add(LINE_AFTER_LITERAL_OCTETS));
        self.state = State::Literal {
            remaining: request.octets,
        };
    }

    fn literal(&mut self, input: &mut &[u8]) -> Option<Frame> {
        let State::Literal { remaining } = self.state else {
            return None;
        };
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

    /// RFC 7888 4: the octets of a non-synchronising literal come in any case; read and drop them, or close.
    fn give_up(&mut self, fault: FrameFault, request: LiteralRequest) {
        if request.synchronising {
            self.state = State::Failing(self.error(fault, false));
        } else if request.octets > self.limits.discard_octets {
            self.state = State::Failing(self.error(fault, true));
        } else {
            let error = self.error(fault, false);
            self.command = Vec::new();
            self.line = 0;
            self.state = State::Discard {
                error,
                literal: request.octets,
                total: request.octets,
            };
        }
    }

    fn discard(&mut self, input: &mut &[u8]) -> Option<Frame> {
        let State::Discard {
            error,
            literal,
            total,
        } = &mut self.state
        else {
            return None;
        };
        if *literal > 0 {
            let (_, rest) = input.split_at_checked(*literal).unwrap_or((input, &[]));
            *literal = literal.saturating_sub(input.len().saturating_sub(rest.len()));
            *input = rest;
            return (*literal > 0).then_some(Frame::More);
        }
        if input.is_empty() {
            return Some(Frame::More);
        }
        let line_end = memchr(b'\n', input);
        let wanted = line_end.map_or(input.len(), |at| at.saturating_add(1));
        *total = total.saturating_add(wanted);
        let (line, rest) = input.split_at_checked(wanted).unwrap_or((input, &[]));
        let tail = line.len().saturating_sub(MARKER_OCTETS_MAX);
        self.command
            .extend_from_slice(line.get(tail..).unwrap_or_default());
        *input = rest;
        if *total > self.limits.discard_octets {
            error.fatal = true;
            self.state = State::Failing(error.clone());
            return None;
        }
        let marker = line_end.and_then(|_| literal_at_end(&self.command));
        match marker {
            Some(marker) if !marker.synchronising => {
                let octets = usize::try_from(marker.octets).unwrap_or(usize::MAX);
                *literal = octets;
                *total = total.saturating_add(octets);
                if *total > self.limits.discard_octets {
                    error.fatal = true;
                    self.state = State::Failing(error.clone());
                }
                self.command.clear();
            }
            _ if line_end.is_some() => self.state = State::Failing(error.clone()),
            _ => self.keep_tail(),
        }
        None
    }

    /// Forgets all but the end of the line, where a literal may be announced.
    fn keep_tail(&mut self) {
        let from = self
            .command
            .len()
            .saturating_sub(MARKER_OCTETS_MAX)
            .max(self.line.min(self.command.len()));
        self.command = self.command.split_off(from);
        self.line = 0;
    }

    fn error(&self, fault: FrameFault, fatal: bool) -> FrameError {
        FrameError {
            tag: tag_of(&self.command),
            fault,
            fatal,
        }
    }
}

/// A literal's announcement at the end of a line.
struct Marker {
    octets: u64,
    synchronising: bool,
    /// Where `{` or `~{` stands in the line.
    start: usize,
}

/// `literal`, `literal8` (RFC 9051 9; RFC 7888 8): `{n}`, `{n+}`, `~{n}`, `~{n+}` before the line end. `{n-}` is not sent by clients.
fn literal_at_end(line: &[u8]) -> Option<Marker> {
    let line = without_line_end(line);
    let body = line.strip_suffix(b"}")?;
    let (body, synchronising) = match body.strip_suffix(b"+") {
        Some(body) => (body, false),
        None => (body, true),
    };
    let open = body.iter().rposition(|octet| !octet.is_ascii_digit())?;
    let (before, digits) = (body.get(..open)?, body.get(open.saturating_add(1)..)?);
    if body.get(open) != Some(&b'{') || digits.is_empty() {
        return None;
    }
    let start = if before.ends_with(b"~") {
        before.len().saturating_sub(1)
    } else {
        before.len()
    };
    Some(Marker {
        octets: decimal_saturating(digits),
        synchronising,
        start,
    })
}

fn decimal_saturating(digits: &[u8]) -> u64 {
    digits.iter().fold(0_u64, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(u64::from(digit.saturating_sub(b'0')))
    })
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// What follows `tag SP "APPEND" SP`, if the line is that.
fn append_arguments(line: &[u8]) -> Option<&[u8]> {
    let space = memchr(b' ', line)?;
    let rest = line.get(space.saturating_add(1)..)?;
    let (name, rest) = rest.split_at_checked(b"APPEND ".len())?;
    name.eq_ignore_ascii_case(b"APPEND ").then_some(rest)
}

/// The tag that a command starts with.
fn tag_of(command: &[u8]) -> Option<String> {
    let end = command
        .iter()
        .take(TAG_OCTETS_MAX)
        .position(|octet| matches!(octet, b' ' | b'\r' | b'\n'))?;
    let tag = command.get(..end)?;
    let valid = !tag.is_empty() && tag.iter().copied().all(super::lexer::is_tag_char);
    valid.then(|| String::from_utf8_lossy(tag).into_owned())
}

/// Moves up to `wanted` octets from the front of `input` to the end of `into`; gives how many.
fn take(input: &mut &[u8], wanted: usize, into: &mut Vec<u8>) -> usize {
    let (taken, rest) = input.split_at_checked(wanted).unwrap_or((input, &[]));
    into.extend_from_slice(taken);
    *input = rest;
    taken.len()
}

/// RFC 2683 3.2.1.5 asks for 8,000 octets at least.
const TEXT_BEFORE_LOGIN_OCTETS_MAX: usize = 8_192;
/// A user's name and a password, both as literals.
const LITERAL_BEFORE_LOGIN_OCTETS_MAX: usize = 4_096;
/// RFC 2683 3.2.1.5 asks for 8,000 octets at least; clients send long UID sets. RFC 7162 4 asks for 8,192.
const TEXT_OCTETS_MAX: usize = 65_536;
/// Search texts, mailbox names and header names sent as literals.
const LITERAL_OCTETS_MAX: usize = 262_144;
/// RFC 7888 5: with LITERAL- a non-synchronising literal has at most 4,096 octets.
const LITERAL_MINUS_OCTETS_MAX: usize = 4_096;
/// RFC 3502: messages of one command; all of them are held until the command is complete.
const MULTIAPPEND_FACTOR_MAX: usize = 2;
/// Octets thrown away before the connection is closed, before sign-in.
const DISCARD_BEFORE_LOGIN_OCTETS_MAX: usize = 65_536;
/// Octets thrown away before the connection is closed, beyond what `APPEND` may send.
const DISCARD_OCTETS_MAX: usize = 1_048_576;
/// A buffer larger than this is given back after its command.
const IDLE_BUFFER_OCTETS_MAX: usize = 4_096;
/// Room for the text that usually follows a literal.
const LINE_AFTER_LITERAL_OCTETS: usize = 64;
/// `~{`, twenty digits, `+}`, CRLF, and some.
const MARKER_OCTETS_MAX: usize = 32;
/// A longer tag is not repeated in an answer about a command that was not parsed.
const TAG_OCTETS_MAX: usize = 256;

#[cfg(test)]
mod tests;
