//! Body: a message as it goes over the wire behind DATA, in pieces of itself (RFC 5321 4.5.2).
//!
//! Nothing is copied: dots and line ends that are added are pieces of their own. Only CRLF is sent as a line end, so that
//! no next hop can find an end of the message where we sent none.

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use memchr::{memchr2_iter, memmem};

use super::limits::BODY_PIECE_OCTETS_MAX;

/// What a message is made of, as far as the wire cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Whether all octets are below 128.
    pub(crate) ascii: bool,
    /// Whether every CR and LF is part of a CRLF, and the last line has one.
    pub(crate) whole_lines: bool,
}

impl Shape {
    /// Looks at a message.
    pub(crate) fn of(message: &[u8]) -> Self {
        let ends = message.is_empty() || message.ends_with(b"\r\n");
        Self {
            ascii: message.is_ascii(),
            whole_lines: ends && has_pairs_only(message),
        }
    }
}

/// Whether every CR and LF is part of a CRLF. Looks at all of it without a way out in the middle, which processors do many
/// octets at a time.
fn has_pairs_only(text: &[u8]) -> bool {
    let (Some((first, behind)), Some((last, before))) = (text.split_first(), text.split_last())
    else {
        return true;
    };
    let pairs = before.iter().zip(behind);
    let lone = pairs.fold((*first == b'\n') | (*last == b'\r'), |lone, (one, next)| {
        lone | ((*one == b'\r') != (*next == b'\n'))
    });
    !lone
}

/// Whether the CR or LF at this place is one half of a CRLF.
fn in_pair(message: &[u8], at: usize) -> bool {
    match message.get(at) {
        Some(b'\r') => message.get(at.saturating_add(1)) == Some(&b'\n'),
        _ => at
            .checked_sub(1)
            .is_some_and(|before| message.get(before) == Some(&b'\r')),
    }
}

/// Pieces of a message with dots added, the final dot included.
#[derive(Clone, Debug)]
pub(crate) struct Stuffed<'a> {
    rest: &'a [u8],
    line_start: bool,
    /// Whether nothing is to be added before the end, as with nearly every message.
    is_plain: bool,
    next: Option<&'static [u8]>,
    ended: bool,
}

impl<'a> Stuffed<'a> {
    /// The pieces of `message`.
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Self {
            rest: message,
            line_start: true,
            is_plain: message.len() <= BODY_PIECE_OCTETS_MAX
                && has_pairs_only(message)
                && memmem::find(message, b"\n.").is_none(),
            next: None,
            ended: false,
        }
    }

    /// The end: RFC 5321 4.1.1.4: the CRLF before the dot is that of the last line, where there is one.
    fn end(&mut self) -> Option<&'static [u8]> {
        if self.ended {
            return None;
        }
        self.ended = true;
        match self.line_start {
            true => Some(b".\r\n"),
            false => Some(b"\r\n.\r\n"),
        }
    }

    /// Gives out the rest up to `end`, and goes on at `resume`.
    fn cut(&mut self, end: usize, resume: usize) -> &'a [u8] {
        let piece = self.rest.get(..end).unwrap_or_default();
        self.rest = self.rest.get(resume..).unwrap_or_default();
        piece
    }
}

impl<'a> Iterator for Stuffed<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if let Some(piece) = self.next.take() {
            return Some(piece);
        }
        if self.rest.is_empty() {
            return self.end();
        }
        if std::mem::take(&mut self.line_start) && self.rest.first() == Some(&b'.') {
            // RFC 5321 4.5.2: a line that begins with a dot gets another one in front.
            return Some(b".");
        }
        if self.is_plain {
            self.line_start = self.rest.ends_with(b"\r\n");
            return Some(std::mem::take(&mut self.rest));
        }
        let window = self.rest.len().min(BODY_PIECE_OCTETS_MAX);
        let seen = self.rest.get(..window).unwrap_or_default();
        for at in memchr2_iter(b'\r', b'\n', seen) {
            let behind = at.saturating_add(1);
            if !in_pair(self.rest, at) {
                // RFC 5321 2.3.8: CR and LF are sent only together.
                self.line_start = true;
                self.next = Some(b"\r\n");
                let piece = self.cut(at, behind);
                return match piece.is_empty() {
                    true => self.next.take(),
                    false => Some(piece),
                };
            }
            if self.rest.get(at) == Some(&b'\n') && self.rest.get(behind) == Some(&b'.') {
                self.line_start = true;
                return Some(self.cut(behind, behind));
            }
        }
        // A CRLF is not torn apart: its halves would look alone.
        let end = match seen {
            [.., b'\r'] if window < self.rest.len() => window.saturating_sub(1),
            _ => window,
        };
        let piece = self.cut(end, end);
        self.line_start = piece.ends_with(b"\r\n");
        Some(piece)
    }
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    reason = "a test may panic"
)]
mod tests {
    use super::*;

