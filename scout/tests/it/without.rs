//! Without: whatever is taken away of a server's evidence, nobody says that there is no trace of what stood there.
//!
//! A quiet server of which everything was collected is said to show no trace; of it nothing can be taken without that answer. Then an
//! attack leaves its trace in one place alone, each time in another: it is found, and without that place the answer is never "no
//! trace" either. The same is done with the evidence that others collected.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use scout::assessment::{Assessment, Grade, Verdict};
use tempfile::TempDir;

use crate::history::{History, Trace};
use crate::{exchange, read};

const LIST: &str = "exports/log-files.csv";
/// The log of Sysmon, as the list of log files names it.
const SYSMON: &str = r"C:\Windows\System32\winevt\Logs\Microsoft-Windows-Sysmon%4Operational.evtx";

/// A folder with all that was collected from a server on which nothing happened.
fn quiet(has_sysmon: bool) -> (History, TempDir) {
    let history = History::quiet(has_sysmon);
    let folder = tempfile::tempdir().unwrap();
    history.write(folder.path());
    let report = read(folder.path());
    assert_eq!(report.verdict, Verdict::NoTrace, "{:#?}", report.reasons);
    (history, folder)
}

/// The files of a folder, as one would lose them: an event log is one, however many files its export has.
fn lost_together(folder: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut files: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let label = path.strip_prefix(folder).unwrap().display().to_string();
            let log = match label.strip_prefix("events/") {
                Some(event_log) => format!("events/{}", event_log.split('-').next().unwrap()),
                None => label,
            };
            files.entry(log).or_default().push(path);
        }
    }
    files
}

/// Reads a folder without some files, and puts them back.
fn read_without(folder: &Path, files: &[PathBuf]) -> Assessment {
    let aside = tempfile::tempdir_in(folder.parent().unwrap()).unwrap();
    let places: Vec<_> = (0..files.len())
        .map(|number| aside.path().join(number.to_string()))
        .collect();
    for (file, place) in files.iter().zip(&places) {
        fs::rename(file, place).unwrap();
    }
    let report = read(folder);
    for (file, place) in files.iter().zip(&places) {
        fs::rename(place, file).unwrap();
    }
    report
}

fn put(folder: &Path, file: &str, content: &[u8]) {
    let whole = folder.join(file);
    fs::create_dir_all(whole.parent().unwrap()).unwrap();
    fs::write(whole, content).unwrap();
}

fn add_to_list(folder: &Path, path: &str) {
    let mut list = fs::OpenOptions::new()
        .append(true)
        .open(folder.join(LIST))
        .unwrap();
    writeln!(list, "{path},4096,").unwrap();
}

/// Nothing can be taken from the evidence of a quiet server without the answer that there is no trace.
fn every_file_counts(has_sysmon: bool) {
    let (_history, folder) = quiet(has_sysmon);
    let files = lost_together(folder.path());
    assert!(files.len() > 80, "{}", files.len());
    for (name, paths) in files {
        // Since when the server is there matters only where its logs begin after the first attacks.
        if name == "exports/exchange-servers.csv" {
            continue;
        }
        let report = read_without(folder.path(), &paths);
        assert_eq!(report.verdict, Verdict::CannotKnow, "without {name}");
    }
}

#[test]
fn every_file_of_a_quiet_server_counts() {
    every_file_counts(false);
}

#[test]
fn every_file_of_a_quiet_server_with_sysmon_counts() {
    every_file_counts(true);
}

/// Puts a trace into the evidence of a quiet server, looks that it is found, takes its log away, and makes all as it was.
fn is_found_and_missed(trace: &Trace, folder: &Path) {
    let beside = trace.beside.iter().map(|(file, _)| file.as_str());
    let touched: Vec<_> = beside
        .chain([LIST, &trace.file])
        .map(|file| folder.join(file))
        .collect();
    let before: Vec<_> = touched.iter().map(|file| fs::read(file).ok()).collect();
    put(folder, &trace.file, trace.content.as_bytes());
    for (file, content) in &trace.beside {
        put(folder, file, content.as_bytes());
    }
    if let Some(path) = &trace.listed {
        add_to_list(folder, path);
    }
    let name = &trace.name;
    let found = read(folder).verdict;
    assert!(found >= Verdict::Attempted, "{name}: {found:?}");
    let own = folder.join(&trace.file);
    let files = lost_together(folder);
    let log = files.values().find(|paths| paths.contains(&own)).unwrap();
    let report = read_without(folder, log);
    assert_eq!(
        report.verdict,
        Verdict::CannotKnow,
        "without the log of {name}"
    );
    // Not the file only, but everything of its kind.
    let kind: Vec<_> = files
        .values()
        .flatten()
        .filter(|path| path.parent() == own.parent())
        .cloned()
        .collect();
    let report = read_without(folder, &kind);
    assert_eq!(report.verdict, Verdict::CannotKnow, "without all of {name}");
    for (file, content) in touched.iter().zip(before) {
        match content {
            Some(content) => fs::write(file, content).unwrap(),
            None => fs::remove_file(file).unwrap(),
        }
    }
}

