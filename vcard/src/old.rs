//! vCard 2.1, which Outlook and old phones export: made a card of version 3.0, so that an address book can be taken over.
//!
//! Only for files that somebody imports: over CardDAV 2.1 is refused (RFC 6352 5.1 knows 3.0 and later).
#![warn(clippy::indexing_slicing, clippy::panic)]

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::card::{self, CARD_LINES_MAX, CARD_OCTETS_MAX, ContactCard, is_mark};
use crate::encoded::{decode, unquote};
use crate::fault::Fault;
use crate::line;
use crate::property::Property;
use crate::text;
use crate::version::Version;

/// Makes a card of version 3.0 from one of version 2.1 (the Versit Consortium's specification of 1996).
///
/// Quoted-printable and foreign character sets are decoded, parameters get their names, values their backslashes. A card within the card
/// (an agent) and lines that are no properties are left out.
///
/// # Errors
/// [`Fault`] where the text is too large, is not of version 2.1, or says nothing that a card can be called by.
pub fn upgrade(octets: &[u8]) -> Result<String, Fault> {
    if octets.len() > CARD_OCTETS_MAX {
        return Err(Fault::TooLarge {
            octets: octets.len(),
            limit: CARD_OCTETS_MAX,
        });
    }
    let mut properties = Vec::new();
    let mut version = None;
    let mut depth = 0_usize;
    for line in logical_lines(octets)? {
        let as_text = String::from_utf8_lossy(&line);
        if is_mark(&as_text, "BEGIN") {
            depth += 1;
        } else if is_mark(&as_text, "END") {
            depth = depth.saturating_sub(1);
        } else if depth == 1
            && let Some(property) = modern(&line)
        {
            if property.is("VERSION") {
                version = Some(property.value.trim().to_owned());
            } else if !property.is("AGENT") {
                properties.push(property);
            }
        }
    }
    match version.as_deref() {
        None => return Err(Fault::NoVersion),
        Some("2.1") => {}
        Some(other) => return Err(Fault::UnsupportedVersion(text::CutText::new(other))),
    }
    let text = card::write(&properties, Version::V3);
    ContactCard::read(text.as_bytes())?;
    Ok(text)
}

/// Lines with folds, soft line breaks of quoted-printable and base64 joined.
fn logical_lines(octets: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut more = More::No;
    for (count, physical) in octets.split(|octet| *octet == b'\n').enumerate() {
        if count > CARD_LINES_MAX {
            return Err(Fault::TooMany {
                what: "lines",
                limit: CARD_LINES_MAX,
            });
        }
        let physical = physical.trim_ascii_end();
        let indented = physical.starts_with(b" ") || physical.starts_with(b"\t");
        let last = lines.last_mut();
        match (last, more) {
            (Some(last), More::QuotedPrintable) => {
                last.pop();
                last.extend_from_slice(physical);
            }
            (Some(last), More::Base64) if !physical.contains(&b':') && !physical.is_empty() => {
                last.extend_from_slice(physical.trim_ascii());
            }
            (Some(last), _) if indented => last.extend_from_slice(physical.trim_ascii_start()),
            _ if physical.is_empty() => {}
            _ => lines.push(physical.to_vec()),
        }
        let head = lines.last().map(|line| head_of(line)).unwrap_or_default();
        more = if physical.is_empty() {
            More::No
        } else if head.ends_with(b"BASE64")
            || contains(&head, b"BASE64;")
            || contains(&head, b"ENCODING=B;")
        {
            More::Base64
        } else if contains(&head, b"QUOTED-PRINTABLE") && physical.ends_with(b"=") {
            More::QuotedPrintable
        } else {
            More::No
        };
    }
    Ok(lines)
}

/// What may follow a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum More {
    No,
    QuotedPrintable,
    Base64,
}

/// Name and parameters in capitals; bounded, so that looking again for each line stays cheap.
fn head_of(line: &[u8]) -> Vec<u8> {
    let head = line
        .iter()
        .take(HEAD_OCTETS_MAX)
        .take_while(|octet| **octet != b':');
    head.map(u8::to_ascii_uppercase).collect()
}

fn contains(octets: &[u8], wanted: &[u8]) -> bool {
    octets.windows(wanted.len()).any(|window| window == wanted)
}

