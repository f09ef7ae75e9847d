//! Witnesses: servers that witness each other, a log that shows two histories, a server that was put back or rewritten, witnesses
//! that are down, slow or lie; and mail, which goes on in each case.

mod interop;

mod stub;

mod tls;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use seal::{
    Checkpoint, Frontier, Hash, Note, SigningKey, Submission, TileId, WitnessKey, prove_consistency,
};
use serde_json::Value;

use crate::server::{Options, TestServer};
use stub::{Manner, Stub};

/// Time for a witness to be asked, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Whose mail is looked at.
const ANNA: &str = "anna@example.org";
const PASSWORD: &str = "correct horse";

fn wait_until(server: &TestServer, what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(
            began.elapsed() < PATIENCE,
            "{what}:\n{}\n{}",
            server.json(&["status"]),
            server.log()
        );
        sleep(LOOK_AGAIN);
    }
}

/// What a witness is configured as.
struct Asked {
    name: &'static str,
    key: String,
    port: u16,
}

fn section(asked: &[Asked], logs: &[&str], quorum: &str) -> String {
    let logs: Vec<_> = logs.iter().map(|log| format!("\"{log}\"")).collect();
    let mut text = format!(
        "[witness]\ninterval_seconds = 1\nquorum = {quorum}\nlogs = [{}]\n",
        logs.join(", ")
    );
    let mut allowed = Vec::new();
    for Asked { name, key, port } in asked {
        let url = format!("http://127.0.0.1:{port}");
        text += &format!("[[witness.ask]]\nname = \"{name}\"\nkey = \"{key}\"\nurl = \"{url}\"\n");
        allowed.push(format!("\"127.0.0.1:{port}\""));
    }
    text + &format!(
        "[egress]\nplain_http = [\"127.0.0.1\"]\nallowed = [{}]\n",
        allowed.join(", ")
    )
}

/// Delivers a message and reads it again.
fn mail_goes_on(server: &TestServer, subject: &str) {
    let mut lmtp = connect(server.lmtp_port());
    line(&mut lmtp);
    for command in [
        "LHLO test",
        "MAIL FROM:<>",
        &format!("RCPT TO:<{ANNA}>"),
        "DATA",
    ] {
        say(&mut lmtp, command);
        while line(&mut lmtp).as_bytes()[3] == b'-' {}
    }
    say(
        &mut lmtp,
        &format!("From: ben@example.net\r\nSubject: {subject}\r\n\r\nhello\r\n."),
    );
    let answer = line(&mut lmtp);
    assert!(answer.starts_with("250"), "{answer}");
    let mut imap = connect(server.imap_port());
    line(&mut imap);
    let mut done = |command: &str| {
        say(&mut imap, &format!("a {command}"));
        let mut said = String::new();
        while !said.contains("\na ") && !said.starts_with("a ") {
            said += &line(&mut imap);
        }
        said
    };
    assert!(done(&format!("LOGIN {ANNA} \"{PASSWORD}\"")).contains("a OK"));
    assert!(done("SELECT INBOX").contains("a OK"));
    let found = done(&format!("SEARCH SUBJECT \"{subject}\""));
    assert!(
        found.lines().any(|line| line.starts_with("* SEARCH ")),
        "{found}"
    );
}

fn connect(port: u16) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    BufReader::new(stream)
}

fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    line
}

fn say(stream: &mut BufReader<TcpStream>, text: &str) {
    stream
        .get_mut()
        .write_all(format!("{text}\r\n").as_bytes())
        .unwrap();
}

/// Asks over HTTP: the head and the body of the answer.
fn http(port: u16, request: &str, body: &str) -> (String, Vec<u8>) {
    let mut stream = connect(port);
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream
        .get_mut()
        .write_all(format!("{head}{body}").as_bytes())
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    (head, answer[end + 4..].to_vec())
}