#[test]
fn a_trace_in_one_log_alone_is_found_and_its_loss_is_told() {
    let (history, folder) = quiet(false);
    let traces = history.traces();
    assert!(traces.len() > 40);
    for trace in &traces {
        is_found_and_missed(trace, folder.path());
    }
    // Nothing of it is left.
    assert_eq!(read(folder.path()).verdict, Verdict::NoTrace);
}

#[test]
fn a_trace_in_one_event_log_alone_is_found_where_there_is_sysmon() {
    let (history, folder) = quiet(true);
    for trace in history.traces() {
        if trace.name.starts_with("events ") {
            is_found_and_missed(&trace, folder.path());
        }
    }
}

#[test]
fn whatever_a_verdict_needs_has_a_trace_in_these_tests() {
    // Kinds in which there is nothing but notes, which are no verdict, and what only tells of the others.
    const QUIET: [&str; 5] = [
        "export of mailboxes",
        "export of transport rules",
        "export of role groups",
        "export of hybrid configuration",
        "list of log files",
    ];
    let (history, folder) = quiet(true);
    let kinds = |report: &Assessment| -> BTreeSet<String> {
        let needed = report.coverage.iter().filter(|coverage| coverage.needed);
        needed.map(|coverage| coverage.kind.clone()).collect()
    };
    let needed = kinds(&read(folder.path()));
    let mut tried = BTreeSet::new();
    for trace in history.traces() {
        let alone = tempfile::tempdir().unwrap();
        put(alone.path(), &trace.file, trace.content.as_bytes());
        let read = read(alone.path()).coverage.into_iter();
        tried.extend(
            read.filter(|coverage| coverage.rows > 0)
                .map(|coverage| coverage.kind),
        );
    }
    let untried: Vec<_> = needed
        .iter()
        .filter(|kind| !tried.contains(*kind) && !QUIET.contains(&kind.as_str()))
        .collect();
    assert!(untried.is_empty(), "{untried:?}");
}

#[test]
fn an_attack_of_one_line_is_never_missed_unseen() {
    let mut tried = 0;
    for history in (0..400)
        .map(History::draw)
        .filter(History::is_complete_with_one_trace)
    {
        let folder = tempfile::tempdir().unwrap();
        history.write(folder.path());
        assert!(read(folder.path()).verdict >= Verdict::Attempted);
        for (name, paths) in lost_together(folder.path()) {
            // What is left without the others' files still has the trace; those of the front end may hold it.
            if name.contains("HttpProxy") {
                let report = read_without(folder.path(), &paths);
                assert_ne!(report.verdict, Verdict::NoTrace, "without {name}");
            }
        }
        tried += 1;
        if tried == 2 {
            return;
        }
    }
    panic!("only {tried} lives are complete and have one trace");
}

#[test]
fn an_event_log_that_others_collected_is_missed_on_a_quiet_server() {
    let Some(exchange) = exchange() else { return };
    let mut tried = 0;
    for entry in fs::read_dir(exchange.join("evtx")).unwrap() {
        let path = entry.unwrap().path();
        let (_history, folder) = quiet(false);
        let folder = folder.path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let channel = read_alone(&path);
        let own: Vec<_> = lost_together(folder)
            .remove(&format!("events/{channel}"))
            .unwrap_or_default();
        own.iter().for_each(|file| fs::remove_file(file).unwrap());
        if channel == "Sysmon" {
            add_to_list(folder, SYSMON);
        }
        assert_ne!(read(folder).verdict, Verdict::NoTrace, "without {name}");
        fs::copy(&path, folder.join("events").join(&name)).unwrap();
        assert!(read(folder).verdict >= Verdict::Attempted, "with {name}");
        tried += 1;
    }
    assert!(tried >= 6, "{tried}");
}

/// The channel of an event log, as reports name it.
fn read_alone(path: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(path, folder.path().join("x.evtx")).unwrap();
    let coverage = read(folder.path()).coverage;
    let kind = coverage.iter().find(|coverage| coverage.rows > 0).unwrap();
    kind.kind.trim_start_matches("events ").to_owned()
}

