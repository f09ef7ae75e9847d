//! Decoded header text on the wire: encoded-words (RFC 2047) for clients that did not ask for UTF-8.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::TextForm;
use super::{Class, Encoder, QUOTED_OCTETS_MAX};

impl Encoder<'_> {
    /// Unstructured or phrase text as `nstring`: header text that was decoded at delivery.
    pub(super) fn header_text(&mut self, text: Option<&str>) {
        let Some(text) = text else {
            return self.raw("NIL");
        };
        let class = Class::of(text.as_bytes());
        if !class.eight_bit && !class.control && text.len() <= QUOTED_OCTETS_MAX {
            return self.quoted_as(text.as_bytes(), class);
        }
        if !text.bytes().any(|octet| needs_encoding(octet, self.form)) {
            return self.string(text.as_bytes());
        }
        match self.form {
            // RFC 9051 4.3.1: quoted strings may carry UTF-8, but no NUL and no line end.
            TextForm::Utf8 => self.string(text.replace(['\0', '\r', '\n'], " ").as_bytes()),
            TextForm::Ascii => {
                self.out.push(b'"');
                encoded_words(text, self.out);
                self.out.push(b'"');
            }
        }
    }
}

fn needs_encoding(octet: u8, form: TextForm) -> bool {
    match form {
        TextForm::Ascii => !matches!(octet, b'\t' | 0x20..=0x7e),
        TextForm::Utf8 => matches!(octet, 0 | b'\r' | b'\n'),
    }
}

/// RFC 2047 2: words of at most 75 characters, a space between them that is no part of the text; RFC 2047 5: no character
/// is split between two words.
fn encoded_words(text: &str, out: &mut Vec<u8>) {
    let unsafe_octets = text
        .bytes()
        .filter(|octet| !is_q_safe(*octet) && *octet != b' ')
        .count();
    // Q writes three characters for an unsafe octet, B four for three octets.
    let q = unsafe_octets.saturating_mul(6) < text.len();
    let mut rest = text;
    let mut first = true;
    while !rest.is_empty() {
        if !first {
            out.push(b' ');
        }
        first = false;
        let end = if q {
            q_word_end(rest)
        } else {
            b_word_end(rest)
        };
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if q {
            q_word(word, out)
        } else {
            b_word(word, out)
        }
        rest = after;
    }
}

/// Where a word of B must end: the last character boundary within 45 octets.
fn b_word_end(text: &str) -> usize {
    text.char_indices()
        .map(|(at, char)| at.saturating_add(char.len_utf8()))
        .take_while(|end| *end <= B_WORD_OCTETS_MAX)
        .last()
        .unwrap_or(text.len())
}

fn b_word(word: &str, out: &mut Vec<u8>) {
    let mut room = [0; WORD_CHARS_MAX];
    let length = STANDARD.encode_slice(word, &mut room).unwrap_or_default();
    out.extend_from_slice(b"=?UTF-8?B?");
    out.extend_from_slice(room.get(..length).unwrap_or_default());
    out.extend_from_slice(b"?=");
}

fn q_word_end(text: &str) -> usize {
    let mut width = 0_usize;
    text.char_indices()
        .map(|(at, char)| {
            let cost = match u8::try_from(char) {
                Ok(octet) if is_q_safe(octet) || octet == b' ' => 1,
                _ => char.len_utf8().saturating_mul(3),
            };
            width = width.saturating_add(cost);
            (at.saturating_add(char.len_utf8()), width)
        })
        .take_while(|(_, width)| *width <= WORD_CHARS_MAX)
        .last()
        .map_or(text.len(), |(end, _)| end)
}

fn q_word(word: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"=?UTF-8?Q?");
    for octet in word.bytes() {
        match octet {
            b' ' => out.push(b'_'),
            octet if is_q_safe(octet) => out.push(octet),
            octet => {
                out.push(b'=');
                hex(octet, out);
            }
        }
    }
    out.extend_from_slice(b"?=");
}

/// Two hexadecimal digits in capitals.
pub(super) fn hex(octet: u8, out: &mut Vec<u8>) {
    for nibble in [octet.wrapping_shr(4), octet & 0x0f] {
        out.push(match nibble {
            0..=9 => b'0'.saturating_add(nibble),
            _ => b'A'.saturating_add(nibble.saturating_sub(10)),
        });
    }
}

/// RFC 2047 5 (3): what may stand for itself also within a phrase.
fn is_q_safe(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'!' | b'*' | b'+' | b'-' | b'/')
}

/// RFC 2047 2: 75 characters, less `=?UTF-8?Q?` and `?=`.
const WORD_CHARS_MAX: usize = 63;
/// What 60 characters of base64 carry.
const B_WORD_OCTETS_MAX: usize = 45;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &str, form: TextForm) -> String {
        let mut out = Vec::new();
        Encoder::new(&mut out, form).header_text(Some(text));
        String::from_utf8_lossy(&out).into_owned()
    }

    /// A small independent decoder of what `encoded_words` writes.
    fn decoded(wire: &str) -> String {
        let mut octets = Vec::new();
        for word in wire.trim_matches('"').split(' ') {
            assert!(word.len() <= 75, "{word}");
            let inner = word.trim_start_matches("=?UTF-8?").trim_end_matches("?=");
            let (kind, payload) = inner.split_at(2);
            if kind == "B?" {
                octets.extend(STANDARD.decode(payload).unwrap_or_default());
                continue;
            }
            let mut chars = payload.bytes();
            while let Some(octet) = chars.next() {
                match octet {
                    b'_' => octets.push(b' '),
                    b'=' => {
                        let digits: String = chars.by_ref().take(2).map(char::from).collect();
                        octets.push(u8::from_str_radix(&digits, 16).unwrap_or_default());
                    }
                    octet => octets.push(octet),
                }
            }
        }
        String::from_utf8_lossy(&octets).into_owned()
    }

    #[test]
    fn ascii_stays_as_it_is() {
        assert_eq!(
            encoded("Re: a \"b\" \\", TextForm::Ascii),
            r#""Re: a \"b\" \\""#
        );
    }

    #[test]
    fn mostly_ascii_is_written_in_q_and_the_rest_in_b() {
        assert_eq!(
            encoded("Besprechung für Freitag", TextForm::Ascii),
            "\"=?UTF-8?Q?Besprechung_f=C3=BCr_Freitag?=\""
        );
        assert_eq!(
            encoded("日本語", TextForm::Ascii),
            "\"=?UTF-8?B?5pel5pys6Kqe?=\""
        );
    }

    #[test]
    fn utf8_sessions_get_utf8_without_line_ends() {
        assert_eq!(encoded("für\r\n\0x", TextForm::Utf8), "\"für   x\"");
    }

    proptest! {
        #[test]
        fn encoded_words_say_the_text(text in "[a-z \u{fc}\u{65e5}\u{1f600}]{1,200}") {
            let mut out = Vec::new();
            encoded_words(&text, &mut out);
            prop_assert_eq!(decoded(&String::from_utf8_lossy(&out)), text);
        }
    }
}
