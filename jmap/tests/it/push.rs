//! Push: what clients hear of changes, over each of the ways.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use directory::Secret;
use jmap::{Push, PushSender, Pushed};
use model::{Actor, PrincipalId};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::wire::Ask;
use crate::world::{Laid, World};

/// `alice@example.org:secret-of-alice`.
const ALICE: &str = "YWxpY2VAZXhhbXBsZS5vcmc6c2VjcmV0LW9mLWFsaWNl";

fn world() -> (World, PrincipalId) {
    let (world, people) = World::new(&["alice".into(), "bob".into()], None);
    (world, people[0])
}

fn deliver(world: &World, person: PrincipalId) {
    world.lay(&Laid {
        person,
        mailbox: "Inbox".into(),
        text: "Subject: news\n\nNews.\n".into(),
        keywords: Vec::new(),
        received_at: None,
    });
}

fn api(world: &World, calls: &Value) -> Value {
    let body = json!({
        "using": ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"],
        "methodCalls": calls,
    });
    let reply = Ask {
        method: "POST".into(),
        path: "/jmap/api".into(),
        name: Some("alice".into()),
        fields: vec![("Content-Type".into(), "application/json".into())],
        body: body.to_string().into_bytes(),
    }
    .over(world.connect());
    let value: Value = serde_json::from_slice(&reply.body).unwrap();
    value["methodResponses"].clone()
}

/// A stream of events that is open.
struct Events(BufReader<UnixStream>);

#[derive(Debug)]
struct Event {
    name: String,
    id: String,
    data: Value,
}

impl Events {
    fn open(world: &World, query: &str, more: &str) -> Self {
        Self::over(world.connect(), query, more)
    }

    fn over(mut stream: UnixStream, query: &str, more: &str) -> Self {
        write!(
            stream,
            "GET /jmap/eventsource?{query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {ALICE}\r\n{more}\r\n"
        )
        .unwrap();
        let mut events = Self(BufReader::new(stream));
        let status = events.line();
        assert!(status.starts_with("HTTP/1.1 200 "), "{status}");
        while !events.line().is_empty() {}
        events
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.truncate(line.trim_end().len());
        line
    }

    /// The next event; none at the end.
    fn next(&mut self) -> Option<Event> {
        let size = self.line();
        if size.is_empty() || size == "0" {
            return None;
        }
        let (mut name, mut id, mut data) = (String::new(), String::new(), Value::Null);
        loop {
            let line = self.line();
            let Some((field, value)) = line.split_once(": ") else {
                break;
            };
            match field {
                "event" => name = value.to_owned(),
                "id" => id = value.to_owned(),
                "data" => data = serde_json::from_str(value).unwrap(),
                _ => {}
            }
        }
        self.line();
        Some(Event { name, id, data })
    }

