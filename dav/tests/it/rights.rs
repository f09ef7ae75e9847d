//! Every method on what is somebody else's: nothing is done, and nothing is told but who there is.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::wire::{Answered, receive};
use crate::world::World;

const METHODS: [&str; 15] = [
    "GET",
    "HEAD",
    "PUT",
    "DELETE",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "MKCALENDAR",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "ACL",
    "REPORT",
];

/// Places of Alice's: what is there, and what is not.
const PLACES: [&str; 12] = [
    "/dav/calendars/alice@example.org/calendar/",
    "/dav/calendars/alice@example.org/calendar/secret.ics",
    "/dav/calendars/alice@example.org/calendar/none.ics",
    "/dav/calendars/alice@example.org/tasks/",
    "/dav/calendars/alice@example.org/none/",
    "/dav/calendars/alice@example.org/inbox/",
    "/dav/calendars/alice@example.org/outbox/",
    "/dav/addressbooks/alice@example.org/contacts/",
    "/dav/addressbooks/alice@example.org/directory/",
    "/dav/files/alice@example.org/",
    "/dav/files/alice@example.org/secret",
    "/dav/files/alice@example.org/folder/none",
];

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTAMP:20260501T000000Z\r\n\
                     DTSTART:20260504T080000Z\r\nSUMMARY:secret\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn ask(world: &World, who: &str, method: &str, path: &str, body: &str) -> Answered {
    let mut stream = world.connect();
    let basic = STANDARD.encode(format!("{who}@example.org:secret-of-{who}"));
    let media = if body.is_empty() || body.starts_with('<') {
        "application/xml"
    } else {
        "text/calendar"
    };
    let depth = match method {
        "DELETE" | "MOVE" => "infinity",
        _ => "0",
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: dav.example.org\r\nAuthorization: Basic {basic}\r\nContent-Type: {media}\r\n\
         Depth: {depth}\r\nDestination: /dav/files/{who}@example.org/taken\r\nLock-Token: <urn:uuid:x>\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    receive(&mut stream, method == "HEAD").unwrap()
}

/// A body that the method would do something with.
fn body(method: &str) -> &'static str {
    match method {
        "PUT" => EVENT,
        "POST" => {
            "<CS:share xmlns:D='DAV:' xmlns:CS='http://calendarserver.org/ns/'><CS:set>\
             <D:href>mailto:bob@example.org</D:href><CS:read-write/></CS:set></CS:share>"
        }
        "PROPPATCH" => {
            "<propertyupdate xmlns='DAV:'><set><prop><displayname>x</displayname></prop></set></propertyupdate>"
        }
        "LOCK" => {
            "<lockinfo xmlns='DAV:'><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>"
        }
        "ACL" => {
            "<acl xmlns='DAV:'><ace><principal><authenticated/></principal>\
             <grant><privilege><all/></privilege></grant></ace></acl>"
        }
        "REPORT" => {
            "<sync-collection xmlns='DAV:'><sync-token/><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>"
        }
        _ => "",
    }
}

#[test]
fn nobody_does_anything_with_what_is_not_theirs() {
    let world = World::new("rights");
    let secret = "/dav/calendars/alice@example.org/calendar/secret.ics";
    for (method, path, body) in [
        ("PUT", secret, EVENT),
        ("PUT", "/dav/files/alice@example.org/secret", "secret"),
        ("MKCOL", "/dav/files/alice@example.org/folder/", ""),
    ] {
        let made = ask(&world, "alice", method, path, body);
        assert!(made.status.starts_with("201"), "{path}: {}", made.status);
    }
    for method in METHODS {
        for place in PLACES {
            let answer = ask(&world, "bob", method, place, body(method));
            let refused = ["403", "404", "405", "409", "415"]
                .iter()
                .any(|code| answer.status.starts_with(code));
            let said = String::from_utf8_lossy(&answer.body);
            assert!(
                refused && !said.contains("secret"),
                "{method} {place}: {} {said}",
                answer.status
            );
        }
    }
    let there = ask(&world, "alice", "GET", secret, "");
    assert_eq!(there.body, EVENT.as_bytes());
    let shared = ask(
        &world,
        "alice",
        "PROPFIND",
        "/dav/calendars/alice@example.org/calendar/",
        "<propfind xmlns='DAV:' xmlns:CS='http://calendarserver.org/ns/'><prop><CS:invite/><displayname/></prop></propfind>",
    );
    let shared = String::from_utf8_lossy(&shared.body).into_owned();
    assert!(
        !shared.contains("bob@example.org") && shared.contains(">Calendar<"),
        "{shared}"
    );
}
