//! swaks: sends one message and shows the whole dialogue.

use super::imap::Imap;
use super::program::{Finished, Program};
use super::site::{ANNA, BEN, CLARA, PASSWORD, Site};

/// A message whose lines begin with dots, and are 8-bit.
const MESSAGE: &str = "From: Ben <ben@example.org>\n\
    To: Anna <anna@example.org>\n\
    Subject: %SUBJECT%\n\
    Date: Mon, 02 Mar 2026 09:00:00 +0100\n\
    Message-ID: <%SUBJECT%@example.org>\n\
    MIME-Version: 1.0\n\
    Content-Type: text/plain; charset=utf-8\n\
    Content-Transfer-Encoding: 8bit\n\
    \n\
    Grüße aus Köln\n\
    .\n\
    ..zwei Punkte\n\
    Ende\n";

fn swaks(site: &Site, subject: &str, arguments: &[&str]) -> Finished {
    let message = site.write(
        &format!("{subject}.eml"),
        // swaks ends the last line itself.
        MESSAGE.replace("%SUBJECT%", subject).trim_end(),
    );
    Program::new(site, "swaks")
        .args(["--helo", "client.example.net", "--timeout", "30", "--data"])
        .args([format!("@{}", message.display())])
        .args(arguments)
        .run()
}

/// The message must have come, with its text as it was sent.
fn assert_came(site: &Site, name: &str, subject: &str) {
    let mut imap = Imap::sign_in(site, name);
    let sent = MESSAGE.replace("%SUBJECT%", subject).replace('\n', "\r\n");
    let messages = imap.messages("INBOX");
    let found = messages
        .iter()
        .filter(|(_, message)| message.ends_with(sent.as_bytes()));
    assert_eq!(
        found.count(),
        1,
        "`{subject}` among the messages of {name}: {:#?}",
        texts(&messages)
    );
}

fn texts(messages: &[(String, Vec<u8>)]) -> Vec<String> {
    messages
        .iter()
        .map(|(_, message)| String::from_utf8_lossy(message).into_owned())
        .collect()
}