    fn is_silent(&self) -> bool {
        let stream = self.0.get_ref();
        stream
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        let mut octets = [0; 1];
        let read = (&mut &*stream).read(&mut octets);
        read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

#[test]
fn a_delivery_is_told_with_the_states_that_methods_tell() {
    let (world, alice) = world();
    deliver(&world, alice);
    let mut events = Events::open(&world, "types=*&closeafter=no&ping=0", "");
    deliver(&world, alice);
    let event = events.next().unwrap();
    assert_eq!(
        (event.name.as_str(), &event.data["@type"]),
        ("state", &json!("StateChange"))
    );
    let account = format!("a{}", alice.0);
    let changed = &event.data["changed"][&account];
    assert!(
        changed["Email"].is_string() && changed["Mailbox"].is_string(),
        "{event:?}"
    );
    assert!(changed.get("PushSubscription").is_none());
    assert!(event.data["changed"].as_object().unwrap().len() == 1);
    assert!(!event.id.is_empty());
}

#[test]
fn only_the_types_that_are_wanted_are_told_and_the_stream_ends_if_it_is_wanted() {
    let (world, alice) = world();
    let mut events = Events::open(&world, "types=Email&closeafter=state&ping=300", "");
    deliver(&world, alice);
    let event = events.next().unwrap();
    let changed = event.data["changed"][&format!("a{}", alice.0)]
        .as_object()
        .unwrap();
    assert_eq!(changed.keys().collect::<Vec<_>>(), ["Email"]);
    assert!(events.next().is_none());
}

#[test]
fn whoever_comes_back_hears_what_was_missed_and_nothing_else() {
    let (world, alice) = world();
    let mut events = Events::open(&world, "types=*&closeafter=state&ping=0", "");
    deliver(&world, alice);
    let heard = events.next().unwrap();
    let since = format!("Last-Event-ID: {}\r\n", heard.id);
    let again = Events::open(&world, "types=*&closeafter=state&ping=0", &since);
    assert!(again.is_silent());
    deliver(&world, alice);
    let mut late = Events::open(&world, "types=*&closeafter=state&ping=0", &since);
    let missed = late.next().unwrap();
    assert_ne!(missed.id, heard.id);
    assert!(missed.data["changed"][&format!("a{}", alice.0)]["Email"].is_string());
}

#[test]
fn what_a_slow_client_did_not_take_becomes_one_event() {
    const CHANGES: usize = 1_500;
    let (world, alice) = world();
    let mut events = Events::over(world.connect_narrow(), "types=*&closeafter=no&ping=0", "");
    for _ in 0..CHANGES {
        deliver(&world, alice);
    }
    let mut fresh = Events::open(
        &world,
        "types=*&closeafter=state&ping=0",
        "Last-Event-ID: old\r\n",
    );
    let last = fresh.next().unwrap().id;
    let mut heard = 1;
    while events.next().unwrap().id != last {
        heard += 1;
    }
    assert!(heard < CHANGES / 2, "{heard} events were queued");
}

#[test]
fn a_new_password_ends_what_the_old_one_opened() {
    let (world, alice) = world();
    let mut events = Events::open(&world, "types=*&closeafter=no&ping=0", "");
    let mut socket = Socket::open(&world);
    socket.say(&json!({"@type": "WebSocketPushEnable", "dataTypes": null}));
    socket.echo();
    let directory = world.groupware.directory();
    let password = Secret::from("another password".to_owned());
    world
        .runtime
        .block_on(directory.set_password(&Actor::system(), alice, &password))
        .unwrap();
    // The account itself may have changed, too.
    while events.next().is_some() {}
    assert_eq!(socket.frame(), (0x8, 1008_u16.to_be_bytes().to_vec()));
}

#[test]
fn queries_that_are_none_and_strangers_are_refused() {
    let (world, _) = world();
    let status = |path: &str, name: Option<&str>| {
        let ask = Ask {
            method: "GET".into(),
            path: path.into(),
            name: name.map(str::to_owned),
            ..Ask::default()
        };
        ask.over(world.connect()).status
    };
    assert_eq!(status("/jmap/eventsource?ping=x", Some("alice")), 400);
    assert_eq!(status("/jmap/eventsource?types=*", None), 401);
    assert_eq!(status("/jmap/ws", None), 401);
    assert_eq!(status("/jmap/ws", Some("alice")), 426);
}

/// A WebSocket as a client has it.
struct Socket(UnixStream);

impl Socket {
    fn open(world: &World) -> Self {
        let mut stream = world.connect();
        write!(
            stream,
            "GET /jmap/ws HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {ALICE}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: jmap\r\n\r\n"
        )
        .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut octet = [0; 1];
            stream.read_exact(&mut octet).unwrap();
            head.push(octet[0]);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 101 "), "{head}");
        assert!(head.contains("sec-websocket-protocol: jmap\r\n"), "{head}");
        assert!(head.contains("s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        Self(stream)
    }

    /// Sends one frame, masked with ones.
    fn send(&mut self, first: u8, payload: &[u8]) {
        let mut frame = vec![first];
        match payload.len() {
            length @ ..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
            length @ ..65_536 => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&[1; 4]);
        frame.extend(payload.iter().map(|octet| octet ^ 1));
        self.0.write_all(&frame).unwrap();
    }

    fn say(&mut self, value: &Value) {
        self.send(0x81, value.to_string().as_bytes());
    }

    /// The next frame: what it is, and its payload.
    fn frame(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).unwrap();
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length).unwrap();
                usize::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.0.read_exact(&mut length).unwrap();
                usize::try_from(u64::from_be_bytes(length)).unwrap()
            }
            length => usize::from(length),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).unwrap();
        (head[0] & 0x0F, payload)
    }

    fn hear(&mut self) -> Value {
        let (opcode, payload) = self.frame();
        assert_eq!(opcode, 0x1, "{payload:?}");
        serde_json::from_slice(&payload).unwrap()
    }

