//! Cards that real programs wrote.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::PathBuf;

use vcard::{Fault, read_all, upgrade};

/// Each card of the corpus is read, or refused for a reason that the standard gives.
#[test]
fn cards_of_real_programs_are_read() {
    let Some(samples) = samples() else {
        return;
    };
    let (mut read, mut old) = (0, 0);
    for (name, bytes) in &samples {
        for found in read_all(bytes) {
            let octets = &bytes[found.range];
            match found.card {
                Ok(card) => {
                    assert_eq!(card.bytes(), octets);
                    read += 1;
                }
                Err(Fault::UnsupportedVersion(_)) if upgrade(octets).is_ok() => old += 1,
                Err(fault) => eprintln!("{}: {fault} (old: {:?})", name, upgrade(octets).err()),
            }
        }
    }
    eprintln!("{read} read, {old} of version 2.1");
}

/// Path and bytes of each `.vcf` of the corpus; None, said aloud, where it is absent.
fn samples() -> Option<Vec<(String, Vec<u8>)>> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus"));
    let folder = std::env::var_os("WACHPOST_CORPUS").map_or_else(beside, PathBuf::from);
    let path = folder.join("calendars-contacts-mime.tar.xz");
    let Ok(file) = File::open(&path) else {
        eprintln!("SKIPPED: the corpus `{}` is absent", path.display());
        return None;
    };
    let unpacked = lzma_rust2::XzReader::new(BufReader::new(file), true);
    let mut archive = tar::Archive::new(BufReader::new(unpacked));
    let mut samples = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        if name.ends_with(".vcf") {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            samples.push((name, bytes));
        }
    }
    assert!(
        samples.len() >= 99,
        "the archive holds {} cards only",
        samples.len()
    );
    Some(samples)
}
