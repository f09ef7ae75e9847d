//! Cards that real programs wrote.

use std::collections::BTreeMap;

use calcard::vcard::VCardProperty;
use vcard::{ContactCard, Fault, Version, read_all, upgrade};

/// Each card of the corpus is read, or refused for a reason that the standard gives.
#[test]
fn cards_of_real_programs_are_read() {
    let Some(samples) = samples() else {
        return;
    };
    let (mut read, mut old) = (0, 0);
    let mut refused = BTreeMap::new();
    for (name, bytes) in &samples {
        for found in read_all(bytes) {
            let octets = &bytes[found.range];
            match found.card {
                Ok(card) => {
                    assert_eq!(card.bytes(), octets);
                    read += 1;
                }
                Err(Fault::UnsupportedVersion(_)) if upgrade(octets).is_ok() => old += 1,
                Err(fault) => {
                    let file = name.rsplit('/').next().unwrap_or(name);
                    refused.insert(file.to_owned(), fault);
                }
            }
        }
    }
    eprintln!(
        "{read} read, {old} of version 2.1 upgraded, {} refused",
        refused.len()
    );
    assert!(read >= 85 && old >= 36, "{read} read, {old} upgraded");
    for (file, fault) in &refused {
        let right = match fault {
            // RFC 6350 6.7.9, RFC 2426 3.6.9: VERSION must be there.
            Fault::NoVersion => {
                !says(&samples, file, "version:3.0") && !says(&samples, file, "version:4.0")
            }
            // RFC 6350 6.1.2: a card ends with END.
            Fault::Unfinished => !says(&samples, file, "end:vcard"),
            // RFC 6350 6.2.1: FN must be there.
            Fault::NoName => !says(&samples, file, "\nfn:"),
            // Nothing but a birthday, in version 2.1.
            Fault::UnsupportedVersion(_) => {
                !says(&samples, file, "\nfn:") && !says(&samples, file, "\nn:")
            }
            Fault::TooLarge { .. }
            | Fault::TooMany { .. }
            | Fault::NotUtf8 { .. }
            | Fault::Malformed { .. }
            | Fault::NoCard
            | Fault::NotAlone { .. }
            | Fault::Twice { .. } => false,
        };
        assert!(right, "{file}: {fault}");
    }
}

/// What is converted is read by another implementation as by ours.
#[test]
fn another_reader_agrees_on_what_is_converted() {
    let Some(samples) = samples() else { return };
    for (name, bytes) in &samples {
        vcard::fuzz(bytes);
        for card in read_all(bytes).filter_map(|found| found.card.ok()) {
            for version in [Version::V3, Version::V4] {
                let text = card.convert(version);
                let other = calcard::vcard::VCard::parse(&text)
                    .expect("the other reader takes it for a card");
                let ours = ContactCard::read(text.as_bytes()).expect("what is written can be read");
                for (property, theirs) in [
                    ("FN", VCardProperty::Fn),
                    ("EMAIL", VCardProperty::Email),
                    ("NOTE", VCardProperty::Note),
                ] {
                    let theirs = other.entries.iter().filter(|entry| entry.name == theirs);
                    let theirs: Vec<_> = theirs
                        .map(|entry| {
                            entry
                                .values
                                .first()
                                .and_then(|value| value.as_text())
                                .unwrap_or("")
                        })
                        .collect();
                    let ours: Vec<_> = ours
                        .all(property)
                        .map(|one| one.text().into_owned())
                        .collect();
                    assert_eq!(ours, theirs, "{name}: {text}");
                }
            }
        }
    }
}

/// Whether the file says that, in any case.
fn says(samples: &[(String, Vec<u8>)], file: &str, text: &str) -> bool {
    let bytes = samples
        .iter()
        .find(|(name, _)| name.ends_with(file))
        .map(|(_, bytes)| bytes);
    bytes.is_some_and(|bytes| {
        String::from_utf8_lossy(bytes)
            .to_ascii_lowercase()
            .contains(text)
    })
}

/// Path and bytes of each `.vcf` of the corpus; None, said aloud, where it is absent.
fn samples() -> Option<Vec<(String, Vec<u8>)>> {
    let samples = testbed::corpus::corpus("calendars-contacts-mime", ".vcf", usize::MAX)?;
    assert!(
        samples.len() >= 99,
        "the archive holds {} files only",
        samples.len()
    );
    Some(
        samples
            .into_iter()
            .map(|sample| (sample.name, sample.bytes))
            .collect(),
    )
}
