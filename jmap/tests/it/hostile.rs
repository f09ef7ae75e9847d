//! Requests that ask for too much: each costs bounded memory and time, and the next one is answered.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::wire::{Ask, Reply};
use crate::world::World;

/// What the worst request may take on a slow and busy machine.
const TIME_MAX: Duration = Duration::from_secs(20);

fn world() -> World {
    World::new(&["alice".to_owned()], None).0
}

fn send(world: &World, body: Vec<u8>) -> Reply {
    let begun = Instant::now();
    let ask = Ask {
        method: "POST".into(),
        path: "/jmap/api".into(),
        name: Some("alice".into()),
        fields: vec![("Content-Type".into(), "application/json".into())],
        body,
    };
    let reply = ask.over(world.connect());
    assert!(begun.elapsed() < TIME_MAX, "{:?}", begun.elapsed());
    reply
}

fn call(world: &World, calls: &Value) -> (Value, usize) {
    let request = json!({"using": ["urn:ietf:params:jmap:core"], "methodCalls": calls});
    let reply = send(world, request.to_string().into_bytes());
    assert_eq!(
        reply.status,
        200,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    let octets = reply.body.len();
    (serde_json::from_slice(&reply.body).unwrap(), octets)
}

fn limit(reply: &Reply) -> String {
    let value: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(value["type"], "urn:ietf:params:jmap:error:limit");
    value["limit"].as_str().unwrap().to_owned()
}

#[test]
fn a_request_that_is_too_large_is_refused_before_it_is_read() {
    let world = world();
    let mut body = br#"{"using": [], "methodCalls": [], "x": ""#.to_vec();
    body.resize(10_000_001, b'x');
    let reply = send(&world, body);
    assert_eq!(
        (reply.status, limit(&reply).as_str()),
        (400, "maxSizeRequest")
    );
}

#[test]
fn a_request_has_so_many_calls() {
    let world = world();
    let calls = |count: usize| Value::from(vec![json!(["Core/echo", {}, "a"]); count]);
    assert_eq!(
        call(&world, &calls(64)).0["methodResponses"]
            .as_array()
            .unwrap()
            .len(),
        64
    );
    let request = json!({"using": ["urn:ietf:params:jmap:core"], "methodCalls": calls(65)});
    let reply = send(&world, request.to_string().into_bytes());
    assert_eq!(
        (reply.status, limit(&reply).as_str()),
        (400, "maxCallsInRequest")
    );
}

#[test]
fn values_are_neither_too_deep_nor_too_many() {
    let world = world();
    let whole = |argument: String| {
        format!(
            r#"{{"using": ["urn:ietf:params:jmap:core"], "methodCalls": [["Core/echo", {{"x": {argument}}}, "a"]]}}"#
        )
    };
    let deep = |depth: usize| whole(format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    assert_eq!(send(&world, deep(40).into_bytes()).status, 200);
    for depth in [100, 100_000, 4_000_000] {
        assert_eq!(
            send(&world, deep(depth).into_bytes()).status,
            400,
            "{depth}"
        );
    }
    let many = whole(format!("[{}0]", "0,".repeat(4_000_000)));
    assert_eq!(send(&world, many.into_bytes()).status, 400);
}

#[test]
fn references_cannot_make_much_out_of_little() {
    let world = world();
    // Each call doubles what the one before it brought.
    let mut calls = vec![json!(["Core/echo", {"x": "y".repeat(1_000_000)}, "0"])];
    for number in 1..60 {
        let before = json!({"resultOf": (number - 1).to_string(), "name": "Core/echo", "path": ""});
        let arguments = json!({"#a": before.clone(), "#b": before});
        calls.push(json!(["Core/echo", arguments, number.to_string()]));
    }
    let (answer, octets) = call(&world, &calls.into());
    assert!(octets < 100_000_000, "{octets} octets");
    let answers = answer["methodResponses"].as_array().unwrap();
    assert_eq!(answers[1][0], "Core/echo");
    assert!(
        answers
            .iter()
            .any(|answer| answer[1]["type"] == "requestTooLarge")
    );
    assert_eq!(answers[59][0], "error");
    // One call with very many of them.
    let mut arguments = serde_json::Map::new();
    for number in 0..20_000 {
        let reference = json!({"resultOf": "0", "name": "Core/echo", "path": "/x/*/0"});
        arguments.insert(format!("#{number}"), reference);
    }
    let list: Vec<Value> = (0..20_000).map(|_| json!([])).collect();
    let calls = json!([["Core/echo", {"x": list}, "0"], ["Core/echo", arguments, "1"]]);
    let (answer, _) = call(&world, &calls);
    assert_eq!(answer["methodResponses"][1][0], "error");
}

#[test]
fn answers_are_bounded_together() {
    let world = world();
    let text = "y".repeat(3_000_000);
    let calls: Vec<Value> = (0..3)
        .map(|number| json!(["Core/echo", {"x": text.clone()}, number.to_string()]))
        .collect();
    let (answer, _) = call(&world, &calls.into());
    assert_eq!(answer["methodResponses"][2][0], "Core/echo");
    // The same bytes again and again are bounded as much as others are.
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:blob"];
    let mut calls = vec![
        json!(["Blob/upload", {"accountId": "a1", "create": {"x": {"data": [{"data:asText": text}]}}}, "u"]),
    ];
    let ids = ["#x"];
    for number in 0..60 {
        let properties = ["data:asText", "data:asBase64"];
        calls.push(json!(["Blob/get", {"accountId": "a1", "ids": ids, "properties": properties}, number.to_string()]));
    }
    let account = account(&world);
    let request = json!({"using": using, "methodCalls": calls}).to_string();
    let request = request.replace("\"a1\"", &format!("\"{account}\""));
    let reply = send(&world, request.into_bytes());
    assert_eq!(reply.status, 200);
    assert!(
        reply.body.len() < 100_000_000,
        "{} octets",
        reply.body.len()
    );
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    let answers = answer["methodResponses"].as_array().unwrap();
    assert_eq!(answers[1][0], "Blob/get");
    assert_eq!(answers[60][1]["type"], "requestTooLarge");
}

#[test]
fn a_call_has_so_many_ids_and_objects() {
    let world = world();
    let account = account(&world);
    let ids: Vec<String> = (1..=1_001).map(|number| format!("m{number}")).collect();
    let create: serde_json::Map<String, Value> = (0..1_001)
        .map(|number| (format!("c{number}"), json!({})))
        .collect();
    let using = [
        "urn:ietf:params:jmap:core",
        "urn:ietf:params:jmap:mail",
        "urn:ietf:params:jmap:blob",
    ];
    let calls = json!([
        ["Mailbox/get", {"accountId": account, "ids": ids}, "a"],
        ["Mailbox/set", {"accountId": account, "create": create}, "b"],
        ["Mailbox/set", {"accountId": account, "destroy": ids}, "c"],
        ["Blob/upload", {"accountId": account, "create": create}, "d"],
        ["Blob/get", {"accountId": account, "ids": ids}, "e"],
    ]);
    let request = json!({"using": using, "methodCalls": calls});
    let reply = send(&world, request.to_string().into_bytes());
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    for answer in answer["methodResponses"].as_array().unwrap() {
        assert_eq!(answer[1]["type"], "requestTooLarge", "{answer}");
    }
}

#[test]
fn an_upload_that_is_too_large_is_refused_before_it_is_sent() {
    let world = world();
    let account = account(&world);
    let fields = [("Expect", "100-continue"), ("Content-Length", "134217729")];
    let ask = Ask {
        method: "POST".into(),
        path: format!("/jmap/upload/{account}"),
        name: Some("alice".into()),
        fields: fields
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        body: Vec::new(),
    };
    assert_eq!(ask.over(world.connect()).status, 413);
}

#[test]
fn so_many_requests_at_once_and_no_more() {
    let world = world();
    let account = account(&world);
    let basic = STANDARD.encode("alice@example.org:secret-of-alice");
    for (path, count, limited) in [
        ("/jmap/api".to_owned(), 32, "maxConcurrentRequests"),
        (format!("/jmap/upload/{account}"), 8, "maxConcurrentUpload"),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {basic}\r\n\
             Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 50\r\n\r\n"
        );
        let held: Vec<UnixStream> = (0..count)
            .map(|_| {
                let mut stream = world.connect();
                stream.write_all(head.as_bytes()).unwrap();
                // Consent comes when the body is asked for, and its turn was taken before that.
                let mut consent = [0; 25];
                stream.read_exact(&mut consent).unwrap();
                assert!(consent.starts_with(b"HTTP/1.1 100"));
                stream
            })
            .collect();
        let ask = Ask {
            method: "POST".into(),
            path,
            name: Some("alice".into()),
            fields: vec![("Content-Type".into(), "application/json".into())],
            body: br#"{"using": [], "methodCalls": []}"#.to_vec(),
        };
        let refused = ask.over(world.connect());
        assert_eq!(limit(&refused), limited);
        drop(held);
        let again = (0..1_000).any(|_| ask.over(world.connect()).status < 300);
        assert!(again, "turns come back when clients go away");
    }
}

/// The id of Alice's account.
fn account(world: &World) -> String {
    let ask = Ask {
        method: "GET".into(),
        path: "/jmap/session".into(),
        name: Some("alice".into()),
        ..Ask::default()
    };
    let reply = ask.over(world.connect());
    let session: Value = serde_json::from_slice(&reply.body).unwrap();
    let accounts = session["accounts"].as_object().unwrap();
    accounts.keys().next().unwrap().clone()
}
