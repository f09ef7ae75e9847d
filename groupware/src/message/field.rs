//! A header section taken apart: its fields, and the text in them unfolded and decoded.
//!
//! Nothing here fails: what is no field is passed over, what cannot be decoded stays as written.

use std::borrow::Cow;

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;
use memchr::{memchr, memmem};

/// Octets of one header field that are looked at; what lies beyond is left to readers of the raw
/// bytes. RFC 5322 2.1.1 bounds lines, not fields; 64 KiB hold more than 1,000 addresses.
pub(crate) const FIELD_OCTETS_MAX: usize = 64 * 1024;

/// Length of the longest field name that is asked for, `Content-Transfer-Encoding`.
const NAME_OCTETS_MAX: usize = 25;

/// The fields of one header section that are computed at delivery: each the raw text behind the
/// colon, line ends and folding included. Of several with one name it is the first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields<'m> {
    pub(crate) date: Option<&'m [u8]>,
    pub(crate) subject: Option<&'m [u8]>,
    pub(crate) from: Option<&'m [u8]>,
    pub(crate) sender: Option<&'m [u8]>,
    pub(crate) reply_to: Option<&'m [u8]>,
    pub(crate) to: Option<&'m [u8]>,
    pub(crate) cc: Option<&'m [u8]>,
    pub(crate) bcc: Option<&'m [u8]>,
    pub(crate) in_reply_to: Option<&'m [u8]>,
    pub(crate) message_id: Option<&'m [u8]>,
    pub(crate) references: Option<&'m [u8]>,
    pub(crate) content_type: Option<&'m [u8]>,
    pub(crate) content_encoding: Option<&'m [u8]>,
    pub(crate) content_id: Option<&'m [u8]>,
    pub(crate) content_description: Option<&'m [u8]>,
    pub(crate) content_disposition: Option<&'m [u8]>,
    pub(crate) content_language: Option<&'m [u8]>,
    pub(crate) content_location: Option<&'m [u8]>,
}

impl<'m> Fields<'m> {
    /// Reads the header section that begins at `start`; it ends behind its empty line, or before
    /// a line for which `stops` holds, or with the message. Answers where the body begins.
    pub(crate) fn read(
        message: &'m [u8],
        start: usize,
        stops: impl Fn(usize) -> bool,
    ) -> (Self, usize) {
        let mut fields = Self::default();
        let mut at = start;
        while let Some(rest) = message.get(at..).filter(|rest| !rest.is_empty()) {
            if let Some(length) = empty_line(rest) {
                return (fields, at + length);
            }
            if rest.starts_with(b"--") && stops(at) {
                return (fields, at);
            }
            let field = first_field(rest);
            fields.note(field);
            at += field.len();
        }
        (fields, at)
    }

    fn note(&mut self, field: &'m [u8]) {
        let Some((name, value)) = name_and_value(field) else {
            return;
        };
        let mut lower = [0; NAME_OCTETS_MAX];
        let Some(lower) = lower.get_mut(..name.len()) else {
            return;
        };
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        let slot = match &*lower {
            b"date" => &mut self.date,
            b"subject" => &mut self.subject,
            b"from" => &mut self.from,
            b"sender" => &mut self.sender,
            b"reply-to" => &mut self.reply_to,
            b"to" => &mut self.to,
            b"cc" => &mut self.cc,
            b"bcc" => &mut self.bcc,
            b"in-reply-to" => &mut self.in_reply_to,
            b"message-id" => &mut self.message_id,
            b"references" => &mut self.references,
            b"content-type" => &mut self.content_type,
            b"content-transfer-encoding" => &mut self.content_encoding,
            b"content-id" => &mut self.content_id,
            b"content-description" => &mut self.content_description,
            b"content-disposition" => &mut self.content_disposition,
            b"content-language" => &mut self.content_language,
            b"content-location" => &mut self.content_location,
            _ => return,
        };
        if slot.is_none() {
            *slot = Some(value);
        }
    }
}

