//! Locked: the program itself, on the command line, locked in while it reads.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::history::History;

fn scout(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scout"))
        .args(arguments)
        .output()
        .unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_answer_is_written_and_the_exit_code_tells_it() {
    let around = tempfile::tempdir().unwrap();
    let (folder, out) = (around.path().join("evidence"), around.path().join("report"));
    fs::create_dir(&folder).unwrap();
    History::attacked(3).write(&folder);
    let ran = scout(&["assess", text(&folder), "--out", text(&out), "--json"]);
    assert_eq!(
        ran.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(report["verdict"], "compromised");
    for name in [
        "report.txt",
        "report.html",
        "report.json",
        "stix.json",
        "indicators.csv",
        "collect-next.txt",
    ] {
        assert!(out.join(name).metadata().unwrap().len() > 0, "{name}");
    }
    let none = tempfile::tempdir().unwrap();
    assert_eq!(scout(&["assess", text(none.path())]).status.code(), Some(5));
    assert_eq!(scout(&["assess", "/nowhere"]).status.code(), Some(1));
}

#[test]
fn rules_of_yara_are_tried_on_pages() {
    let around = tempfile::tempdir().unwrap();
    let (folder, rules) = (
        around.path().join("evidence"),
        around.path().join("own.yar"),
    );
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("page.aspx"),
        "<html>the mark of somebody</html>",
    )
    .unwrap();
    fs::write(
        &rules,
        "rule mark { strings: $a = \"mark of somebody\" condition: $a }",
    )
    .unwrap();
    let ran = scout(&["assess", text(&folder), "--yara", text(&rules), "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(report["findings"][0]["kind"], "yara", "{report}");
    fs::write(&rules, "rule {").unwrap();
    assert_eq!(
        scout(&["assess", text(&folder), "--yara", text(&rules)])
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn a_process_that_reads_evidence_can_do_nothing_else() {
    let around = tempfile::tempdir().unwrap();
    let (folder, out) = (around.path().join("evidence"), around.path().join("report"));
    fs::create_dir(&folder).unwrap();
    fs::create_dir(&out).unwrap();
    let probe = |what: &str| scout(&["probe", text(&folder), "--out", text(&out), what]);
    let nothing = probe("nothing");
    if String::from_utf8_lossy(&nothing.stderr).contains("does not lock") {
        eprintln!("SKIPPED: {}", String::from_utf8_lossy(&nothing.stderr));
        return;
    }
    assert!(
        nothing.status.success(),
        "what a reader needs is allowed: {}",
        String::from_utf8_lossy(&nothing.stderr)
    );
    for what in [
        "write-evidence",
        "write-outside",
        "read-outside",
        "connect",
        "run",
    ] {
        let ran = probe(what);
        assert!(!ran.status.success(), "{what} was possible");
    }
    assert!(fs::read_dir(&folder).unwrap().next().is_none());
}

#[test]
fn a_census_is_imported_behind_the_lock() {
    let around = tempfile::tempdir().unwrap();
    let (list, store) = (
        around.path().join("list.txt"),
        around.path().join("census/census.db"),
    );
    fs::write(
        &list,
        "192.0.2.8:443 15.1.2507.6 DE mail.example.org\n192.0.2.9:25 Postfix\n",
    )
    .unwrap();
    fs::create_dir(store.parent().unwrap()).unwrap();
    let arguments = [
        "census",
        "import",
        text(&list),
        "--date",
        "2026-11-22",
        "--store",
        text(&store),
    ];
    let import = |lock: &[&str]| scout(&[&arguments[..], lock].concat());
    let ran = import(&["--require-lock"]);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    if said.contains("does not lock") {
        eprintln!("SKIPPED: {said}");
    } else {
        assert!(ran.status.success(), "{:?} {said}", ran.status);
    }
    // Once more into a store that is there.
    let ran = import(&[]);
    assert!(ran.status.success(), "{:?}", ran.status);
    let shown = scout(&[
        "census",
        "show",
        "--by",
        "product",
        "--json",
        "--store",
        text(&store),
    ]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("Postfix"));
}

#[test]
fn help_leads_a_stranger_through() {
    let help = String::from_utf8(scout(&["--help"]).stdout).unwrap();
    for word in [
        "scout collect --script",
        "scout assess evidence/",
        "Exit codes",
    ] {
        assert!(help.contains(word), "{word}");
    }
    let script = String::from_utf8(scout(&["collect", "--script"]).stdout).unwrap();
    assert!(script.contains("Get-InboxRule") && script.contains("applicationHost.config"));
    let list = String::from_utf8(scout(&["collect"]).stdout).unwrap();
    assert!(list.contains("HttpProxy") && list.contains("Temporary ASP.NET Files"));
}
