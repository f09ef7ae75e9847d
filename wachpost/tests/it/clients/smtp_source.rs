//! smtp-source, Postfix's generator of load: many sessions at once.

use super::imap::Imap;
use super::program::Program;
use super::site::{ANNA, BEN, Site};

/// Messages of one run.
const MESSAGES: usize = 60;

/// What all runs say.
fn send(site: &Site, port: u16, to: &str, arguments: &[&str]) {
    let count = MESSAGES.to_string();
    Program::new(site, "smtp-source")
        .args(arguments)
        .args(["-m", &count, "-f", "source@example.net", "-t", to])
        .args([format!("inet:127.0.0.1:{port}")])
        .succeed();
}

#[test]
fn delivers_over_many_sessions() {
    let site = Site::start();
    // A new session for each message, then sessions that are used again.
    send(&site, site.mx, ANNA, &["-s", "8", "-l", "4096"]);
    assert_eq!(Imap::sign_in(&site, ANNA).count("INBOX"), MESSAGES);
    send(&site, site.mx, ANNA, &["-d", "-s", "8", "-l", "100000"]);
    assert_eq!(Imap::sign_in(&site, ANNA).count("INBOX"), 2 * MESSAGES);
}

#[test]
fn delivers_over_many_lmtp_sessions() {
    let site = Site::start();
    send(
        &site,
        site.lmtp,
        BEN,
        &["-L", "-d", "-s", "8", "-l", "4096"],
    );
    assert_eq!(Imap::sign_in(&site, BEN).count("INBOX"), MESSAGES);
}
