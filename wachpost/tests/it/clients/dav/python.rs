//! Python's library caldav, and the program that finds out with it which features a server has.

use crate::clients::python::converse_with;
use crate::clients::site::{ANNA, CLARA, Site};

#[test]
fn caldav_holds_a_conversation() {
    let site = Site::start();
    site.command(&["calendar", "deputy", "add", CLARA, ANNA]);
    converse_with(&site, include_str!("python/caldav_conversation.py"));
    site.verify();
}

#[test]
fn caldav_server_tester_finds_what_it_looks_for() {
    let site = Site::start();
    converse_with(&site, include_str!("python/server_tester.py"));
}
