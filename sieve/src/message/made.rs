//! Fields, parts and messages that are made here, in the forms of RFC 5322 and MIME.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::address::named_mailboxes;
use super::field::{Header, clean};
use super::{Enclosure, Replacement};

/// RFC 5322 2.1.1: lines should have no more than 78 characters.
const LINE_OCTETS: usize = 76;
/// Octets of text in one encoded word: RFC 2047 2 allows 75 in all, and the frame takes 12.
const WORD_OCTETS: usize = 42;

/// One field with its line end, folded; text beyond ASCII in encoded words.
pub(crate) fn field(name: &str, value: &str, line_end: &str) -> Vec<u8> {
    folded(name, &words(clean(value).trim()), line_end)
}

/// A field of addresses: of those only the display names can be encoded words (RFC 2047 5).
pub(crate) fn address_field(name: &str, value: &str, line_end: &str) -> Vec<u8> {
    let value = clean(value);
    if value.is_ascii() {
        return folded(name, &split_at_spaces(value.trim()), line_end);
    }
    let mut all = Vec::new();
    for mailbox in named_mailboxes(value.as_bytes()) {
        if let Some(last) = all.last_mut() {
            let last: &mut String = last;
            last.push(',');
        }
        match mailbox.name.filter(|name| !name.is_empty()) {
            None => all.push(mailbox.address),
            Some(display) if display.is_ascii() => {
                let display = display.replace(['"', '\\'], "");
                all.push(format!("\"{display}\" <{}>", mailbox.address));
            }
            Some(display) => {
                all.extend(words(&display));
                all.push(format!("<{}>", mailbox.address));
            }
        }
    }
    folded(name, &all, line_end)
}

/// Words of a field put together, a line end before each that would make its line too long.
fn folded(name: &str, words: &[String], line_end: &str) -> Vec<u8> {
    let mut line = format!("{name}:");
    let mut column = line.len();
    for word in words {
        // RFC 5322 2.2.3: folded at white space.
        if column + 1 + word.len() > LINE_OCTETS && column > name.len() + 1 {
            let _ = write!(line, "{line_end} {word}");
            column = 1 + word.len();
        } else {
            let _ = write!(line, " {word}");
            column += 1 + word.len();
        }
    }
    line.push_str(line_end);
    line.into_bytes()
}

/// The words of a value, which are put together with single spaces where that loses nothing.
fn words(value: &str) -> Vec<String> {
    // RFC 2047 2, and RFC 5230 4.3: encoded if and only if there are characters beyond ASCII.
    if value.is_ascii() {
        return split_at_spaces(value);
    }
    let mut words = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let mut end = rest.len().min(WORD_OCTETS);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (word, behind) = rest.split_at(end);
        words.push(format!("=?utf-8?b?{}?=", BASE64.encode(word)));
        rest = behind;
    }
    words
}

/// Splits at each space that a character follows and precedes, so that runs of spaces stay whole within a word.
fn split_at_spaces(value: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut after_space = false;
    for word in value.split(' ') {
        match words.last_mut() {
            Some(last) if word.is_empty() || after_space => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        after_space = word.is_empty();
    }
    words
}

/// A text as a MIME entity, header fields first.
pub(crate) fn text_entity(text: &str, line_end: &str) -> Vec<u8> {
    let mut entity = field("MIME-Version", "1.0", line_end);
    entity.extend(text_part(text, line_end));
    entity
}

/// A text as a part: 7bit where it can be, base64 otherwise (RFC 2045 6.2).
fn text_part(text: &str, line_end: &str) -> Vec<u8> {
    let text = lines(text, line_end);
    let is_plain =
        text.is_ascii() && !text.contains('\0') && text.split('\n').all(|line| line.len() <= 998);
    let mut part = field("Content-Type", "text/plain; charset=utf-8", line_end);
    let encoding = if is_plain { "7bit" } else { "base64" };
    part.extend(field("Content-Transfer-Encoding", encoding, line_end));
    part.extend_from_slice(line_end.as_bytes());
    if is_plain {
        part.extend_from_slice(text.as_bytes());
        return part;
    }
    let canonical = lines(&text, "\r\n");
    for line in BASE64.encode(canonical).as_bytes().chunks(LINE_OCTETS) {
        part.extend_from_slice(line);
        part.extend_from_slice(line_end.as_bytes());
    }
    part
}

/// The text with all line ends alike.
pub(crate) fn lines(text: &str, line_end: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if line_end == "\n" {
        text
    } else {
        text.replace('\n', line_end)
    }
}

/// What stands in place of a part, header fields first.
pub(crate) fn entity(replacement: &Replacement<'_>, line_end: &str) -> Vec<u8> {
    if replacement.mime {
        lines(replacement.text, line_end).into_bytes()
    } else {
        text_part(replacement.text, line_end)
    }
}

/// RFC 5703 5: of a replaced message all fields stay but those of its MIME structure; what had another subject or author
/// says so.
pub(crate) fn replaced_header(
    header: Header<'_>,
    replacement: &Replacement<'_>,
    line_end: &str,
) -> Vec<u8> {
    let mut made = Vec::new();
    // RFC 5703 5: with `:mime`, subject and author are left alone.
    let subject = replacement.subject.filter(|_| !replacement.mime);
    let from = replacement.from.filter(|_| !replacement.mime);
    for field_view in header.all() {
        let raw = field_view.raw();
        let is_mime = raw
            .get(..8)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"content-"));
        if is_mime || field_view.is_named("mime-version") {
            continue;
        }
        if subject.is_some() && field_view.is_named("subject") {
            made.extend(field("Original-Subject", field_view.text(), line_end));
        } else if from.is_some() && field_view.is_named("from") {
            made.extend_from_slice(b"Original-");
            made.extend_from_slice(raw);
        } else {
            made.extend_from_slice(raw);
        }
    }
    if let Some(subject) = subject {
        made.extend(field("Subject", subject, line_end));
    }
    if let Some(from) = from {
        made.extend(address_field("From", from, line_end));
    }
    if !replacement.mime || !contains_field(replacement.text, "mime-version") {
        made.extend(field("MIME-Version", "1.0", line_end));
    }
    made
}

