//! Any header field of a message, looked for in the message itself.

use std::borrow::Cow;

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;
use memchr::memmem;

use super::fold::folded;
use crate::message::part::{FieldFilter, header_fields};

/// Octets of one field that are looked at, as at delivery.
const FIELD_OCTETS_MAX: usize = 64 * 1024;

/// Whether the message has a header field of this name that contains the folded text.
///
/// RFC 9051 6.4.4 HEADER: the text stands in what is behind the colon, decoded, letter case aside; the empty
/// text in any.
pub(super) fn contains(message: &[u8], name: &str, needle: &[u8]) -> bool {
    let fields = header_fields(message, FieldFilter::Only, &[name.as_bytes()]);
    let mut rest = fields.as_slice();
    while let Some(length) = field_length(rest) {
        let (field, behind) = rest.split_at(length);
        rest = behind;
        let Some(colon) = memchr::memchr(b':', field) else {
            continue;
        };
        let value = field.get(colon + 1..).unwrap_or_default();
        if needle.is_empty() || memmem::find(&folded(&text(value)), needle).is_some() {
            return true;
        }
    }
    false
}

/// Length of the field that `rest` begins with, its continuation lines included (RFC 5322 2.2.3).
fn field_length(rest: &[u8]) -> Option<usize> {
    let mut end = 0;
    while end < rest.len() {
        let line = rest.get(end..)?;
        end += memchr::memchr(b'\n', line).map_or(line.len(), |at| at + 1);
        if !matches!(rest.get(end), Some(b' ' | b'\t')) {
            break;
        }
    }
    (end > 0).then_some(end)
}

/// The value unfolded, with the encoded words of RFC 2047 decoded.
fn text(value: &[u8]) -> Cow<'_, str> {
    let value = value.get(..FIELD_OCTETS_MAX).unwrap_or(value);
    if memmem::find(value, b"=?").is_some() {
        let mut line = value.to_vec();
        line.push(b'\n');
        if let HeaderValue::Text(text) = MessageStream::new(&line).parse_unstructured() {
            return Cow::Owned(text.into_owned());
        }
    }
    let text = String::from_utf8_lossy(value.trim_ascii());
    // RFC 5322 2.2.3: unfolding removes the line end and keeps the white space.
    if text.contains('\n') {
        Cow::Owned(text.replace(['\r', '\n'], ""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_field_is_looked_at_unfolded_and_decoded() {
        let message =
            b"X-Spam: no\r\nx-spam: yes,\r\n score=3\r\nList-Id: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\
            X-Empty:\r\n\r\nX-Body: here\r\n";
        let has = |name, text: &str| contains(message, name, &folded(text));
        assert!(has("X-SPAM", "YES, score"));
        assert!(has("X-Spam", "no") && !has("X-Spam", "maybe"));
        assert!(has("list-id", "GRÜ"));
        assert!(has("X-Empty", "") && !has("X-Empty", "x"));
        assert!(!has("X-Body", "") && !has("X", ""));
    }
}