fn server(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

#[test]
fn delivers_to_the_mx_in_plain_text_and_with_starttls() {
    let site = Site::start();
    let mx = server(site.mx);
    for (subject, arguments) in [
        ("plain", &[][..]),
        ("starttls", &["--tls"][..]),
        ("pipelined", &["--pipeline"]),
    ] {
        let basics = [
            "--server",
            &mx,
            "--from",
            "friend@example.net",
            "--to",
            ANNA,
        ];
        let finished = swaks(&site, subject, &[&basics, arguments].concat());
        finished.assert(finished.status.success(), "to deliver");
        for capability in [
            "PIPELINING",
            "8BITMIME",
            "STARTTLS",
            "SIZE ",
            "CHUNKING",
            "SMTPUTF8",
        ] {
            if subject != "starttls" || capability != "STARTTLS" {
                finished.assert_says(capability);
            }
        }
        assert_came(&site, ANNA, subject);
    }
}

#[test]
fn delivers_to_two_recipients_and_learns_that_a_third_is_unknown() {
    let site = Site::start();
    let to = format!("{ANNA},{BEN},nobody@example.org");
    let mx = server(site.mx);
    let finished = swaks(
        &site,
        "two",
        &["--server", &mx, "--from", "<>", "--to", &to],
    );
    finished.assert_says("550 5.1.1");
    assert_came(&site, ANNA, "two");
    assert_came(&site, BEN, "two");
}

#[test]
fn the_mx_relays_for_nobody() {
    let site = Site::start();
    let mx = server(site.mx);
    let to = "stranger@example.net";
    let finished = swaks(
        &site,
        "relay",
        &["--server", &mx, "--from", ANNA, "--to", to],
    );
    // swaks 20201014: 24 says that no recipient was accepted.
    finished.assert(finished.status.code() == Some(24), "to be refused");
    finished.assert_says("550 5.7.1");
}

#[test]
fn submits_with_plain_and_login_on_both_ports() {
    let site = Site::start();
    let submission = server(site.submission);
    let submissions = server(site.submissions);
    for (subject, port, tls, mechanism) in [
        ("starttls-plain", &submission, "--tls", "PLAIN"),
        ("starttls-login", &submission, "--tls", "LOGIN"),
        ("implicit-plain", &submissions, "--tls-on-connect", "PLAIN"),
        ("implicit-login", &submissions, "--tls-on-connect", "LOGIN"),
    ] {
        let arguments = [
            "--server",
            port,
            tls,
            "--from",
            BEN,
            "--to",
            CLARA,
            "--auth",
            mechanism,
            "--auth-user",
            BEN,
            "--auth-password",
            PASSWORD,
        ];
        let finished = swaks(&site, subject, &arguments);
        finished.assert(finished.status.success(), "to submit");
        finished.assert_says("235 2.7.0");
        assert_came(&site, CLARA, subject);
    }
}

#[test]
fn mechanisms_that_keep_passwords_readable_are_not_offered() {
    let site = Site::start();
    let submissions = server(site.submissions);
    let arguments = [
        "--server",
        &submissions,
        "--tls-on-connect",
        "--from",
        BEN,
        "--to",
        CLARA,
        "--auth",
        "CRAM-MD5",
        "--auth-user",
        BEN,
        "--auth-password",
        PASSWORD,
    ];
    let finished = swaks(&site, "cram", &arguments);
    // swaks 20201014: 28 says that it could not authenticate.
    finished.assert(finished.status.code() == Some(28), "not to sign in");
    let offered = finished
        .output
        .lines()
        .find(|line| line.contains("AUTH "))
        .unwrap_or_default();
    finished.assert(
        offered.contains("PLAIN")
            && offered.contains("SCRAM-SHA-256")
            && !offered.contains("CRAM-MD5"),
        "to be offered PLAIN and SCRAM-SHA-256 and no CRAM-MD5",
    );
}

#[test]
fn nobody_submits_with_a_wrong_password_or_in_another_name() {
    let site = Site::start();
    let submissions = server(site.submissions);
    let basics = [
        "--server",
        &submissions,
        "--tls-on-connect",
        "--to",
        CLARA,
        "--auth",
        "PLAIN",
        "--auth-user",
        BEN,
    ];
    let wrong = [&basics[..], &["--from", BEN, "--auth-password", "wrong"]].concat();
    let finished = swaks(&site, "wrong", &wrong);
    finished.assert(finished.status.code() == Some(28), "not to sign in");
    finished.assert_says("535 5.7.8");
    let other = [&basics[..], &["--from", ANNA, "--auth-password", PASSWORD]].concat();
    let finished = swaks(&site, "other", &other);
    finished.assert(!finished.status.success(), "to be refused");
    finished.assert_says("5.7.1");
    assert_eq!(Imap::sign_in(&site, CLARA).count("INBOX"), 0);
}

#[test]
fn nobody_signs_in_before_tls() {
    let site = Site::start();
    let submission = server(site.submission);
    let arguments = ["--server", &submission, "--from", BEN, "--to", CLARA];
    let finished = swaks(&site, "anonymous", &arguments);
    finished.assert(!finished.status.success(), "to be refused");
    finished.assert_says("530 5.7.0");
}

#[test]
fn delivers_through_lmtp() {
    let site = Site::start();
    let lmtp = server(site.lmtp);
    let to = format!("{ANNA},{BEN}");
    let arguments = [
        "--protocol",
        "LMTP",
        "--server",
        &lmtp,
        "--from",
        "friend@example.net",
        "--to",
        &to,
    ];
    let finished = swaks(&site, "lmtp", &arguments);
    finished.assert(finished.status.success(), "to deliver");
    // RFC 2033 4.2: one reply for each recipient.
    let replies = finished
        .output
        .lines()
        .filter(|line| line.contains("250 2.0.0") || line.contains("250 2.1.5"));
    finished.assert(replies.count() >= 2, "to be answered for each recipient");
    assert_came(&site, ANNA, "lmtp");
    assert_came(&site, BEN, "lmtp");
}

#[test]
fn delivers_through_lmtp_on_a_unix_socket() {
    let site = Site::start();
    let socket = site.lmtp_socket();
    let arguments = [
        "--protocol",
        "LMTP",
        "--socket",
        socket.to_str().unwrap(),
        "--from",
        "<>",
        "--to",
        ANNA,
    ];
    let finished = swaks(&site, "socket", &arguments);
    finished.assert(finished.status.success(), "to deliver");
    assert_came(&site, ANNA, "socket");
}
