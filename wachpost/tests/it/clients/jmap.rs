//! JMAP libraries: programs that know the server by its session object alone, and check each answer by their own models;
//! and all faces at once.
//!
//! The Rust crate `jmap-client` (0.4.3) is not among them: its `reqwest` is asked for with the feature `rustls`, which insists on
//! aws-lc-rs, and this tree has one library for cryptography.

use super::imap::Imap;
use super::python::converse_with;
use super::site::{ANNA, Site};

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