#[test]
fn each_channel_of_the_run_in_the_laboratory_is_missed_on_a_quiet_server() {
    let Some(exchange) = exchange() else { return };
    let mut channels: BTreeMap<String, String> = BTreeMap::new();
    for line in laboratory(&exchange).lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let channel = event["Channel"].as_str().unwrap_or_default().to_owned();
        let lines = channels.entry(channel).or_default();
        lines.push_str(line);
        lines.push('\n');
    }
    let mut telling = Vec::new();
    for (channel, lines) in channels {
        let name = match channel.as_str() {
            "Microsoft-Windows-PowerShell/Operational" => "PowerShell",
            "Microsoft-Windows-Sysmon/Operational" => "Sysmon",
            channel => channel,
        };
        let (_history, folder) = quiet(false);
        let folder = folder.path();
        for file in lost_together(folder)
            .remove(&format!("events/{name}"))
            .unwrap_or_default()
        {
            fs::remove_file(file).unwrap();
        }
        let file = folder.join("events/laboratory.jsonl");
        fs::write(&file, lines).unwrap();
        if name == "Sysmon" {
            add_to_list(folder, SYSMON);
        }
        if read(folder).verdict >= Verdict::Attempted {
            fs::remove_file(&file).unwrap();
            assert_eq!(
                read(folder).verdict,
                Verdict::CannotKnow,
                "without {channel}"
            );
            telling.push(name.to_owned());
        }
    }
    for channel in ["MSExchange Management", "Security", "Sysmon"] {
        assert!(
            telling.iter().any(|told| told == channel),
            "{channel}: {telling:?}"
        );
    }
}

/// The events of the run in the laboratory, one a line.
pub(crate) fn laboratory(exchange: &Path) -> String {
    let mut zip =
        fs::File::open(exchange.join("lab-run-2021/proxylogon_ssrf_rce_poc.zip")).unwrap();
    let entry = evidence::archive::list(&mut zip).unwrap().remove(0);
    evidence::archive::seek_to(&mut zip, &entry).unwrap();
    let mut text = String::new();
    let mut stream = flate2::read::DeflateDecoder::new(zip.take(entry.packed));
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn no_folder_that_others_collected_is_without_a_trace_when_a_file_is_missing() {
    let Some(exchange) = exchange() else { return };
    for name in [
        "evtx",
        "lab-run-2021",
        "log-samples",
        "mail-logs",
        "indicators",
        "census-samples",
    ] {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join(name);
        fs::create_dir(&folder).unwrap();
        for entry in fs::read_dir(exchange.join(name)).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
        for (file, paths) in lost_together(&folder) {
            let report = read_without(&folder, &paths);
            assert_ne!(report.verdict, Verdict::NoTrace, "{name} without {file}");
        }
    }
}

#[test]
fn what_is_missing_is_said_with_how_to_get_it_and_what_it_would_tell() {
    let (_history, folder) = quiet(false);
    let list = fs::read(folder.path().join(LIST)).unwrap();
    add_to_list(folder.path(), SYSMON);
    let report = read(folder.path());
    assert_eq!(report.verdict, Verdict::CannotKnow);
    assert_eq!(report.reasons, ["not here at all: events (Sysmon)"]);
    let wanted = report
        .collect_next
        .iter()
        .find(|wanted| wanted.what == "events Sysmon")
        .unwrap();
    assert!(
        wanted
            .place
            .starts_with("wevtutil epl Microsoft-Windows-Sysmon/Operational"),
        "{}",
        wanted.place
    );
    assert!(!wanted.why.is_empty());
    // Of a server that has none it is said so.
    fs::write(folder.path().join(LIST), list).unwrap();
    let report = read(folder.path());
    let sysmon = report
        .coverage
        .iter()
        .find(|coverage| coverage.kind == "events Sysmon")
        .unwrap();
    assert!(sysmon.never_there && !sysmon.needed);
    assert!(
        report
            .reasons
            .iter()
            .any(|reason| reason.contains("no Sysmon"))
    );
    // Without a list nobody knows.
    let report = read_without(folder.path(), &[folder.path().join(LIST)]);
    assert_eq!(report.verdict, Verdict::CannotKnow);
    assert!(
        report.reasons.iter().any(
            |reason| reason.contains("no list of log files tells") && reason.contains("Sysmon")
        )
    );
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding.grade < Grade::Attempt)
    );
}

#[test]
fn a_folder_that_is_no_evidence_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "holiday.txt", b"sun and sea\n");
    let report = read(folder.path());
    assert_eq!(report.verdict, Verdict::CannotKnow);
    let first = report.reasons.first().unwrap();
    assert!(first.contains("perhaps it is another folder"), "{first}");
    assert_eq!(report.collect_next[0].what, "all of what follows, at once");
}
