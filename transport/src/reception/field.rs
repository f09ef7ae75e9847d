//! Header fields that reception writes, takes out and changes.

use std::borrow::Cow;

use bytes::Bytes;
use scan::{HeaderChange, Points};

use super::dmarc::Wish;
use super::scanners::{Opinion, Score};
use super::score::Tally;

/// The field that says whether a message is junk, and why:
/// `X-Wachpost-Junk: yes, score 6.2 of 5.0 (spf=fail 3.5, iprev=permerror 1.5)`.
pub const JUNK_FIELD: &str = "X-Wachpost-Junk";

/// Octets of a line before the next reason begins another one. RFC 5322 2.1.1: 78.
const LINE_OCTETS: usize = 78;
/// Reasons that are named. Ours: those of most weight stand first, or there are few.
const REASONS_MAX: usize = 16;

/// The junk field by our own score.
pub(super) fn by_us(
    junk: bool,
    tally: &Tally,
    bound: Points,
    wish: Wish,
    opinion: &Opinion,
) -> String {
    let mut reasons = words(wish);
    if let Some(by) = opinion.junk_by {
        reasons.push(format!("{}=junk", by.name()));
    }
    reasons.extend(counted(tally.reasons.iter()));
    let start = format!("score {} of {bound}", tally.points);
    junk_field(junk, &start, &reasons)
}

/// The junk field by a scanner's score.
pub(super) fn by_scanner(junk: bool, score: &Score, wish: Wish) -> String {
    let mut reasons = words(wish);
    let all = score.reasons.iter();
    let pairs: Vec<_> = all.map(|it| (it.name.clone(), it.points)).collect();
    reasons.extend(counted(pairs.iter()));
    let mut start = format!("score {}", score.points);
    if let Some(required) = score.required {
        start.push_str(&format!(" of {required}"));
    }
    junk_field(junk, &format!("{start} by rspamd"), &reasons)
}

fn words(wish: Wish) -> Vec<String> {
    match wish {
        Wish::Junk => vec!["dmarc=quarantine".to_owned()],
        Wish::Nothing | Wish::Overridden(_) | Wish::Reject => Vec::new(),
    }
}

fn counted<'a>(
    reasons: impl Iterator<Item = &'a (String, Points)>,
) -> impl Iterator<Item = String> {
    reasons.map(|(name, points)| format!("{name} {points}"))
}

fn junk_field(junk: bool, start: &str, reasons: &[String]) -> String {
    let yes = if junk { "yes" } else { "no" };
    let mut field = format!("{JUNK_FIELD}: {yes}, {start}");
    let mut line_octets = field.len();
    for (place, reason) in reasons.iter().take(REASONS_MAX).enumerate() {
        let reason: String = reason.chars().map(harmless).collect();
        let (before, space) = if place == 0 { ("", " (") } else { (",", " ") };
        field.push_str(before);
        if line_octets + reason.len() + 3 > LINE_OCTETS {
            field.push_str("\r\n\t");
            line_octets = 8;
            field.push_str(space.trim_start());
        } else {
            field.push_str(space);
        }
        field.push_str(&reason);
        line_octets += reason.len() + 2;
    }
    if !reasons.is_empty() {
        field.push(')');
    }
    field.push_str("\r\n");
    field
}

/// Nothing that could end the comment or the line.
fn harmless(character: char) -> char {
    match character {
        '(' | ')' | '\\' => '_',
        _ if character.is_ascii() && !character.is_control() => character,
        _ => '?',
    }
}

/// The message without fields that pretend to be ours. RFC 8601 5: nobody else's word may look like ours.
pub(super) fn without_forged(content: Bytes, hostname: &str) -> Bytes {
    let content = match authenticity::without_forged(&content, &[hostname]) {
        Cow::Owned(cleaned) => Bytes::from(cleaned),
        Cow::Borrowed(_) => content,
    };
    let forged = HeaderChange::Change {
        name: JUNK_FIELD.to_owned(),
        occurrence: 0,
        value: None,
    };
    match has(&content, &JUNK_FIELD.to_ascii_lowercase()) {
        true => changed(content, &[forged]).1,
        false => content,
    }
}