fn contains_field(entity: &str, name: &str) -> bool {
    let mut lines = entity.lines().take_while(|line| !line.is_empty());
    lines.any(|line| {
        line.split_once(':')
            .is_some_and(|(found, _)| found.trim_end().eq_ignore_ascii_case(name))
    })
}

/// RFC 5703 6: a text, and behind it the message octet for octet.
pub(crate) fn enclosed(
    message: &[u8],
    header: Header<'_>,
    enclosure: &Enclosure<'_>,
    line_end: &str,
) -> Vec<u8> {
    let mut made = Vec::with_capacity(message.len() + 1_024);
    let copied = |name: &str| {
        enclosure
            .headers
            .iter()
            .any(|wanted| wanted.eq_ignore_ascii_case(name))
    };
    for name in enclosure.headers {
        let is_ours = name
            .get(..8)
            .is_some_and(|start| start.eq_ignore_ascii_case("content-"))
            || name.eq_ignore_ascii_case("mime-version")
            || (name.eq_ignore_ascii_case("subject") && enclosure.subject.is_some());
        if !is_ours {
            for field_view in header.named(name) {
                made.extend_from_slice(field_view.raw());
            }
        }
    }
    if !copied("from") {
        made.extend(address_field("From", enclosure.from, line_end));
    }
    if !copied("date") {
        made.extend(field("Date", enclosure.date, line_end));
    }
    let subject = enclosure.subject.or_else(|| {
        let subject = header.first("subject").filter(|_| !copied("subject"));
        subject.map(|field_view| field_view.text())
    });
    if let Some(subject) = subject {
        made.extend(field("Subject", subject, line_end));
    }
    // A hash of the message, so that it cannot name the boundary itself.
    let boundary = format!("sieve-{}", &blake3::hash(message).to_hex().as_str()[..32]);
    made.extend(field("MIME-Version", "1.0", line_end));
    made.extend(field(
        "Content-Type",
        &format!("multipart/mixed; boundary={boundary}"),
        line_end,
    ));
    made.extend_from_slice(line_end.as_bytes());
    let delimiter = format!("--{boundary}{line_end}");
    made.extend_from_slice(delimiter.as_bytes());
    made.extend(text_part(enclosure.text, line_end));
    made.extend_from_slice(line_end.as_bytes());
    made.extend_from_slice(delimiter.as_bytes());
    made.extend(field("Content-Type", "message/rfc822", line_end));
    if !message.is_ascii() {
        made.extend(field("Content-Transfer-Encoding", "8bit", line_end));
    }
    made.extend_from_slice(line_end.as_bytes());
    made.extend_from_slice(message);
    made.extend_from_slice(format!("{line_end}--{boundary}--{line_end}").as_bytes());
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str, value: &str) -> String {
        String::from_utf8(field(name, value, "\r\n")).unwrap()
    }

    #[test]
    fn fields_are_folded_and_encoded() {
        assert_eq!(made("X", "a  b"), "X: a  b\r\n");
        assert_eq!(made("X", ""), "X: \r\n");
        assert_eq!(made("X", "a\r\nBcc: b"), "X: a  Bcc: b\r\n");
        assert_eq!(
            made("Subject", "Grüße"),
            "Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\n"
        );
        let long = made("Subject", &"wort ".repeat(60));
        assert!(long.lines().all(|line| line.len() <= 78), "{long}");
        let encoded = made("Subject", &"ä".repeat(100));
        assert!(encoded.lines().all(|line| line.len() <= 78), "{encoded}");
    }

    #[test]
    fn of_addresses_only_the_names_are_encoded() {
        let made = |value: &str| String::from_utf8(address_field("From", value, "\r\n")).unwrap();
        assert_eq!(
            made("\"A, B\" <a@x.example>"),
            "From: \"A, B\" <a@x.example>\r\n"
        );
        assert_eq!(
            made("Jörg <j@x.example>, \"A, B\" <a@x.example>, c@x.example"),
            "From: =?utf-8?b?SsO2cmc=?= <j@x.example>, \"A, B\" <a@x.example>, c@x.example\r\n"
        );
        assert_eq!(made("ö@x.example"), "From: ö@x.example\r\n");
    }

    #[test]
    fn texts_beyond_ascii_are_encoded() {
        let part = String::from_utf8(text_part("ä\n", "\r\n")).unwrap();
        assert_eq!(
            part,
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nw6QNCg==\r\n"
        );
    }
}
