//! JMAP libraries: programs that know the server by its session object alone, and check each answer by their own models.

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
