//! Keys made by `wachpost dkim`, used by us and by dkimpy, and what each makes of the other's signatures.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::name_server::{NameServer, Zone};
use super::{Conversation, check};
use crate::server::{Options, TestServer};

const MESSAGE: &str = "From: Anna <anna@example.org>\r\nTo: ben@example.net\r\nSubject: Two  spaces\r\n and a fold\r\n\
    Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\nHello  Ben, \r\n\r\n.dot\r\n\r\n\r\n";

const CONVERSATION: Conversation<'static> = Conversation {
    ip: "192.0.2.1",
    helo: "mx.example.org",
    mail_from: "anna@example.org",
    now: None,
};

fn zone(keys: &Value) -> Zone {
    let keys = keys.as_array().unwrap();
    keys.iter().fold(Zone::default(), |zone, key| {
        zone.txt(
            key["dns_name"].as_str().unwrap(),
            key["dns_text"].as_str().unwrap(),
        )
    })
}

fn signed(server: &TestServer) -> String {
    let output = server.command_with_input(&["dkim", "sign", "example.org", "-"], MESSAGE);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn keys_are_made_used_replaced_and_retired() {
    let server = TestServer::start(Options::default());
    let exit = |arguments: &[&str]| server.command(arguments).status.code();
    assert_eq!(exit(&["dkim", "generate", "example.net"]), Some(4));
    assert_eq!(exit(&["dkim", "rotate", "example.org"]), Some(4));
    let made = server.json(&["dkim", "generate", "example.org"]);
    assert_eq!(exit(&["dkim", "generate", "example.org"]), Some(5));
    let names = NameServer::start(zone(&made));
    let found = check(&names, &CONVERSATION, signed(&server).as_bytes());
    let results: Vec<&Value> = found["dkim"]["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["result"])
        .collect();
    assert_eq!(results, ["pass", "pass"], "{found}");

    let next = server.json(&["dkim", "rotate", "example.org"]);
    assert!(signed(&server).contains(made[0]["selector"].as_str().unwrap()));
    // Asked again, the same keys are shown.
    assert_eq!(server.json(&["dkim", "rotate", "example.org"]), next);
    server.command_ok(&["dkim", "rotate", "example.org", "--finish"]);
    let names = NameServer::start(zone(&next));
    assert_eq!(
        check(&names, &CONVERSATION, signed(&server).as_bytes())["dkim"]["result"],
        "pass"
    );
    let list = server.command_ok(&["dkim", "list"]);
    assert_eq!(
        (
            list.matches("signing").count(),
            list.matches("retired").count()
        ),
        (2, 2),
        "{list}"
    );

    let (old, new) = (
        made[0]["selector"].as_str().unwrap(),
        next[0]["selector"].as_str().unwrap(),
    );
    assert_eq!(exit(&["dkim", "retire", "example.org", new]), Some(1));
    assert!(
        server
            .command_ok(&["dkim", "retire", "example.org", old])
            .contains("p=")
    );
    assert_eq!(server.json(&["dkim", "list"]).as_array().unwrap().len(), 3);
    assert!(
        server
            .command_ok(&["dkim", "list", "--dns"])
            .contains("._domainkey.example.org. IN TXT \"v=DKIM1; k=rsa; p=")
    );
}

/// Python with dkimpy, if it is there.
fn python() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/venv/bin/python");
    let python =
        std::env::var_os("WACHPOST_PYTHON").map_or_else(|| PathBuf::from(default), PathBuf::from);
    let has_dkim = Command::new(&python)
        .args(["-c", "import dkim, nacl, authres"])
        .stderr(Stdio::null())
        .status();
    has_dkim
        .is_ok_and(|status| status.success())
        .then_some(python)
}

fn run(python: &PathBuf, script: &str, input: &Value) -> Value {
    let mut program = Command::new(python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    program
        .stdin
        .take()
        .unwrap()
        .write_all(input.to_string().as_bytes())
        .unwrap();
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn dkimpy_and_we_understand_each_other() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: Python has no dkimpy, PyNaCl and authres: install them in target/venv");
        return;
    };
    let server = TestServer::start(Options::default());
    let made = server.json(&["dkim", "generate", "example.org"]);
    let folder = server.config().with_file_name("dkim").join("example.org");
    let pem = |number: usize| {
        let name = format!("{}.pem", made[number]["selector"].as_str().unwrap());
        std::fs::read_to_string(folder.join(name)).unwrap()
    };
    let answer = run(
        &python,
        include_str!("dkimpy.py"),
        &serde_json::json!({ "keys": made, "pem": [pem(0), pem(1)], "message": MESSAGE, "signed": signed(&server) }),
    );
    // What we signed, each signature alone.
    assert_eq!(answer["ours"], serde_json::json!([true, true]));
    // What it signed, in all canonical forms, with both keys; and its chains of one and two sets.
    let names = NameServer::start(zone(&made));
    let theirs = answer["theirs"].as_array().unwrap();
    for message in theirs {
        let found = check(&names, &CONVERSATION, message.as_str().unwrap().as_bytes());
        assert_eq!(
            found["dkim"]["result"], "pass",
            "{message} {}",
            found["dkim"]
        );
    }
    let chains = answer["chains"].as_array().unwrap();
    for (sets, message) in (1..).zip(chains) {
        let found = check(&names, &CONVERSATION, message.as_str().unwrap().as_bytes());
        assert_eq!(
            (&found["arc"]["result"], &found["arc"]["instances"]),
            (&"pass".into(), &sets.into()),
            "{message} {}",
            found["arc"]
        );
    }
    eprintln!(
        "dkimpy: 2 of our signatures, {} of its, {} chains",
        theirs.len(),
        chains.len()
    );
}
