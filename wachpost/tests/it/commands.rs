//! Commands do the same whether the server runs or not.

use serde_json::{Value, json};

use crate::server::{Options, TestServer};

/// Everything that administrators do with the directory; the answers, without what differs from run to run.
fn administer(server: &TestServer) -> Vec<Value> {
    server.add_account("anna@example.org", "correct horse");
    server.command_ok(&[
        "account",
        "add",
        "ben@example.org",
        "--name",
        "Ben Buche",
        "--quota",
        "2 MiB",
    ]);
    server.command_ok(&["account", "add", "info@example.org", "--shared"]);
    server.command_ok(&["account", "share", "info@example.org", "anna@example.org"]);
    server.command_ok(&["alias", "add", "a.amsel@example.org", "anna@example.org"]);
    server.command_ok(&[
        "group",
        "add",
        "team@example.org",
        "--member",
        "anna@example.org",
    ]);
    server.command_ok(&["group", "member-add", "team@example.org", "ben@example.org"]);
    server.command_ok(&["domain", "add", "example.net"]);
    server.command_ok(&["domain", "catch-all", "example.net", "ben@example.org"]);
    server.command_ok(&["domain", "archive", "--all", "--to", "info@example.org"]);
    server.command_ok(&["account", "disable", "ben@example.org"]);
    server.command_ok(&["account", "quota", "ben@example.org", "none"]);
    let made = server.json(&[
        "app-password",
        "add",
        "anna@example.org",
        "Phone",
        "--for",
        "imap",
    ]);
    assert!(made["password"].as_str().unwrap().len() > 10);
    vec![
        server.json(&["account", "list"]),
        server.json(&["account", "show", "a.amsel@example.org"]),
        server.json(&["group", "list"]),
        server.json(&["alias", "list", "anna@example.org"]),
        server.json(&["domain", "list"]),
        server.json(&["mailboxes", "info@example.org"]),
        server.json(&["queue"]),
        server.json(&["restore", "anna@example.org"]),
    ]
}

#[test]
fn a_running_server_and_the_command_alone_give_the_same_answers() {
    let running = TestServer::start(Options::default());
    let alone = TestServer::prepare(Options::default());
    let answers = administer(&running);
    assert_eq!(answers, administer(&alone));
    assert_eq!(answers[1]["aliases"], json!(["a.amsel@example.org"]));
    assert_eq!(
        answers[2][0]["members"],
        json!(["anna@example.org", "ben@example.org"])
    );
    assert_eq!(answers[4][1]["name"], "example.org");
    assert_eq!(answers[4][1]["archives"], json!(["info@example.org"]));
    assert_eq!(running.json(&["status"])["serving"], true);
    assert_eq!(alone.json(&["status"])["serving"], false);
}

