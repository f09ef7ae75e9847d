//! What administrators do with mail that waits to be sent.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::server::{Options, TestServer};
use crate::stub::{Manner, Stub};

const ANNA: &str = "anna@example.org";
const PASSWORD: &str = "correct horse";
const PATIENCE: Duration = Duration::from_secs(30);

/// A server whose mail goes to a stub that puts off so many messages, and tries again only after an hour.
fn house(put_off: usize) -> (TestServer, Stub) {
    house_with(put_off, "")
}

/// The same, with more in the section `[outgoing]`.
fn house_with(put_off: usize, more: &str) -> (TestServer, Stub) {
    let stub = Stub::start("127.0.0.1:0", &vec![Manner::Greylist; put_off]);
    let port = stub.port();
    let sections = format!(
        "[egress]\nallowed = [\"127.0.0.1:{port}\"]\n[outgoing]\nretry_seconds = [3600]\n{more}\
         [outgoing.smart_host]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n"
    );
    let server = TestServer::start(Options {
        sections,
        ..Options::default()
    });
    server.add_account(ANNA, PASSWORD);
    (server, stub)
}

/// Anna sends something.
fn send(server: &TestServer, recipient: &str) {
    let last = send_to(server, &[recipient.to_owned()]);
    assert!(last.starts_with('2'), "{last}");
}

/// Anna sends something to several; the last reply.
fn send_to(server: &TestServer, recipients: &[String]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", server.submission_port())).unwrap();
    let mut replies = BufReader::new(stream.try_clone().unwrap());
    let mut say = |line: &str| {
        stream.write_all(line.as_bytes()).unwrap();
        let mut reply = String::new();
        while replies.read_line(&mut reply).unwrap() > 0 {
            if reply.as_bytes().get(3) == Some(&b' ') {
                break;
            }
            reply.clear();
        }
        reply
    };
    let mut go_on = |line: &str| {
        let reply = say(line);
        assert!(matches!(reply.as_bytes()[0], b'2' | b'3'), "{line}{reply}");
    };
    let proof = STANDARD.encode(format!("\0{ANNA}\0{PASSWORD}"));
    go_on("");
    go_on("EHLO client.example\r\n");
    go_on(&format!("AUTH PLAIN {proof}\r\n"));
    go_on(&format!("MAIL FROM:<{ANNA}>\r\n"));
    for recipient in recipients {
        go_on(&format!("RCPT TO:<{recipient}>\r\n"));
    }
    go_on("DATA\r\n");
    say(&format!(
        "From: {ANNA}\r\nTo: {}\r\nSubject: Waits\r\n\r\nbody\r\n.\r\n",
        recipients[0]
    ))
}

