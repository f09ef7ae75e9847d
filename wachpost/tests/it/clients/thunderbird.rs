//! Thunderbird without a screen: sets up the account, reads, files, notices new mail, answers.
//!
//! A script starts it and tells it what to do through Marionette, the remote protocol of its own tests; what it does
//! it does with the functions that its windows call.

use super::imap::Imap;
use super::program::Program;
use super::site::{ANNA, BEN, PASSWORD, Site};

fn letter(number: u32) -> Vec<u8> {
    format!(
        "From: Ben <{BEN}>\r\nTo: Anna <{ANNA}>\r\nSubject: Brief {number}\r\n\
         Date: Mon, 02 Mar 2026 09:00:00 +0100\r\nMessage-ID: <{number}@example.org>\r\n\r\nInhalt {number}\r\n"
    )
    .into_bytes()
}

/// Subjects and flags of the messages of a mailbox.
fn held(imap: &mut Imap, mailbox: &str) -> Vec<(String, String)> {
    let messages = imap.messages(mailbox);
    let held = messages.iter().map(|(response, message)| {
        let text = String::from_utf8_lossy(message);
        let subject = text.lines().find_map(|line| line.strip_prefix("Subject: "));
        (subject.unwrap_or_default().to_owned(), response.clone())
    });
    held.collect()
}

fn subjects(imap: &mut Imap, mailbox: &str) -> Vec<String> {
    held(imap, mailbox)
        .into_iter()
        .map(|(subject, _)| subject)
        .collect()
}

#[test]
fn sets_up_an_account_reads_files_and_sends() {
    let site = Site::start();
    let mut imap = Imap::sign_in(&site, ANNA);
    for number in 1..=5 {
        imap.append("INBOX", "", &letter(number));
    }
    let drive = site.write("drive.py", include_str!("thunderbird/drive.py"));
    let steps = site.write("steps.js", include_str!("thunderbird/steps.js"));
    let output = Program::new(&site, "python3")
        .args([drive, steps])
        .env("ANNA", ANNA)
        .env("BEN", BEN)
        .env("PASSWORD", PASSWORD)
        .env("CERTIFICATE", site.certificate())
        .env("IMAPS", site.imaps.to_string())
        .env("SUBMISSIONS", site.submissions.to_string())
        .env("LMTP", site.lmtp.to_string())
        .succeed();
    assert!(output.contains("all is well"), "{output}");

    let inbox = held(&mut imap, "INBOX");
    let names: Vec<&str> = inbox.iter().map(|(subject, _)| subject.as_str()).collect();
    assert_eq!(names, ["Brief 1", "Brief 2", "Brief 5", "Eilbrief"]);
    assert!(inbox[0].1.contains("\\Seen"), "{inbox:?}");
    assert!(
        inbox[1].1.contains("\\Flagged") && inbox[1].1.contains("$label1"),
        "{inbox:?}"
    );
    assert!(!inbox[2].1.contains("\\Seen"), "{inbox:?}");
    for (mailbox, subject) in [
        ("Archive", "Brief 1"),
        ("B&APw-ro", "Brief 3"),
        ("Trash", "Brief 4"),
        ("Sent", "Antwort"),
    ] {
        assert_eq!(subjects(&mut imap, mailbox), [subject], "{mailbox}");
    }
    assert_eq!(
        subjects(&mut Imap::sign_in(&site, BEN), "INBOX"),
        ["Antwort"]
    );
}