fn witness_key(server: &TestServer, kind: &str) -> String {
    let keys = server.json(&["witness", "keys"]);
    let mut known = keys["witness"].as_array().unwrap().iter();
    let key = known.find(|key| key["kind"] == kind).unwrap();
    key["key"].as_str().unwrap().to_owned()
}

fn log_key(server: &TestServer) -> String {
    server.json(&["witness", "keys"])["log"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// How a witness of this name stands.
fn standing(server: &TestServer, name: &str) -> Value {
    let history = server.json(&["status"])["history"].clone();
    let witnesses = history["witnesses"]
        .as_array()
        .unwrap_or(&Vec::new())
        .clone();
    witnesses
        .into_iter()
        .find(|one| one["name"] == name)
        .unwrap_or_default()
}

fn is_fixed(server: &TestServer) -> bool {
    let history = &server.json(&["status"])["history"];
    history["entries"].is_u64() && history["fixed_entries"] == history["entries"]
}

/// Two servers, each of which asks the other.
fn pair() -> (TestServer, TestServer) {
    let mut one = TestServer::start(Options::default());
    let mut two = TestServer::start(Options {
        domain: "example.net",
        ..Options::default()
    });
    let (log_one, log_two) = (log_key(&one), log_key(&two));
    let of = |server: &TestServer, name, kind| Asked {
        name,
        key: witness_key(server, kind),
        port: server.tlog_port(),
    };
    let (asked_one, asked_two) = (of(&one, "one", "ML-DSA-44"), of(&two, "two", "Ed25519"));
    one.set_sections(section(&[asked_two], &[&log_two], "\"all\""));
    two.set_sections(section(&[asked_one], &[&log_one], "1"));
    one.restart();
    two.restart();
    one.add_account(ANNA, PASSWORD);
    (one, two)
}

#[test]
fn two_servers_witness_each_other() {
    let (mut one, two) = pair();
    mail_goes_on(&one, "before");
    for server in [&one, &two] {
        wait_until(server, "its history is fixed", || is_fixed(server));
        let status = server.command_ok(&["status"]);
        assert!(
            status.contains("history is fixed: witnesses know all"),
            "{status}"
        );
    }
    assert_eq!(standing(&one, "two")["state"], "good");
    // What is shown to the world carries the cosignature.
    let (head, note) = http(one.tlog_port(), "GET /checkpoint", "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let key: WitnessKey = witness_key(&two, "Ed25519").parse().unwrap();
    wait_until(&one, "the newest checkpoint is cosigned", || {
        let (_, note) = http(one.tlog_port(), "GET /checkpoint", "");
        matches!(key.cosigned_at(&Note::parse(&note).unwrap()), Ok(Some(_)))
    });
    let size = Checkpoint::open(
        &note,
        "mail.example.org/journal",
        &log_key(&one).parse().unwrap(),
    )
    .unwrap()
    .size();
    let (head, tile) = http(one.tlog_port(), &format!("GET /tile/0/000.p/{size}"), "");
    assert!(head.contains("200 OK"), "{head}");
    assert_eq!(tile.len(), usize::try_from(size).unwrap() * 32);
    assert!(
        http(one.tlog_port(), "GET /tile/entries/000", "")
            .0
            .contains("403")
    );
    let metrics = http(one.monitoring_port(), "GET /metrics", "").1;
    let metrics = String::from_utf8(metrics).unwrap();
    assert!(
        metrics.contains("wachpost_witness_well{witness=\"two\"} 1"),
        "{metrics}"
    );
    assert!(
        metrics.contains("wachpost_tlog_answers_total{answer=\"cosigned\"}"),
        "{metrics}"
    );
    proof_of_a_message(&one);
    assert_eq!(one.json(&["verify"])["clean"], true);
    // It is known again after a restart, and without one of the two.
    one.restart();
    assert_eq!(standing(&one, "two")["state"], "good");
    drop(two);
    mail_goes_on(&one, "after");
    wait_until(&one, "the other is missed", || {
        standing(&one, "two")["state"] == "silent"
    });
    let status = one.command_ok(&["status"]);
    assert!(status.contains("LOOK: two is silent"), "{status}");
    assert!(status.contains("seconds ago"), "{status}");
    assert!(
        one.log().contains("a witness does not answer"),
        "{}",
        one.log()
    );
    mail_goes_on(&one, "still");
    // A command without a server knows the same.
    assert!(one.stop().success());
    assert_eq!(
        one.json(&["witness", "show"])["witnesses"][0]["name"],
        "two"
    );
}

/// An entry is proven to somebody who has the policy and nothing else.
fn proof_of_a_message(server: &TestServer) {
    let path = |name: &str| server.folder().join(name).to_str().unwrap().to_owned();
    let (proof, content, policy) = (path("e.tlog-proof"), path("e.content"), path("our.policy"));
    std::fs::write(&policy, server.command_ok(&["witness", "policy"])).unwrap();
    let made = [
        "proof",
        "--account",
        ANNA,
        "--email",
        "e1",
        "--out",
        &proof,
        "--content",
        &content,
    ];
    assert!(server.json(&made)["cosignatures"].as_u64() > Some(0));
    let check = [
        "proof",
        "check",
        &proof,
        "--policy",
        &policy,
        "--content",
        &content,
    ];
    let proven = server.json(&check);
    assert_eq!(
        (&proven["proven"], &proven["content_checked"]),
        (&Value::Bool(true), &Value::Bool(true))
    );
    assert_eq!(proven["witnesses"][0]["name"], "two");
    assert!(server.command_ok(&check).starts_with("PROVEN: entry "));
    // Any change to it, and nothing is proven.
    let good = std::fs::read_to_string(&proof).unwrap();
    for (from, to) in [
        ("index ", "index 1"),
        ("cosig", "cosig"),
        ("extra ", "extra AAAA"),
    ] {
        let bad = path("bad.tlog-proof");
        std::fs::write(&bad, good.replacen(from, to, 1)).unwrap();
        let output = server.command(&["proof", "check", &bad, "--policy", &policy]);
        assert_eq!(
            output.status.code(),
            Some(if from == to { 0 } else { 3 }),
            "{from}"
        );
    }
    let other = path("other.content");
    std::fs::write(&other, "something else").unwrap();
    let output = server.command(&[
        "proof",
        "check",
        &proof,
        "--policy",
        &policy,
        "--content",
        &other,
    ]);
    assert_eq!(output.status.code(), Some(3));
    let by_number = server.json(&["proof", "1"]);
    assert!(
        by_number["proof"]
            .as_str()
            .unwrap()
            .starts_with("c2sp.org/tlog-proof@v1\n")
    );
    for missing in [
        &["proof", "999999"][..],
        &["proof", "0"],
        &["proof", "--account", ANNA, "--seq", "9999"],
    ] {
        assert_eq!(
            server.command(missing).status.code(),
            Some(4),
            "{missing:?}"
        );
    }
}

/// A log of the test's own.
struct Log {
    key: SigningKey,
    tree: Frontier,
}

impl Log {
    fn new() -> Self {
        Self {
            key: SigningKey::from_seed("log.example".parse().unwrap(), &[1; 32]),
            tree: Frontier::new(),
        }
    }

    fn grow(&mut self, by: u64, salt: u8) -> &mut Self {
        for _ in 0..by {
            let leaf = Hash::leaf(&[&self.tree.size().to_le_bytes()[..], &[salt]].concat());
            assert!(self.tree.push(leaf).is_empty(), "small enough for one tile");
        }
        self
    }

    fn submission(&self, old: u64) -> String {
        let none = std::collections::BTreeMap::<TileId, Vec<Hash>>::new();
        let proof = prove_consistency(old, self.tree.size(), &self.tree.over(&none)).unwrap();
        let checkpoint =
            Checkpoint::new("log.example", self.tree.size(), self.tree.root()).unwrap();
        let submission = Submission {
            old_size: old,
            path: proof.path,
            note: checkpoint.sign(&self.key).unwrap(),
        };
        submission.to_string()
    }
}

/// The status and the body of what a witness answers.
fn submit(server: &TestServer, body: &str) -> (u16, String) {
    let (head, body) = http(server.tlog_port(), "POST /add-checkpoint", body);
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, String::from_utf8(body).unwrap())
}

#[test]
fn a_log_that_shows_two_histories_is_found_by_its_witness() {
    let mut log = Log::new();
    let sections = section(&[], &[&log.key.verifier().to_string()], "\"any\"");
    let mut server = TestServer::start(Options {
        sections,
        ..Options::default()
    });
    server.add_account(ANNA, PASSWORD);
    let first = log.grow(5, 0).submission(0);
    let (status, lines) = submit(&server, &first);
    assert_eq!(status, 200, "{lines}");
    let mut note = Note::parse(first.split_once("\n\n").unwrap().1.as_bytes()).unwrap();
    for line in lines.lines() {
        note.add(seal::Signature::parse(line).unwrap()).unwrap();
    }
    for kind in ["Ed25519", "ML-DSA-44"] {
        let key: WitnessKey = witness_key(&server, kind).parse().unwrap();
        assert!(matches!(key.cosigned_at(&note), Ok(Some(_))), "{kind}");
    }
    let grown = log.grow(4, 0).submission(5);
    let mut fork = Log::new();
    let same_size = fork.grow(5, 1).submission(5);
    let fork_grown = fork.grow(9, 1).submission(5);
    assert_eq!(submit(&server, &same_size), (409, "5\n".to_owned()));
    assert_eq!(submit(&server, &fork_grown).0, 422);
    // A crash, and it knows all the same.
    server.kill();
    server.restart();
    assert_eq!(submit(&server, &same_size), (409, "5\n".to_owned()));
    assert_eq!(submit(&server, &grown).0, 200);
    // An old checkpoint, and an old old size.
    assert_eq!(submit(&server, &first), (409, "9\n".to_owned()));
    assert_eq!(submit(&server, &grown), (409, "9\n".to_owned()));
    assert!(
        server.log().contains("two trees of one size"),
        "{}",
        server.log()
    );
    let metrics = String::from_utf8(http(server.monitoring_port(), "GET /metrics", "").1).unwrap();
    assert!(
        metrics.contains("wachpost_tlog_answers_total{answer=\"split_view\"} 1"),
        "{metrics}"
    );
    assert_eq!(submit(&server, "old 0\n\nhello\n").0, 400);
    assert_eq!(
        submit(&server, &"x".repeat(Submission::BYTES_MAX + 1)).0,
        413
    );
    mail_goes_on(&server, "all the same");
    assert!(server.folder().join("notary.witnessed").is_file());
}

#[test]
fn a_server_that_was_put_back_or_rewritten_is_found_by_its_witness() {
    let (mut one, _two) = pair();
    mail_goes_on(&one, "first");
    wait_until(&one, "its history is fixed", || is_fixed(&one));
    assert!(one.stop().success());
    // The whole machine as it was: data, the notary's memory, and what witnesses had cosigned.
    let copy = one.folder().join("copy");
    copy_server(one.folder(), &copy);
    one.restart();
    for subject in ["second", "third"] {
        mail_goes_on(&one, subject);
    }
    wait_until(&one, "its history is fixed", || is_fixed(&one));
    let kept = one.folder().join("kept.checkpoint");
    std::fs::write(&kept, one.command_ok(&["checkpoint"])).unwrap();
    assert!(one.stop().success());
    copy_server(&copy, one.folder());
    one.restart();
    mail_goes_on(&one, "another second");
    wait_until(&one, "the witness knows better", || {
        standing(&one, "two")["state"] == "contradicting"
    });
    let why = standing(&one, "two")["why"].as_str().unwrap().to_owned();
    assert!(why.contains("this journal has fewer"), "{why}");
    assert!(
        one.log()
            .contains("a witness knows another history of this server"),
        "{}",
        one.log()
    );
    // Whoever kept a checkpoint finds it as well.
    let output = one.command(&["verify", "--checkpoint", kept.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("kept.checkpoint"), "{said}");
    // It grows beyond what the witness knows, and is another all the same.
    for number in 0..6 {
        mail_goes_on(&one, &format!("other{number}"));
    }
    assert!(one.stop().success());
    one.restart();
    wait_until(&one, "the witness knows better still", || {
        let why = standing(&one, "two")["why"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        why.contains("not those with which this journal begins")
    });
    assert!(!is_fixed(&one));
    mail_goes_on(&one, "all the same");
}

/// Copies what makes a server: its data and its notary's files, not its configuration.
fn copy_server(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to.join("data"));
    copy_folder(&from.join("data"), &to.join("data"));
    for name in ["notary.key", "notary.last"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn witnesses_that_are_down_slow_or_lie_are_told_of_and_keep_no_mail_waiting() {
    let manners = [
        ("honest", Manner::Honest, "good", ""),
        ("down", Manner::Down, "silent", ""),
        ("slow", Manner::Slow, "silent", "in time"),
        ("busy", Manner::Status(503), "silent", "503"),
        (
            "stranger",
            Manner::Status(404),
            "refusing",
            "does not know this log",
        ),
        (
            "distrustful",
            Manner::Status(403),
            "refusing",
            "another key",
        ),
        (
            "forger",
            Manner::OtherKey,
            "lying",
            "key that it is known by",
        ),
        ("dreamer", Manner::OtherTime, "lying", "seconds from ours"),
        (
            "confused",
            Manner::OtherCheckpoint,
            "lying",
            "not one over the checkpoint",
        ),
        ("babbler", Manner::Babble, "lying", "no witness says"),
        (
            "ahead",
            Manner::Conflict(1_000_000),
            "contradicting",
            "1000000 entries",
        ),
        (
            "forked",
            Manner::Status(422),
            "contradicting",
            "not those with which",
        ),
        (
            "fickle",
            Manner::Fickle,
            "lying",
            "from elsewhere each time",
        ),
    ];
    let stubs: Vec<_> = manners
        .map(|(name, manner, ..)| Stub::start(name, manner))
        .into();
    let asked: Vec<_> = stubs
        .iter()
        .map(|stub| Asked {
            name: stub.name,
            key: stub.key().to_string(),
            port: stub.port,
        })
        .collect();
    let server = TestServer::start(Options {
        sections: section(&asked, &[], "1"),
        ..Options::default()
    });
    server.add_account(ANNA, PASSWORD);
    mail_goes_on(&server, "while they are asked");
    for (name, _, state, why) in manners {
        wait_until(&server, name, || standing(&server, name)["state"] == state);
        let said = standing(&server, name)["why"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(said.contains(why), "{name}: {said}");
    }
    // One of thirteen is enough here.
    wait_until(&server, "history is fixed by the honest one", || {
        is_fixed(&server)
    });
    let log = server.log();
    for words in [
        "a witness does not answer",
        "a witness does not cosign for us",
        "a witness says what is not true",
    ] {
        assert!(log.contains(words), "{words}:\n{log}");
    }
    mail_goes_on(&server, "and afterwards");
    // Whoever comes to its senses is believed again.
    let dreamer = stubs.iter().find(|stub| stub.name == "dreamer").unwrap();
    dreamer.behave(Manner::Honest);
    wait_until(&server, "it is believed again", || {
        standing(&server, "dreamer")["state"] == "good"
    });
    assert!(server.log().contains("a witness cosigns again"));
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_configuration() {
    let server = TestServer::prepare(Options {
        sections: "[witness]\nlogs = [\"nonsense\"]\n".to_owned(),
        ..Options::default()
    });
    assert_eq!(
        server.command(&["serve", "--check"]).status.code(),
        Some(78)
    );
    let server = TestServer::prepare(Options::default());
    assert_eq!(server.command(&["witness", "show"]).status.code(), Some(4));
    assert!(
        server
            .command_ok(&["witness", "policy"])
            .contains("quorum none")
    );
}