/// What scanners want changed: the fields to put above the message, and the message. Fields that are to be added stand
/// above all others, too, so that what was signed stays together.
pub(super) fn changed(content: Bytes, changes: &[HeaderChange]) -> (String, Bytes) {
    let mut above = String::new();
    let mut content = content;
    for change in changes {
        match change {
            HeaderChange::Add { name, value } | HeaderChange::Insert { name, value, .. } => {
                above.push_str(&whole(name, value));
            }
            HeaderChange::Change {
                name,
                occurrence,
                value,
            } => {
                if let Some(new) = replaced(&content, name, *occurrence, value.as_deref()) {
                    content = Bytes::from(new);
                }
            }
        }
    }
    (above, content)
}

/// The message with another body, if there is one; its header stays.
pub(super) fn with_body(content: Bytes, body: Option<&Bytes>) -> Bytes {
    let Some(body) = body else { return content };
    let header = fields(&content).map(<[u8]>::len).sum();
    let (header, _) = content.split_at_checked(header).unwrap_or_default();
    let mut new = Vec::with_capacity(header.len() + body.len() + 4);
    new.extend_from_slice(header);
    if !header.is_empty() && !header.ends_with(b"\n") {
        new.extend_from_slice(b"\r\n");
    }
    // RFC 5322 2.1: the empty line between them.
    new.extend_from_slice(b"\r\n");
    new.extend_from_slice(body);
    new.into()
}

/// Whether there is a field of this name, given in lower case.
pub(super) fn has(content: &[u8], name: &str) -> bool {
    fields(content).any(|field| is_named(field, name))
}

fn whole(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}

/// The message with another value in a field, or without it; nothing where there is no such field.
fn replaced(content: &[u8], name: &str, occurrence: u32, value: Option<&str>) -> Option<Vec<u8>> {
    let name = name.to_ascii_lowercase();
    let (mut new, mut seen, mut kept) = (Vec::new(), 0, 0);
    let mut at = 0;
    for field in fields(content) {
        let end = at + field.len();
        if is_named(field, &name) {
            seen += 1;
            if occurrence == 0 || occurrence == seen {
                new.extend_from_slice(content.get(kept..at)?);
                if let Some(value) = value {
                    let written = field.get(..name.len()).unwrap_or_default();
                    new.extend_from_slice(written);
                    new.extend_from_slice(format!(": {value}\r\n").as_bytes());
                }
                kept = end;
            }
        }
        at = end;
    }
    if kept == 0 {
        return None;
    }
    new.extend_from_slice(content.get(kept..)?);
    Some(new)
}

fn is_named(field: &[u8], name: &str) -> bool {
    let Some((start, rest)) = field.split_at_checked(name.len()) else {
        return false;
    };
    start.eq_ignore_ascii_case(name.as_bytes()) && rest.trim_ascii_start().starts_with(b":")
}

