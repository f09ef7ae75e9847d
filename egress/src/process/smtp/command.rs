//! Commands: MAIL and RCPT with the parameters that this server understands (RFC 5321 4.1.1, and the extensions).

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use std::borrow::Cow;
use std::fmt::Write as _;

use model::{DsnNotify, DsnReturn};

use super::extensions::Extensions;
use super::limits::ARGUMENT_OCTETS_MAX;
use crate::wire::{Delivery, MessageTls, Recipient};

/// What MAIL says beside the addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MailParameters {
    /// Octets of the message (RFC 1870).
    pub(crate) size_octets: usize,
    /// Whether it has octets above 127, and the server takes them.
    pub(crate) eight_bit: bool,
    /// Whether SMTPUTF8 is asked for.
    pub(crate) smtputf8: bool,
}

/// Writes MAIL.
pub(crate) fn mail(
    delivery: &Delivery,
    parameters: MailParameters,
    offered: &Extensions,
    out: &mut String,
) {
    // Writing to a String cannot fail.
    let path = wire_path(&delivery.reverse_path, offered);
    let _ = write!(out, "MAIL FROM:<{path}>");
    if offered.size {
        // RFC 1870 5: the size as the sender counts it, without the dots that are added.
        let _ = write!(out, " SIZE={}", parameters.size_octets);
    }
    if parameters.eight_bit {
        // RFC 6152 2.
        out.push_str(" BODY=8BITMIME");
    }
    if parameters.smtputf8 {
        // RFC 6531 3.4.
        out.push_str(" SMTPUTF8");
    }
    if delivery.message_tls == MessageTls::Required {
        // RFC 8689 2: passed on to the next hop, which binds it to do the same.
        out.push_str(" REQUIRETLS");
    }
    if let (true, Some(priority)) = (offered.priority, delivery.priority) {
        // RFC 6710 3.
        let _ = write!(out, " MT-PRIORITY={}", priority.clamp(-9, 9));
    }
    if offered.dsn {
        // RFC 3461 5.2.1: what came with the message goes on to a server that understands it.
        match delivery.dsn_return {
            Some(DsnReturn::Full) => out.push_str(" RET=FULL"),
            Some(DsnReturn::Headers) => out.push_str(" RET=HDRS"),
            None => {}
        }
        if let Some(id) = delivery.envelope_id.as_deref().filter(|id| is_short(id)) {
            out.push_str(" ENVID=");
            push_xtext(id, out);
        }
    }
    out.push_str("\r\n");
}

/// Writes RCPT.
pub(crate) fn rcpt(recipient: &Recipient, offered: &Extensions, out: &mut String) {
    let path = wire_path(&recipient.forward_path, offered);
    let _ = write!(out, "RCPT TO:<{path}>");
    if offered.dsn {
        if let Some(notify) = recipient.notify {
            push_notify(notify, out);
        }
        let original = recipient.original.as_deref();
        if let Some(original) = original.filter(|original| is_original(original)) {
            let _ = write!(out, " ORCPT={original}");
        }
    }
    out.push_str("\r\n");
}

/// A path as this server can read it.
fn wire_path<'a>(path: &'a str, offered: &Extensions) -> Cow<'a, str> {
    match offered.smtputf8 {
        true => Cow::Borrowed(path),
        false => in_ascii(path).unwrap_or(Cow::Borrowed(path)),
    }
}

/// A path in ASCII, if its local part is.
///
/// RFC 6531 3.2: the domain may be written with A-labels for a server without SMTPUTF8; nothing can be done for a local part.
pub(crate) fn in_ascii(path: &str) -> Option<Cow<'_, str>> {
    if path.is_ascii() {
        return Some(Cow::Borrowed(path));
    }
    let (local, domain) = path.rsplit_once('@')?;
    let domain = idna::domain_to_ascii(domain).ok()?;
    local
        .is_ascii()
        .then(|| Cow::Owned(format!("{local}@{domain}")))
}

/// Whether a path can stand between angle brackets without becoming something else.
///
/// Paths were checked when they were taken in. This is the last look before the wire: a line break in an address would be
/// a command of whoever wrote it.
pub(crate) fn is_path(path: &str) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    for character in path.chars() {
        match character {
            _ if character.is_control() => return false,
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' | '>' | ' ' if !quoted => return false,
            _ => {}
        }
    }
    !quoted && is_short(path)
}

fn is_short(text: &str) -> bool {
    text.len() <= ARGUMENT_OCTETS_MAX
}

