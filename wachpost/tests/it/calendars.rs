//! Calendars, address books, rooms and deputies, as administrators make and share them; what programs need to find them.

use serde_json::{Value, json};

use crate::server::{Options, TestServer};

fn people(server: &TestServer) {
    for name in ["anna", "ben"] {
        server.add_account(&format!("{name}@example.org"), "correct horse");
    }
    server.command_ok(&["account", "add", "info@example.org", "--shared"]);
    server.command_ok(&[
        "group",
        "add",
        "team@example.org",
        "--member",
        "ben@example.org",
    ]);
}

/// Everything that is done with calendars and rooms; the answers.
fn arrange(server: &TestServer) -> Vec<Value> {
    people(server);
    let info = "info@example.org";
    server.command_ok(&[
        "calendar",
        "create",
        info,
        "duty",
        "--called",
        "Duty roster",
        "--color",
        "#0b7a75",
    ]);
    server.command_ok(&[
        "calendar",
        "share",
        info,
        "duty",
        "team@example.org",
        "--rights",
        "write",
    ]);
    server.command_ok(&["calendar", "share", info, "Duty roster", "everybody"]);
    server.command_ok(&[
        "calendar",
        "share",
        info,
        "duty",
        "anna@example.org",
        "--rights",
        "share",
    ]);
    server.command_ok(&["calendar", "unshare", info, "duty", "anna@example.org"]);
    server.command_ok(&["calendar", "rename", info, "duty", "Roster"]);
    server.command_ok(&["calendar", "create", info, "old"]);
    server.command_ok(&["calendar", "delete", info, "old"]);
    server.command_ok(&["addressbook", "create", info, "firms", "--called", "Firms"]);
    server.command_ok(&["addressbook", "share", info, "firms", "everybody"]);
    server.command_ok(&["addressbook", "rename", info, "firms", "Suppliers"]);
    server.command_ok(&["addressbook", "create", info, "old"]);
    server.command_ok(&["addressbook", "delete", info, "old"]);
    let anna = "anna@example.org";
    server.command_ok(&["calendar", "deputy", "add", anna, "ben@example.org"]);
    server.command_ok(&[
        "calendar",
        "deputy",
        "add",
        anna,
        "team@example.org",
        "--rights",
        "read",
    ]);
    let deputies = server.json(&["calendar", "deputy", "list", anna]);
    server.command_ok(&["calendar", "deputy", "remove", anna, "team@example.org"]);
    server.command_ok(&[
        "room",
        "add",
        "hall@example.org",
        "--name",
        "Hall",
        "--capacity",
        "80",
    ]);
    server.command_ok(&["room", "add", "car@example.org", "--equipment"]);
    server.command_ok(&["room", "add", "shed@example.org"]);
    server.command_ok(&["room", "remove", "shed@example.org"]);
    vec![
        server.json(&["calendar", "list", info]),
        server.json(&["addressbook", "list", info]),
        deputies,
        server.json(&["calendar", "deputy", "list", anna]),
        server.json(&["room", "list"]),
        server.json(&["account", "list"]),
        server.json(&["doctor", "--offline"]),
    ]
}

#[test]
fn a_running_server_and_the_command_alone_arrange_the_same() {
    let running = TestServer::start(Options::default());
    let alone = TestServer::prepare(Options::default());
    let mut answers = arrange(&running);
    let mut others = arrange(&alone);
    // The ports differ from test to test.
    let (found, _) = (answers.pop().unwrap(), others.pop());
    assert_eq!(answers, others);
    let [calendars, books, deputies, left, rooms, accounts] = &answers[..] else {
        panic!("{answers:?}");
    };
    assert_eq!(
        calendars[1],
        json!({
            "id": 5, "name": "duty", "display_name": "Roster", "color": "#0b7a75", "objects": 0, "octets": 0,
            "shares": [
                { "with": null, "rights": ["free-busy", "read"] },
                { "with": "team@example.org", "rights": ["free-busy", "read", "write"] },
            ],
        })
    );
    assert_eq!(calendars.as_array().unwrap().len(), 3);
    assert_eq!(books[1]["display_name"], "Suppliers");
    assert_eq!(deputies.as_array().unwrap().len(), 2);
    assert_eq!(
        left,
        &json!([{ "deputy": "ben@example.org", "rights": ["free-busy", "read", "write"] }])
    );
    let kinds = |lines: &Value| -> Vec<(String, Value)> {
        let lines = lines.as_array().unwrap().iter();
        lines
            .map(|line| {
                let kind = line["kind"].as_str().unwrap().to_owned();
                (kind, line["capacity"].clone())
            })
            .collect()
    };
    assert_eq!(
        kinds(rooms),
        [
            ("room".to_owned(), json!(80)),
            ("equipment".to_owned(), Value::Null)
        ]
    );
    assert!(kinds(accounts).contains(&("room".to_owned(), json!(80))));
    assert_eq!(found[0]["domain"], "example.org");
}

