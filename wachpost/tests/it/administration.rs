//! The administration in a browser: who gets in, who does not, and that the journal names who did what.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use admin::Request;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::server::{Options, TestServer};

const ADMIN: &str = "admin@example.org";
const ANNA: &str = "anna@example.org";
const PASSWORD: &str = "correct horse battery";
/// What a page of ours sends with each request.
const OWN_PAGE: &str = "Content-Type: application/json\r\nSec-Fetch-Site: same-origin\r\n";
/// Time for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with an administrator and with somebody who is none.
fn start() -> TestServer {
    let server = TestServer::start(Options::default());
    let command = ["account", "password", ADMIN, "--password-stdin"];
    let set = server.command_with_input(&command, PASSWORD);
    assert!(set.status.success(), "{set:?}");
    server.add_account(ANNA, PASSWORD);
    server
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("JSON expected: {self:?}"))
    }

    /// What the answer sets as this cookie.
    fn cookie(&self, name: &str) -> String {
        let (_, rest) = self.head.split_once(&format!("{name}=")).unwrap();
        rest.split(';').next().unwrap().to_owned()
    }
}

fn request(method: &str, path: &str, host: &str, fields: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{fields}Content-Length: {length}\r\n\r\n{body}"
    )
}

fn send(port: u16, text: &str) -> Answer {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    // Who sends too much is told before the end of it, and the rest is not taken.
    let _ = socket.write_all(text.as_bytes());
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    Answer::read(&String::from_utf8_lossy(&answer))
}

fn post(port: u16, path: &str, fields: &str, body: &str) -> Answer {
    send(port, &request("POST", path, "localhost", fields, body))
}

fn sign_in(port: u16, name: &str, password: &str) -> Answer {
    let body = json!({ "name": name, "password": password }).to_string();
    post(port, "/auth/sign-in", OWN_PAGE, &body)
}

/// The fields of a request by a browser with this session.
fn with(session: &str) -> String {
    format!("{OWN_PAGE}Cookie: __Host-wachpost-administration={session}\r\n")
}