/// The property of 3.0 that a line of 2.1 stands for.
fn modern(line: &[u8]) -> Option<Property> {
    let colon = line.iter().position(|octet| *octet == b':')?;
    let (head, value) = line.split_at_checked(colon)?;
    let value = value.get(1..)?;
    let mut property = line::parse(&format!("{}:", String::from_utf8_lossy(head))).ok()?;
    let encoding = property
        .param("ENCODING")
        .next()
        .map(str::to_ascii_uppercase);
    let charset = property.param("CHARSET").next().map(str::to_owned);
    property
        .params
        .retain(|param| !param.is("ENCODING") && !param.is("CHARSET"));
    if matches!(encoding.as_deref(), Some("BASE64" | "B")) {
        let packed: Vec<u8> = value
            .iter()
            .copied()
            .filter(|octet| !octet.is_ascii_whitespace())
            .collect();
        // RFC 2426 2.4.1: base64 is called `b`; broken base64 is not taken over as a picture.
        BASE64_STANDARD.decode(&packed).ok()?;
        property.value = String::from_utf8(packed).ok()?;
        return Some(property.with("ENCODING", "b"));
    }
    let octets = match encoding.as_deref() {
        Some("QUOTED-PRINTABLE") => Cow::Owned(unquote(value)),
        _ => Cow::Borrowed(value),
    };
    let decoded = decode(&octets, charset.as_deref());
    property.value = match property.name.to_ascii_uppercase().as_str() {
        "N" | "ADR" | "ORG" | "GEO" => {
            let pieces = text::split(&decoded, ';');
            let pieces: Vec<_> = pieces
                .map(|piece| text::escape(&without_backslashes(piece)))
                .collect();
            pieces.join(";")
        }
        "CATEGORIES" | "NICKNAME" => {
            let pieces: Vec<_> = decoded
                .split([',', ';'])
                .map(|piece| text::escape(piece.trim()))
                .collect();
            pieces.join(",")
        }
        // URIs have no backslashes in any version.
        "URL" | "SOURCE" => decoded.chars().filter(|c| !c.is_control()).collect(),
        _ => text::escape(&without_backslashes(&decoded)),
    };
    Some(property)
}

/// Versit 2.1, 2.1.2: only a semicolon is escaped; `\n` is written by those who meant 3.0.
fn without_backslashes(value: &str) -> String {
    value
        .replace("\\;", ";")
        .replace("\\,", ",")
        .replace("\\n", "\n")
}

/// Octets of name and parameters that are looked at: ours.
const HEAD_OCTETS_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_card_becomes_a_new_one() {
        let old = b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=\r\n=F6rg;A, B\r\n\
            FN:J\xf6rg M\xfcller\r\nTEL;WORK;VOICE:1\r\nNOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab;c\r\n\
            PHOTO;JPEG;BASE64:\r\n/9j/\r\n4AAQ\r\n\r\nAGENT:\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nFN:inner\r\nEND:VCARD\r\nEND:VCARD\r\n";
        let new = upgrade(old).unwrap();
        let card = ContactCard::read(new.as_bytes()).unwrap();
        assert_eq!(card.version(), Version::V3);
        assert_eq!(
            card.best("N").unwrap().components(),
            ["Müller", "Jörg", "A, B"]
        );
        assert_eq!(card.full_name(), "Jörg Müller");
        assert!(card.best("TEL").unwrap().has_type("work"));
        assert_eq!(card.best("NOTE").unwrap().text(), "a\nb;c");
        assert!(
            new.contains("PHOTO;TYPE=JPEG;ENCODING=b:/9j/4AAQ\r\n"),
            "{new}"
        );
        assert!(!new.contains("inner"));
    }

    #[test]
    fn only_the_old_version_is_taken() {
        assert_eq!(
            upgrade(b"BEGIN:VCARD\nFN:x\nEND:VCARD\n"),
            Err(Fault::NoVersion)
        );
        let newer = upgrade(b"BEGIN:VCARD\nVERSION:3.0\nFN:x\nEND:VCARD\n");
        assert!(matches!(newer, Err(Fault::UnsupportedVersion(_))));
    }
}
