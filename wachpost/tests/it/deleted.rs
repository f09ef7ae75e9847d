//! Deleted messages come back, and disabled people stay out.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::server::{Options, TestServer};

/// A conversation in IMAP, line by line.
struct Imap(BufReader<TcpStream>);

impl Imap {
    fn connect(server: &TestServer) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.imap_port())).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let mut imap = Self(BufReader::new(stream));
        imap.line();
        imap
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line
    }

    /// The tagged answer to a command.
    fn ask(&mut self, command: &str) -> String {
        write!(self.0.get_mut(), "a {command}\r\n").unwrap();
        loop {
            let line = self.line();
            if line.starts_with("a ") || line.is_empty() {
                return line;
            }
        }
    }
}

#[test]
fn deleted_messages_are_listed_and_come_back() {
    let server = TestServer::start(Options::default());
    server.add_account("anna@example.org", "correct horse");
    let path = server.folder().join("one.eml");
    std::fs::write(&path, "Subject: kept\n\nHello.\n").unwrap();
    server.command_ok(&["import", "eml", path.to_str().unwrap(), "anna@example.org"]);

    let mut imap = Imap::connect(&server);
    for command in [
        "LOGIN anna@example.org \"correct horse\"",
        "SELECT INBOX",
        "STORE 1 +FLAGS (\\Deleted)",
        "EXPUNGE",
    ] {
        let answer = imap.ask(command);
        assert!(answer.starts_with("a OK"), "{command}: {answer}");
    }
    let deleted = server.json(&["restore", "anna@example.org"]);
    assert_eq!(deleted[0]["mailbox"], "Inbox");
    let number = deleted[0]["email"].to_string();
    let back = server.json(&["restore", "anna@example.org", &number, "--into", "Found"]);
    assert_eq!(back, json!({ "restored": 1 }));
    assert_eq!(server.json(&["restore", "anna@example.org"]), json!([]));
    let mailboxes = server.json(&["mailboxes", "anna@example.org"]);
    let found = mailboxes
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["path"] == json!(["Found"]));
    assert_eq!(found.unwrap()["emails"], 1);

    let by_anna = server.json(&[
        "journal",
        "anna@example.org",
        "--face",
        "imap",
        "--actor",
        "anna@example.org",
    ]);
    assert_eq!(by_anna[0]["who"]["from"], "127.0.0.1");
    assert!(
        by_anna[1]["what"][0]
            .as_str()
            .unwrap()
            .starts_with("destroyed UID 1 in `Inbox`"),
        "{by_anna}"
    );
}

#[test]
fn the_disabled_cannot_sign_in() {
    let server = TestServer::start(Options::default());
    server.add_account("anna@example.org", "correct horse");
    let sign_in = || Imap::connect(&server).ask("LOGIN anna@example.org \"correct horse\"");
    assert!(sign_in().starts_with("a OK"));
    server.command_ok(&["account", "disable", "anna@example.org"]);
    assert!(sign_in().starts_with("a NO"));
    server.command_ok(&["account", "enable", "anna@example.org"]);
    assert!(sign_in().starts_with("a OK"));
}

#[test]
fn passwords_need_tls_unless_it_is_configured() {
    let options = Options {
        plaintext_sign_in: false,
        ..Options::default()
    };
    let server = TestServer::start(options);
    server.add_account("anna@example.org", "correct horse");
    let answer = Imap::connect(&server).ask("LOGIN anna@example.org \"correct horse\"");
    assert!(answer.starts_with("a NO"), "{answer}");
}
