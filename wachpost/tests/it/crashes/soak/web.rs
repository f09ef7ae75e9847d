//! Programs that speak HTTP: mail over JMAP, calendars and contacts, browsers that sign in and out.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::World;
use crate::crashes::look::{PASSWORD, person};
use crate::crashes::wire::Trouble;

const PATIENCE: Duration = Duration::from_secs(60);

/// A request, and how it is to be answered.
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    fields: &'a str,
    body: &'a str,
    wanted: &'a [u16],
}

/// Sends a request over a connection of its own; the whole answer as it came.
fn ask(world: &World<'_>, asked: &Asked<'_>) -> Result<String, Trouble> {
    let Asked {
        method,
        path,
        fields,
        body,
        wanted,
    } = asked;
    let mut socket = TcpStream::connect(("127.0.0.1", world.server.http_port()))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    match status {
        Some(status) if wanted.contains(&status) => Ok(answer),
        _ => Err(Trouble::Wrong(format!("{method} {path}: {answer}"))),
    }
}

fn basic(who: &str) -> String {
    let proof = STANDARD.encode(format!("{who}:{PASSWORD}"));
    format!("Authorization: Basic {proof}\r\n")
}

/// A web client's mail.
pub(super) fn jmap(world: &World<'_>) {
    world.work("jmap", |random| {
        let who = person(usize::try_from(random.below(super::PEOPLE as u64)).unwrap());
        let (credentials, json_fields) = (basic(&who), format!("{}Content-Type: application/json\r\n", basic(&who)));
        let answer = ask(
            world,
            &Asked {
                method: "GET",
                path: "/jmap/session",
                fields: &credentials,
                body: "",
                wanted: &[200],
            },
        )?;
        let session = body(&answer)?;
        let account = session["primaryAccounts"]["urn:ietf:params:jmap:mail"].clone();
        let call = |calls: Value| -> Result<Value, Trouble> {
            let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
            let text = json!({"using": using, "methodCalls": calls}).to_string();
            let answer = ask(
                world,
                &Asked {
                    method: "POST",
                    path: "/jmap/api",
                    fields: &json_fields,
                    body: &text,
                    wanted: &[200],
                },
            )?;
            let answer = body(&answer)?;
            let responses = answer["methodResponses"].clone();
            let failed = responses.as_array().into_iter().flatten().any(|response| {
                // RFC 8620 5.2: somebody else may have emptied a mailbox meanwhile, which is too much to tell of.
                response[0] == "error" && response[1]["type"] != "cannotCalculateChanges"
            });
            if failed || !responses.is_array() {
                return Err(Trouble::Wrong(format!("{text}: {answer}")));
            }
            Ok(responses)
        };
        let found = call(json!([
            ["Mailbox/get", {"accountId": account, "ids": null}, "m"],
            ["Email/query", {"accountId": account, "limit": 20, "sort": [{"property": "receivedAt", "isAscending": false}]}, "q"],
            ["Email/get", {"accountId": account, "#ids": {"resultOf": "q", "name": "Email/query", "path": "/ids"},
                "properties": ["subject", "from", "preview", "keywords", "mailboxIds"]}, "g"],
            ["Thread/get", {"accountId": account, "ids": []}, "t"],
        ]))?;
        let mut count = 5;
        if let Some(id) = found[1][1]["ids"][0].as_str() {
            let flag = if random.below(2) == 0 { json!(true) } else { Value::Null };
            call(json!([
                ["Email/set", {"accountId": account, "update": {id: {"keywords/$flagged": flag}}}, "s"],
                ["Email/changes", {"accountId": account, "sinceState": found[2][1]["state"]}, "c"],
            ]))?;
            count += 2;
        }
        Ok(count)
    });
}

fn body(answer: &str) -> Result<Value, Trouble> {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).map_err(|error| Trouble::Wrong(format!("{error}: {answer}")))
}

/// Calendars and contacts that are synchronised.
pub(super) fn dav(world: &World<'_>) {
    world.work("dav", |random| {
        let who = person(usize::try_from(random.below(super::PEOPLE as u64)).unwrap());
        let credentials = basic(&who);
        let go = |method: &str, path: &str, fields: &str, body: &str, wanted: &[u16]| {
            let fields = format!("{credentials}{fields}");
            ask(
                world,
                &Asked {
                    method,
                    path,
                    fields: &fields,
                    body,
                    wanted,
                },
            )
        };
        let number = world.number();
        let home = format!("/dav/calendars/{who}/calendar/");
        let path = format!("{home}soak-{number}.ics");
        let day = number % 28 + 1;
        let event = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//soak//EN\r\nBEGIN:VEVENT\r\nUID:soak-{number}@example.org\r\n\
             DTSTAMP:20261101T000000Z\r\nDTSTART:202612{day:02}T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\n\
             SUMMARY:Number {number}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        go("PUT", &path, "Content-Type: text/calendar\r\n", &event, &[201])?;
        go("GET", &path, "", "", &[200])?;
        let xml = "Content-Type: application/xml\r\n";
        let query = "<c:calendar-query xmlns:c=\"urn:ietf:params:xml:ns:caldav\" xmlns:d=\"DAV:\"><d:prop><d:getetag/></d:prop>\
             <c:filter><c:comp-filter name=\"VCALENDAR\"><c:comp-filter name=\"VEVENT\"><c:time-range \
             start=\"20261201T000000Z\" end=\"20261215T000000Z\"/></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>";
        go("REPORT", &home, &format!("{xml}Depth: 1\r\n"), query, &[207])?;
        let sync = "<d:sync-collection xmlns:d=\"DAV:\"><d:sync-token/><d:sync-level>1</d:sync-level><d:prop><d:getetag/>\
             </d:prop></d:sync-collection>";
        go("REPORT", &home, xml, sync, &[207])?;
        let find = "<d:propfind xmlns:d=\"DAV:\"><d:prop><d:displayname/><d:current-user-privilege-set/></d:prop></d:propfind>";
        go("PROPFIND", "/dav/", &format!("{xml}Depth: 1\r\n"), find, &[207])?;
        let moved = event.replace("T090000Z", "T100000Z");
        go("PUT", &path, "Content-Type: text/calendar\r\n", &moved, &[200, 204])?;
        go("DELETE", &path, "", "", &[200, 204])?;
        Ok(7)
    });
}

/// Browsers that come and go.
pub(super) fn sign_in(world: &World<'_>) {
    world.work("sign-in", |random| {
        let who = person(usize::try_from(random.below(super::PEOPLE as u64)).unwrap());
        let proof = json!({"name": who, "password": PASSWORD}).to_string();
        let own = "Content-Type: application/json\r\nSec-Fetch-Site: same-origin\r\n";
        let go = |method: &str, path: &str, fields: &str, body: &str, wanted: &[u16]| {
            ask(
                world,
                &Asked {
                    method,
                    path,
                    fields,
                    body,
                    wanted,
                },
            )
        };
        let answer = go("POST", "/auth/sign-in", own, &proof, &[200])?;
        let cookie = answer
            .split_once("__Host-wachpost=")
            .and_then(|(_, rest)| rest.split(';').next())
            .ok_or_else(|| Trouble::Wrong(answer.clone()))?;
        let fields = format!("{own}Cookie: __Host-wachpost={cookie}\r\n");
        go("GET", "/auth/session", &fields, "", &[200])?;
        go("GET", "/auth/credentials", &fields, "", &[200])?;
        go("GET", "/", "", "", &[200])?;
        go("POST", "/auth/sign-out", &fields, "{}", &[200, 204])?;
        go("GET", "/auth/session", &fields, "", &[401])?;
        Ok(6)
    });
}
