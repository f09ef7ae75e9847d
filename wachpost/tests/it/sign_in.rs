//! Signing in without a password of one's own: a browser by its session, a program by its token, over every protocol;
//! and all of it gone at once when an administrator ends it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::server::{Options, TestServer};

const ANNA: &str = "anna@example.org";
const PASSWORD: &str = "correct horse";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn connect(port: u16) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let patience = Some(Duration::from_secs(30));
    socket.set_read_timeout(patience).unwrap();
    socket
}

/// Sends a request; the answer as it came.
fn ask(server: &TestServer, method: &str, path: &str, fields: &str, body: &str) -> String {
    let mut socket = connect(server.http_port());
    let length = body.len();
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// What stands between these two in the answer.
fn between<'a>(answer: &'a str, before: &str, behind: &str) -> &'a str {
    let (_, rest) = answer
        .split_once(before)
        .unwrap_or_else(|| panic!("{before} in {answer}"));
    rest.split(behind).next().unwrap()
}

/// Signs a browser in: its cookie.
fn browser(server: &TestServer) -> String {
    let body = format!("{{\"name\": \"{ANNA}\", \"password\": \"{PASSWORD}\"}}");
    let fields = "Content-Type: application/json\r\nSec-Fetch-Site: same-origin\r\n";
    let answer = ask(server, "POST", "/auth/sign-in", fields, &body);
    assert_eq!(status(&answer), 200, "{answer}");
    format!(
        "__Host-wachpost={}",
        between(&answer, "__Host-wachpost=", ";")
    )
}

/// Gets a program its tokens, through a browser that is signed in.
fn program(server: &TestServer, cookie: &str) -> Value {
    let metadata =
        "{\"client_name\": \"Mail program\", \"redirect_uris\": [\"http://127.0.0.1/\"]}";
    let json = "Content-Type: application/json\r\n";
    let answer = ask(server, "POST", "/oauth/register", json, metadata);
    let client = between(&answer, "\"client_id\":\"", "\"").to_owned();
    let query = format!(
        "response_type=code&client_id={client}&redirect_uri=http://127.0.0.1:9/&code_challenge={CHALLENGE}\
         &code_challenge_method=S256&scope=imap+smtp+dav+jmap+managesieve"
    );
    let fields = format!("Cookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n");
    let page = ask(
        server,
        "GET",
        &format!("/oauth/authorize?{query}"),
        &fields,
        "",
    );
    let flow = between(&page, "name=\"flow\" value=\"", "\"");
    let form = "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n";
    let consent = format!("flow={flow}&decision=allow");
    let answer = ask(server, "POST", "/oauth/consent", form, &consent);
    assert_eq!(status(&answer), 303, "{answer}");
    let code = between(&answer, "?code=", "&");
    let exchange = format!(
        "grant_type=authorization_code&code={code}&client_id={client}&redirect_uri=http://127.0.0.1:9/\
         &code_verifier={VERIFIER}"
    );
    let answer = ask(server, "POST", "/oauth/token", form, &exchange);
    assert_eq!(status(&answer), 200, "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

/// An IMAP connection that tried to sign in with a token (RFC 7628 4.1), and what it was told.
fn imap(server: &TestServer, token: &str) -> (BufReader<TcpStream>, String) {
    let mut stream = BufReader::new(connect(server.imap_port()));
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert!(line.contains("AUTH=OAUTHBEARER"), "{line}");
    let message = STANDARD.encode(format!("n,a={ANNA},\x01auth=Bearer {token}\x01\x01"));
    write!(stream.get_mut(), "a AUTHENTICATE OAUTHBEARER {message}\r\n").unwrap();
    line.clear();
    stream.read_line(&mut line).unwrap();
    if line.starts_with('+') {
        // RFC 7628 3.2.3: why not, and the client says that it read it.
        stream.get_mut().write_all(b"AQ==\r\n").unwrap();
        line.clear();
        stream.read_line(&mut line).unwrap();
    }
    (stream, line)
}

/// Whether some file below this folder holds these octets.
fn holds(folder: &Path, wanted: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, wanted);
        }
        let octets = fs::read(&path).unwrap_or_default();
        octets
            .windows(wanted.len())
            .any(|part| part == wanted.as_bytes())
    })
}

#[test]
fn sessions_and_tokens_open_every_door_and_close_at_once() {
    let server = TestServer::start(Options::default());
    server.add_account(ANNA, PASSWORD);
    let cookie = browser(&server);
    let tokens = program(&server, &cookie);
    let access = tokens["access_token"].as_str().unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();

    let by_cookie = |site: &str| {
        let fields = format!("Cookie: {cookie}\r\nSec-Fetch-Site: {site}\r\n");
        status(&ask(&server, "GET", "/jmap/session", &fields, ""))
    };
    let by_token = |method: &str, path: &str| {
        let fields = format!("Authorization: Bearer {access}\r\nDepth: 0\r\n");
        status(&ask(&server, method, path, &fields, ""))
    };
    assert_eq!(by_cookie("same-origin"), 200);
    assert_eq!(by_cookie("cross-site"), 403);
    assert_eq!(by_token("GET", "/jmap/session"), 200);
    assert_eq!(by_token("PROPFIND", "/dav/"), 207);
    let (mut open, told) = imap(&server, access);
    assert!(told.starts_with("a OK"), "{told}");
    let (_, told) = imap(&server, refresh);
    assert!(told.starts_with("a NO"), "{told}");

    // Nothing of them is in a file, nor in the log.
    let wanted = [cookie.as_str(), access, refresh];
    for text in wanted {
        let end = &text[text.len() - 20..];
        assert!(!holds(&server.data(), end), "{end} is in a file");
        assert!(!server.log().contains(end), "{end} is in the log");
    }

    let listed = server.command_ok(&["account", "sessions", ANNA]);
    assert!(
        listed.contains("browser") && listed.contains("Mail program"),
        "{listed}"
    );
    let ended = server.command_ok(&["account", "sessions", ANNA, "--end-all"]);
    assert!(ended.starts_with("2 sessions"), "{ended}");
    assert_eq!(by_cookie("same-origin"), 401);
    assert_eq!(by_token("GET", "/jmap/session"), 401);
    assert_eq!(by_token("PROPFIND", "/dav/"), 401);
    open.get_mut().write_all(b"b NOOP\r\n").unwrap();
    let mut line = String::new();
    open.read_line(&mut line).unwrap();
    assert!(!line.starts_with("b OK"), "what was open is closed: {line}");
    let (_, told) = imap(&server, access);
    assert!(told.starts_with("a NO"), "{told}");

    let factors = server.command_ok(&["account", "second-factor", ANNA]);
    assert!(factors.contains("no second factor"), "{factors}");
}
