//! What was acknowledged is there after a kill, after a rebuild, and after a restore.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::server::{Options, TestServer};

const MESSAGE: &str = "From: Ben <ben@example.org>\r\nTo: anna@example.org\r\nSubject: Besprechung\r\n\r\nHallo Anna!\r\n";

fn import(server: &TestServer, count: usize, mailbox: &str) {
    let folder = server.folder().join("messages");
    fs::create_dir_all(&folder).unwrap();
    for number in 0..count {
        fs::write(folder.join(format!("{number}.eml")), MESSAGE).unwrap();
    }
    let from = folder.to_str().unwrap();
    let done = server.json(&[
        "import",
        "eml",
        from,
        "anna@example.org",
        "--mailbox",
        mailbox,
    ]);
    assert_eq!(done, json!({ "imported": count, "passed_over": 0 }));
    fs::remove_dir_all(folder).unwrap();
}

fn emails(server: &TestServer, mailbox: &str) -> u64 {
    let mailboxes = server.json(&["mailboxes", "anna@example.org"]);
    let found = mailboxes
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["path"] == json!([mailbox]));
    found.and_then(|line| line["emails"].as_u64()).unwrap_or(0)
}

fn verify(server: &TestServer) -> Value {
    let report = server.json(&["verify"]);
    assert_eq!(report["clean"], true, "{report}");
    report
}

#[test]
fn a_kill_loses_nothing_that_was_acknowledged() {
    let mut server = TestServer::start(Options::default());
    server.add_account("anna@example.org", "correct horse");
    for round in 1..=3 {
        import(&server, 10, "Kept");
        server.kill();
        verify(&server);
        server.restart();
        assert_eq!(emails(&server, "Kept"), 10 * round);
    }
    verify(&server);
}

#[test]
fn state_and_index_are_made_anew() {
    let mut server = TestServer::start(Options::default());
    server.add_account("anna@example.org", "correct horse");
    import(&server, 5, "INBOX");
    let before = server.json(&["mailboxes", "anna@example.org"]);
    server.command_ok(&["reindex"]);
    assert!(server.stop().success());
    for entry in fs::read_dir(server.data()).unwrap().flatten() {
        let name = entry.file_name();
        if name.to_str().unwrap().starts_with("state")
            || name.to_str().unwrap().starts_with("search")
        {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    server.restart();
    assert_eq!(server.json(&["mailboxes", "anna@example.org"]), before);
    verify(&server);
}

#[test]
fn a_backup_is_taken_while_serving_and_restored_to_a_moment() {
    let mut server = TestServer::start(Options::default());
    let backup = server.folder().join("backup");
    let backup = backup.to_str().unwrap();
    server.add_account("anna@example.org", "correct horse");
    import(&server, 4, "First");
    server.command_ok(&["backup", backup]);
    let entries = server.json(&["journal", "anna@example.org"]);
    let entries = entries.as_array().unwrap();
    let moment = entries[entries.len() - 1]["at"]
        .as_str()
        .unwrap()
        .to_owned();
    import(&server, 3, "Second");
    let again = server.json(&["backup", backup]);
    assert_eq!(again["new_messages"], 3);

    let refused = server.command(&["restore-from", backup]);
    assert_eq!(refused.status.code(), Some(75), "a server runs");
    assert!(server.stop().success());
    move_away(&server.data());
    server.command_ok(&["restore-from", backup]);
    assert_eq!(
        (emails(&server, "First"), emails(&server, "Second")),
        (4, 3)
    );
    verify(&server);

    move_away(&server.data());
    server.command_ok(&["restore-from", backup, "--until", &moment]);
    assert_eq!(
        (emails(&server, "First"), emails(&server, "Second")),
        (4, 0)
    );
    verify(&server);
    server.restart();
    import(&server, 1, "Second");
    assert_eq!(emails(&server, "Second"), 1);
}

fn move_away(data: &Path) {
    let mut number = 0;
    while data.with_extension(format!("old{number}")).exists() {
        number += 1;
    }
    fs::rename(data, data.with_extension(format!("old{number}"))).unwrap();
}

#[test]
fn verify_finds_what_no_commit_explains() {
    let mut server = TestServer::start(Options::default());
    server.add_account("anna@example.org", "correct horse");
    import(&server, 2, "INBOX");
    assert!(server.stop().success());
    // Somebody writes to the state past Wachpost: Anna's mail shall go to somebody else.
    let state = rusqlite::Connection::open(server.data().join("state.db")).unwrap();
    let changed = state
        .execute(
            "UPDATE address SET principal=1 WHERE address='anna@example.org'",
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
    drop(state);
    let output = server.command(&["verify", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{report}");
    assert_eq!(report["clean"], false);
}

#[test]
fn a_checkpoint_can_be_kept_elsewhere() {
    let server = TestServer::start(Options::default());
    let checkpoint = server.json(&["checkpoint"]);
    let note = checkpoint["note"].as_str().unwrap();
    assert!(note.starts_with("mail.example.org/journal\n"), "{note}");
    assert!(checkpoint["entries"].as_u64().unwrap() >= 1);
}