    fn sent(message: &str) -> String {
        let pieces: Vec<_> = Stuffed::new(message.as_bytes()).collect();
        assert!(pieces.iter().all(|piece| !piece.is_empty()), "{message:?}");
        String::from_utf8(pieces.concat()).expect("text in, text out")
    }

    #[test]
    fn dots_are_doubled_at_the_start_of_lines_only() {
        assert_eq!(sent("a\r\nb.c\r\n"), "a\r\nb.c\r\n.\r\n");
        assert_eq!(sent(".\r\n.a\r\n..\r\n"), "..\r\n..a\r\n...\r\n.\r\n");
        assert_eq!(sent(""), ".\r\n");
        assert_eq!(sent("."), "..\r\n.\r\n");
        assert_eq!(sent("a"), "a\r\n.\r\n");
        assert_eq!(sent("a\r\n."), "a\r\n..\r\n.\r\n");
    }

    #[test]
    fn only_crlf_is_sent_as_a_line_end() {
        assert_eq!(sent("a\n.\nb"), "a\r\n..\r\nb\r\n.\r\n");
        assert_eq!(sent("a\r.\rb\r"), "a\r\n..\r\nb\r\n.\r\n");
        assert_eq!(sent("a\r\r\n.b"), "a\r\n\r\n..b\r\n.\r\n");
        assert_eq!(sent("\n"), "\r\n.\r\n");
        assert_eq!(sent("a\n\r.b\r\n"), "a\r\n\r\n..b\r\n.\r\n");
    }

    #[test]
    fn most_messages_are_one_piece_and_an_end() {
        assert_eq!(Stuffed::new(b"a: b\r\n\r\nc\r\nd\r\n").count(), 2);
    }

    #[test]
    fn pieces_are_bounded_and_do_not_tear_line_ends() {
        let lines = "0123456789abcde\r\n".repeat(20_000);
        for shift in 0..20 {
            let message = format!("{}{lines}", "x".repeat(shift));
            assert_eq!(sent(&message), format!("{message}.\r\n"));
            let longest = Stuffed::new(message.as_bytes()).map(<[u8]>::len).max();
            assert!(longest <= Some(BODY_PIECE_OCTETS_MAX));
        }
        let dots = "\r\n.".repeat(50_000);
        assert_eq!(sent(&dots), format!("{}\r\n.\r\n", "\r\n..".repeat(50_000)));
    }

    #[test]
    fn shape_tells_what_may_go_in_chunks() {
        let shape = |message: &[u8]| Shape::of(message).whole_lines;
        assert!(shape(b""));
        assert!(shape(b"a\r\n\r\nb\r\n"));
        for other in [
            &b"a"[..],
            b"a\n",
            b"a\r",
            b"a\r\r\n",
            b"\na\r\n",
            b"\r\n\n\r\n",
        ] {
            assert!(!shape(other), "{other:?}");
        }
        assert!(Shape::of(b"a").ascii);
        assert!(!Shape::of("ü".as_bytes()).ascii);
    }

    /// What a receiver makes of it (RFC 5321 4.5.2).
    fn received(sent: &str) -> Option<String> {
        let mut out = String::new();
        for line in sent.split_inclusive("\r\n") {
            if line == ".\r\n" {
                return Some(out);
            }
            out.push_str(line.strip_prefix('.').unwrap_or(line));
        }
        None
    }

    proptest::proptest! {
        #[test]
        fn a_receiver_gets_what_was_sent(message in "([.\r\n]|[a-c]|\r\n\\.|\r\n){0,40}") {
            let sent = sent(&message);
            let bare = |at: usize| !in_pair(sent.as_bytes(), at);
            proptest::prop_assert!(!memchr2_iter(b'\r', b'\n', sent.as_bytes()).any(bare));
            let got = received(&sent).expect("it ends");
            // Everything behind the end would be a command.
            proptest::prop_assert!(sent.ends_with(".\r\n"));
            proptest::prop_assert_eq!(sent.matches("\r\n.\r\n").count() + usize::from(sent.starts_with(".\r\n")), 1);
            if Shape::of(message.as_bytes()).whole_lines {
                proptest::prop_assert_eq!(got, message);
            }
        }
    }
}