    /// Makes sure that everything before was attended to.
    fn echo(&mut self) {
        let call = json!([["Core/echo", {"a": 1}, "x"]]);
        let using = ["urn:ietf:params:jmap:core"];
        self.say(&json!({"@type": "Request", "id": "R", "using": using, "methodCalls": call}));
        let heard = self.hear();
        assert_eq!(
            (&heard["@type"], &heard["requestId"]),
            (&json!("Response"), &json!("R"))
        );
        assert_eq!(heard["methodResponses"], call);
    }
}

#[test]
fn requests_and_changes_share_a_web_socket() {
    let (world, alice) = world();
    let mut socket = Socket::open(&world);
    socket.echo();
    // Changes are told once they are asked for, and no longer than that.
    deliver(&world, alice);
    socket.say(&json!({"@type": "WebSocketPushEnable", "dataTypes": ["Email"]}));
    socket.echo();
    deliver(&world, alice);
    let change = socket.hear();
    assert_eq!(change["@type"], "StateChange");
    let changed = change["changed"][&format!("a{}", alice.0)]
        .as_object()
        .unwrap();
    assert_eq!(changed.keys().collect::<Vec<_>>(), ["Email"]);
    socket.say(&json!({"@type": "WebSocketPushDisable"}));
    socket.echo();
    deliver(&world, alice);
    socket.echo();
    // Whoever comes back says what it knows.
    socket.say(&json!({
        "@type": "WebSocketPushEnable", "dataTypes": ["Email"], "pushState": change["pushState"],
    }));
    assert_eq!(socket.hear()["@type"], "StateChange");
}

#[test]
fn messages_that_are_none_are_answered_and_frames_that_are_none_end_the_connection() {
    let (world, _) = world();
    let mut socket = Socket::open(&world);
    socket.send(0x81, b"{");
    let error = socket.hear();
    assert_eq!(error["@type"], "RequestError");
    assert_eq!(error["type"], "urn:ietf:params:jmap:error:notJSON");
    socket.say(&json!({"@type": "Request", "id": "R", "using": ["urn:x"], "methodCalls": []}));
    let error = socket.hear();
    assert_eq!(
        error["type"],
        "urn:ietf:params:jmap:error:unknownCapability"
    );
    assert_eq!(error["requestId"], "R");
    // A message may come in parts, with a ping in between.
    let text = br#"{"@type": "Request", "id": "P", "using": [], "methodCalls": []}"#;
    socket.send(0x01, &text[..20]);
    socket.send(0x89, b"there?");
    assert_eq!(socket.frame(), (0xA, b"there?".to_vec()));
    socket.send(0x80, &text[20..]);
    assert_eq!(socket.hear()["requestId"], "P");
    let close = |code: u16| (0x8, code.to_be_bytes().to_vec());
    for (first, payload, code) in [
        (0x82, &b"x"[..], 1003),
        (0x80, b"x", 1002),
        (0x81, b"\xff", 1007),
        (0x88, b"\x03\xe8", 1000),
    ] {
        let mut socket = Socket::open(&world);
        socket.send(first, payload);
        assert_eq!(socket.frame(), close(code));
    }
    let mut socket = Socket::open(&world);
    // 4 GiB are announced.
    socket
        .0
        .write_all(&[0x81, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1])
        .unwrap();
    assert_eq!(socket.frame(), close(1009));
}

#[test]
fn a_large_request_over_a_web_socket_is_answered() {
    let (world, _) = world();
    let mut socket = Socket::open(&world);
    let text = "x".repeat(300_000);
    let call = json!([["Core/echo", {"text": text}, "x"]]);
    let using = ["urn:ietf:params:jmap:core"];
    socket.say(&json!({"@type": "Request", "using": using, "methodCalls": call}));
    assert_eq!(socket.hear()["methodResponses"], call);
}

/// A push service that answers what it is told to.
struct Service {
    status: Mutex<u16>,
    heard: Sender<Push>,
}

impl PushSender for Service {
    fn send(&self, push: Push) -> Pin<Box<dyn Future<Output = Pushed> + Send + '_>> {
        let status = *self.status.lock().unwrap();
        self.heard.send(push).unwrap();
        Box::pin(async move {
            Pushed::Answered {
                status,
                retry_after_s: None,
            }
        })
    }
}

fn courier(world: &World) -> (Arc<Service>, Receiver<Push>) {
    let (heard, hears) = channel();
    let service = Arc::new(Service {
        status: Mutex::new(201),
        heard,
    });
    let (jmap, sender) = (
        world.jmap.clone(),
        Arc::clone(&service) as Arc<dyn PushSender>,
    );
    world
        .runtime
        .spawn(jmap.push(sender, CancellationToken::new()));
    (service, hears)
}

