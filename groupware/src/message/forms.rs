//! Header fields of a message, one by one, and the forms in which their values can be read (RFC 8621 4.1.2).
//!
//! Nothing here fails: a value that is not of a form has nothing to say in it. Values beyond the octets that are looked at
//! at delivery are cut.

use std::borrow::Cow;

use model::Address;
use unicode_normalization::UnicodeNormalization;

use super::field::{
    FIELD_OCTETS_MAX, bounded, empty_line, first_field, name_and_value, text, unfolded,
};
use super::headers::{AddressValue, addresses, moment};
use super::thread::message_ids;
use super::zone::zone_seconds;

/// Message ids, or addresses of the web, that are told of one field.
const ITEMS_MAX: usize = 500;

/// The fields of a header section in their order: the name, and the octets behind the colon without the last line end. What is
/// no field is passed over.
pub fn fields(section: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = section;
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() || empty_line(rest).is_some() {
                return None;
            }
            let field = first_field(rest);
            rest = rest.get(field.len()..).unwrap_or_default();
            if let Some((name, value)) = name_and_value(field) {
                let value = value.strip_suffix(b"\n").unwrap_or(value);
                return Some((name, value.strip_suffix(b"\r").unwrap_or(value)));
            }
        }
    })
}

/// RFC 8621 4.1.2.1: the octets as they stand there; what is no UTF-8 becomes U+FFFD.
#[must_use]
pub fn as_raw(value: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bounded(value))
}

/// RFC 8621 4.1.2.2: unfolded, decoded, in normalization form C, without white space at its ends.
#[must_use]
pub fn as_text(value: &[u8]) -> String {
    text(value).trim().nfc().collect()
}

/// RFC 8621 4.1.2.3, 4.1.2.4: hands over the addresses, with the groups that they are in.
pub fn with_addresses<T>(value: &[u8], each: impl FnOnce(&[Address<'_>]) -> T) -> T {
    let values = addresses(Some(value));
    let borrowed: Vec<Address<'_>> = values
        .iter()
        .map(|value| match value {
            AddressValue::Email { name, email } => Address::Email {
                name: name.as_deref(),
                email,
            },
            AddressValue::GroupStart(name) => Address::GroupStart(name),
            AddressValue::GroupEnd => Address::GroupEnd,
        })
        .collect();
    each(&borrowed)
}

/// RFC 8621 4.1.2.5: the message ids without their brackets; none if there are none.
#[must_use]
pub fn as_message_ids(value: &[u8]) -> Option<Vec<String>> {
    let ids = message_ids(bounded(value));
    let ids: Vec<String> = ids
        .take(ITEMS_MAX)
        .map(|id| {
            let id = String::from_utf8_lossy(id);
            id.split_ascii_whitespace().collect()
        })
        .collect();
    (!ids.is_empty()).then_some(ids)
}

/// A date, and how far the clock that it was read from was ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenDate {
    /// The moment: seconds since 1970.
    pub seconds: i64,
    /// Seconds east of UTC; 0 where it is not known.
    pub zone_seconds: i64,
}

/// RFC 8621 4.1.2.6: the date; none if it is not readable.
#[must_use]
pub fn as_date(value: &[u8]) -> Option<WrittenDate> {
    let value = bounded(value);
    Some(WrittenDate {
        seconds: moment(value)?,
        zone_seconds: zone_seconds(&unfolded(value)),
    })
}

/// RFC 8621 4.1.2.7: what stands in angle brackets (RFC 2369 2), without white space; none if there is nothing.
#[must_use]
pub fn as_urls(value: &[u8]) -> Option<Vec<String>> {
    let text = unfolded(value);
    let mut rest = &*text;
    let mut urls = Vec::new();
    while let Some((_, after)) = rest.split_once('<') {
        let Some((url, after)) = after.split_once('>') else {
            break;
        };
        rest = after;
        let url: String = url.split_whitespace().collect();
        if !url.is_empty() && urls.len() < ITEMS_MAX {
            urls.push(url);
        }
    }
    (!urls.is_empty()).then_some(urls)
}

/// For [`super::fuzz`]: each field can be read in each form.
pub(crate) fn check(section: &[u8]) {
    for (name, value) in fields(section) {
        assert!(name.iter().all(u8::is_ascii_graphic));
        let read = (as_raw(value).len(), as_text(value).len(), as_date(value));
        assert!(read.0 <= 3 * FIELD_OCTETS_MAX, "{read:?}");
        let ids = as_message_ids(value).unwrap_or_default();
        let urls = as_urls(value).unwrap_or_default();
        assert!(ids.len().max(urls.len()) <= ITEMS_MAX);
        with_addresses(value, |_| ());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_in_order_with_their_folding() {
        let section = b"A: 1\r\nno field\r\nB : two\r\n three\r\nA:\r\n\r\nC: body\r\n";
        let found: Vec<_> = fields(section).collect();
        let expected: [(&[u8], &[u8]); 3] = [(b"A", b" 1"), (b"B", b" two\r\n three"), (b"A", b"")];
        assert_eq!(found, expected);
        assert_eq!(fields(b"A: x").next(), Some((&b"A"[..], &b" x"[..])));
    }

    #[test]
    fn each_form_reads_what_it_knows() {
        assert_eq!(
            as_text(b" =?utf-8?q?Gru=CC=88n?=\r\n see "),
            "Gr\u{fc}n see"
        );
        assert_eq!(
            as_message_ids(b" <a@x> (c)\r\n <b @x>"),
            Some(vec!["a@x".into(), "b@x".into()])
        );
        assert_eq!(as_message_ids(b" none"), None);
        assert_eq!(
            as_date(b" Thu, 22 Aug 2002 18:26:25 +0700"),
            Some(WrittenDate {
                seconds: 1_030_015_585,
                zone_seconds: 7 * 3_600
            })
        );
        assert_eq!(as_date(b" soon"), None);
        assert_eq!(
            as_urls(b" <mailto:a@x>, <https://x/\r\n y> (archive)"),
            Some(vec!["mailto:a@x".into(), "https://x/y".into()])
        );
        assert_eq!(as_urls(b" NO"), None);
        let count = |value: &[u8]| with_addresses(value, |all| all.len());
        assert_eq!(count(b" G: a@x, b@x;, c@x"), 5);
    }
}
