//! The part of a notification that programs read: `message/delivery-status` (RFC 3464 2, RFC 6533 4).

use std::fmt::Write as _;

use model::Timestamp;

use super::text::{date, one_line, push_field};
use super::{Action, Notification, Recipient};

/// Octets of a diagnostic that are kept; replies may have many lines.
const DIAGNOSTIC_OCTETS_MAX: usize = 800;
/// RFC 5321 4.5.3.1.3: octets of a path; addresses in UTF-8 and unknown types get some more.
const ADDRESS_OCTETS_MAX: usize = 1_000;
/// RFC 3461 4.4: characters of an envelope id.
const ENVELOPE_ID_OCTETS_MAX: usize = 100;

/// The part's content, fields by recipient.
pub(super) fn delivery_status(about: &Notification<'_>, is_global: bool) -> String {
    let mut out = String::new();
    if let Some(id) = about.envelope_id {
        // RFC 3464 2.2.1: present whenever the sender gave one.
        push_field(
            &mut out,
            "Original-Envelope-Id",
            &one_line(id, ENVELOPE_ID_OCTETS_MAX),
        );
    }
    push_field(
        &mut out,
        "Reporting-MTA",
        &format!("dns; {}", one_line(about.host, ADDRESS_OCTETS_MAX)),
    );
    push_field(&mut out, "Arrival-Date", &date(about.arrived_at));
    for recipient in about.recipients {
        out.push_str("\r\n");
        push_recipient(&mut out, about, recipient, is_global);
    }
    out
}

fn push_recipient(
    out: &mut String,
    about: &Notification<'_>,
    recipient: &Recipient,
    is_global: bool,
) {
    if let Some(original) = &recipient.original {
        // RFC 3464 2.3.1: the ORCPT, decoded.
        push_field(
            out,
            "Original-Recipient",
            &typed(&decoded(original), is_global),
        );
    }
    let kind = if recipient.forward_path.is_ascii() {
        "rfc822"
    } else {
        // RFC 6533 3: the address type of addresses outside ASCII.
        "utf-8"
    };
    let address = one_line(&recipient.forward_path, ADDRESS_OCTETS_MAX);
    push_field(
        out,
        "Final-Recipient",
        &typed(&(kind.to_owned(), address), is_global),
    );
    push_field(out, "Action", recipient.action.word());
    let (class, subject, detail) = recipient.status;
    push_field(out, "Status", &format!("{class}.{subject}.{detail}"));
    if let Some(host) = &recipient.host {
        push_field(
            out,
            "Remote-MTA",
            &format!("dns; {}", one_line(host, ADDRESS_OCTETS_MAX)),
        );
    }
    if let Some(diagnostic) = &recipient.diagnostic {
        let text = one_line(&diagnostic.text, DIAGNOSTIC_OCTETS_MAX);
        // RFC 3464 2.3.6: `smtp` stands for the text of a reply.
        let kind = if diagnostic.is_reply {
            "smtp"
        } else {
            "x-wachpost"
        };
        let text = if is_global { text } else { ascii(&text) };
        push_field(out, "Diagnostic-Code", &format!("{kind}; {text}"));
    }
    if let Some(at) = recipient.at {
        push_field(out, "Last-Attempt-Date", &date(at));
    }
    if let (Action::Delayed, Some(until)) = (recipient.action, about.retried_until) {
        push_field(out, "Will-Retry-Until", &retried_until(until));
    }
}

fn retried_until(until: Timestamp) -> String {
    date(until)
}

/// `type;address` of an ORCPT, with the xtext of the address undone (RFC 3461 4.2, RFC 6533 3).
fn decoded(original: &str) -> (String, String) {
    let (kind, address) = original.split_once(';').unwrap_or(("rfc822", original));
    let address = if kind.eq_ignore_ascii_case("utf-8") {
        utf8_address(address)
    } else {
        xtext(address)
    };
    (
        one_line(&kind.to_ascii_lowercase(), 40),
        one_line(&address, ADDRESS_OCTETS_MAX),
    )
}

/// The value of an address field.
fn typed((kind, address): &(String, String), is_global: bool) -> String {
    if is_global || address.is_ascii() {
        return format!("{kind}; {address}");
    }
    // RFC 6533 3: `utf-8-addr-xtext` where only ASCII may stand.
    let mut escaped = String::with_capacity(address.len() * 2);
    for character in address.chars() {
        if character.is_ascii() && !matches!(character, '\\' | '+' | '=') {
            escaped.push(character);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "\\x{{{:X}}}", u32::from(character));
        }
    }
    format!("utf-8; {escaped}")
}

/// Undoes xtext (RFC 3461 4); what is not xtext stays as it is.
fn xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('+') {
        let (before, behind) = rest.split_at(at);
        out.push_str(before);
        let octet = behind
            .get(1..3)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(u8::is_ascii);
        match octet {
            Some(octet) => {
                out.push(char::from(octet));
                rest = behind.get(3..).unwrap_or_default();
            }
            None => {
                out.push('+');
                rest = behind.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// Undoes `\x{HEX}` (RFC 6533 3); what is none stays as it is.
fn utf8_address(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("\\x{") {
        out.push_str(before);
        let character = behind.split_once('}').and_then(|(digits, after)| {
            let number = u32::from_str_radix(digits, 16).ok()?;
            Some((char::from_u32(number)?, after))
        });
        match character {
            Some((character, after)) => {
                out.push(character);
                rest = after;
            }
            None => {
                out.push_str("\\x{");
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

fn ascii(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_ascii() { character } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn original_recipients_are_decoded() {
        assert_eq!(
            decoded("rfc822;a+2Bb+40example.org"),
            ("rfc822".into(), "a+b@example.org".into())
        );
        assert_eq!(
            decoded("UTF-8;j\\x{FC}rgen@example.org"),
            ("utf-8".into(), "jürgen@example.org".into())
        );
        // No line can be smuggled in.
        assert_eq!(
            decoded("rfc822;a+0D+0AAction:+20delivered").1,
            "a Action: delivered"
        );
        for text in ["+", "+4", "a+ZZ", "\\x{", "\\x{zz}", "+ü1", ";", ""] {
            let _ = decoded(text);
            let _ = decoded(&format!("utf-8;{text}"));
        }
    }

    #[test]
    fn addresses_outside_ascii_are_escaped_where_they_must_be() {
        let address = ("utf-8".to_owned(), "jürgen@example.org".to_owned());
        assert_eq!(typed(&address, false), "utf-8; j\\x{FC}rgen@example.org");
        assert_eq!(typed(&address, true), "utf-8; jürgen@example.org");
    }
}
