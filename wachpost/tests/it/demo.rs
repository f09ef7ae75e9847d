//! The demonstration: made once, served as often as wanted.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::server::PROGRAM;

fn run(folder: &TempDir, arguments: &[&str]) -> String {
    let output = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_organisation_is_made_once() {
    let folder = TempDir::with_prefix("wachpost-it-").unwrap();
    let made = run(&folder, &["demo", "--data", "demo", "--no-serve"]);
    assert!(made.contains("anna.amsel@musterstadt.example"), "{made}");
    assert_eq!(
        run(&folder, &["demo", "--data", "demo", "--no-serve"]),
        made
    );
    let config = ["--config", "demo/wachpost.toml", "--json"];
    let ask = |arguments: &[&str]| -> Value {
        serde_json::from_str(&run(&folder, &[arguments, &config].concat())).unwrap()
    };
    assert_eq!(ask(&["account", "list"]).as_array().unwrap().len(), 12);
    let mailboxes = ask(&["mailboxes", "anna.amsel@musterstadt.example"]);
    let emails: u64 = mailboxes
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["emails"].as_u64())
        .sum();
    assert!(emails > 20, "{mailboxes}");
    let objects = |local: &str, name: &str| {
        let calendars = ask(&["calendar", "list", &format!("{local}@musterstadt.example")]);
        let lines = calendars.as_array().unwrap();
        let found = lines.iter().find(|line| line["name"] == name).unwrap();
        found["objects"].as_u64().unwrap()
    };
    assert!(objects("anna.amsel", "calendar") > 30);
    assert!(objects("poststelle", "dienste") > 5);
    // The third who asked for it came too late.
    assert_eq!(objects("raum204", "calendar"), 2);
    let answers = |owner: &str, uid: &str| {
        let config = ["--config", "demo/wachpost.toml"];
        let (address, to) = (
            format!("{owner}@musterstadt.example"),
            format!("out-{owner}"),
        );
        run(
            &folder,
            &[&["export", "ics", &address, &to, "--separate"], &config[..]].concat(),
        );
        let path = folder.path().join(to).join("calendar").join(uid);
        fs::read_to_string(path).unwrap().replace("\r\n ", "")
    };
    let briefing = answers("anna.amsel", "dienstbesprechung.ics");
    for answer in [
        "CN=Clara Dohle;PARTSTAT=ACCEPTED",
        "CN=David Eiche;PARTSTAT=TENTATIVE",
        "CN=Emine Falke;PARTSTAT=NEEDS-ACTION",
        "CUTYPE=ROOM;PARTSTAT=ACCEPTED",
    ] {
        assert!(briefing.contains(answer), "{answer}: {briefing}");
    }
    let declined = answers("david.eiche", "haushalt.ics");
    assert!(
        declined.contains("CUTYPE=ROOM;PARTSTAT=DECLINED"),
        "{declined}"
    );
    assert_eq!(ask(&["verify"])["clean"], true);
}

#[test]
fn real_mail_is_spread_over_the_people() {
    let folder = TempDir::with_prefix("wachpost-it-").unwrap();
    for (name, count) in [("easy-ham-1", 16), ("spam-1", 8)] {
        let inner = folder.path().join("mail").join(name);
        fs::create_dir_all(&inner).unwrap();
        for number in 0..count {
            let text = format!(
                "From x@example.net Mon Jan  1 00:00:00 2001\nSubject: {name} {number}\n\nText.\n"
            );
            fs::write(inner.join(format!("{number:05}.txt")), text).unwrap();
        }
    }
    run(
        &folder,
        &["demo", "--data", "demo", "--mail", "mail", "--no-serve"],
    );
    let listed = run(
        &folder,
        &[
            "mailboxes",
            "jörg.müller@musterstadt.example",
            "--config",
            "demo/wachpost.toml",
            "--json",
        ],
    );
    let mailboxes: Value = serde_json::from_str(&listed).unwrap();
    let count = |name: &str| {
        let lines = mailboxes.as_array().unwrap();
        lines.iter().find(|line| line["path"][0] == name).unwrap()["emails"]
            .as_u64()
            .unwrap()
    };
    assert_eq!((count("Inbox"), count("Junk")), (2, 1));
}