#[test]
fn what_cannot_be_arranged_is_told() {
    let server = TestServer::prepare(Options::default());
    people(&server);
    let anna = "anna@example.org";
    let cases: [(&[&str], i32, &str); 13] = [
        (&["calendar", "list", "team@example.org"], 1, "is a group"),
        (
            &["calendar", "share", anna, "none", "ben@example.org"],
            4,
            "calendar `none`",
        ),
        (
            &["calendar", "share", anna, "calendar", "eve@example.org"],
            4,
            "eve@example.org",
        ),
        (
            &[
                "calendar",
                "share",
                anna,
                "calendar",
                "ben@example.org",
                "--rights",
                "all",
            ],
            2,
            "free-busy",
        ),
        (&["calendar", "create", anna, "a/b"], 1, "no `/`"),
        (
            &["calendar", "create", anna, "x", "--color", "green"],
            1,
            "#0b7a75",
        ),
        (
            &["calendar", "create", anna, "calendar"],
            5,
            "the name is taken",
        ),
        (
            &["calendar", "delete", anna, "calendar"],
            1,
            "where invitations go",
        ),
        (
            &["calendar", "deputy", "add", anna, anna],
            1,
            "somebody else",
        ),
        (
            &[
                "addressbook",
                "share",
                anna,
                "contacts",
                "everybody",
                "--rights",
                "free-busy",
            ],
            1,
            "never busy",
        ),
        (&["room", "add", "hall@elsewhere.test"], 4, "domain"),
        (&["room", "remove", anna], 1, "wachpost account remove"),
        (
            &["doctor", "--domain", "example.com", "--offline"],
            4,
            "wachpost domain add",
        ),
    ];
    for (arguments, code, words) in cases {
        let output = server.command(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(errors.contains(words), "{arguments:?}: {errors}");
    }
}

#[test]
fn the_doctor_prints_what_programs_look_for() {
    let server = TestServer::prepare(Options::default());
    let config = std::fs::read_to_string(server.config()).unwrap();
    let config: String = config
        .lines()
        .map(|line| match line.split_once(" = ") {
            Some(("https", _)) => "https = \"192.0.2.1:8443\"\n".to_owned(),
            Some(("imaps", _)) => "imaps = \"0.0.0.0:993\"\n".to_owned(),
            Some(("submissions", _)) => "submissions = \"127.0.0.1:465\"\n".to_owned(),
            _ => format!("{line}\n"),
        })
        .collect();
    std::fs::write(server.config(), config).unwrap();
    let found = server.json(&["doctor", "--domain", "EXAMPLE.org", "--offline"]);
    let records: Vec<String> = found[0]["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            let text = |name: &str| record[name].as_str().unwrap().to_owned();
            format!("{} {} {}", text("name"), text("type"), text("value"))
        })
        .collect();
    for record in [
        "example.org. MX 10 mail.example.org.",
        "_imaps._tcp.example.org. SRV 0 1 993 mail.example.org.",
        "_submissions._tcp.example.org. SRV 0 1 465 mail.example.org.",
        "_caldavs._tcp.example.org. SRV 0 1 8443 mail.example.org.",
        "_caldavs._tcp.example.org. TXT \"path=/dav/\"",
        "_carddavs._tcp.example.org. SRV 0 1 8443 mail.example.org.",
        "_carddavs._tcp.example.org. TXT \"path=/dav/\"",
    ] {
        assert!(
            records.iter().any(|known| known == record),
            "{record}: {records:#?}"
        );
    }
    let advice = found[0]["advice"].to_string();
    assert!(
        advice.contains("`submissions` is reached from this machine only"),
        "{advice}"
    );
    assert!(!advice.contains("`https`"), "{advice}");
    let text = server.command_ok(&["doctor", "--offline"]);
    assert!(
        text.contains("https://mail.example.org:8443/dav/"),
        "{text}"
    );
    assert!(
        text.contains("_caldavs._tcp.example.org. 3600 IN TXT"),
        "{text}"
    );
    let file = server.command_ok(&["doctor", "--domain", "example.org", "--autoconfig"]);
    assert!(
        file.starts_with("<?xml") && file.contains("<port>993</port>"),
        "{file}"
    );
}

#[test]
fn app_passwords_are_good_for_calendars() {
    let server = TestServer::prepare(Options::default());
    server.add_account("anna@example.org", "correct horse");
    server.command_ok(&[
        "app-password",
        "add",
        "anna@example.org",
        "Phone",
        "--for",
        "dav",
    ]);
    let known = server.json(&["app-password", "list", "anna@example.org"]);
    assert_eq!(known[0]["protocols"], json!(["dav"]));
}
