//! The locked house: what an intruder in a process of the server could do, and that the server works all the same.

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::{Options, TestServer};

/// Time for a process to be started again, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

fn wait_until(server: &TestServer, what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}:\n{}", server.log());
        sleep(LOOK_AGAIN);
    }
}

/// The processes that were started by one, with their arguments.
fn children(parent: u32) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        // proc_pid_stat(5): the name stands in parentheses, then state and parent.
        let mut words = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_ascii_whitespace();
        let (state, of) = (words.next(), words.next());
        if state != Some("Z") && of.and_then(|of| of.parse().ok()) == Some(parent) {
            let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
            found.push((pid, arguments));
        }
    }
    found
}

/// The process beside the server that does this.
fn beside(server: &TestServer, command: &str) -> Option<u32> {
    let wanted = |arguments: &str| arguments.split(' ').nth(1) == Some(command);
    let starter = children(server.process());
    let started = starter.iter().flat_map(|(pid, _)| children(*pid));
    starter
        .iter()
        .cloned()
        .chain(started)
        .find_map(|(pid, arguments)| wanted(&arguments).then_some(pid))
}

fn kill(pid: u32) {
    let status = Command::new("sh")
        .args(["-c", &format!("kill -KILL {pid}")])
        .status();
    assert!(status.unwrap().success());
}