#[test]
fn lists_rights_to_send_and_forwards_are_shown_as_they_were_set() {
    let server = TestServer::prepare(Options::default());
    for arguments in [
        &["account", "add", "anna@example.org"][..],
        &["account", "add", "info@example.org", "--shared"],
        &[
            "group",
            "add",
            "team@example.org",
            "--member",
            "anna@example.org",
        ],
        &["group", "posting", "team@example.org", "named"],
        &["group", "poster-add", "team@example.org", "x@example.net"],
        &[
            "group",
            "moderator-add",
            "team@example.org",
            "anna@example.org",
        ],
        &["group", "member-add", "team@example.org", "far@example.net"],
        &[
            "account",
            "allow-send",
            "info@example.org",
            "--as",
            "anna@example.org",
        ],
        &[
            "account",
            "allow-send",
            "info@example.org",
            "--on-behalf",
            "team@example.org",
        ],
        &[
            "account",
            "forward",
            "anna@example.org",
            "--to",
            "a@example.net",
            "--keep",
        ],
    ] {
        server.command_ok(arguments);
    }
    let team = server.json(&["account", "show", "team@example.org"]);
    let list = json!({
        "posting": "named",
        "posters": ["x@example.net"],
        "moderators": ["anna@example.org"],
        "outside": ["far@example.net"],
    });
    assert_eq!(team["list"], list);
    let info = server.json(&["account", "show", "info@example.org"]);
    let senders = json!([
        { "sender": "anna@example.org", "right": "as" },
        { "sender": "team@example.org", "right": "on-behalf" },
    ]);
    assert_eq!(info["senders"], senders);
    let anna = server.json(&["account", "show", "anna@example.org"]);
    let forward = json!({ "to": ["a@example.net"], "keep": true });
    assert_eq!(anna["forward"], forward);
    assert_eq!(server.json(&["group", "pending"]), json!([]));

    for (arguments, code) in [
        (&["group", "approve", "team@example.org", "1"][..], 4),
        (
            &[
                "group",
                "poster-remove",
                "team@example.org",
                "y@example.net",
            ],
            4,
        ),
        (
            &[
                "account",
                "forward",
                "anna@example.org",
                "--to",
                "nobody@example.org",
            ],
            4,
        ),
        (
            &[
                "account",
                "forward",
                "anna@example.org",
                "--to",
                "anna@example.org",
            ],
            1,
        ),
        (&["account", "allow-send", "info@example.org"], 2),
    ] {
        let output = server.command(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    }
    for arguments in [
        &["group", "posting", "team@example.org", "plain"][..],
        &[
            "account",
            "allow-send",
            "info@example.org",
            "--revoke",
            "anna@example.org",
        ],
        &["account", "forward", "anna@example.org", "--off"],
    ] {
        server.command_ok(arguments);
    }
    let team = server.json(&["account", "show", "team@example.org"]);
    assert_eq!(team["list"], Value::Null);
    let anna = server.json(&["account", "show", "anna@example.org"]);
    assert_eq!(anna["forward"], Value::Null);
    let words = server.command_ok(&["journal", "--directory"]);
    assert!(words.contains("writes as it"), "{words}");
}

#[test]
fn failures_say_what_to_do_and_have_exit_codes() {
    let server = TestServer::prepare(Options::default());
    let cases: [(&[&str], i32, &str); 7] = [
        (
            &["account", "show", "nobody@example.org"],
            4,
            "`nobody@example.org` is not there",
        ),
        (&["account", "add", "admin@example.org"], 5, "is taken"),
        (&["account", "add", "anna@elsewhere.test"], 4, "domain"),
        (
            &["domain", "remove", "example.org"],
            1,
            "remove its accounts",
        ),
        (
            &["app-password", "add", "admin@example.org", "x"],
            2,
            "--for",
        ),
        (
            &["journal", "admin@example.org", "--since", "yesterday"],
            2,
            "2026-11-22",
        ),
        (&["init", "--domain", "example.org"], 5, "exists already"),
    ];
    for (arguments, code, words) in cases {
        let output = server.command(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(errors.contains(words), "{arguments:?}: {errors}");
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    let server = TestServer::prepare(Options::default());
    let mut waiting = vec![Vec::new()];
    let mut seen = 0;
    while let Some(path) = waiting.pop() {
        let arguments: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = server.command_ok(&arguments);
        let commands: Vec<_> = help
            .lines()
            .skip_while(|line| *line != "Commands:")
            .skip(1)
            .take_while(|line| line.starts_with("  "))
            .filter(|line| !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        if commands.is_empty() {
            assert!(help.contains("Example"), "{path:?} has no example:\n{help}");
            seen += 1;
        }
        for command in commands {
            waiting.push([path.as_slice(), &[command.to_owned()]].concat());
        }
    }
    assert!(seen > 30, "only {seen} commands were found");
}

#[test]
fn the_journal_names_who_did_what() {
    let server = TestServer::start(Options::default());
    server.add_account("anna@example.org", "correct horse");
    let entries = server.json(&["journal", "--directory"]);
    let words: Vec<_> = entries
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|entry| entry["what"].as_array().unwrap())
        .filter_map(Value::as_str)
        .collect();
    assert!(
        words.contains(&"set person `anna@example.org` (#2)"),
        "{words:?}"
    );
    let none = server.json(&["journal", "--directory", "--face", "imap"]);
    assert_eq!(none, json!([]));
    let last = &entries[entries.as_array().unwrap().len() - 1];
    let session = last["who"]["session"].as_str().unwrap();
    let of_session = server.json(&["journal", "--directory", "--session", session]);
    assert!(of_session.as_array().unwrap().len() < entries.as_array().unwrap().len());
    let since = server.json(&[
        "journal",
        "--directory",
        "--since",
        last["at"].as_str().unwrap(),
    ]);
    assert!(since.as_array().unwrap().contains(last));
    assert!(!server.log().contains("correct horse"));
}
