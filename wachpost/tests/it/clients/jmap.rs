//! JMAP libraries: programs that know the server by its session object alone, and check each answer by their own models;
//! and all faces at once.

use super::imap::Imap;
use super::program::Program;
use super::python::converse_with;
use super::site::{ANNA, BEN, PASSWORD, Site};

#[test]
fn jmapc_holds_a_conversation() {
    let site = Site::start();
    converse_with(&site, include_str!("jmap/jmapc_conversation.py"));
    // What it did is there for others, too.
    let mut imap = Imap::sign_in(&site, ANNA);
    assert_eq!(imap.count("Sent"), 1);
    assert_eq!(imap.count("Drafts"), 0);
    site.verify();
}

/// Built by `cargo xtask test`: it stands in a workspace of its own, since it brings another TLS library.
const JMAP_CLIENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../target/jmap-client/debug/jmap-client-conversation"
);

#[test]
fn the_crate_jmap_client_holds_a_conversation() {
    let site = Site::start();
    let output = Program::new(&site, JMAP_CLIENT)
        .env("ANNA", ANNA)
        .env("BEN", BEN)
        .env("PASSWORD", PASSWORD)
        .env("HTTP", site.http.to_string())
        .succeed();
    assert!(output.ends_with("all is well\n"), "{output}");
    let mut imap = Imap::sign_in(&site, BEN);
    assert_eq!(imap.count("INBOX"), 1);
    site.verify();
}

#[test]
fn jmaplib_holds_a_conversation() {
    let site = Site::start();
    converse_with(&site, include_str!("jmap/jmaplib_conversation.py"));
    site.verify();
}

/// Random changes by IMAP, DAV and JMAP at the same time: each face's synchronisation ends with what the others have.
#[test]
fn who_follows_by_any_face_ends_with_the_same() {
    let site = Site::start();
    converse_with(&site, include_str!("jmap/faces_conversation.py"));
    site.verify();
}
