//! Hostile and slow clients: what each takes is bounded, and everybody else is served.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::server::{Options, TestServer};

use super::imap::Imap;
use super::lmtp::Lmtp;
use super::look::{self, PASSWORD, person};
use super::message;

/// Connections that say nothing.
const SILENT: usize = 1_000;
/// What one of them may take, sockets' buffers not counted.
const SILENT_KIB_MAX: u64 = 64;
/// What a client may take that sends without end, or never reads.
const GREEDY_KIB_MAX: u64 = 24 * 1024;
/// Changes that those who listen are told of.
const CHANGES: u64 = 200;
/// Octets that are sent to a server that should long have stopped listening.
const ENDLESS_OCTETS: usize = 64 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);

/// KiB of memory that the server has for itself (Linux: PSS of all mappings).
fn memory_kib(server: &TestServer) -> u64 {
    let path = format!("/proc/{}/smaps_rollup", server.process());
    let text = fs::read_to_string(path).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Pss:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Somebody else delivers, signs in and reads, and it does not take long.
fn others_are_served(server: &TestServer, number: u64) {
    let began = Instant::now();
    let mut said = String::new();
    let mut client = Lmtp::connect(server.lmtp_port()).unwrap();
    let each = &mut |_, reply: &str| said = reply.to_owned();
    client
        .deliver(&[person(1)], &message::write(number), each)
        .unwrap();
    assert!(said.starts_with("250"), "{said}");
    let account = look::account(server, &person(1)).unwrap();
    assert!(account.mailboxes["INBOX"].contains_key(&number));
    assert!(began.elapsed() < PATIENCE, "took {:?}", began.elapsed());
}

fn start() -> TestServer {
    let server = look::with_people(Options::default(), 2);
    others_are_served(&server, 1);
    server
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
        .set_write_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    stream
}

/// Sends the same again and again, until it is all sent, or the server does not take it any more.
fn send_without_end(stream: &mut TcpStream, part: &[u8]) -> usize {
    let mut sent = 0;
    while sent < ENDLESS_OCTETS {
        match stream.write(part) {
            Ok(octets) => sent += octets,
            Err(_) => break,
        }
    }
    sent
}

fn assert_bounded(server: &TestServer, before: u64, allowed: u64, what: &str) {
    let after = memory_kib(server);
    assert!(
        after < before + allowed,
        "{what}: {before} KiB before, {after} KiB after, {allowed} KiB more are allowed"
    );
}

#[test]
fn a_thousand_silent_connections_cost_little() {
    let server = start();
    let before = memory_kib(&server);
    let ports = [
        server.imap_port(),
        server.smtp_port(),
        server.lmtp_port(),
        server.imaps_port(),
    ];
    let mut silent = Vec::new();
    for number in 0..SILENT {
        let mut stream = connect(ports[number % ports.len()]);
        // The greeting says that the server attends to it; behind TLS there is none.
        if number % ports.len() != 3 {
            assert!(stream.read(&mut [0; 512]).unwrap() > 0);
        }
        silent.push(stream);
    }
    assert_bounded(
        &server,
        before,
        SILENT_KIB_MAX * SILENT as u64,
        "silent connections",
    );
    eprintln!(
        "{SILENT} connections: {before} KiB before, {} KiB with them",
        memory_kib(&server)
    );
    others_are_served(&server, 2);
}

#[test]
fn endless_lines_are_cut_off() {
    let server = start();
    let before = memory_kib(&server);
    let letters = vec![b'a'; 64 * 1024];
    let places = [
        ("imap", server.imap_port(), &b""[..]),
        ("imap command", server.imap_port(), b"a1 SELECT \""),
        (
            "imap sign-in",
            server.imap_port(),
            b"a1 AUTHENTICATE PLAIN\r\n",
        ),
        (
            "imap literal",
            server.imap_port(),
            b"a1 LOGIN {99999999+}\r\n",
        ),
        ("smtp", server.smtp_port(), b""),
        ("smtp mail", server.smtp_port(), b"EHLO x\r\nMAIL FROM:<"),
        (
            "lmtp",
            server.lmtp_port(),
            b"LHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<",
        ),
    ];
    for (number, (what, port, first)) in places.into_iter().enumerate() {
        let mut stream = connect(port);
        stream.write_all(first).unwrap();
        send_without_end(&mut stream, &letters);
        assert_bounded(&server, before, GREEDY_KIB_MAX, what);
        others_are_served(&server, 10 + u64::try_from(number).unwrap());
    }
}

#[test]
fn endless_nesting_and_counts_are_refused() {
    let server = start();
    let before = memory_kib(&server);
    let mut client = Imap::sign_in(server.imap_port(), &person(1), PASSWORD).unwrap();
    client.select("INBOX").unwrap();
    let nested = format!("SEARCH {}ALL{}", "(".repeat(3_000), ")".repeat(3_000));
    let nots = format!("SEARCH {}ALL", "NOT ".repeat(1_900));
    let numbers: Vec<_> = (1..1_500).map(|number| format!("{}", number * 2)).collect();
    for command in [
        nested,
        nots,
        format!("UID FETCH {} (FLAGS)", numbers.join(",")),
    ] {
        // OK or refused, but answered, by a server that lives.
        client.ask(&command).unwrap();
    }
    assert_bounded(&server, before, GREEDY_KIB_MAX, "nesting");
    others_are_served(&server, 2);
}

#[test]
fn who_never_reads_waits_alone() {
    let server = start();
    let mut client = Imap::sign_in(server.imap_port(), &person(0), PASSWORD).unwrap();
    for number in 1..=40 {
        let octets = message::write(number * 23);
        assert!(client.append("INBOX", "", &octets).unwrap().is_ok());
    }
    let before = memory_kib(&server);
    let mut greedy = Vec::new();
    for _ in 0..8 {
        let mut stream = connect(server.imap_port());
        let sign_in = format!("a LOGIN {} \"{PASSWORD}\"\r\nb SELECT INBOX\r\n", person(0));
        stream.write_all(sign_in.as_bytes()).unwrap();
        // 8 MB each time, asked for without end, and never read.
        let sent = send_without_end(&mut stream, &b"c FETCH 1:* (BODY.PEEK[])\r\n".repeat(100));
        assert!(
            sent < ENDLESS_OCTETS,
            "the server takes commands whose answers nobody reads"
        );
        greedy.push(stream);
    }
    assert_bounded(
        &server,
        before,
        8 * GREEDY_KIB_MAX,
        "answers that nobody reads",
    );
    others_are_served(&server, 2);
}

#[test]
fn a_thousand_who_listen_and_never_read_cost_little() {
    let server = start();
    let basic = STANDARD.encode(format!("{}:{PASSWORD}", person(0)));
    let before = memory_kib(&server);
    let mut listeners = Vec::new();
    for number in 0..SILENT {
        let mut stream = connect(server.http_port());
        let is_socket = number % 2 == 1;
        let (path, more) = match is_socket {
            false => ("/jmap/eventsource?types=*&closeafter=no&ping=0", ""),
            true => (
                "/jmap/ws",
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: jmap\r\n",
            ),
        };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {basic}\r\n{more}\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        if is_socket {
            assert_eq!(&head, b"HTTP/1.1 101");
            // RFC 6455 5.2: a text of 53 octets, masked with zeros.
            let enable = br#"{"@type":"WebSocketPushEnable","dataTypes":null     }"#;
            stream.write_all(&[0x81, 0x80 | 53, 0, 0, 0, 0]).unwrap();
            stream.write_all(enable).unwrap();
        } else {
            assert_eq!(&head, b"HTTP/1.1 200");
        }
        listeners.push(stream);
    }
    let mut client = Imap::sign_in(server.imap_port(), &person(0), PASSWORD).unwrap();
    for number in 1..=CHANGES {
        let octets = message::write(number);
        assert!(client.append("INBOX", "", &octets).unwrap().is_ok());
    }
    let allowed = SILENT_KIB_MAX * SILENT as u64;
    assert_bounded(&server, before, allowed, "listeners that never read");
    eprintln!(
        "{SILENT} listeners: {before} KiB before, {} KiB after {CHANGES} changes",
        memory_kib(&server)
    );
    others_are_served(&server, 2);
}

#[test]
fn half_messages_are_bounded_together() {
    let options = Options {
        sections: "[limits]\nmessage_size = \"20 MiB\"\nmemory = \"48 MiB\"\n".into(),
        ..Options::default()
    };
    let server = look::with_people(options, 2);
    others_are_served(&server, 1);
    let before = memory_kib(&server);
    let mut halves = Vec::new();
    for _ in 0..12 {
        let mut stream = connect(server.lmtp_port());
        let envelope = format!(
            "LHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{}>\r\nDATA\r\n",
            person(0)
        );
        stream.write_all(envelope.as_bytes()).unwrap();
        let line = format!("{}\r\n", "a".repeat(76)).repeat(800);
        let mut sent = 0;
        while sent < 15 << 20 {
            match stream.write(line.as_bytes()) {
                Ok(octets) => sent += octets,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        halves.push(stream);
    }
    for _ in 0..12 {
        let mut stream = connect(server.imap_port());
        let append = format!(
            "a LOGIN {} \"{PASSWORD}\"\r\nb APPEND INBOX {{{}+}}\r\n",
            person(0),
            16 << 20
        );
        stream.write_all(append.as_bytes()).unwrap();
        let line = "a".repeat(64 * 1024);
        let mut sent = 0;
        while sent < 15 << 20 {
            match stream.write(line.as_bytes()) {
                Ok(octets) => sent += octets,
                Err(_) => break,
            }
        }
        halves.push(stream);
    }
    // The budget, and as much again for what an allocator keeps while buffers grow.
    assert_bounded(&server, before, 2 * 48 * 1024, "half messages");
    drop(halves);
    let began = Instant::now();
    loop {
        let mut said = String::new();
        let mut client = Lmtp::connect(server.lmtp_port()).unwrap();
        let each = &mut |_, reply: &str| said = reply.to_owned();
        client
            .deliver(&[person(1)], &message::write(2), each)
            .unwrap();
        if said.starts_with("250") {
            break;
        }
        assert!(
            said.starts_with('4') && began.elapsed() < PATIENCE,
            "{said}"
        );
    }
}
