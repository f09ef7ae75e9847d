//! JMAP over HTTPS: the session, requests, and what clients hear of mail that comes by SMTP.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::server::{Options, TestServer};

const ANNA: &str = "anna@example.org";
const PASSWORD: &str = "correct horse";

type Tls = BufReader<StreamOwned<ClientConnection, TcpStream>>;

/// A connection to the server, which must show its certificate.
fn connect(server: &TestServer) -> Tls {
    let mut roots = RootCertStore::empty();
    let chain = fs::read(server.certificate()).unwrap();
    for certificate in CertificateDer::pem_slice_iter(&chain) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(("127.0.0.1", server.https_port())).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    BufReader::new(StreamOwned::new(client, socket))
}

fn line(stream: &mut Tls) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    line.truncate(line.trim_end().len());
    line
}

/// Sends a request and reads the head of the response.
fn begin(stream: &mut Tls, method: &str, path: &str, fields: &str, body: &str) -> (String, usize) {
    let who = STANDARD.encode(format!("{ANNA}:{PASSWORD}"));
    write!(
        stream.get_mut(),
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {who}\r\n{fields}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    stream.get_mut().flush().unwrap();
    let status = line(stream);
    let mut length = 0;
    loop {
        let field = line(stream).to_ascii_lowercase();
        if field.is_empty() {
            return (status, length);
        }
        if let Some(value) = field.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
    }
}

fn ask(stream: &mut Tls, method: &str, path: &str, body: &str) -> Value {
    let json = "Content-Type: application/json\r\n";
    let (status, length) = begin(stream, method, path, json, body);
    let mut octets = vec![0; length];
    stream.read_exact(&mut octets).unwrap();
    assert!(
        status.starts_with("HTTP/1.1 200 "),
        "{status}: {}",
        String::from_utf8_lossy(&octets)
    );
    serde_json::from_slice(&octets).unwrap()
}

fn api(stream: &mut Tls, calls: &Value) -> Value {
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    let body = json!({"using": using, "methodCalls": calls}).to_string();
    ask(stream, "POST", "/jmap/api", &body)["methodResponses"].clone()
}

/// Brings a message by SMTP, as another server does.
fn deliver(server: &TestServer) {
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", server.smtp_port())).unwrap());
    let message = "From: <x@example.com>\r\nTo: <anna@example.org>\r\nSubject: news\r\nMessage-ID: <1@example.com>\r\n\
                   Date: Fri, 01 May 2026 12:00:00 +0000\r\n\r\nNews.\r\n.\r\n";
    for (said, code) in [
        ("", "220"),
        ("EHLO example.com\r\n", "250"),
        ("MAIL FROM:<x@example.com>\r\n", "250"),
        ("RCPT TO:<anna@example.org>\r\n", "250"),
        ("DATA\r\n", "354"),
        (message, "250"),
    ] {
        stream.get_mut().write_all(said.as_bytes()).unwrap();
        let mut reply = String::new();
        while reply.as_bytes().get(3) != Some(&b' ') {
            reply.clear();
            stream.read_line(&mut reply).unwrap();
        }
        assert!(reply.starts_with(code), "{said}: {reply}");
    }
}

/// The next event of a stream, its data.
fn event(stream: &mut Tls) -> Value {
    loop {
        if let Some(data) = line(stream).strip_prefix("data: ") {
            return serde_json::from_str(data).unwrap();
        }
    }
}

fn send(stream: &mut Tls, message: &Value) {
    let text = message.to_string();
    let mut frame = vec![0x81, 0x80 | 126];
    frame.extend_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(text.as_bytes());
    stream.get_mut().write_all(&frame).unwrap();
    stream.get_mut().flush().unwrap();
}

fn receive(stream: &mut Tls) -> Value {
    let mut head = [0; 2];
    stream.read_exact(&mut head).unwrap();
    let mut length = usize::from(head[1]);
    if length == 126 {
        let mut long = [0; 2];
        stream.read_exact(&mut long).unwrap();
        length = usize::from(u16::from_be_bytes(long));
    }
    let mut octets = vec![0; length];
    stream.read_exact(&mut octets).unwrap();
    assert_eq!(head[0], 0x81, "{octets:?}");
    serde_json::from_slice(&octets).unwrap()
}

#[test]
fn clients_find_the_api_and_hear_of_mail_that_comes() {
    let mut server = TestServer::start(Options::default());
    server.add_account(ANNA, PASSWORD);
    let mut stream = connect(&server);
    let session = ask(&mut stream, "GET", "/.well-known/jmap", "");
    assert_eq!(session["username"], ANNA);
    let account = session["primaryAccounts"]["urn:ietf:params:jmap:mail"]
        .as_str()
        .unwrap();
    let vapid = &session["capabilities"]["urn:ietf:params:jmap:webpush-vapid"];
    let key = vapid["applicationServerKey"].as_str().unwrap().to_owned();
    assert_eq!(key.len(), 87);
    let echoed = api(&mut stream, &json!([["Core/echo", {"a": 1}, "x"]]));
    assert_eq!(echoed, json!([["Core/echo", {"a": 1}, "x"]]));

    let mut events = connect(&server);
    let path = "/jmap/eventsource?types=Email,Mailbox&closeafter=no&ping=300";
    let (status, _) = begin(
        &mut events,
        "GET",
        path,
        "Accept: text/event-stream\r\n",
        "",
    );
    assert!(status.starts_with("HTTP/1.1 200 "), "{status}");
    let mut socket = connect(&server);
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: jmap\r\n";
    let (status, _) = begin(&mut socket, "GET", "/jmap/ws", upgrade, "");
    assert!(status.starts_with("HTTP/1.1 101 "), "{status}");
    send(
        &mut socket,
        &json!({"@type": "WebSocketPushEnable", "dataTypes": ["Email"]}),
    );
    let using = ["urn:ietf:params:jmap:core"];
    let calls = json!([["Core/echo", {"filler": "x".repeat(200)}, "x"]]);
    send(
        &mut socket,
        &json!({"@type": "Request", "id": "r", "using": using, "methodCalls": calls}),
    );
    assert_eq!(receive(&mut socket)["methodResponses"], calls);

    deliver(&server);
    let heard = event(&mut events);
    assert_eq!(heard["@type"], "StateChange");
    assert!(heard["changed"][account]["Email"].is_string(), "{heard}");
    let told = receive(&mut socket);
    assert_eq!(told["@type"], "StateChange");
    assert!(told["changed"][account]["Email"].is_string(), "{told}");

    // Who listens does not hold up the end, and is told of it; the key stays.
    assert!(server.stop().success(), "{}", server.log());
    server.restart();
    let session = ask(&mut connect(&server), "GET", "/.well-known/jmap", "");
    let vapid = &session["capabilities"]["urn:ietf:params:jmap:webpush-vapid"];
    assert_eq!(vapid["applicationServerKey"], key);
}
