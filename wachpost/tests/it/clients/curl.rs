//! curl: mail in and out with certificates checked.

use super::imap::Imap;
use super::program::Program;
use super::site::{ANNA, BEN, PASSWORD, Site};

const MESSAGE: &str =
    "From: ben@example.org\r\nTo: anna@example.org\r\nSubject: curl\r\n\r\nsent by curl\r\n";

/// The name in the server's certificate is found on 127.0.0.1.
fn curl(site: &Site, user: &str) -> Program {
    let certificate = site.certificate();
    Program::new(site, "curl")
        .args(["--silent", "--show-error", "--max-time", "60", "--user"])
        .args([format!("{user}:{PASSWORD}")])
        .args(["--cacert".as_ref(), certificate.as_os_str()])
}

#[test]
fn submits_and_reads_with_checked_certificates() {
    let site = Site::start();
    let message = site.write("message.eml", MESSAGE);
    for url in [
        format!("smtps://localhost:{}/client.example.net", site.submissions),
        format!("smtp://localhost:{}/client.example.net", site.submission),
    ] {
        curl(&site, BEN)
            .args([
                "--ssl-reqd",
                "--ipv4",
                "--mail-from",
                BEN,
                "--mail-rcpt",
                ANNA,
                "--upload-file",
            ])
            .args([message.as_os_str()])
            .args([url])
            .succeed();
    }
    assert_eq!(Imap::sign_in(&site, ANNA).count("INBOX"), 2);
    for url in [
        format!("imaps://localhost:{}/INBOX;MAILINDEX=2", site.imaps),
        format!("imap://localhost:{}/INBOX;MAILINDEX=1", site.imap),
    ] {
        let read = curl(&site, ANNA)
            .args(["--ssl-reqd", "--ipv4"])
            .args([url])
            .succeed();
        assert!(read.ends_with(MESSAGE), "{read}");
    }
}

#[test]
fn searches_and_appends() {
    let site = Site::start();
    let message = site.write("message.eml", MESSAGE);
    let mailbox = format!("imaps://localhost:{}/INBOX", site.imaps);
    curl(&site, ANNA)
        .args(["--ipv4", "--upload-file"])
        .args([message.as_os_str()])
        .args([&mailbox])
        .succeed();
    let found = curl(&site, ANNA)
        .args(["--ipv4"])
        .args([format!("{mailbox}?SUBJECT%20curl")])
        .succeed();
    assert!(found.contains("* SEARCH 1"), "{found}");
}