fn hear(hears: &Receiver<Push>) -> Push {
    hears.recv_timeout(Duration::from_secs(20)).unwrap()
}

fn subscribe(world: &World, more: &Value) -> Value {
    let mut one = json!({"deviceClientId": "phone", "url": "https://push.example.com/1?a"});
    for (name, value) in more.as_object().unwrap() {
        one[name] = value.clone();
    }
    api(
        world,
        &json!([["PushSubscription/set", {"create": {"a": one}}, "x"]]),
    )[0][1]
        .clone()
}

#[test]
fn a_subscription_is_verified_then_told_and_ends_when_the_service_says_so() {
    let (world, alice) = world();
    let (service, hears) = courier(&world);
    let created = subscribe(&world, &json!({"types": ["Email"]}));
    let id = created["created"]["a"]["id"].as_str().unwrap();
    // Seven days at most.
    assert_eq!(created["created"]["a"]["expires"], "2026-05-08T12:00:00Z");
    let push = hear(&hears);
    assert_eq!(push.url, "https://push.example.com/1?a");
    let verification: Value = serde_json::from_slice(&push.body).unwrap();
    assert_eq!(verification["@type"], "PushVerification");
    assert_eq!(verification["pushSubscriptionId"], id);
    deliver(&world, alice);
    let code = &verification["verificationCode"];
    let set = |code: &Value| {
        let update = json!({"update": {id: {"verificationCode": code}}});
        api(&world, &json!([["PushSubscription/set", update, "x"]]))[0][1].clone()
    };
    let wrong = set(&json!("guessed"));
    assert_eq!(
        wrong["notUpdated"][id]["properties"],
        json!(["verificationCode"])
    );
    assert!(
        hears.try_recv().is_err(),
        "nothing is told before it is verified"
    );
    assert_eq!(set(code)["updated"], json!({id: null}));
    let change: Value = serde_json::from_slice(&hear(&hears).body).unwrap();
    assert_eq!(change["@type"], "StateChange");
    assert!(change["changed"][format!("a{}", alice.0)]["Email"].is_string());
    *service.status.lock().unwrap() = 410;
    deliver(&world, alice);
    hear(&hears);
    let got = || {
        api(
            &world,
            &json!([["PushSubscription/get", {"ids": null}, "x"]]),
        )
    };
    let began = std::time::Instant::now();
    while got()[0][1]["list"] != json!([]) {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "it is still there"
        );
    }
}

#[test]
fn subscriptions_are_read_without_what_is_private() {
    let (world, _) = world();
    let keys = json!({
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    });
    let (_, hears) = courier(&world);
    let created = subscribe(
        &world,
        &json!({"keys": keys, "expires": "2026-05-02T12:00:00Z"}),
    );
    assert!(
        created["created"]["a"].get("expires").is_none(),
        "{created}"
    );
    let push = hear(&hears);
    assert!(
        push.headers
            .contains(&("content-encoding", "aes128gcm".into()))
    );
    assert_eq!(push.body[15..21], [push.body[15], 0, 0, 16, 0, 65]);
    let get = |arguments: Value| api(&world, &json!([["PushSubscription/get", arguments, "x"]]));
    let id = &created["created"]["a"]["id"];
    assert_eq!(
        get(json!({"ids": [id, "h999"]}))[0][1],
        json!({
            "list": [{
                "id": id, "deviceClientId": "phone", "verificationCode": null, "expires": "2026-05-02T12:00:00Z",
                "types": null,
            }],
            "notFound": ["h999"],
        })
    );
    assert_eq!(
        get(json!({"ids": null, "properties": ["url"]}))[0][1]["type"],
        "forbidden"
    );
    for wrong in [
        json!({"url": "http://push.example.com/"}),
        json!({"deviceClientId": null}),
        json!({"keys": {"p256dh": "x", "auth": "y"}}),
        json!({"verificationCode": "x"}),
        json!({"expires": "2026-04-30T12:00:00Z"}),
        json!({"types": "Email"}),
        json!({"unknown": 1}),
    ] {
        let refused = subscribe(&world, &wrong);
        assert_eq!(
            refused["notCreated"]["a"]["type"], "invalidProperties",
            "{wrong}"
        );
    }
    let destroy = json!([["PushSubscription/set", {"destroy": [id]}, "x"]]);
    assert_eq!(api(&world, &destroy)[0][1]["destroyed"], json!([id]));
    assert_eq!(get(json!({"ids": null}))[0][1]["list"], json!([]));
}
