//! What a notification brings back of the message it is about: all of it where it is small, else its header.

use std::ops::Range;

/// RFC 5322 2.1.1: characters in a line, without its CRLF.
const LINE_OCTETS_MAX: usize = 998;
/// Octets of a header that come back. Ours.
pub(crate) const HEADER_OCTETS_MAX: usize = 32 * 1024;

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Returned<'a> {
    /// The octets, lines ended by CRLF.
    pub(crate) octets: &'a [u8],
    /// Whether it is the whole message.
    pub(crate) is_whole: bool,
    /// Whether there is an octet above 127.
    pub(crate) eight_bit: bool,
    /// Whether there is one in the header.
    pub(crate) header_eight_bit: bool,
}

/// Chooses what comes back; `whole_octets_max` of 0 brings back the header only.
pub(crate) fn returned(message: &[u8], whole_octets_max: usize) -> Returned<'_> {
    let header = header(message);
    let header_eight_bit = !message.get(header.clone()).unwrap_or_default().is_ascii();
    let is_whole = message.len() <= whole_octets_max && can_be_a_part(message);
    let octets = if is_whole {
        message
    } else {
        message
            .get(..header.end.min(cut(message, HEADER_OCTETS_MAX)))
            .unwrap_or_default()
    };
    Returned {
        octets,
        is_whole,
        eight_bit: !octets.is_ascii(),
        header_eight_bit,
    }
}

/// The header with the line end of its last line, without the empty line behind it.
pub(crate) fn header(message: &[u8]) -> Range<usize> {
    if message.starts_with(b"\r\n") {
        return 0..0;
    }
    let end = message.windows(4).position(|four| four == b"\r\n\r\n");
    0..end.map_or(message.len(), |at| at + 2)
}

/// The end of the last line that is complete within `octets_max`.
fn cut(message: &[u8], octets_max: usize) -> usize {
    if message.len() <= octets_max {
        return message.len();
    }
    let kept = message.get(..octets_max).unwrap_or_default();
    let end = kept.iter().rposition(|octet| *octet == b'\n');
    end.map_or(0, |at| at + 1)
}

/// RFC 2045 2.8: `8bit` takes no NUL, no lone CR or LF, and no long lines; what has them could only come as `binary`.
fn can_be_a_part(message: &[u8]) -> bool {
    let mut line = 0;
    let mut before = 0;
    for octet in message {
        match (*octet, before) {
            (0, _) => return false,
            (b'\n', b'\r') => line = 0,
            (b'\n', _) => return false,
            (_, b'\r') => return false,
            (b'\r', _) => {}
            _ => line += 1,
        }
        if line > LINE_OCTETS_MAX {
            return false;
        }
        before = *octet;
    }
    before != b'\r'
}

/// The body of the first `Message-ID`, if it is a plain one; for the fields that tie the notification to its message.
pub(crate) fn message_id(message: &[u8]) -> Option<&str> {
    const MESSAGE_ID_OCTETS_MAX: usize = 250;
    let header = message.get(header(message))?;
    for line in header.split(|octet| *octet == b'\n').take(1_000) {
        let Some((name, body)) = line.split_at_checked(11) else {
            continue;
        };
        if !name.eq_ignore_ascii_case(b"message-id:") {
            continue;
        }
        let id = std::str::from_utf8(body).ok()?.trim();
        let inside = id.strip_prefix('<')?.strip_suffix('>')?;
        let plain = inside
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && !matches!(octet, b'<' | b'>'));
        return (plain && id.len() <= MESSAGE_ID_OCTETS_MAX).then_some(id);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"From: a@example.org\r\nMessage-ID: <1@example.org>\r\n\r\nBody\r\n";

    #[test]
    fn small_messages_come_back_whole_and_large_ones_as_their_header() {
        assert_eq!(returned(MESSAGE, 1_000).octets, MESSAGE);
        let header = returned(MESSAGE, 10);
        assert!(header.octets.ends_with(b"<1@example.org>\r\n"));
        assert!(!header.is_whole);
        assert_eq!(message_id(MESSAGE), Some("<1@example.org>"));
    }

    #[test]
    fn what_no_part_can_hold_comes_back_as_its_header() {
        for body in ["a\0b", "a\nb", "a\rb", &"x".repeat(999)] {
            let message = format!("From: a@example.org\r\n\r\n{body}\r\n");
            assert!(!returned(message.as_bytes(), 10_000).is_whole, "{body:?}");
        }
        assert!(
            returned(
                format!("A: b\r\n\r\n{}\r\n", "x".repeat(998)).as_bytes(),
                10_000
            )
            .is_whole
        );
    }

    #[test]
    fn an_endless_header_is_cut_at_a_line() {
        let message = "X-Long: yes\r\n".repeat(100_000);
        let back = returned(message.as_bytes(), 0);
        assert!(back.octets.len() <= HEADER_OCTETS_MAX && back.octets.ends_with(b"\r\n"));
    }

    #[test]
    fn a_message_without_header_or_end_is_no_panic() {
        for message in [
            "",
            "\r\n",
            "\r\nbody",
            "\n",
            "Message-ID",
            "Message-ID: <a b>\r\n",
        ] {
            let _ = returned(message.as_bytes(), 0);
            assert_eq!(message_id(message.as_bytes()), None);
        }
    }
}