/// Waits until the queue is as it should be; what it is then.
fn await_queue(server: &TestServer, is_right: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let queue = server.json(&["queue"]);
        let queue = queue.as_array().unwrap();
        if is_right(queue) {
            return queue.clone();
        }
        assert!(began.elapsed() < PATIENCE, "{queue:#?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn name(line: &Value) -> String {
    format!("{}.{}", line["account"], line["id"])
}

#[test]
fn mail_that_waits_is_looked_at_tried_again_held_released_and_taken_out() {
    let (server, stub) = house(3);
    for recipient in ["a@one.example", "b@two.example", "c@two.example"] {
        send(&server, recipient);
    }
    let tried = |line: &Value| !line["last"].is_null();
    let queue = await_queue(&server, |queue| queue.len() == 3 && queue.iter().all(tried));
    assert_eq!(queue[0]["from"], ANNA);
    assert_eq!(queue[0]["to"][0], "a@one.example");
    let last = queue[0]["last"].as_str().unwrap();
    assert!(last.contains("come back later"), "{last}");

    let shown = server.json(&["queue", "show", &name(&queue[1])]);
    assert_eq!(shown["recipients"][0]["address"], "b@two.example");
    assert!(shown["header"].as_str().unwrap().contains("Subject: Waits"));
    let text = server.command_ok(&["queue", "list", "--to", "two.example"]);
    assert!(
        text.contains("b@two.example") && !text.contains("a@one.example"),
        "{text}"
    );
    let by_limit = server.json(&["queue", "list", "--limit", "2"]);
    assert_eq!(by_limit.as_array().unwrap().len(), 2);

    server.command_ok(&[
        "queue",
        "hold",
        "--to",
        "two.example",
        "--reason",
        "looks odd",
    ]);
    let held = server.json(&["queue", "list", "--held"]);
    assert_eq!(held.as_array().unwrap().len(), 2);
    assert_eq!(held[0]["hold"], "looks odd");
    // Everything is tried again; what is held is not.
    server.command_ok(&["queue", "retry", "--all"]);
    let queue = await_queue(&server, |queue| queue.len() == 2);
    assert_eq!(stub.taken()[0].recipients, ["a@one.example"]);

    server.command_ok(&["queue", "cancel", &name(&queue[0])]);
    server.command_ok(&["queue", "release", "--held"]);
    await_queue(&server, <[Value]>::is_empty);
    let taken: Vec<String> = stub
        .taken()
        .into_iter()
        .flat_map(|it| it.recipients)
        .collect();
    assert_eq!(taken, ["a@one.example", "c@two.example"]);

    let gone = server.command(&["queue", "cancel", &name(&queue[0])]);
    assert_eq!(gone.status.code(), Some(4));
    let unclear = server.command(&["queue", "cancel"]);
    assert_eq!(unclear.status.code(), Some(1));
}

fn emails_of(server: &TestServer, address: &str) -> u64 {
    let mailboxes = server.json(&["mailboxes", address]);
    let all = mailboxes.as_array().unwrap().iter();
    all.filter(|mailbox| mailbox["role"] == "inbox")
        .filter_map(|mailbox| mailbox["emails"].as_u64())
        .sum()
}

#[test]
fn a_list_waits_for_its_moderator_reaches_all_members_and_is_archived() {
    let (server, stub) = house(0);
    for arguments in [
        &["account", "add", "ben@example.org"][..],
        &["account", "add", "archive@example.org", "--shared"],
        &["group", "add", "team@example.org"],
        &["group", "posting", "team@example.org", "inside"],
        &["group", "member-add", "team@example.org", "ben@example.org"],
        &["group", "member-add", "team@example.org", "far@one.example"],
        &[
            "group",
            "moderator-add",
            "team@example.org",
            "ben@example.org",
        ],
        &[
            "domain",
            "archive",
            "example.org",
            "--to",
            "archive@example.org",
        ],
        &[
            "account",
            "forward",
            "ben@example.org",
            "--to",
            "ben@two.example",
            "--keep",
        ],
    ] {
        server.command_ok(arguments);
    }
    send(&server, "team@example.org");
    let waits = |queue: &[Value]| matches!(queue, [held] if !held["hold"].is_null());
    await_queue(&server, waits);
    let pending = server.json(&["group", "pending", "team@example.org"]);
    assert_eq!(pending[0]["subject"], "Waits");
    assert_eq!(pending[0]["from"][0], ANNA);
    // The moderator was asked, and the archive has its copy.
    assert_eq!(emails_of(&server, "ben@example.org"), 1);
    assert_eq!(emails_of(&server, "archive@example.org"), 1);

    let number = pending[0]["number"].to_string();
    server.command_ok(&["group", "approve", "team@example.org", &number]);
    await_queue(&server, <[Value]>::is_empty);
    assert_eq!(emails_of(&server, "ben@example.org"), 2);
    assert_eq!(emails_of(&server, "archive@example.org"), 1);
    let mut left: Vec<_> = stub.taken().into_iter().map(|it| it.recipients).collect();
    left.sort();
    // The question to the moderator went on, too.
    assert_eq!(
        left,
        [
            ["ben@two.example"],
            ["ben@two.example"],
            ["far@one.example"]
        ]
    );
}

fn people(count: usize) -> Vec<String> {
    (0..count)
        .map(|one| format!("p{one}@one.example"))
        .collect()
}

#[test]
fn nobody_gets_a_fresh_allowance_by_a_restart() {
    let limits = "[outgoing.limits]\nrecipients_per_hour = 150\nunusual_factor = 0\n";
    let (mut server, _stub) = house_with(0, limits);
    let sent = |server: &TestServer, count| send_to(server, &people(count));
    assert!(sent(&server, 60).starts_with("250"));
    server.restart();
    assert!(sent(&server, 60).starts_with("250"));
    let refused = sent(&server, 60);
    assert!(refused.starts_with('4'), "{refused}");
    assert!(sent(&server, 30).starts_with("250"));
    server.restart();
    let refused = sent(&server, 1);
    assert!(refused.starts_with('4'), "{refused}");
}

#[test]
fn a_kill_forgives_a_flood_nothing() {
    let limits = "[outgoing.limits]\nrecipients_per_hour = 150\nunusual_factor = 0\n";
    let (mut server, _stub) = house_with(0, limits);
    let file = server.data().join("counts").join("sender-counts");
    assert!(send_to(&server, &people(100)).starts_with("250"));
    let began = Instant::now();
    while !file.exists() {
        assert!(began.elapsed() < PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    server.kill();
    server.restart();
    let refused = send_to(&server, &people(60));
    assert!(refused.starts_with('4'), "{refused}");
    assert!(send_to(&server, &people(50)).starts_with("250"));
}
