//! Where a notification goes: `mailto` URIs (RFC 6068) as RFC 5436 reads them.

use crate::message::address::is_sendable;
use crate::message::field::{clean, is_field_name};

/// Recipients of one notification; RFC 5435 8 asks for a bound.
const RECIPIENTS_MAX: usize = 8;
/// Octets of a URI.
const URI_OCTETS_MAX: usize = 8 * 1024;
/// Header fields that one URI brings.
const FIELDS_MAX: usize = 16;

/// A `mailto` URI taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mailto {
    pub(crate) to: Vec<String>,
    pub(crate) cc: Vec<String>,
    pub(crate) subject: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) fields: Vec<(String, String)>,
}

/// Whether notifications can be sent to this URI (RFC 5435 4).
pub(crate) fn is_method(uri: &str) -> bool {
    Mailto::parse(uri).is_some()
}

impl Mailto {
    /// None if it is no such URI, or names no recipient that mail can be sent to.
    pub(crate) fn parse(uri: &str) -> Option<Self> {
        let (scheme, rest) = uri.split_once(':')?;
        if !scheme.eq_ignore_ascii_case("mailto") || uri.len() > URI_OCTETS_MAX {
            return None;
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (to, fields) = rest.split_once('?').unwrap_or((rest, ""));
        let mut mailto = Self::default();
        add_addresses(to, &mut mailto.to)?;
        for field in fields.split('&').filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once('=')?;
            let name = decoded(name)?;
            match name.to_ascii_lowercase().as_str() {
                "to" => add_addresses(value, &mut mailto.to)?,
                // RFC 5436 2.7: blind copies are recipients as well, and nothing is hidden from the others here.
                "cc" | "bcc" => add_addresses(value, &mut mailto.cc)?,
                "subject" => mailto.subject = Some(clean(&decoded(value)?).into_owned()),
                "body" => mailto.body = Some(decoded(value)?),
                other if is_ours(other) => {}
                other => {
                    if mailto.fields.len() < FIELDS_MAX && is_field_name(other) {
                        mailto
                            .fields
                            .push((capitalised(other), clean(&decoded(value)?).into_owned()));
                    }
                }
            }
        }
        let recipients = mailto.to.len() + mailto.cc.len();
        (1..=RECIPIENTS_MAX).contains(&recipients).then_some(mailto)
    }
}

/// RFC 5436 2.7: fields that a URI cannot bring, those of the new message itself and of its path among them.
fn is_ours(name: &str) -> bool {
    const OURS: [&str; 12] = [
        "auto-submitted",
        "date",
        "dkim-signature",
        "from",
        "importance",
        "message-id",
        "mime-version",
        "received",
        "reply-to",
        "return-path",
        "sender",
        "in-reply-to",
    ];
    OURS.contains(&name)
        || ["content-", "resent-", "list-", "arc-", "authentication-"]
            .iter()
            .any(|start| name.starts_with(start))
}

/// RFC 5436 2.7: the first letter becomes a capital.
fn capitalised(name: &str) -> String {
    let mut after_hyphen = true;
    name.chars()
        .map(|c| {
            let new = if after_hyphen {
                c.to_ascii_uppercase()
            } else {
                c
            };
            after_hyphen = c == '-';
            new
        })
        .collect()
}

/// RFC 6068 2: addresses with commas between, each percent-encoded.
fn add_addresses(list: &str, addresses: &mut Vec<String>) -> Option<()> {
    for address in list.split(',').filter(|address| !address.is_empty()) {
        for address in decoded(address)?.split(',') {
            let address = address.trim();
            if !is_sendable(address) || addresses.len() >= RECIPIENTS_MAX {
                return None;
            }
            if !addresses.iter().any(|known| known == address) {
                addresses.push(address.to_owned());
            }
        }
    }
    Some(())
}

/// RFC 3986 2.1: percent-encoded octets.
fn decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            octets.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        octets.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(octets)
        .ok()
        .filter(|text| !text.contains('\0'))
}

/// RFC 5435 6: all octets that RFC 3986 2.3 does not leave alone are percent-encoded.
pub(crate) fn encode_url(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_taken_apart() {
        let mailto = Mailto::parse("mailto:a@x.example?to=b%40x.example&Subject=a%20b&body=c%0D%0Ad&x-priority=1&from=evil@x.example").unwrap();
        assert_eq!(mailto.to, ["a@x.example", "b@x.example"]);
        assert_eq!(mailto.subject.as_deref(), Some("a b"));
        assert_eq!(mailto.body.as_deref(), Some("c\r\nd"));
        assert_eq!(mailto.fields, [("X-Priority".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn bad_uris_are_none() {
        for bad in [
            "mailto:",
            "xmpp:a@x.example",
            "mailto:a",
            "mailto:a@x.example?to=b%0D%0Ac@x.example",
            "mailto:a@x.example?subject",
            "mailto:a@x.example?subject=%f",
            "mailto:a@x.example?subject=%ff",
            "",
        ] {
            assert!(!is_method(bad), "{bad}");
        }
        assert!(is_method("MAILTO:alm@example.com"));
        let many = (0..=RECIPIENTS_MAX)
            .map(|n| format!("a{n}@x.example"))
            .collect::<Vec<_>>()
            .join(",");
        assert!(!is_method(&format!("mailto:{many}")));
    }

    #[test]
    fn text_is_percent_encoded() {
        assert_eq!(
            encode_url("Safe body&evil=ä"),
            "Safe%20body%26evil%3D%C3%A4"
        );
    }
}
