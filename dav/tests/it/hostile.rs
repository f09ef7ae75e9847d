//! Requests that nobody means well with: each gets a clear answer, and costs no more than its bounds.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::wire::{Answered, receive};
use crate::world::World;

const CALENDAR: &str = "/dav/calendars/alice@example.org/calendar/";

fn ask(world: &World, method: &str, path: &str, fields: &str, body: &[u8]) -> Answered {
    let mut stream = world.connect();
    let basic = STANDARD.encode("alice@example.org:secret-of-alice");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: dav.example.org\r\nAuthorization: Basic {basic}\r\n{fields}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    receive(&mut stream, method == "HEAD").unwrap()
}

fn asked(world: &World, method: &str, path: &str, body: &[u8]) -> (String, String) {
    let length = format!("Content-Length: {}\r\n", body.len());
    let answer = ask(world, method, path, &length, body);
    let body = String::from_utf8(answer.body).unwrap();
    (answer.status, body)
}

#[test]
fn a_body_that_is_too_large_is_refused_by_name() {
    let world = World::new("hostile");
    let large = vec![b'x'; 10 * 1024 * 1024 + 1];
    let (status, body) = asked(&world, "PUT", &format!("{CALENDAR}a.ics"), &large);
    assert!(
        status.starts_with("403") && body.contains("<C:max-resource-size/>"),
        "{status} {body}"
    );
    let (status, _) = asked(&world, "PROPFIND", CALENDAR, &large);
    assert!(status.starts_with("413"), "{status}");
    // Without a length said beforehand it is the same.
    let mut chunked = Vec::new();
    for part in large.chunks(1 << 20) {
        chunked.extend(format!("{:x}\r\n", part.len()).bytes());
        chunked.extend(part);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    let path = "/dav/files/alice@example.org/a";
    let fields = "Transfer-Encoding: chunked\r\n";
    let answer = ask(&world, "PUT", path, fields, &chunked);
    assert!(answer.status.starts_with("413"), "{}", answer.status);
    let (status, _) = asked(&world, "GET", path, b"");
    assert!(status.starts_with("404"), "{status}");
}

#[test]
fn xml_that_explodes_is_refused() {
    let world = World::new("hostile");
    let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><propfind xmlns='DAV:'><prop>&b;</prop></propfind>";
    let (status, body) = asked(&world, "PROPFIND", CALENDAR, bomb.as_bytes());
    assert!(
        status.starts_with("403") && body.contains("<D:no-external-entities/>"),
        "{status} {body}"
    );
    let deep = format!("{}{}", "<a>".repeat(5_000), "</a>".repeat(5_000));
    let (status, _) = asked(&world, "PROPPATCH", CALENDAR, deep.as_bytes());
    assert!(status.starts_with("413"), "{status}");
    let names: String = (0..5_000).map(|number| format!("<x{number}/>")).collect();
    let many = format!("<propfind xmlns='DAV:'><prop>{names}</prop></propfind>");
    let (status, _) = asked(&world, "PROPFIND", CALENDAR, many.as_bytes());
    assert!(status.starts_with("413"), "{status}");
}

#[test]
fn paths_lead_nowhere_else() {
    let world = World::new("hostile");
    for path in [
        "/dav/files/alice@example.org/../bob@example.org/",
        "/dav/files/alice@example.org/%2e%2e/x",
        "/dav/files/alice@example.org/a%2fb",
        "/dav/files/alice@example.org/a%00b",
        "/dav/files/alice@example.org//a",
        "/dav/files/alice@example.org/%ff",
        "/dav/calendars/alice@example.org/calendar/a/b/c",
        "/dav/etc/passwd",
    ] {
        for method in ["GET", "PUT", "PROPFIND", "DELETE"] {
            let (status, _) = asked(&world, method, path, b"");
            assert!(
                ["400", "403", "404"]
                    .iter()
                    .any(|code| status.starts_with(code)),
                "{method} {path}: {status}"
            );
        }
    }
}

#[test]
fn fields_have_bounds() {
    let world = World::new("hostile");
    let long = format!("If: (<urn:x:{}>)\r\n", "a".repeat(17_000));
    let answer = ask(&world, "DELETE", &format!("{CALENDAR}a.ics"), &long, b"");
    assert!(answer.status.starts_with('4'), "{}", answer.status);
    for fields in ["Depth: 2\r\n", "If: (\r\n", "If-Match: x y\r\n"] {
        let path = "/dav/files/alice@example.org/";
        let method = if fields.starts_with("Depth") {
            "PROPFIND"
        } else {
            "PROPPATCH"
        };
        let body = "<propertyupdate xmlns='DAV:'><set><prop><x/></prop></set></propertyupdate>";
        let fields = format!("{fields}Content-Length: {}\r\n", body.len());
        let answer = ask(&world, method, path, &fields, body.as_bytes());
        assert!(
            answer.status.starts_with("400"),
            "{fields}: {}",
            answer.status
        );
    }
}

#[test]
fn dead_properties_have_bounds() {
    let world = World::new("hostile");
    let value = "x".repeat(70_000);
    let body = format!(
        "<propertyupdate xmlns='DAV:'><set><prop><a xmlns='urn:x'>{value}</a></prop></set></propertyupdate>"
    );
    let (status, body) = asked(&world, "PROPPATCH", CALENDAR, body.as_bytes());
    assert!(
        status.starts_with("413") || body.contains("507 Insufficient Storage"),
        "{status} {body}"
    );
}