fn is_there(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

fn tried(server: &TestServer, arguments: &[&str]) -> Vec<Value> {
    let output = server.command(&[&["posture", "--try", "--json"], arguments].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_an_intruder_tries_is_refused_in_every_process() {
    let server = TestServer::prepare(Options::default());
    let tried = tried(&server, &[]);
    let mut processes = std::collections::BTreeSet::new();
    for one in &tried {
        let (process, attempt) = (
            one["process"].as_str().unwrap(),
            one["attempt"].as_str().unwrap(),
        );
        processes.insert(process.to_owned());
        match (process, attempt) {
            (_, "nothing") => assert_eq!(one["how"], "works", "{one}"),
            // It connects for a living; where to is its address policy's to say, and tested there.
            ("egress", "connect-loopback-web" | "connect-private-web") => {}
            _ => assert_eq!(one["refused"], true, "{one}"),
        }
    }
    assert_eq!(processes.len(), 3);
    assert_eq!(tried.len() % 3, 0);
}

#[test]
fn without_the_layers_the_same_attempts_succeed() {
    // Otherwise the refusals would prove nothing.
    let server = TestServer::prepare(Options::default());
    let bare: Vec<_> = ["files", "network", "scope", "system-calls"]
        .into_iter()
        .flat_map(|layer| ["--without-layer", layer])
        .collect();
    for one in tried(&server, &bare) {
        let attempt = one["attempt"].as_str().unwrap();
        let done = [
            "run-program",
            "run-itself",
            "run-memory",
            "executable-memory",
            "write-outside",
            "read-outside",
            "open-notary-key",
            "change-notary-memory",
            "connect-loopback",
            "listen",
            "abstract-socket",
            "be-traced",
            "plant-program",
        ];
        if done.contains(&attempt) {
            assert_eq!(one["refused"], false, "{one}");
        }
    }
}

#[test]
fn each_layer_alone_refuses_what_it_is_there_for() {
    let server = TestServer::prepare(Options::default());
    let refused = |without: &str, attempts: &[&str]| {
        for one in tried(&server, &["--without-layer", without]) {
            if one["process"] == "serve" && attempts.contains(&one["attempt"].as_str().unwrap()) {
                assert_eq!(one["refused"], true, "without {without}: {one}");
            }
        }
    };
    refused(
        "system-calls",
        &[
            "run-program",
            "run-itself",
            "write-outside",
            "read-outside",
            "open-notary-key",
            "connect-loopback",
            "connect-private",
            "listen",
            "signal",
            "trace",
            "plant-program",
            "abstract-socket",
        ],
    );
    refused(
        "files",
        &[
            "run-program",
            "run-memory",
            "executable-memory",
            "trace",
            "be-traced",
            "connect-loopback",
            "listen",
        ],
    );
}

#[test]
fn the_posture_tells_of_the_running_server() {
    let server = TestServer::start(Options::default());
    let posture = server.json(&["posture"]);
    assert_eq!(posture["complete"], true, "{posture}");
    let names: Vec<_> = posture["processes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|process| process["process"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["serve", "starter", "notary", "egress"]);
    // The kernel says the same: a filter, no new privileges, no capabilities.
    for process in ["egress", "notary", "starter"] {
        let pid = beside(&server, process).unwrap();
        assert_locked(pid);
    }
    assert_locked(server.process());
}

fn assert_locked(pid: u32) {
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))
        .unwrap()
        .flatten()
    {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap();
        for line in [
            "NoNewPrivs:\t1",
            "Seccomp:\t2",
            "CapEff:\t0000000000000000",
            "CapPrm:\t0000000000000000",
        ] {
            assert!(
                status.contains(line),
                "{line} is wanted of {pid}:\n{status}"
            );
        }
    }
}

#[test]
fn a_kernel_without_a_layer_is_told_of_and_refused_where_it_is_required() {
    let server = TestServer::prepare(Options::default());
    for layer in [
        "files",
        "network",
        "scope",
        "system-calls",
        "no-new-privileges",
        "capabilities",
        "undumpable",
    ] {
        let posture = server.command(&["posture", "--json", "--without-layer", layer]);
        let posture: Value = serde_json::from_slice(&posture.stdout).unwrap();
        assert_eq!(posture["complete"], false, "{layer}");
        let refused = server.command(&["serve", "--require-sandbox", "--without-layer", layer]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(78), "{layer}: {said}");
        assert!(
            said.contains("cannot be locked in as is required"),
            "{said}"
        );
        assert!(said.contains(layer), "{said}");
    }
}

#[test]
fn what_is_required_is_there() {
    let options = Options {
        top: "require_sandbox = true\n".to_owned(),
        ..Options::default()
    };
    let server = TestServer::start(options);
    assert_eq!(server.json(&["posture"])["required"], true);
}

#[test]
fn the_processes_beside_it_are_started_again() {
    let server = TestServer::start(Options::default());
    for command in ["egress", "notary"] {
        let before = beside(&server, command).unwrap();
        kill(before);
        let mut number = 0;
        wait_until(&server, command, || {
            // The notary is missed when something is to be signed.
            number += 1;
            server.add_account(&format!("{command}{number}@example.org"), "correct horse");
            sleep(Duration::from_millis(200));
            beside(&server, command).is_some_and(|now| now != before)
        });
    }
    server.add_account("last@example.org", "correct horse");
    wait_until(&server, "the notary is there again", || {
        server.log().contains("the notary was started again")
    });
    let entries = server.json(&["status"])["entries"].as_u64().unwrap();
    wait_until(&server, "the journal is signed to its end", || {
        server.json(&["checkpoint"])["entries"].as_u64() == Some(entries)
    });
    assert_eq!(server.json(&["verify"])["clean"], true);
}

#[test]
fn all_end_together() {
    for name in ["KILL", "TERM"] {
        let mut server = TestServer::start(Options::default());
        let beside: Vec<_> = ["starter", "egress", "notary"]
            .into_iter()
            .map(|command| beside(&server, command).unwrap())
            .collect();
        match name {
            "KILL" => server.kill(),
            _ => assert!(server.stop().success()),
        }
        wait_until(&server, "they end", || {
            !beside.iter().any(|pid| is_there(*pid))
        });
        let noticed = server.log().contains("has ended without notice");
        assert_eq!(noticed, name == "KILL", "{}", server.log());
    }
}

#[test]
fn without_its_starter_the_server_goes_on() {
    let server = TestServer::start(Options::default());
    let notary = beside(&server, "notary").unwrap();
    kill(beside(&server, "starter").unwrap());
    kill(notary);
    server.add_account("anna@example.org", "correct horse");
    wait_until(&server, "it says that nothing is signed", || {
        server.log().contains("not signed for now")
    });
    server.add_account("bert@example.org", "correct horse");
}

#[test]
fn the_notary_signs_no_journal_that_was_put_in_the_place_of_another() {
    let mut server = TestServer::start(Options::default());
    let copy = server.folder().join("copy");
    assert!(server.stop().success());
    copy_folder(&server.data(), &copy);
    server.restart();
    server.add_account("anna@example.org", "correct horse");
    server.add_account("bert@example.org", "correct horse");
    assert!(server.stop().success());
    // An old copy, and another history on it.
    std::fs::remove_dir_all(server.data()).unwrap();
    copy_folder(&copy, &server.data());
    server.restart();
    server.add_account("mallory@example.org", "correct horse");
    wait_until(&server, "the notary refuses", || {
        server
            .log()
            .contains("the notary refuses to sign the journal")
    });
    for number in 0..8 {
        server.add_account(&format!("more{number}@example.org"), "correct horse");
    }
    assert!(server.stop().success());
    // Longer than what was signed now, and still another.
    server.restart();
    server.add_account("last@example.org", "correct horse");
    wait_until(&server, "the notary refuses again", || {
        server.log().matches("behind its back").count() >= 2
    });
    server.restart();
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        let target = to.join(entry.file_name());
        if kind.is_dir() {
            copy_folder(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_folder_of_an_older_version_gets_its_notary_a_memory() {
    let mut server = TestServer::start(Options::default());
    assert!(server.stop().success());
    let memory = server.folder().join("notary.last");
    std::fs::remove_file(&memory).unwrap();
    server.restart();
    server.add_account("anna@example.org", "correct horse");
    assert!(server.stop().success());
    assert!(memory.metadata().unwrap().len() > 0);
    assert!(!server.log().contains("refuses"), "{}", server.log());
}

#[test]
fn certificates_that_were_renewed_are_read_behind_the_lock() {
    let server = TestServer::start(Options::default());
    // As most programs renew: a new file in the place of the old one.
    let (old, new) = (server.certificate(), server.folder().join("tls/new.pem"));
    std::fs::copy(&old, &new).unwrap();
    std::fs::rename(&new, &old).unwrap();
    server.signal("HUP");
    wait_until(&server, "they are read", || {
        server.log().contains("certificates read again")
    });
}

#[test]
fn what_the_configuration_names_is_read_behind_the_lock() {
    let sections = "[outgoing.smart_host]\nhost = \"relay.example.net\"\nuser = \"us\"\npassword_file = \"relay.password\"\n";
    let mut server = TestServer::prepare(Options {
        sections: sections.to_owned(),
        ..Options::default()
    });
    std::fs::write(server.folder().join("relay.password"), "secret\n").unwrap();
    server.restart();
    wait_until(&server, "it serves", || server.log().contains("serving"));
    // A key that is made while it runs signs without a restart.
    server.command_ok(&["dkim", "generate", "example.org"]);
    assert!(server.folder().join("dkim/example.org").is_dir());
}

#[test]
fn after_a_restore_the_notary_begins_anew() {
    let mut server = TestServer::start(Options::default());
    let backup = server.folder().join("backup");
    let backup = backup.to_str().unwrap();
    server.command_ok(&["backup", backup]);
    for number in 0..5 {
        server.add_account(&format!("later{number}@example.org"), "correct horse");
    }
    assert!(server.stop().success());
    // Into a folder that is in use nothing is restored, and the notary forgets nothing.
    assert!(!server.command(&["restore-from", backup]).status.success());
    assert_eq!(memories(&server), 1);
    std::fs::remove_dir_all(server.data()).unwrap();
    server.command_ok(&["restore-from", backup]);
    assert_eq!(memories(&server), 2, "what was known is kept aside");
    server.restart();
    server.add_account("another@example.org", "correct horse");
    let entries = server.json(&["status"])["entries"].as_u64().unwrap();
    wait_until(&server, "it is signed", || {
        server.json(&["checkpoint"])["entries"].as_u64() == Some(entries)
    });
    assert!(
        !server.log().contains("refuses to sign"),
        "{}",
        server.log()
    );
}

/// Files that a notary remembers in, or remembered.
fn memories(server: &TestServer) -> usize {
    let files = std::fs::read_dir(server.folder()).unwrap().flatten();
    files
        .filter(|file| {
            file.file_name()
                .to_string_lossy()
                .starts_with("notary.last")
        })
        .count()
}