/// Length of the empty line that `rest` begins with.
///
/// RFC 5322 2.1 wants CRLF; mail that was imported from files often has LF alone.
pub(crate) fn empty_line(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

/// Length of the line that `rest` begins with, its end included.
pub(crate) fn line_length(rest: &[u8]) -> usize {
    memchr(b'\n', rest).map_or(rest.len(), |end| end + 1)
}

/// The field that `rest` begins with: one line and those that continue it.
pub(crate) fn first_field(rest: &[u8]) -> &[u8] {
    let mut end = line_length(rest);
    // RFC 5322 2.2.3: a line that begins with white space continues the one before.
    while matches!(rest.get(end), Some(b' ' | b'\t')) {
        end += line_length(&rest[end..]);
    }
    &rest[..end]
}

/// Name and raw value of a field; none if the line is no field.
pub(crate) fn name_and_value(field: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr(b':', field)?;
    // RFC 5322 4.5: white space before the colon is obsolete, but to be accepted.
    let name = field[..colon].trim_ascii_end();
    let named = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    named.then(|| (name, &field[colon + 1..]))
}

/// The value without folding, as written otherwise; controls become spaces.
pub(crate) fn unfolded(value: &[u8]) -> Cow<'_, str> {
    let value = bounded(value).trim_ascii();
    let text = String::from_utf8_lossy(value);
    if memchr(b'\n', value).is_none() {
        return clean(text);
    }
    // RFC 5322 2.2.3: unfolding removes the line end and keeps the white space.
    let unfolded = text.replace(['\r', '\n'], "");
    Cow::Owned(clean(Cow::Owned(unfolded)).into_owned())
}

/// Unstructured text, with the encoded words of RFC 2047 decoded.
pub(crate) fn text(value: &[u8]) -> Cow<'_, str> {
    let value = bounded(value);
    if memmem::find(value, b"=?").is_none() {
        return unfolded(value);
    }
    match structured(value, |stream| stream.parse_unstructured()) {
        HeaderValue::Text(text) => clean(text),
        _ => unfolded(value),
    }
}

/// Text without controls: they become spaces, so that no decoded word can break a line.
pub(crate) fn clean(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        Cow::Owned(text.replace(|c: char| c < ' ' || c == '\u{7f}', " "))
    } else {
        text
    }
}

/// Runs one of the field parsers of `mail-parser`, which want a line end behind the value.
pub(crate) fn structured<'m>(
    value: &'m [u8],
    parse: for<'x> fn(&mut MessageStream<'x>) -> HeaderValue<'x>,
) -> HeaderValue<'m> {
    let value = bounded(value);
    if value.ends_with(b"\n") {
        return parse(&mut MessageStream::new(value));
    }
    let mut owned = Vec::with_capacity(value.len() + 1);
    owned.extend_from_slice(value);
    owned.push(b'\n');
    parse(&mut MessageStream::new(&owned)).into_owned()
}

/// At most [`FIELD_OCTETS_MAX`] of a value, cut between words where there are any.
pub(crate) fn bounded(value: &[u8]) -> &[u8] {
    let Some(head) = value
        .get(..FIELD_OCTETS_MAX)
        .filter(|_| value.len() > FIELD_OCTETS_MAX)
    else {
        return value;
    };
    let space = memchr::memrchr2(b' ', b',', head).unwrap_or(head.len());
    &head[..space]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_field_of_a_name_counts_and_the_empty_line_ends_the_header() {
        let message = b"Subject : one\r\n two\r\nsubject: three\r\nno field\r\n\r\nTo: body";
        let (fields, body) = Fields::read(message, 0, |_| false);
        assert_eq!(fields.subject, Some(&b" one\r\n two\r\n"[..]));
        assert_eq!(unfolded(fields.subject.unwrap()), "one two");
        assert_eq!(&message[body..], b"To: body");
        assert!(fields.to.is_none());
    }

    #[test]
    fn encoded_words_are_decoded_and_cannot_break_lines() {
        assert_eq!(
            text(b" =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_an?= alle\r\n"),
            "Grüße an alle"
        );
        assert_eq!(text(b"=?utf-8?q?a=0D=0ABcc:_b?="), "a  Bcc: b");
        assert_eq!(text(b"=?utf-8?q?never closed"), "=?utf-8?q?never closed");
        assert_eq!(
            text(b"=?iso-2022-jp?B?GyRCJTMlcyVLJUElTxsoQg==?="),
            "コンニチハ"
        );
    }

    #[test]
    fn long_values_are_cut_between_words() {
        let value = b"word ".repeat(FIELD_OCTETS_MAX);
        assert!(bounded(&value).len() <= FIELD_OCTETS_MAX);
        assert!(unfolded(&value).ends_with("word"));
    }
}
