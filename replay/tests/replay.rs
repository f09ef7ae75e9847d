//! Every input of the corpora, given to its parser without a sanitizer, on the stable compiler.

use std::fs;
use std::path::Path;

fn replay(target: &str, fuzz: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
    let mut inputs = 0;
    for entry in entries {
        let path = entry.expect("the folder of the corpus is readable").path();
        let input = fs::read(&path).expect("an input is a readable file");
        fuzz(&input);
        // Cut short at each of the first places: a parser meets the end of its input everywhere.
        for end in 0..input.len().min(512) {
            fuzz(&input[..end]);
        }
        inputs += 1;
    }
    assert!(inputs > 0, "{} is empty", folder.display());
}

#[test]
fn smtp() {
    replay("smtp", smtp::fuzz);
}

#[test]
fn imap() {
    replay("imap", imap::fuzz);
}

#[test]
fn jmap() {
    replay("jmap", jmap::fuzz);
}

#[test]
fn signin() {
    replay("signin", signin::fuzz);
}

#[test]
fn managesieve() {
    replay("managesieve", managesieve::fuzz);
}

#[test]
fn message() {
    replay("message", groupware::message::fuzz);
}

#[test]
fn journal() {
    replay("journal", model::fuzz);
}

#[test]
fn proxy() {
    replay("proxy", listen::proxy::fuzz);
}

#[test]
fn note() {
    replay("note", seal::fuzz);
}

#[test]
fn vcard() {
    replay("vcard", vcard::fuzz);
}

#[test]
fn dav() {
    replay("dav", dav::fuzz);
}

#[test]
fn icalendar() {
    replay("icalendar", icalendar::fuzz);
}

#[test]
fn itip() {
    replay("itip", itip::fuzz);
}

#[test]
fn admin() {
    replay("admin", admin::fuzz);
}

#[test]
fn scan() {
    replay("scan", scan::fuzz);
}

#[test]
fn sieve() {
    replay("sieve", sieve::fuzz);
}

#[test]
fn egress() {
    replay("egress", |input| {
        egress::wire::fuzz(input);
        egress::fuzz(input);
    });
}

#[test]
fn authenticity() {
    replay("authenticity", authenticity::fuzz);
}

#[test]
fn transport() {
    replay("transport", transport::fuzz);
}

#[test]
fn tlog() {
    replay("tlog", tlog::fuzz);
}

#[test]
fn evidence() {
    replay("evidence", evidence::fuzz);
}

#[test]
fn assess() {
    replay("assess", scout::assess::fuzz);
}

#[test]
fn census() {
    replay("census", |input| {
        scout::census::fuzz(input);
        scout::builds::fuzz(input);
        scout::baseline::fuzz(input);
    });
}
