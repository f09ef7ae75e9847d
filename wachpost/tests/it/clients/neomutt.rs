//! neomutt: reads, flags, files and deletes by the keys that a user presses.

use std::time::Duration;

use super::imap::Imap;
use super::program::Program;
use super::site::{ANNA, BEN, PASSWORD, Site};

/// neomutt is done within seconds; if a key leads elsewhere it waits for another one forever.
const DEADLINE: Duration = Duration::from_secs(60);

fn message(subject: &str, body: &str) -> Vec<u8> {
    format!(
        "From: Ben <{BEN}>\r\nTo: Anna <{ANNA}>\r\nSubject: {subject}\r\nDate: Mon, 02 Mar 2026 09:00:00 +0100\r\n\
         Message-ID: <{subject}@example.org>\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

/// Runs it on a terminal, the keys pushed as if somebody pressed them.
fn neomutt(site: &Site, settings: &str, keys: &str) -> String {
    let configuration = format!(
        "set imap_user=\"{ANNA}\"\nset imap_pass=\"{PASSWORD}\"\nset imap_idle=yes\nset imap_qresync=yes\n\
         set imap_condstore=yes\nset certificate_file=\"{}\"\nset ssl_verify_host=no\nset ssl_starttls=yes\n\
         set ssl_force_tls=yes\nset header_cache=\"{}\"\n\
         set mail_check=1\nset confirmappend=no\nset delete=yes\nset quit=yes\nset wait_key=no\nset move=no\n\
         set mark_old=no\nset beep=no\nset sort=mailbox-order\nset timeout=5\nset imap_check_subscribed=no\n\
         set ts_enabled=no\nset use_threads=flat\n{settings}\npush \"{keys}\"\n",
        site.certificate().display(),
        site.make_folder("cache").display(),
    );
    let file = site.write("neomuttrc", &configuration);
    // It wants a terminal, which script(1) makes.
    let command = format!("neomutt -n -F {}", file.display());
    Program::new(site, "script")
        .env("TERM", "xterm")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .within(DEADLINE)
        .succeed()
}

#[test]
fn reads_flags_files_and_deletes() {
    let site = Site::start();
    let mut imap = Imap::sign_in(&site, ANNA);
    for subject in ["first", "second", "third", "fourth", "fifth"] {
        imap.append(
            "INBOX",
            "",
            &message(subject, &format!("text of the {subject}")),
        );
    }
    let settings = format!(
        "set spoolfile=\"imaps://localhost:{}/INBOX\"\nset folder=\"imaps://localhost:{}/\"",
        site.imaps, site.imaps
    );
    // Opens the first, pipes what it shows to a file, flags the second, saves the third, deletes the fourth, limits by
    // a search on the server, leaves and writes.
    let piped = site.folder().join("piped");
    let keys = format!(
        "<first-entry><display-message><pipe-message>cat > {}<enter><exit>\
         <next-entry><flag-message>\
         3<enter><save-message>=Archive<enter>\
         4<enter><delete-message>\
         <sync-mailbox><quit>",
        piped.display()
    );
    let shown = neomutt(&site, &settings, &keys);
    let read = std::fs::read_to_string(&piped).unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert!(read.contains("text of the first"), "{read}");
    let inbox = imap.messages("INBOX");
    let subjects: Vec<_> = inbox
        .iter()
        .map(|(response, message)| (subject(message), response.clone()))
        .collect();
    let names: Vec<&str> = subjects
        .iter()
        .map(|(subject, _)| subject.as_str())
        .collect();
    assert_eq!(names, ["first", "second", "fifth"], "{shown}");
    assert!(subjects[0].1.contains("\\Seen"), "{subjects:?}");
    assert!(subjects[1].1.contains("\\Flagged"), "{subjects:?}");
    assert!(!subjects[2].1.contains("\\Seen"), "{subjects:?}");
    let archive = imap.messages("Archive");
    assert_eq!(archive.len(), 1, "{shown}");
    assert_eq!(archive[0].1, message("third", "text of the third"));
}

#[test]
fn opens_again_from_its_cache_with_qresync_over_starttls() {
    let site = Site::start();
    let mut imap = Imap::sign_in(&site, ANNA);
    for subject in ["first", "second", "third"] {
        imap.append("INBOX", "\\Seen", &message(subject, "text"));
    }
    let settings = format!(
        "set spoolfile=\"imap://localhost:{}/INBOX\"\nset folder=\"imap://localhost:{}/\"",
        site.imap, site.imap
    );
    neomutt(&site, &settings, "<quit>");
    imap.ask("SELECT INBOX");
    imap.ask("STORE 1 +FLAGS (\\Deleted)");
    imap.ask("EXPUNGE");
    imap.ask("STORE 1 +FLAGS (\\Flagged)");
    imap.append("INBOX", "", &message("fourth", "text"));
    // What is flagged, and what is new, is copied: it must know both from what changed since.
    let keys = "<tag-pattern>~F<enter><tag-prefix><copy-message>=Sent<enter>\
                <tag-pattern>~F<enter><untag-pattern>~A<enter>\
                <last-entry><copy-message>=Archive<enter><quit>";
    let shown = neomutt(&site, &settings, keys);
    let sent: Vec<_> = imap
        .messages("Sent")
        .iter()
        .map(|(_, message)| subject(message))
        .collect();
    assert_eq!(sent, ["second"], "{shown}");
    let archive: Vec<_> = imap
        .messages("Archive")
        .iter()
        .map(|(_, message)| subject(message))
        .collect();
    assert_eq!(archive, ["fourth"], "{shown}");
}

fn subject(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let line = text.lines().find_map(|line| line.strip_prefix("Subject: "));
    line.expect("each message has a subject").to_owned()
}