/// An administrator's session.
fn session(server: &TestServer) -> String {
    let answer = sign_in(server.administration_http_port(), ADMIN, PASSWORD);
    assert_eq!(answer.status, 200, "{answer:?}");
    let cookie = answer.head.to_lowercase();
    for part in ["secure", "httponly", "samesite=strict", "path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    answer.cookie("__Host-wachpost-administration")
}

/// The session of somebody's mail.
fn mail_session(server: &TestServer, name: &str) -> String {
    let answer = sign_in(server.http_port(), name, PASSWORD);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.cookie("__Host-wachpost")
}

fn ask(server: &TestServer, session: &str, asked: &Value) -> Answer {
    let port = server.administration_http_port();
    post(port, "/api", &with(session), &asked.to_string())
}

fn is_in(server: &TestServer, session: &str) -> bool {
    ask(server, session, &json!("Status")).status == 200
}

#[test]
fn an_administrator_works_and_the_journal_says_who() {
    let server = start();
    let session = session(&server);
    let add = json!({ "Account": { "AddPerson": {
        "address": "carla@example.org", "name": "Carla", "password": null, "quota_octets": 1_073_741_824_u64,
        "administrator": false,
    } } });
    let added = ask(&server, &session, &add);
    assert_eq!(added.status, 200, "{added:?}");
    let password = added.json()["Added"]["password"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        sign_in(server.http_port(), "carla@example.org", &password).status,
        200
    );
    let again = ask(&server, &session, &add);
    assert_eq!(
        (again.status, &again.json()["error"]),
        (409, &json!("alreadyExists"))
    );

    // One mailbox, one person, one step.
    let shared = json!({ "Account": { "AddShared": { "address": "office@example.org", "name": "Office", "quota_octets": null } } });
    assert_eq!(ask(&server, &session, &shared).status, 200);
    let give = json!({ "Account": { "SetAccess": {
        "address": "office@example.org", "with": "carla@example.org", "access": { "write": true, "send": "OnBehalf" },
    } } });
    assert_eq!(ask(&server, &session, &give).status, 200);
    let access = json!({ "Account": { "Access": { "address": "office@example.org" } } });
    let seen = ask(&server, &session, &access).json();
    let expected = json!([{ "with": "carla@example.org", "name": "Carla", "read": true, "write": true, "send": "on-behalf" }]);
    assert_eq!(seen["Access"], expected);
    let take = json!({ "Account": { "SetAccess": {
        "address": "office@example.org", "with": "carla@example.org", "access": null,
    } } });
    assert_eq!(ask(&server, &session, &take).status, 200);
    assert_eq!(ask(&server, &session, &access).json()["Access"], json!([]));

    // The mailbox's own journal names the administrator, not its owner.
    let journal = server.command_ok(&["journal", "office@example.org", "--json"]);
    let shares = journal.matches(ADMIN).count();
    assert!(shares > 0, "{journal}");
    let deeds = json!({ "Deeds": { "actor": ADMIN, "before": null, "limit": 100 } });
    let deeds = ask(&server, &session, &deeds).json();
    let entries = deeds["Journal"]["entries"].as_array().unwrap();
    assert!(entries.len() >= 4, "{deeds}");
    for entry in entries {
        assert_eq!(entry["who"]["address"], json!(ADMIN), "{entry}");
        assert_eq!(entry["who"]["from"], json!("127.0.0.1"), "{entry}");
    }
    let numbers: Vec<_> = entries.iter().map(|entry| entry["seq"].as_u64()).collect();
    assert!(
        numbers.is_sorted_by(|one, other| one > other),
        "{numbers:?}"
    );
    let all = json!({ "Deeds": { "actor": null, "before": null, "limit": 2 } });
    let first = ask(&server, &session, &all).json();
    let next = first["Journal"]["next"].as_u64().unwrap();
    let rest = json!({ "Deeds": { "actor": null, "before": next, "limit": 2 } });
    let rest = ask(&server, &session, &rest).json();
    assert_eq!(rest["Journal"]["entries"][0]["seq"], json!(next - 1));
    server.command_ok(&["verify"]);
}

#[test]
fn health_domains_and_keys_are_shown() {
    let server = start();
    let session = session(&server);
    let health = ask(&server, &session, &json!("Health")).json()["Health"].take();
    assert!(
        health["disk"]["free_octets"].as_u64().unwrap() > 0,
        "{health}"
    );
    assert!(
        health["memory_octets"].as_u64().unwrap() > 1_000_000,
        "{health}"
    );
    assert!(
        health["certificates"][0]["expires_at"].is_string(),
        "{health}"
    );
    assert!(health["posture"].is_object(), "{health}");
    let add = json!({ "Domain": { "Add": { "name": "example.net" } } });
    assert_eq!(ask(&server, &session, &add).status, 200);
    let keys = |what: &str| {
        let asked = json!({ "SetUp": { what: { "domain": "example.net" } } });
        let answer = ask(&server, &session, &asked);
        assert_eq!(answer.status, 200, "{answer:?}");
        let info = answer.json()["SetUp"].take();
        let keys = info["keys"].as_array().unwrap().iter();
        let states: Vec<String> = keys
            .map(|key| key["state"].as_str().unwrap().to_owned())
            .collect();
        (states, info)
    };
    assert!(keys("Show").0.is_empty());
    assert_eq!(keys("MakeKeys").0, ["signing", "signing"]);
    let (states, info) = keys("PrepareKeys");
    assert_eq!(states, ["signing", "signing", "next", "next"]);
    let records = info["records"].as_array().unwrap();
    let published = records.iter().filter(|record| {
        let name = record["name"].as_str().unwrap();
        name.ends_with("._domainkey.example.net.")
    });
    assert_eq!(published.count(), 4);
    assert_eq!(
        keys("UseKeys").0,
        ["signing", "signing", "retired", "retired"]
    );
    let other = json!({ "SetUp": { "Show": { "domain": "../../etc" } } });
    assert_eq!(ask(&server, &session, &other).status, 404);
}

#[test]
fn whoever_does_not_administer_is_refused_every_request() {
    let server = start();
    let port = server.administration_http_port();
    let refused = sign_in(port, ANNA, PASSWORD);
    assert_eq!(refused.status, 401, "{refused:?}");
    assert!(!refused.head.to_lowercase().contains("set-cookie"));
    let mail = mail_session(&server, ANNA);
    let of_admin = mail_session(&server, ADMIN);
    let mut seen = BTreeSet::new();
    for text in EVERY_REQUEST {
        let parsed: Request =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        seen.insert(noun(&parsed));
        // With no session, with one for her mail, and with one for an administrator's mail, under either cookie's name.
        let own = format!("{OWN_PAGE}Cookie: __Host-wachpost={mail}\r\n");
        for fields in [OWN_PAGE.to_owned(), with(&mail), with(&of_admin), own] {
            let answer = post(port, "/api", &fields, text);
            assert_eq!(answer.status, 401, "{text}: {answer:?}");
        }
    }
    assert_eq!(seen.len(), NOUNS, "{seen:?}");
    let accounts = server.command_ok(&["account", "list"]);
    assert!(!accounts.contains("mallory"), "{accounts}");
}

#[test]
fn sessions_for_administration_and_for_mail_are_not_each_others() {
    let server = start();
    let session = session(&server);
    let as_mail = format!("Cookie: __Host-wachpost={session}\r\nSec-Fetch-Site: same-origin\r\n");
    let get = |port, path: &str, fields: &str| {
        send(port, &request("GET", path, "localhost", fields, "")).status
    };
    assert_eq!(get(server.http_port(), "/jmap/session", &as_mail), 401);
    // Neither listener answers for the other.
    let port = server.administration_http_port();
    for path in [
        "/jmap/session",
        "/.well-known/jmap",
        "/dav/",
        "/oauth/authorize",
        "/auth/credentials",
        "/auth/provider",
        "/metrics",
    ] {
        assert_eq!(get(port, path, &with(&session)), 404, "{path}");
    }
    assert_eq!(
        post(server.http_port(), "/api", &with(&session), "\"Status\"").status,
        404
    );
    assert_eq!(
        post(
            server.monitoring_port(),
            "/api",
            &with(&session),
            "\"Status\""
        )
        .status,
        404
    );

    // Whoever administers the server no more is out at once, and does not get in again.
    assert!(is_in(&server, &session));
    server.command_ok(&["account", "administrator", ADMIN, "--revoke"]);
    assert!(!is_in(&server, &session));
    assert_eq!(sign_in(port, ADMIN, PASSWORD).status, 401);
    server.command_ok(&["account", "administrator", ADMIN]);
    let session = self::session(&server);
    server.command_ok(&["account", "sessions", ADMIN, "--end-all"]);
    assert!(!is_in(&server, &session));
    let session = self::session(&server);
    assert_eq!(
        post(port, "/auth/sign-out", &with(&session), "{}").status,
        204
    );
    assert!(!is_in(&server, &session));
    assert!(!server.log().contains(&session[session.len() - 20..]));
}

#[test]
fn requests_of_other_pages_and_hostile_ones_are_refused() {
    let server = start();
    let (port, session) = (server.administration_http_port(), session(&server));
    let cookie = format!("Cookie: __Host-wachpost-administration={session}\r\n");
    let json = "Content-Type: application/json\r\n";
    for (fields, expected) in [
        (
            format!("{cookie}{json}Sec-Fetch-Site: same-origin\r\n"),
            200,
        ),
        (format!("{cookie}{json}Origin: http://localhost\r\n"), 200),
        (format!("{cookie}{json}"), 403),
        (format!("{cookie}{json}Sec-Fetch-Site: same-site\r\n"), 403),
        (format!("{cookie}{json}Sec-Fetch-Site: cross-site\r\n"), 403),
        (
            format!("{cookie}{json}Origin: https://evil.example\r\n"),
            403,
        ),
        (
            format!("{cookie}Content-Type: text/plain\r\nSec-Fetch-Site: same-origin\r\n"),
            400,
        ),
        (format!("{cookie}Sec-Fetch-Site: same-origin\r\n"), 400),
    ] {
        let answer = post(port, "/api", &fields, "\"Status\"");
        assert_eq!(answer.status, expected, "{fields}: {answer:?}");
    }
    let own = with(&session);
    // A page that has its own name lead here is not us.
    let rebound = request("POST", "/api", "evil.example", &own, "\"Status\"");
    assert_eq!(send(port, &rebound).status, 421);
    let get = request("GET", "/api", "localhost", &own, "");
    assert_eq!(send(port, &get).status, 405);
    let deep = "[".repeat(100_000);
    for body in [
        "",
        "null",
        "{}",
        "\"Nothing\"",
        "{\"Account\":{}}",
        "\u{0}",
        &deep,
    ] {
        let answer = post(port, "/api", &own, body);
        assert_eq!(answer.status, 400, "{body:.40}: {answer:?}");
        assert_eq!(answer.json()["error"], "malformed");
    }
    let long = format!("\"{}\"", "a".repeat(2 << 20));
    assert_eq!(post(port, "/api", &own, &long).status, 413);
    // What people wrote is not shown to whoever sits at a browser.
    for asked in [
        r#"{"Mail":{"Export":{"address":"anna@example.org","mailbox":1,"after_uid":0}}}"#,
        r#"{"Object":{"Export":{"address":"anna@example.org","collection":1,"after":null}}}"#,
        r#"{"Sieve":{"Get":{"address":"anna@example.org","name":null}}}"#,
    ] {
        let answer = post(port, "/api", &own, asked);
        assert_eq!(answer.status, 422, "{asked}: {answer:?}");
    }
}

#[test]
fn guessing_is_slowed_down() {
    let server = start();
    let port = server.administration_http_port();
    let statuses = (0..60).map(|at| sign_in(port, ADMIN, &format!("guess {at}")).status);
    let slowed = statuses.into_iter().find(|status| *status == 429);
    assert_eq!(slowed, Some(429));
}

#[test]
fn it_is_reached_over_tls_and_plain_only_from_this_machine() {
    let server = start();
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
    let socket = TcpStream::connect(("127.0.0.1", server.administration_port())).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut stream = StreamOwned::new(client, socket);
    let body = json!({ "name": ADMIN, "password": PASSWORD }).to_string();
    let asked = request("POST", "/auth/sign-in", "mail.example.org", OWN_PAGE, &body);
    stream.write_all(asked.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = Answer::read(&String::from_utf8_lossy(&answer));
    assert_eq!(answer.status, 200, "{answer:?}");

    // Without TLS there is no place for it but this machine, and there only if the configuration says so.
    let config = fs::read_to_string(server.config()).unwrap();
    let open = config.replace(
        "administration_http = \"127.0.0.1:",
        "administration_http = \"0.0.0.0:",
    );
    fs::write(server.config(), open).unwrap();
    let refused = server.command(&["status"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("administration_http"),
        "{said}"
    );
    fs::write(server.config(), config).unwrap();
    let strict = TestServer::start(Options {
        plaintext_sign_in: false,
        ..Options::default()
    });
    let port = strict.administration_http_port();
    assert_eq!(sign_in(port, ADMIN, PASSWORD).status, 403);
    assert_eq!(post(port, "/api", OWN_PAGE, "\"Status\"").status, 403);
}

/// How many nouns there are.
const NOUNS: usize = 21;

/// The noun of a request: one that is new has to be named here, and stand in [`EVERY_REQUEST`].
fn noun(request: &Request) -> &'static str {
    match request {
        Request::Status => "Status",
        Request::Domain(_) => "Domain",
        Request::Account(_) => "Account",
        Request::Group(_) => "Group",
        Request::Alias(_) => "Alias",
        Request::AppPassword(_) => "AppPassword",
        Request::Mail(_) => "Mail",
        Request::Journal(_) => "Journal",
        Request::Queue(_) => "Queue",
        Request::Checkpoint => "Checkpoint",
        Request::Reindex => "Reindex",
        Request::Collection(_) => "Collection",
        Request::Object(_) => "Object",
        Request::Resource(_) => "Resource",
        Request::Sieve(_) => "Sieve",
        Request::Vacation(_) => "Vacation",
        Request::Posture => "Posture",
        Request::Credential(_) => "Credential",
        Request::Health => "Health",
        Request::SetUp(_) => "SetUp",
        Request::Deeds(_) => "Deeds",
    }
}

/// One request of each kind.
const EVERY_REQUEST: &[&str] = &[
    r#""Status""#,
    r#""Health""#,
    r#""Posture""#,
    r#""Checkpoint""#,
    r#""Reindex""#,
    r#"{"Domain":"List"}"#,
    r#"{"Domain":{"Add":{"name":"mallory.example"}}}"#,
    r#"{"Domain":{"Remove":{"name":"example.org"}}}"#,
    r#"{"Domain":{"CatchAll":{"name":"example.org","address":"anna@example.org"}}}"#,
    r#"{"Domain":{"Archive":{"name":null,"address":"anna@example.org"}}}"#,
    r#"{"Account":{"AddPerson":{"address":"mallory@example.org","name":null,"password":"mallory's own","quota_octets":null,"administrator":true}}}"#,
    r#"{"Account":{"AddShared":{"address":"mallory@example.org","name":null,"quota_octets":null}}}"#,
    r#"{"Account":{"Remove":{"address":"admin@example.org"}}}"#,
    r#"{"Account":{"List":{"after":0}}}"#,
    r#"{"Account":{"Show":{"address":"admin@example.org"}}}"#,
    r#"{"Account":{"SetPassword":{"address":"admin@example.org","password":null}}}"#,
    r#"{"Account":{"SetEnabled":{"address":"admin@example.org","enabled":false}}}"#,
    r#"{"Account":{"SetAdministrator":{"address":"anna@example.org","administrator":true}}}"#,
    r#"{"Account":{"Rename":{"address":"admin@example.org","name":"mallory"}}}"#,
    r#"{"Account":{"SetQuota":{"address":"anna@example.org","quota_octets":null}}}"#,
    r#"{"Account":{"Share":{"address":"admin@example.org","with":"anna@example.org","write":true}}}"#,
    r#"{"Account":{"AllowSend":{"address":"admin@example.org","sender":"anna@example.org","right":"As"}}}"#,
    r#"{"Account":{"Forward":{"address":"admin@example.org","to":["anna@example.org"],"keep":true}}}"#,
    r#"{"Account":{"Search":{"text":"","sorts":["Person"],"after":0}}}"#,
    r#"{"Account":{"Access":{"address":"admin@example.org"}}}"#,
    r#"{"Account":{"SetAccess":{"address":"admin@example.org","with":"anna@example.org","access":{"write":true,"send":"As"}}}}"#,
    r#"{"Group":{"Add":{"address":"mallory@example.org","name":null,"members":[]}}}"#,
    r#"{"Group":{"Remove":{"address":"all@example.org"}}}"#,
    r#"{"Group":{"List":{"after":0}}}"#,
    r#"{"Group":{"AddMember":{"address":"all@example.org","member":"anna@example.org"}}}"#,
    r#"{"Group":{"RemoveMember":{"address":"all@example.org","member":"anna@example.org"}}}"#,
    r#"{"Group":{"SetList":{"address":"all@example.org","change":"Plain"}}}"#,
    r#"{"Group":{"Pending":{"address":null}}}"#,
    r#"{"Group":{"Approve":{"address":"all@example.org","number":1}}}"#,
    r#"{"Group":{"Reject":{"address":"all@example.org","number":1,"reason":"no"}}}"#,
    r#"{"Alias":{"Add":{"alias":"mallory@example.org","address":"anna@example.org"}}}"#,
    r#"{"Alias":{"Remove":{"alias":"mallory@example.org"}}}"#,
    r#"{"Alias":{"List":{"address":"admin@example.org"}}}"#,
    r#"{"AppPassword":{"Add":{"address":"admin@example.org","label":"mallory","protocols":31,"expires_at":null}}}"#,
    r#"{"AppPassword":{"List":{"address":"admin@example.org"}}}"#,
    r#"{"AppPassword":{"Remove":{"address":"admin@example.org","id":1}}}"#,
    r#"{"Mail":{"Mailboxes":{"address":"admin@example.org"}}}"#,
    r#"{"Mail":{"Import":{"address":"admin@example.org","path":["INBOX"],"messages":[]}}}"#,
    r#"{"Mail":{"Export":{"address":"admin@example.org","mailbox":1,"after_uid":0}}}"#,
    r#"{"Mail":{"Destroyed":{"address":"admin@example.org"}}}"#,
    r#"{"Mail":{"Restore":{"address":"admin@example.org","emails":[1],"into":null}}}"#,
    r#"{"Journal":{"account":null,"after":0,"limit":10,"since":null,"until":null,"actor":null,"session":null,"face":null}}"#,
    r#"{"Deeds":{"actor":null,"before":null,"limit":10}}"#,
    r#"{"Queue":{"List":{"after":null,"limit":10,"filter":{"from":null,"to":null,"held":false}}}}"#,
    r#"{"Queue":{"Show":{"account":1,"id":1}}}"#,
    r#"{"Queue":{"Hold":{"name":{"account":1,"id":1},"reason":"mallory"}}}"#,
    r#"{"Queue":{"Release":{"account":1,"id":1}}}"#,
    r#"{"Queue":{"Retry":null}}"#,
    r#"{"Queue":{"Cancel":{"account":1,"id":1}}}"#,
    r#"{"Queue":{"SendBack":{"account":1,"id":1}}}"#,
    r#"{"Collection":{"List":{"address":"admin@example.org","kind":"Calendar"}}}"#,
    r#"{"Collection":{"Create":{"collection":{"address":"admin@example.org","kind":"Calendar","name":"mallory"},"display_name":null,"color":null}}}"#,
    r#"{"Collection":{"Rename":{"collection":{"address":"admin@example.org","kind":"Calendar","name":"default"},"display_name":"mallory"}}}"#,
    r#"{"Collection":{"Share":{"collection":{"address":"admin@example.org","kind":"Calendar","name":"default"},"with":"anna@example.org","rights":15}}}"#,
    r#"{"Collection":{"Remove":{"collection":{"address":"admin@example.org","kind":"Calendar","name":"default"}}}}"#,
    r#"{"Collection":{"Deputies":{"address":"admin@example.org"}}}"#,
    r#"{"Collection":{"SetDeputy":{"address":"admin@example.org","deputy":"anna@example.org","rights":15}}}"#,
    r#"{"Object":{"Import":{"collection":{"address":"admin@example.org","kind":"Calendar","name":"default"},"objects":[],"replace":true}}}"#,
    r#"{"Object":{"Put":{"collection":{"address":"admin@example.org","kind":"Calendar","name":"default"},"object":{"name":"x.ics","body":"BEGIN:VCALENDAR"}}}}"#,
    r#"{"Object":{"Export":{"address":"admin@example.org","collection":1,"after":null}}}"#,
    r#"{"Object":{"Versions":{"address":"admin@example.org","kind":"Calendar","collection":null}}}"#,
    r#"{"Object":{"RestoreVersion":{"address":"admin@example.org","kind":"Calendar","object":1,"until":1,"into":null}}}"#,
    r#"{"Resource":{"AddRoom":{"address":"mallory@example.org","name":null,"capacity":null}}}"#,
    r#"{"Resource":{"AddEquipment":{"address":"mallory@example.org","name":null}}}"#,
    r#"{"Resource":{"Remove":{"address":"room@example.org"}}}"#,
    r#"{"Resource":{"List":{"after":0}}}"#,
    r#"{"Sieve":{"List":{"address":"admin@example.org"}}}"#,
    r#"{"Sieve":{"Get":{"address":"admin@example.org","name":null}}}"#,
    r#"{"Sieve":{"Put":{"address":"admin@example.org","name":"mallory","text":"redirect \"mallory@example.net\";","activate":true}}}"#,
    r#"{"Sieve":{"Activate":{"address":"admin@example.org","name":null}}}"#,
    r#"{"Sieve":{"Rename":{"address":"admin@example.org","name":"a","new_name":"b"}}}"#,
    r#"{"Sieve":{"Versions":{"address":"admin@example.org"}}}"#,
    r#"{"Sieve":{"Restore":{"address":"admin@example.org","object":1,"until":1}}}"#,
    r#"{"Sieve":{"Remove":{"address":"admin@example.org","name":"a"}}}"#,
    r#"{"Vacation":{"Show":{"address":"admin@example.org"}}}"#,
    r#"{"Vacation":{"Set":{"address":"admin@example.org","from":null,"until":null,"subject":null,"text":"mallory","outside":null,"only_inside":false}}}"#,
    r#"{"Vacation":{"Off":{"address":"admin@example.org"}}}"#,
    r#"{"Credential":{"List":{"address":"admin@example.org"}}}"#,
    r#"{"Credential":{"Remove":{"address":"admin@example.org","id":1}}}"#,
    r#"{"Credential":{"SignOut":{"address":"admin@example.org"}}}"#,
    r#"{"Credential":{"ResetSecondFactors":{"address":"admin@example.org"}}}"#,
    r#"{"SetUp":{"Show":{"domain":"example.org"}}}"#,
    r#"{"SetUp":{"Check":{"domain":"example.org"}}}"#,
    r#"{"SetUp":{"MakeKeys":{"domain":"example.org"}}}"#,
    r#"{"SetUp":{"PrepareKeys":{"domain":"example.org"}}}"#,
    r#"{"SetUp":{"UseKeys":{"domain":"example.org"}}}"#,
];