/// The fields of a header, each with its folds and its line end. RFC 5322 2.2: up to the first empty line.
fn fields(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = content;
    std::iter::from_fn(move || {
        if rest.is_empty() || rest.starts_with(b"\r\n") || rest.starts_with(b"\n") {
            return None;
        }
        let mut end = 0;
        loop {
            let line = rest.get(end..).unwrap_or_default();
            let octets = line.iter().position(|octet| *octet == b'\n');
            end += octets.map_or(line.len(), |at| at + 1);
            if !matches!(rest.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        let (field, behind) = rest.split_at_checked(end)?;
        rest = behind;
        Some(field)
    })
}

#[cfg(test)]
mod tests {
    use scan::Reason;

    use super::*;

    fn change(name: &str, occurrence: u32, value: Option<&str>) -> HeaderChange {
        HeaderChange::Change {
            name: name.to_owned(),
            occurrence,
            value: value.map(str::to_owned),
        }
    }

    #[test]
    fn reasons_are_folded() {
        let tally = Tally {
            points: Points(6_150),
            reasons: vec![
                ("spf=fail".to_owned(), Points(3_500)),
                ("iprev=permerror".to_owned(), Points(1_500)),
                ("dnsl=long.list.example".to_owned(), Points(1_150)),
            ],
        };
        let opinion = Opinion::default();
        assert_eq!(
            by_us(true, &tally, Points::whole(5), Wish::Junk, &opinion),
            "X-Wachpost-Junk: yes, score 6.2 of 5.0 (dmarc=quarantine, spf=fail 3.5,\r\n\
             \tiprev=permerror 1.5, dnsl=long.list.example 1.2)\r\n"
        );
        let none = by_us(
            false,
            &Tally::default(),
            Points::whole(5),
            Wish::Nothing,
            &opinion,
        );
        assert_eq!(none, "X-Wachpost-Junk: no, score 0.0 of 5.0\r\n");
        let score = Score {
            points: Points(-100),
            required: Some(Points::whole(15)),
            reasons: vec![Reason {
                name: "A)\r\nB".to_owned(),
                points: Points(-100),
                text: String::new(),
            }],
        };
        assert_eq!(
            by_scanner(false, &score, Wish::Nothing),
            "X-Wachpost-Junk: no, score -0.1 of 15.0 by rspamd (A_??B -0.1)\r\n"
        );
    }

    #[test]
    fn fields_are_changed_and_taken_out() {
        let content =
            Bytes::from_static(b"Subject: a\r\n b\r\nX: 1\r\nx : 2\r\nXY: 3\r\n\r\nX: body\r\n");
        let text = |changes: &[HeaderChange]| {
            let (above, content) = changed(content.clone(), changes);
            above + str::from_utf8(&content).unwrap()
        };
        let all = text(&[change("x", 0, None)]);
        assert_eq!(all, "Subject: a\r\n b\r\nXY: 3\r\n\r\nX: body\r\n");
        let second = text(&[change("X", 2, Some("new\r\n\tfold"))]);
        assert!(
            second.contains("X: 1\r\nx: new\r\n\tfold\r\nXY: 3"),
            "{second}"
        );
        let subject = text(&[change("subject", 1, Some("c"))]);
        assert!(subject.starts_with("Subject: c\r\nX: 1"), "{subject}");
        let added = text(&[HeaderChange::Add {
            name: "X-New".to_owned(),
            value: "y".to_owned(),
        }]);
        assert!(added.starts_with("X-New: y\r\nSubject: a"), "{added}");
        assert_eq!(text(&[change("absent", 0, None)]).as_bytes(), content);
    }

    #[test]
    fn a_new_body_keeps_the_header() {
        let new = Bytes::from_static(b"new\r\n");
        let with = |content: &'static [u8]| with_body(Bytes::from_static(content), Some(&new));
        assert_eq!(
            with(b"A: b\r\n c\r\n\r\nold\r\n"),
            &b"A: b\r\n c\r\n\r\nnew\r\n"[..]
        );
        assert_eq!(with(b"A: b\r\n"), &b"A: b\r\n\r\nnew\r\n"[..]);
        assert_eq!(with(b"A: b"), &b"A: b\r\n\r\nnew\r\n"[..]);
        assert_eq!(with(b"\r\nold"), &b"\r\nnew\r\n"[..]);
        let old = Bytes::from_static(b"A: b\r\n\r\nold");
        assert_eq!(with_body(old.clone(), None), old);
    }

    #[test]
    fn nobody_writes_in_our_name() {
        let content = Bytes::from_static(b"x-wachpost-junk: no\r\nSubject: a\r\n\r\n");
        let cleaned = without_forged(content, "mail.example.org");
        assert_eq!(cleaned, &b"Subject: a\r\n\r\n"[..]);
        assert!(has(b"A: b\nList-Id: x\n\n", "list-id"));
        assert!(!has(b"A: b\n\nList-Id: x\n", "list-id"));
        assert!(!has(b"", "list-id"));
    }
}
