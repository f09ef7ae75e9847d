//! Bodies that nobody reads: the connection goes on, or the client is told that it does not.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use crate::world::World;

/// More than the HTTP library reads at once, and less than what is read for nothing.
const BODY_OCTETS: usize = 900 * 1024;

/// The status and the fields of an answer; its body is read, too.
fn answer(stream: &mut UnixStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet).unwrap();
        head.push(octet[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap();
    let length = length.lines().next().unwrap().parse().unwrap();
    stream.read_exact(&mut vec![0; length]).unwrap();
    head
}

#[test]
fn who_is_not_let_in_can_ask_again_on_the_same_connection() {
    let world = World::new("unread");
    let mut stream = world.connect();
    let path = "/dav/files/alice@example.org/file";
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: dav.example.org\r\nContent-Length: {BODY_OCTETS}\r\n\r\n"
    );
    for _ in 0..3 {
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&vec![b'a'; BODY_OCTETS]).unwrap();
        let head = answer(&mut stream);
        assert!(head.starts_with("http/1.1 401"), "{head}");
        assert!(!head.contains("connection: close"), "{head}");
    }
}

#[test]
fn who_waits_for_consent_is_answered_at_once_and_told_that_this_was_all() {
    let world = World::new("unread");
    let mut stream = world.connect();
    let head = "PUT /dav/files/alice@example.org/file HTTP/1.1\r\nHost: dav.example.org\r\n\
                Expect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let head = answer(&mut stream);
    assert!(head.starts_with("http/1.1 401"), "{head}");
    assert!(head.contains("connection: close"), "{head}");
}
