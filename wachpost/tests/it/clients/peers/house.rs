//! A Wachpost in the test's network.

use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::issuer::{Issued, Issuer};
use super::names::Names;
use super::network::PREFIX;
use crate::clients::imap::Imap;
use crate::server::{Options, TestServer};

/// Everybody's password.
pub(super) const PASSWORD: &str = "correct horse battery";
/// Time for mail to get through: retries are seconds apart at first.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The server of one domain.
pub(super) struct House {
    pub(super) server: TestServer,
    domain: &'static str,
}

impl House {
    /// Serves a domain from an address, with the certificate of `mail.` and the domain; it has the people `anna` and `ben`.
    pub(super) fn start(
        host: &'static str,
        domain: &'static str,
        (names, issuer, issued): (&Names, &Issuer, &Issued),
        more: &str,
    ) -> Self {
        assert!(host.starts_with(PREFIX));
        let mut server = TestServer::prepare(Options {
            domain,
            public: Some(host),
            ..Options::default()
        });
        let folder = server.folder().to_owned();
        fs::write(folder.join("roots.pem"), issuer.certificate()).unwrap();
        fs::copy(names.trust_anchor(), folder.join("anchor.key")).unwrap();
        issued.write(&folder.join("tls"));
        server.set_sections(format!(
            "[egress]\nsources = [\"{host}\"]\nroots = \"roots.pem\"\ntrust_anchors = \"anchor.key\"\n{more}"
        ));
        server.restart();
        for person in ["anna", "ben"] {
            server.add_account(&format!("{person}@{domain}"), PASSWORD);
        }
        Self { server, domain }
    }

    /// Makes a key that signs, and publishes it.
    pub(super) fn sign(&self, names: &mut Names) {
        self.server.command_ok(&["dkim", "generate", self.domain]);
        let records = self.server.command_ok(&["dns", self.domain]);
        let keys = records.lines().filter(|line| line.contains("._domainkey."));
        names.publish(&keys.collect::<Vec<_>>().join("\n"));
    }

    /// Submits a message as one of its people; what swaks said of it.
    pub(super) fn submit(&self, from: &str, to: &str, subject: &str) -> Result<(), String> {
        let output = Command::new("swaks")
            .args([
                "--server",
                &format!("127.0.0.1:{}", self.server.submissions_port()),
            ])
            .args([
                "--tls-on-connect",
                "--auth-user",
                from,
                "--auth-password",
                PASSWORD,
            ])
            .args(["--helo", "client.invalid", "--from", from, "--to", to])
            .args(["--h-Subject", subject, "--timeout", "30"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then_some(()).ok_or(said)
    }

    /// The messages in a mailbox of one of its people.
    pub(super) fn messages(&self, person: &str, mailbox: &str) -> Vec<String> {
        let name = format!("{person}@{}", self.domain);
        let mut imap = Imap::sign_in_at(self.server.imap_port(), &name, PASSWORD);
        let messages = imap.messages(mailbox).into_iter();
        messages
            .map(|(_, message)| String::from_utf8_lossy(&message).into_owned())
            .collect()
    }

    /// Waits for the message with that subject.
    pub(super) fn await_message(&self, person: &str, mailbox: &str, subject: &str) -> String {
        let found = || with_subject(self.messages(person, mailbox), subject);
        await_some(found, || {
            format!("`{subject}` did not come; log:\n{}", self.server.log())
        })
    }

    /// What waits to be sent.
    pub(super) fn queue(&self) -> Vec<Value> {
        let queue = self.server.json(&["queue", "list"]);
        queue.as_array().unwrap().clone()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "the Wachpost of {} says:\n{}",
                self.domain,
                self.server.log()
            );
        }
    }
}

/// The message with that subject.
pub(super) fn with_subject(messages: Vec<String>, subject: &str) -> Option<String> {
    let line = format!("Subject: {subject}\r\n");
    let bare = format!("Subject: {subject}\n");
    let mut messages = messages.into_iter();
    messages.find(|message| message.contains(&line) || message.contains(&bare))
}

/// Looks again and again until there is something.
pub(super) fn await_some<T>(look: impl Fn() -> Option<T>, otherwise: impl Fn() -> String) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{}", otherwise());
        sleep(LOOK_AGAIN);
    }
}
