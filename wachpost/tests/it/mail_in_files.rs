//! Import and export: what goes in comes out, in each layout.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::server::{Options, TestServer};

const FIRST: &str = "From: ben@example.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\nErste Zeile\n\nFrom here it goes on.\n";
const SECOND: &str = "From: carla@example.org\nSubject: two\n\n>From quoted\n";

fn maildir(server: &TestServer) -> PathBuf {
    let root = server.folder().join("Maildir");
    for (folder, name, text) in [
        ("cur", "1000000001.M1P1.host,S=5:2,RS", FIRST),
        ("new", "1000000002.M1P1.host", SECOND),
        (
            ".Projekte.Gr&APw-n/cur",
            "1000000003.M1P1.host:2,FSa",
            SECOND,
        ),
        ("nested/cur", "1000000004.M1P1.host:2,D", FIRST),
    ] {
        let folder = root.join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }
    fs::write(
        root.join(".Projekte.Gr&APw-n/dovecot-keywords"),
        "0 $Label1\n",
    )
    .unwrap();
    fs::write(root.join("cur/empty:2,"), "").unwrap();
    root
}

fn counts(server: &TestServer, address: &str) -> Vec<(String, u64, u64)> {
    let mailboxes = server.json(&["mailboxes", address]);
    let lines = mailboxes.as_array().unwrap().iter().map(|line| {
        let path: Vec<_> = line["path"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|name| name.as_str())
            .collect();
        (
            path.join("/"),
            line["emails"].as_u64().unwrap(),
            line["unseen"].as_u64().unwrap(),
        )
    });
    lines.filter(|(_, emails, _)| *emails > 0).collect()
}

/// All files below a folder with what is in them, by name.
fn files(root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                waiting.push(entry.path());
            } else {
                let name = entry
                    .path()
                    .strip_prefix(root)
                    .unwrap()
                    .display()
                    .to_string();
                found.push((name, fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_maildir_comes_in_and_goes_out_in_every_layout() {
    let server = TestServer::start(Options::default());
    for name in ["anna", "mbox", "eml", "maildir"] {
        server.add_account(&format!("{name}@example.org"), "correct horse");
    }
    let done = server.json(&[
        "import",
        "maildir",
        maildir(&server).to_str().unwrap(),
        "anna@example.org",
    ]);
    assert_eq!(done, json!({ "imported": 4, "passed_over": 1 }));
    let expected = [
        ("Inbox".to_owned(), 2, 1),
        ("Projekte/Grün".to_owned(), 1, 0),
        ("nested".to_owned(), 1, 1),
    ];
    assert_eq!(counts(&server, "anna@example.org"), expected);

    for layout in ["maildir", "mbox", "eml"] {
        let to = server.folder().join(format!("out-{layout}"));
        let to = to.to_str().unwrap();
        let done = server.json(&["export", layout, "anna@example.org", to]);
        assert_eq!(done, json!({ "exported": 4 }));
        let address = format!("{layout}@example.org");
        server.json(&["import", layout, to, &address]);
        let back = counts(&server, &address);
        let emails: Vec<_> = back
            .iter()
            .map(|(path, emails, _)| (path.clone(), *emails))
            .collect();
        let wanted: Vec<_> = expected
            .iter()
            .map(|(path, emails, _)| (path.clone(), *emails))
            .collect();
        assert_eq!(emails, wanted, "{layout}");
        if layout != "eml" {
            assert_eq!(back, expected, "{layout} keeps what was seen");
        }
        let again = server.folder().join(format!("again-{layout}"));
        server.json(&["export", layout, &address, again.to_str().unwrap()]);
        assert_eq!(files(Path::new(to)), files(&again), "{layout}");
    }
    let refused = server.command(&[
        "export",
        "eml",
        "anna@example.org",
        server.folder().to_str().unwrap(),
    ]);
    assert_eq!(refused.status.code(), Some(5));
}
