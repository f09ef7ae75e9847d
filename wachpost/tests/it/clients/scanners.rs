//! Scanners: rspamd, ClamAV's daemon and a milter look at what arrives and at what is sent.
//!
//! ClamAV's own signatures cannot be fetched here, so it has one: the test file of EICAR, which the test writes down in two
//! halves, so that no scanner takes the test itself for malware. GTUBE, the test message for spam, likewise.

mod daemons;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use daemons::{Clamd, Milter, Rspamd};

use super::imap::Imap;
use super::site::{ANNA, BEN, PASSWORD};
use super::smtp::{By, Smtp};
use crate::server::{Options, TestServer};

/// How long something may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// EICAR's test file, in base64 as mail carries it.
fn eicar() -> String {
    let halves = [
        "WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJ",
        "Q0FSLVNUQU5EQVJELUFOVElWSVJVUy1URVNULUZJTEUhJEgrSCo=",
    ];
    format!(
        "{}MIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=\"x.com\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        header("a program"),
        halves.concat()
    )
}

/// The Generic Test for Unsolicited Bulk Email.
fn gtube() -> String {
    let halves = [
        "XJS*C4JDBQADN1.NSBN3*2IDNEN*",
        "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X",
    ];
    format!("{}\r\n{}\r\n", header("an offer"), halves.concat())
}

/// A letter that nobody minds; no two are the same to a program that learns.
fn letter(subject: &str) -> String {
    let mut letter = header(subject);
    letter.push_str("\r\n");
    for line in 0..8 {
        let _ = write!(
            letter,
            "Paragraph {line} of the letter about {subject}.\r\n"
        );
    }
    letter
}

fn header(subject: &str) -> String {
    format!(
        "From: Anna <{ANNA}>\r\nTo: Ben <{BEN}>\r\nSubject: {subject}\r\n\
         Message-ID: <{}@example.org>\r\nDate: Sun, 22 Nov 2026 09:00:00 +0000\r\n",
        subject.replace(' ', "-")
    )
}

/// A server with these scanners and two people. What comes from this machine is not asked for in the DNS.
fn server(scanners: &str) -> TestServer {
    let server = TestServer::start(Options {
        sections: scanners.to_owned(),
        ..Options::default()
    });
    for name in [ANNA, BEN] {
        server.add_account(name, PASSWORD);
    }
    server
}

fn from_stranger(server: &TestServer, message: &str) -> Result<(), String> {
    Smtp::connect(server.smtp_port(), By::Data).deliver(BEN, message.as_bytes())
}

/// What Anna hears who sends a message to Ben and to somebody elsewhere.
fn submit(server: &TestServer, message: &str) -> String {
    let stream = TcpStream::connect(("127.0.0.1", server.submission_port())).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut say = |text: &str| {
        reader.get_mut().write_all(text.as_bytes()).unwrap();
        let mut last = String::new();
        while last.as_bytes().get(3) != Some(&b' ') {
            last.clear();
            assert!(
                reader.read_line(&mut last).unwrap() > 0,
                "closed after {text}"
            );
        }
        last.trim_end().to_owned()
    };
    say("");
    say("EHLO client.example.net\r\n");
    // `\0anna@example.org\0correct horse battery` (RFC 4616).
    let signed_in = say("AUTH PLAIN AGFubmFAZXhhbXBsZS5vcmcAY29ycmVjdCBob3JzZSBiYXR0ZXJ5\r\n");
    assert!(signed_in.starts_with("235"), "{signed_in}");
    for command in [
        format!("MAIL FROM:<{ANNA}>\r\n"),
        format!("RCPT TO:<{BEN}>\r\n"),
        "DATA\r\n".to_owned(),
    ] {
        let reply = say(&command);
        assert!(reply.starts_with(['2', '3']), "{command}: {reply}");
    }
    say(&format!("{message}.\r\n"))
}

/// The only message in Ben's mailbox.
fn only(server: &TestServer, mailbox: &str) -> String {
    let mut imap = Imap::sign_in_at(server.imap_port(), BEN, PASSWORD);
    let messages = imap.messages(mailbox);
    let [(_, message)] = messages.as_slice() else {
        panic!("{} messages in {mailbox}", messages.len())
    };
    String::from_utf8_lossy(message).into_owned()
}

