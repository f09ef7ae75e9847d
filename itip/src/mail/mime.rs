//! Header fields and bodies of mail (RFC 5322, RFC 2045, RFC 2047).
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;

use super::Correspondent;
use crate::fault::Fault;

/// Writes a header field. `value` is folded already where it needs to be.
pub(super) fn header(out: &mut String, name: &str, value: &str) {
    out.extend([name, ": ", value, "\r\n"]);
}

/// Writes a part with its body in Base64.
pub(super) fn part(out: &mut String, kind: &str, disposition: Option<&str>, body: &str) {
    header(out, "Content-Type", &kind.replace("; ", ";\r\n "));
    if let Some(disposition) = disposition {
        header(out, "Content-Disposition", disposition);
    }
    header(out, "Content-Transfer-Encoding", "base64");
    out.push_str("\r\n");
    let encoded = STANDARD.encode(body);
    let mut rest = encoded.as_str();
    // RFC 2045 6.8: at most 76 characters a line.
    while let Some((line, more)) = rest.split_at_checked(LINE_OCTETS) {
        out.extend([line, "\r\n"]);
        rest = more;
    }
    if !rest.is_empty() {
        out.extend([rest, "\r\n"]);
    }
}

/// RFC 5322 3.4: `mailbox`.
pub(super) fn mailbox(who: &Correspondent<'_>) -> Result<String, Fault> {
    let address = who.address.trim();
    let is_whole = address
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    let is_odd = |character: char| {
        character.is_control() || character.is_whitespace() || "<>,;:\"()[]\\".contains(character)
    };
    if !is_whole || address.len() > ADDRESS_OCTETS_MAX || address.contains(is_odd) {
        return Err(Fault::Malformed("an address is no mail address"));
    }
    let name = who
        .name
        .map(str::trim)
        .filter(|name| !name.is_empty() && *name != address);
    Ok(name.map_or_else(
        || format!("<{address}>"),
        |name| format!("{}\r\n <{address}>", phrase(name)),
    ))
}

/// RFC 5322 3.6.4: `msg-id`.
pub(super) fn message_id(text: &str) -> Result<String, Fault> {
    let inner = text.trim().trim_start_matches('<').trim_end_matches('>');
    if inner.is_empty()
        || inner.len() > ADDRESS_OCTETS_MAX
        || !inner.bytes().all(|octet| octet.is_ascii_graphic())
    {
        return Err(Fault::Malformed("the Message-ID is none"));
    }
    Ok(format!("<{inner}>"))
}

/// RFC 5322 3.3.
pub(super) fn date(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .format("%a, %d %b %Y %H:%M:%S +0000")
        .to_string()
}

/// Unstructured text: as it is where it is short ASCII, else in encoded words.
pub(super) fn encoded(text: &str) -> String {
    let is_plain = text.len() <= PLAIN_OCTETS
        && text.bytes().all(|octet| matches!(octet, b' '..=b'~'))
        && !text.contains("=?");
    if is_plain {
        text.to_owned()
    } else {
        words(text)
    }
}

fn phrase(name: &str) -> String {
    let is_plain = name.len() <= PLAIN_OCTETS
        && name
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || octet == b' ');
    if is_plain {
        name.to_owned()
    } else {
        words(name)
    }
}

/// RFC 2047 2: encoded words of at most 75 characters, none split inside of a character.
fn words(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    for character in text
        .chars()
        .filter(|character| !character.is_control())
        .take(TEXT_CHARACTERS_MAX)
    {
        if word.len().saturating_add(character.len_utf8()) > WORD_OCTETS {
            out.push(format!("=?UTF-8?B?{}?=", STANDARD.encode(&word)));
            word.clear();
        }
        word.push(character);
    }
    out.push(format!("=?UTF-8?B?{}?=", STANDARD.encode(&word)));
    out.join("\r\n ")
}

/// RFC 2045 6.8.
const LINE_OCTETS: usize = 76;
/// RFC 2047 2: 75 characters less the frame `=?UTF-8?B??=`, as octets before Base64.
const WORD_OCTETS: usize = 45;
/// RFC 5322 2.1.1: with the name of the field below 78.
const PLAIN_OCTETS: usize = 60;
/// A subject or name that is longer is cut.
const TEXT_CHARACTERS_MAX: usize = 1_000;
/// RFC 5321 4.5.3.1.3: a path has at most 256 octets; identifiers are bounded alike.
const ADDRESS_OCTETS_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_foreign_texts_become_encoded_words() {
        assert_eq!(encoded("Invitation: Lunch"), "Invitation: Lunch");
        let long = encoded(&"Besprechung über Köln ".repeat(10));
        assert!(
            long.split("\r\n ")
                .all(|word| word.len() <= 75 && word.starts_with("=?UTF-8?B?"))
        );
        assert!(!encoded("a\r\nBcc: x@y").contains("\r\nBcc"));
        assert!(encoded("=?UTF-8?Q?x?=").starts_with("=?UTF-8?B?"));
    }

    #[test]
    fn nobody_adds_header_fields_through_an_address() {
        for address in [
            "a@b\r\nBcc: c@d",
            "a@b>, <c@d",
            "",
            "nobody",
            "a b@c",
            "@x",
            "x@",
        ] {
            assert!(
                mailbox(&Correspondent {
                    name: None,
                    address
                })
                .is_err(),
                "{address:?}"
            );
        }
        let anna = Correspondent {
            name: Some("Berg, Anna\r\nX: y"),
            address: "anna@example.org",
        };
        let text = mailbox(&anna).unwrap();
        assert!(
            text.starts_with("=?UTF-8?B?") && text.ends_with("\r\n <anna@example.org>"),
            "{text}"
        );
        assert!(message_id("<a b>").is_err());
        assert_eq!(message_id("<1@x>").as_deref(), Ok("<1@x>"));
    }

    #[test]
    fn dates_are_as_mail_has_them() {
        assert_eq!(date(1_741_000_000), "Mon, 03 Mar 2025 11:06:40 +0000");
    }
}
