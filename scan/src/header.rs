//! Changes of a message's header that scanners ask for, made harmless.

use serde::{Deserialize, Serialize};

/// Octets of a field's name. RFC 5322 2.1.1: a line has 78 octets better not exceeded; some must be left for the value.
pub const HEADER_NAME_OCTETS_MAX: usize = 76;
/// Octets of a field's value. Ours: room for a DKIM signature or rspamd's list of symbols, and for nothing larger.
pub const HEADER_VALUE_OCTETS_MAX: usize = 8 * 1024;
/// Octets of one line. RFC 5322 2.1.1: 998 at most.
const LINE_OCTETS_MAX: usize = 998;

/// One change of the header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderChange {
    /// A field at the header's end.
    Add {
        /// The field's name.
        name: String,
        /// The field's value without the line end; folded with CRLF.
        value: String,
    },
    /// A field above others.
    Insert {
        /// Above which of all fields, counted from 0.
        at: u32,
        /// The field's name.
        name: String,
        /// The field's value, as in [`HeaderChange::Add`].
        value: String,
    },
    /// Another value for a field, or its end.
    Change {
        /// The field's name.
        name: String,
        /// Which one of this name, counted from 1; 0 for all of them.
        occurrence: u32,
        /// The new value, as in [`HeaderChange::Add`]; nothing takes the field out.
        value: Option<String>,
    },
}

/// A field's name, if it is one. RFC 5322 3.6.8: printable ASCII without the colon.
pub(crate) fn name(octets: &[u8]) -> Option<String> {
    let is_ftext = |octet: &u8| matches!(octet, 33..=57 | 59..=126);
    let fits = !octets.is_empty() && octets.len() <= HEADER_NAME_OCTETS_MAX;
    if !fits || !octets.iter().all(is_ftext) {
        return None;
    }
    String::from_utf8(octets.to_vec()).ok()
}

/// A field's value that ends neither the field nor the header: folds are `CRLF TAB`, or `CRLF SP` where the scanner
/// began the line with one; controls are spaces. Nothing where it is too long.
pub(crate) fn value(octets: &[u8]) -> Option<String> {
    if octets.len() > HEADER_VALUE_OCTETS_MAX {
        return None;
    }
    let text = String::from_utf8_lossy(octets);
    let mut out = String::with_capacity(text.len());
    for part in text.split('\n') {
        let part = part.trim_end();
        // RFC 5322 2.2.3: a line of white space alone is no continuation that every reader takes for one.
        if part.is_empty() {
            continue;
        }
        if part.len() > LINE_OCTETS_MAX {
            return None;
        }
        if !out.is_empty() {
            out.push_str("\r\n");
            if !part.starts_with([' ', '\t']) {
                out.push('\t');
            }
        }
        out.extend(part.chars().map(|character| match character {
            '\t' => '\t',
            _ if character.is_control() => ' ',
            _ => character,
        }));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_nothing() {
        assert_eq!(value(b"yes").as_deref(), Some("yes"));
        assert_eq!(
            value(b"a;\r\n\tb;\n c\nBcc: x\n\nbody\r\n").as_deref(),
            Some("a;\r\n\tb;\r\n c\r\n\tBcc: x\r\n\tbody")
        );
        assert_eq!(value(b"a\rb\0c").as_deref(), Some("a b c"));
        assert_eq!(value(&vec![b'x'; HEADER_VALUE_OCTETS_MAX + 1]), None);
        assert_eq!(value(&vec![b'x'; LINE_OCTETS_MAX + 1]), None);
    }

    #[test]
    fn a_name_is_printable() {
        assert_eq!(name(b"X-Spam").as_deref(), Some("X-Spam"));
        for bad in [&b""[..], b"a b", b"a:", b"a\r", b"\xc3\xbc"] {
            assert_eq!(name(bad), None);
        }
    }
}
