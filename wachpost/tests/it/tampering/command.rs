//! The command itself: from the last time on, of a backup without a configuration, and what it needs to be told.

use std::process::Command;

use serde_json::Value;

use crate::server::{Options, PROGRAM, TestServer};

fn verify(server: &TestServer, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = server.command(&[&["verify", "--json"], arguments].concat());
    let report = serde_json::from_slice(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (
        output.status.code(),
        report.unwrap_or_else(|_| panic!("{errors}")),
    )
}

#[test]
fn it_goes_on_from_the_last_time_and_only_when_that_was_clean() {
    let mut server = TestServer::start(Options::default());
    server.add_account("anna@example.org", "correct horse");
    // The first time there is nothing to go on from.
    let (code, report) = verify(&server, &["--since-last"]);
    assert_eq!(
        (code, &report["extent"]),
        (Some(0), &"everything".into()),
        "{report}"
    );
    assert!(
        report["notes"][0]
            .as_str()
            .unwrap()
            .contains("nothing was verified before"),
        "{report}"
    );
    let size = report["entries"].as_u64().unwrap();
    server.add_account("bert@example.org", "correct horse");
    let (code, report) = verify(&server, &["--since-last"]);
    assert_eq!(
        (code, &report["extent"]),
        (Some(0), &"since".into()),
        "{report}"
    );
    assert_eq!(report["since"].as_u64(), Some(size));
    assert!(report["entries"].as_u64().unwrap() > 0, "{report}");
    assert!(
        report["kept"].as_u64().unwrap() >= 1,
        "the notary's memory: {report}"
    );
    let (code, report) = verify(&server, &["--only-journal"]);
    assert_eq!(
        (code, &report["extent"]),
        (Some(0), &"journal".into()),
        "{report}"
    );
    assert!(server.stop().success());
    let state = super::kind::open(&server.data().join("state.db"));
    state
        .execute_batch("UPDATE principal SET administrator=1")
        .unwrap();
    drop(state);
    // What was found is found again: the mark stays where it was.
    for _ in 0..2 {
        let (code, report) = verify(&server, &["--since-last"]);
        assert_eq!(code, Some(3), "{report}");
        assert_eq!(report["findings"][0]["table"], "principal");
    }
    // A mark that the key did not sign is none.
    let mark = server.folder().join("notary.verified");
    let text = std::fs::read_to_string(&mark).unwrap();
    std::fs::write(&mark, text.replace("messages ", "messages 1")).unwrap();
    let (code, report) = verify(&server, &["--since-last"]);
    assert_eq!(
        (code, &report["extent"]),
        (Some(3), &"everything".into()),
        "{report}"
    );
}

#[test]
fn a_backup_is_verified_where_there_is_no_configuration() {
    let server = TestServer::start(Options::default());
    server.add_account("anna@example.org", "correct horse");
    let elsewhere = tempfile::tempdir().unwrap();
    let (backup, key, kept) = (
        elsewhere.path().join("backup"),
        elsewhere.path().join("notary.pub"),
        elsewhere.path().join("kept.txt"),
    );
    // Signed a moment after it was done.
    let entries = server.json(&["status"])["entries"].as_u64();
    while server.json(&["checkpoint"])["entries"].as_u64() != entries {}
    server.command_ok(&["backup", backup.to_str().unwrap()]);
    std::fs::write(&key, server.command_ok(&["verify", "--print-key"])).unwrap();
    std::fs::write(&kept, server.command_ok(&["checkpoint"])).unwrap();
    drop(server);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(["verify", "--json", "--backup"]).arg(&backup);
        let output = command
            .args(arguments)
            .args(["--config", "/nowhere"])
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), report)
    };
    let (key, kept) = (key.to_str().unwrap(), kept.to_str().unwrap());
    let (code, report) = run(&["--key", key, "--checkpoint", kept]);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(
        (report["extent"].as_str(), report["kept"].as_u64()),
        (Some("backup"), Some(1))
    );
    assert!(report["checkpoints"].as_u64().unwrap() > 0, "{report}");
    let (code, report) = run(&[]);
    assert_eq!(code, Some(0), "{report}");
    assert!(
        report["notes"][0]
            .as_str()
            .unwrap()
            .contains("no signature was checked"),
        "{report}"
    );
    assert_eq!(run(&["--key", "no key"]).0, Some(78));
    let other = "mail.example.org/journal+deadbeef+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(run(&["--key", other]).0, Some(78));
    let journal = super::kind::open(&backup.join("journal.db"));
    journal
        .execute_batch("UPDATE entry SET at_ms=at_ms+1 WHERE id=3")
        .unwrap();
    drop(journal);
    let (code, report) = run(&["--key", key]);
    assert_eq!(code, Some(3), "{report}");
    assert_eq!(report["clean"], false);
}
