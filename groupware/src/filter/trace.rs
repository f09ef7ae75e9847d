//! Header fields that tell where a message has been: counted, read, put above it and taken off it.

use crate::message::part::{FieldFilter, header_fields};
pub(crate) use crate::message::values;

/// Servers a message may have passed before it is not sent on any more. RFC 5321 6.3: a loop is to be found by counting.
const HOPS_MAX: usize = 50;
/// Octets of a note in a header field.
const NOTE_OCTETS_MAX: usize = 400;
/// The field that names an account which sent the message on.
const DELIVERED_TO: &str = "Delivered-To";
/// The field that tells the owner what became of their rules.
const NOTE: &str = "X-Wachpost-Filter";

/// The header section with its empty line, and the rest.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some(rest) = message.get(at..).filter(|rest| !rest.is_empty()) {
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        if rest.starts_with(b"\n") || rest.starts_with(b"\r\n") {
            at += length;
            break;
        }
        at += length;
    }
    message.split_at_checked(at).unwrap_or((message, &[]))
}

/// Whether sending the message on from this account would go in a circle.
pub(crate) fn is_loop(message: &[u8], own: &[String]) -> bool {
    // RFC 5321 6.3: every server adds a Received field; so many are a sign of a loop.
    if values(message, "Received").len() > HOPS_MAX {
        return true;
    }
    let sent_on_by = values(message, DELIVERED_TO);
    sent_on_by
        .iter()
        .any(|by| own.iter().any(|own| own.eq_ignore_ascii_case(by)))
}

/// The message as it is sent on by an account to another server: without its Return-Path, which only the last one adds (RFC
/// 5321 4.4), and with a trace of the account.
pub(crate) fn sent_on(message: &[u8], own: &str) -> Vec<u8> {
    let (header, body) = split(message);
    let mut sent = format!("{DELIVERED_TO}: {own}\r\n").into_bytes();
    sent.extend(header_fields(header, FieldFilter::Not, &["Return-Path"]));
    sent.extend(body);
    sent
}

/// The message as it reaches another account of this house.
pub(super) fn handed_on(message: &[u8], own: &str, reverse_path: &str) -> Vec<u8> {
    let mut handed = format!("Return-Path: <{reverse_path}>\r\n").into_bytes();
    handed.extend(sent_on(message, own));
    handed
}

/// The message with a note above it.
pub(super) fn noted(message: &[u8], note: &str) -> Vec<u8> {
    let mut line = String::new();
    for character in note.chars() {
        if line.len() >= NOTE_OCTETS_MAX {
            break;
        }
        // RFC 5322 2.2: printable ASCII; anything else could be more than a note.
        let is_harmless = character == ' ' || character.is_ascii_graphic();
        line.push(if is_harmless { character } else { '?' });
    }
    let mut noted = format!("{NOTE}: {line}\r\n").into_bytes();
    noted.extend(message);
    noted
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"Return-Path: <a@b>\r\nReceived: one\r\n\ttwo\r\nDelivered-To: anna@example.org\r\nSubject: x\r\n\r\nReturn-Path: no\r\n";

    #[test]
    fn the_return_path_goes_and_the_trace_comes() {
        let sent = String::from_utf8(sent_on(MESSAGE, "bert@example.org")).unwrap();
        assert_eq!(
            sent,
            "Delivered-To: bert@example.org\r\nReceived: one\r\n\ttwo\r\nDelivered-To: anna@example.org\r\nSubject: x\r\n\r\nReturn-Path: no\r\n"
        );
        let handed = handed_on(MESSAGE, "bert@example.org", "");
        assert!(handed.starts_with(b"Return-Path: <>\r\nDelivered-To: bert@"));
        assert!(sent_on(b"Subject: no body\r\n", "b").ends_with(b"Subject: no body\r\n"));
    }

    #[test]
    fn circles_are_found() {
        assert!(is_loop(MESSAGE, &["ANNA@example.org".into()]));
        assert!(!is_loop(MESSAGE, &["bert@example.org".into()]));
        let mut long = b"Received: x\r\n".repeat(HOPS_MAX + 1);
        long.extend(b"\r\nReceived: y\r\n");
        assert!(is_loop(&long, &[]));
        assert_eq!(values(MESSAGE, "received"), ["one two"]);
    }

    #[test]
    fn a_note_is_one_line() {
        let noted = noted(b"Subject: x\r\n", "line 3:\r\nBcc: \u{fc}");
        assert_eq!(
            noted,
            b"X-Wachpost-Filter: line 3:??Bcc: ?\r\nSubject: x\r\n"
        );
    }
}
