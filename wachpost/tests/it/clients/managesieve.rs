//! Programs that put filters in place, and what the filters then do with mail: sieve-connect, Python's libraries
//! managesieve and sievelib, and the server's own commands.

use super::imap::Imap;
use super::program::{Finished, Program};
use super::python::converse_with;
use super::site::{ANNA, BEN, PASSWORD, Site};
use super::smtp::{By, Smtp};

const RULES: &str = "require [\"fileinto\", \"mailbox\", \"imap4flags\"];\r\n\
    # Für die Buchhaltung\r\n\
    if header :contains \"subject\" \"Rechnung\" {\r\n\
    \x20 fileinto :create :flags \"\\\\Flagged\" \"Buchhaltung/Eingang\";\r\n\
    }\r\n";

fn message(subject: &str, from: &str) -> String {
    format!(
        "From: <{from}>\r\nTo: <{ANNA}>\r\nSubject: {subject}\r\nMessage-ID: <{subject}@example.net>\r\n\r\nText\r\n"
    )
}

fn arrive(site: &Site, subject: &str) {
    let mut smtp = Smtp::connect(site.lmtp, By::Lmtp);
    let message = message(subject, "list@example.net");
    smtp.deliver(ANNA, message.as_bytes()).unwrap();
}

fn sieve_connect(site: &Site, arguments: &[&str]) -> Finished {
    let passwords = site.write("password", &format!("{PASSWORD}\n"));
    let command = format!(
        "exec sieve-connect --server localhost --port {} --user {ANNA} --tlscafile '{}' --passwordfd 3 {} 3<'{}'",
        site.managesieve,
        site.certificate().display(),
        arguments.join(" "),
        passwords.display()
    );
    Program::new(site, "sh").args(["-c", &command]).run()
}

#[test]
fn sieve_connect_puts_a_filter_in_place() {
    let site = Site::start();
    let rules = site.write("rules.sieve", RULES);
    let rules = rules.to_str().unwrap();
    let upload = ["--localsieve", rules, "--remotesieve", "main", "--upload"];
    let finished = sieve_connect(&site, &upload);
    finished.assert(finished.status.success(), "to upload");
    let finished = sieve_connect(&site, &["--remotesieve", "main", "--activate"]);
    finished.assert(finished.status.success(), "to activate");
    let finished = sieve_connect(&site, &["--list"]);
    finished.assert_says("\"main\" ACTIVE");
    let finished = sieve_connect(
        &site,
        &["--remotesieve", "main", "--localsieve", "-", "--download"],
    );
    finished.assert_says("Für die Buchhaltung");
    let broken = site.write("broken.sieve", "keep;\r\nfrobnicate;\r\n");
    let check = ["--localsieve", broken.to_str().unwrap(), "--checkscript"];
    let finished = sieve_connect(&site, &check);
    finished.assert_says("line 2");
    arrive(&site, "Rechnung 17");
    arrive(&site, "Gruss");
    let mut imap = Imap::sign_in(&site, ANNA);
    assert_eq!(imap.count("INBOX"), 1);
    assert_eq!(imap.count("Buchhaltung/Eingang"), 1);
    site.verify();
}

#[test]
fn pythons_managesieve_holds_a_conversation() {
    let site = Site::start();
    converse_with(&site, include_str!("python/managesieve_conversation.py"));
    site.verify();
}

#[test]
fn sievelib_writes_a_filter_and_puts_it_in_place() {
    let site = Site::start();
    converse_with(&site, include_str!("python/sievelib_conversation.py"));
    arrive(&site, "Newsletter");
    let mut imap = Imap::sign_in(&site, ANNA);
    assert_eq!((imap.count("INBOX"), imap.count("Archive")), (0, 1));
    site.verify();
}

#[test]
fn commands_keep_filters_and_answer_for_those_who_are_away() {
    let site = Site::start();
    let rules = site.write("rules.sieve", RULES);
    let rules = rules.to_str().unwrap();
    site.command(&["sieve", "check", rules]);
    site.command(&["sieve", "put", ANNA, "main", rules, "--activate"]);
    let listed = site.command(&["--json", "sieve", "list", ANNA]);
    assert!(
        listed.contains("\"active\": true") || listed.contains("\"active\":true"),
        "{listed}"
    );
    assert_eq!(site.command(&["sieve", "get", ANNA]), RULES);
    let thief = site.write("thief.sieve", "redirect \"thief@example.net\";");
    site.command(&["sieve", "put", ANNA, "main", thief.to_str().unwrap()]);
    let versions = site.command(&["--json", "sieve", "versions", ANNA]);
    let versions: serde_json::Value = serde_json::from_str(&versions).unwrap();
    let version = format!("{}-{}", versions[0]["object"], versions[0]["until"]);
    site.command(&["sieve", "restore", ANNA, &version]);
    assert_eq!(site.command(&["sieve", "get", ANNA]), RULES);
    let text = "Bin bis Montag nicht da.";
    site.command(&["vacation", "set", ANNA, "--text", text, "--only-inside"]);
    let shown = site.command(&["vacation", "show", ANNA]);
    assert!(
        shown.contains(text) && shown.contains("no answer"),
        "{shown}"
    );
    // Ben asks twice and is told once, while the bill lies where it belongs.
    for number in 1..=2 {
        let subject = format!("Rechnung {number}");
        let eml = site.write("mail.eml", message(&subject, BEN).trim_end());
        let server = format!("127.0.0.1:{}", site.submission);
        let sent = Program::new(&site, "swaks")
            .args(["--helo", "client.example.net", "--timeout", "30", "--tls"])
            .args(["--server", &server, "--from", BEN, "--to", ANNA])
            .args([
                "--auth",
                "PLAIN",
                "--auth-user",
                BEN,
                "--auth-password",
                PASSWORD,
            ])
            .args(["--data", &format!("@{}", eml.display())])
            .run();
        sent.assert(sent.status.success(), "to send");
    }
    assert_eq!(Imap::sign_in(&site, ANNA).count("Buchhaltung/Eingang"), 2);
    let answers = Imap::sign_in(&site, BEN).messages("INBOX");
    assert_eq!(answers.len(), 1);
    let answer = String::from_utf8_lossy(&answers[0].1).into_owned();
    assert!(
        answer.contains(text) && answer.contains("Auto-Submitted: auto-replied"),
        "{answer}"
    );
    site.command(&["vacation", "off", ANNA]);
    site.command(&["sieve", "activate", ANNA, "--none"]);
    site.command(&["sieve", "remove", ANNA, "main"]);
    let journal = site.command(&["journal", ANNA]);
    assert!(journal.contains("main"), "{journal}");
    site.verify();
}
