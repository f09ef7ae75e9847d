//! `wachpost authcheck`: verification vectors, through the program.

mod keys;
mod name_server;
mod policies;
mod reports;
mod signatures;
mod spf;

use std::io::Write;
use std::process::{Command, Stdio};

use name_server::NameServer;
use serde_json::Value;

/// How a message came.
struct Conversation<'a> {
    ip: &'a str,
    helo: &'a str,
    mail_from: &'a str,
    /// Seconds since 1970; the present when there are none.
    now: Option<u64>,
}

/// What the program says of a message.
fn check(server: &NameServer, conversation: &Conversation<'_>, message: &[u8]) -> Value {
    let now = conversation.now.map(|now| format!("--now={now}"));
    let mut program = Command::new(env!("CARGO_BIN_EXE_wachpost"))
        .args(["authcheck", "--ip", conversation.ip])
        .args([
            format!("--helo={}", conversation.helo),
            format!("--mail-from={}", conversation.mail_from),
            format!("--dns={}", server.address),
        ])
        .args(now)
        .args(["--host=receiver.example.net", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    program.stdin.take().unwrap().write_all(message).unwrap();
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}