/// RFC 3461 4.2: `addr-type ";" xtext`, all of it printable and without spaces.
fn is_original(original: &str) -> bool {
    is_short(original)
        && original.contains(';')
        && original
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'=')
}

/// RFC 3461 4.1: `NEVER`, or a list of the others.
fn push_notify(notify: DsnNotify, out: &mut String) {
    let wanted = [
        (notify.success, "SUCCESS"),
        (notify.failure, "FAILURE"),
        (notify.delay, "DELAY"),
    ];
    let mut separator = " NOTIFY=";
    if notify.never || !wanted.iter().any(|(wanted, _)| *wanted) {
        let _ = write!(out, "{separator}NEVER");
        return;
    }
    for (_, word) in wanted.iter().filter(|(wanted, _)| *wanted) {
        let _ = write!(out, "{separator}{word}");
        separator = ",";
    }
}

/// RFC 3461 4: `xtext`.
fn push_xtext(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'!'..=b'~' if byte != b'+' && byte != b'=' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "+{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Route;

    fn delivery() -> Delivery {
        Delivery {
            route: Route::Domain("example.org".to_owned()),
            helo: "mail.example.com".to_owned(),
            reverse_path: "a@example.com".to_owned(),
            recipients: Vec::new(),
            envelope_id: Some("Q+1 =x".to_owned()),
            dsn_return: Some(DsnReturn::Headers),
            eight_bit: true,
            smtputf8: true,
            message_tls: MessageTls::Required,
            priority: Some(12),
        }
    }

    #[test]
    fn mail_says_only_what_was_offered() {
        let (mut all, mut none) = (String::new(), String::new());
        let offered = Extensions {
            size: true,
            dsn: true,
            priority: true,
            ..Extensions::default()
        };
        let parameters = MailParameters {
            size_octets: 1_234,
            eight_bit: true,
            smtputf8: true,
        };
        mail(&delivery(), parameters, &offered, &mut all);
        assert_eq!(
            all,
            "MAIL FROM:<a@example.com> SIZE=1234 BODY=8BITMIME SMTPUTF8 REQUIRETLS MT-PRIORITY=9 RET=HDRS \
             ENVID=Q+2B1+20+3Dx\r\n"
        );
        let mut plain = delivery();
        plain.message_tls = MessageTls::AsPublished;
        plain.reverse_path = String::new();
        let parameters = MailParameters {
            size_octets: 1,
            eight_bit: false,
            smtputf8: false,
        };
        mail(&plain, parameters, &Extensions::default(), &mut none);
        assert_eq!(none, "MAIL FROM:<>\r\n");
    }

    #[test]
    fn rcpt_hands_on_what_the_sender_wants_to_hear() {
        let written = |notify: DsnNotify, original: &str| {
            let offered = Extensions {
                dsn: true,
                ..Extensions::default()
            };
            let recipient = Recipient {
                forward_path: "b@example.org".to_owned(),
                notify: Some(notify),
                original: Some(original.to_owned()),
            };
            let mut out = String::new();
            rcpt(&recipient, &offered, &mut out);
            out
        };
        let notify = DsnNotify {
            never: false,
            success: true,
            failure: true,
            delay: false,
        };
        assert_eq!(
            written(notify, "rfc822;b+2Bc@example.org"),
            "RCPT TO:<b@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b+2Bc@example.org\r\n"
        );
        assert_eq!(
            written(DsnNotify::default(), "rfc822;b\r\nDATA"),
            "RCPT TO:<b@example.org> NOTIFY=NEVER\r\n"
        );
    }

    #[test]
    fn a_domain_can_be_written_in_ascii_and_a_local_part_cannot() {
        assert_eq!(in_ascii("a@b.example").as_deref(), Some("a@b.example"));
        let domain = in_ascii("a@b\u{fc}cher.example");
        assert_eq!(domain.as_deref(), Some("a@xn--bcher-kva.example"));
        assert_eq!(in_ascii("\u{fc}@b.example"), None);
        assert_eq!(in_ascii("\u{fc}"), None);
    }

    #[test]
    fn no_path_smuggles_a_command() {
        for good in ["", "a@b", "\"a b\"@c", "\"a>\\\"\"@c", "ü@bücher.example"] {
            assert!(is_path(good), "{good}");
        }
        let long = "a".repeat(ARGUMENT_OCTETS_MAX + 1);
        for bad in [
            "a@b\r\nDATA",
            "a@b\n",
            "a\0@b",
            "a@b> SIZE=1",
            "a b@c",
            "\"a@b",
            "<a@b",
            "a@b\u{85}",
            &long,
        ] {
            assert!(!is_path(bad), "{bad}");
        }
    }
}