#[test]
fn malware_and_spam_are_caught_both_ways() {
    let (rspamd, clamd) = (Rspamd::start(), Clamd::start());
    let server = server(&format!("{}{}", rspamd.section(), clamd.section("defer")));

    let refused = from_stranger(&server, &eicar()).unwrap_err();
    let malware = "550 5.7.1 The message contains malware: Test.EICAR.UNOFFICIAL.";
    assert_eq!(refused.trim_end(), malware);
    let refused = from_stranger(&server, &gtube()).unwrap_err();
    assert_eq!(refused.trim_end(), "550 5.7.1 Gtube pattern");

    let refused = submit(&server, &eicar());
    let malware = "550 5.7.1 Not sent: the message contains malware (Test.EICAR.UNOFFICIAL).";
    assert_eq!(refused, malware);
    let refused = submit(&server, &gtube());
    let spam = "550 5.7.1 Not sent: the message is taken for spam (Gtube pattern).";
    assert_eq!(refused, spam);

    // What is fine arrives, and says that it was looked at.
    from_stranger(&server, &letter("a plan")).unwrap();
    let message = only(&server, "INBOX");
    assert!(
        message.contains("\r\nX-Wachpost-Junk: no, score "),
        "{message}"
    );
    assert!(message.contains(" by rspamd"), "{message}");
    assert!(submit(&server, &letter("an answer")).starts_with("250"));
    let mut imap = Imap::sign_in_at(server.imap_port(), BEN, PASSWORD);
    assert_eq!(imap.count("INBOX"), 2);
    assert_eq!(imap.count("Junk"), 0);
    server.command_ok(&["verify"]);
}

#[test]
fn rspamd_learns_from_what_people_move() {
    let rspamd = Rspamd::start();
    let server = server(&rspamd.section());
    from_stranger(&server, &letter("cheap watches")).unwrap();
    let mut imap = Imap::sign_in_at(server.imap_port(), BEN, PASSWORD);
    imap.ask("SELECT INBOX");
    imap.ask("MOVE 1 Junk");
    rspamd.wait_for("learned message as spam: cheap-watches@example.org");
    imap.ask("SELECT Junk");
    imap.ask("MOVE 1 INBOX");
    rspamd.wait_for("learned message as ham: cheap-watches@example.org");
    // Moves elsewhere teach nothing.
    from_stranger(&server, &letter("a plan")).unwrap();
    imap.ask("SELECT INBOX");
    imap.ask("MOVE 2 Archive");
    imap.ask("MOVE 1 Junk");
    rspamd.wait_for_times("learned message as spam: cheap-watches@example.org", 2);
    assert!(!rspamd.log().contains("as ham: a-plan"));
    assert!(!rspamd.log().contains("as spam: a-plan"));
}

#[test]
fn a_milter_refuses_and_changes_the_header() {
    let milter = Milter::start();
    let server = server(&milter.section());
    let refused = from_stranger(&server, &letter("EVIL things")).unwrap_err();
    assert_eq!(refused.trim_end(), "554 5.7.1 Not with me.");
    from_stranger(&server, &letter("a plan")).unwrap();
    let message = only(&server, "INBOX");
    assert!(
        message.contains("\r\nX-Milter-Seen: list@example.net\r\n"),
        "{message}"
    );
    assert!(
        message.contains("\r\nSubject: [seen] a plan\r\n"),
        "{message}"
    );
    assert!(
        submit(&server, &letter("EVIL things")).starts_with("554 5.7.1 Not sent: Not with me.")
    );
}

#[test]
fn a_milter_brings_another_body() {
    let milter = Milter::start();
    let server = server(&milter.section());
    from_stranger(&server, &letter("PLAIN words")).unwrap();
    let message = only(&server, "INBOX");
    let (header, body) = message.split_once("\r\n\r\n").unwrap();
    assert!(
        header.contains("\r\nSubject: [seen] PLAIN words"),
        "{message}"
    );
    assert_eq!(body.matches("-- \r\nchecked\r\n").count(), 10_000);
    let before = letter("PLAIN words").to_uppercase();
    let (_, before) = before.split_once("\r\n\r\n").unwrap();
    assert!(body.starts_with(before), "{body}");
}

#[test]
fn without_a_scanner_mail_waits_or_goes_on_as_configured() {
    let clamd = Clamd::start();
    let sections = clamd.section("defer");
    let server = server(&sections);
    from_stranger(&server, &letter("a plan")).unwrap();
    drop(clamd);
    let put_off = from_stranger(&server, &letter("another plan")).unwrap_err();
    assert!(put_off.starts_with("451 4.3.0 "), "{put_off}");
    drop(server);

    let accepting = sections.replace("\"defer\"", "\"accept\"");
    let server = self::server(&accepting);
    from_stranger(&server, &letter("a plan")).unwrap();
    assert!(only(&server, "INBOX").contains("X-Wachpost-Junk: no, score "));
    wait_until(|| server.log().contains("a scanner gave no verdict"));
}

/// Waits for what comes by itself.
fn wait_until(mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "it did not come");
        sleep(LOOK_AGAIN);
    }
}
