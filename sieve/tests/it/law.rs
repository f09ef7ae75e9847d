//! What holds for every script and every message.

use proptest::prelude::*;
use sieve::{Action, CAPABILITIES, Input, Limits, Nowhere, Script, run};

/// Pieces that scripts are made of, right and wrong.
const PIECES: &[&str] = &[
    "if",
    "elsif",
    "else",
    "not",
    "anyof",
    "allof",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";",
    "true",
    "false",
    "keep",
    "discard",
    "stop",
    "fileinto",
    "redirect",
    "header",
    "address",
    "exists",
    "size",
    "envelope",
    "body",
    "string",
    "set",
    "setflag",
    "addheader",
    "deleteheader",
    "vacation",
    "notify",
    "foreverypart",
    "break",
    "replace",
    "enclose",
    "extracttext",
    "include",
    "global",
    "return",
    "date",
    "currentdate",
    "duplicate",
    "ihave",
    "hasflag",
    "reject",
    ":is",
    ":contains",
    ":matches",
    ":count",
    ":value",
    ":comparator",
    ":over",
    ":under",
    ":all",
    ":domain",
    ":mime",
    ":anychild",
    ":param",
    ":index",
    ":last",
    ":copy",
    ":flags",
    ":fcc",
    ":seconds",
    ":handle",
    ":raw",
    ":content",
    "\"eq\"",
    "\"subject\"",
    "\"*\"",
    "\"a*?b\"",
    "\"${1}\"",
    "\"${a}\"",
    "\"a\"",
    "\"a@example.org\"",
    "\"i;ascii-numeric\"",
    "\"i;unicode-casemap\"",
    "\"mailto:a@example.org\"",
    "\"year\"",
    "\"from\"",
    "10",
    "1K",
    "text:\n.\n",
];

fn required() -> String {
    let all: Vec<String> = CAPABILITIES
        .iter()
        .map(|name| format!("\"{name}\""))
        .collect();
    format!("require [{}];\n", all.join(","))
}

/// Good commands, of which scripts are put together.
const COMMANDS: &[&str] = &[
    "keep;",
    "discard;",
    "fileinto \"a\";",
    "fileinto :copy :create :flags \"\\\\Seen\" \"${1}x\";",
    "redirect :copy \"a@example.org\";",
    "set :upperfirst \"a\" \"${1}${a}\";",
    "setflag \"\\\\Flagged a\";",
    "removeflag \"a\" \"b\";",
    "addheader :last \"X-A\" \"${a}\";",
    "deleteheader :contains \"X-A\" \"b\";",
    "deleteheader :index 1 \"Subject\";",
    "if header :matches \"subject\" \"*a*\" { set \"a\" \"${2}\"; }",
    "if address :comparator \"i;unicode-casemap\" :matches \"from\" \"*?@*\" { set \"b\" \"${1}${2}\"; } else { keep; }",
    "foreverypart { if header :mime :type \"content-type\" \"text\" { extracttext :first 5 \"c\"; replace \"x${c}\"; } }",
    "foreverypart { foreverypart { break; } replace :mime \"Content-Type: text/html\n\n<p>\"; }",
    "enclose :subject \"s\" :headers [\"To\"] \"t\";",
    "if body :text :contains [\"a\", \"${a}\"] { stop; }",
    "if body :content \"text\" :matches \"*a*\" { keep; }",
    "if date \"date\" \"year\" \"2005\" { keep; }",
    "if allof (duplicate, size :over 1) { discard; }",
    "vacation :fcc \"Sent\" \"away\";",
    "notify :message \"${a}\" \"mailto:a@example.org\";",
    "if hasflag :count \"ge\" \"1\" { keep; }",
    "reject \"no\";",
];

proptest! {
    #[test]
    fn parsing_any_octets_ends_without_panic(text in proptest::collection::vec(any::<u8>(), 0..300)) {
        sieve::fuzz(&text);
    }

    #[test]
    fn parsing_any_row_of_pieces_ends_without_panic(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..30),
    ) {
        let text = required() + &pieces.join(" ");
        sieve::fuzz(text.as_bytes());
    }

    /// Errors lie within the script.
    #[test]
    fn errors_have_a_place(text in "[a-z\"{};:\\[\\] \n]{0,80}") {
        if let Err(error) = Script::parse(text.as_bytes()) {
            let lines = u32::try_from(text.split('\n').count()).unwrap();
            prop_assert!(error.line >= 1 && error.line <= lines, "{}", error);
            prop_assert!(error.column >= 1);
        }
    }

    /// A run ends, answers the same each time, and never loses a message: what neither keeps nor files nor sends nor refuses
    /// it was told to discard.
    #[test]
    fn a_run_is_bounded_and_loses_nothing(
        commands in proptest::collection::vec(proptest::sample::select(COMMANDS), 0..12),
        subject in "[ -~äß]{0,40}",
        body in "[a-z\n-]{0,80}",
        steps in 0_u64..3_000,
    ) {
        let text = required() + &commands.join("\n");
        let script = Script::parse(text.as_bytes()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let message = format!("From: a <a@example.org>\r\nTo: o@example.org\r\nSubject: {subject}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{body}\r\n--b--\r\n");
        let mut input = Input::new(message.as_bytes());
        input.reverse_path = "a@example.org";
        input.recipient = "o@example.org";
        for limits in [Limits::default(), Limits { steps, ..Limits::default() }] {
            let outcome = run(&script, &input, &Nowhere, &limits);
            prop_assert_eq!(&outcome, &run(&script, &input, &Nowhere, &limits));
            let is_safe = outcome.actions.iter().any(|action| matches!(
                action,
                Action::Keep { .. } | Action::FileInto(_) | Action::Redirect(_) | Action::Reject { .. } | Action::Discard
            ));
            prop_assert!(is_safe, "{:?}", outcome);
            if outcome.fault.is_some() {
                prop_assert_eq!(outcome.actions.len(), 1);
                prop_assert!(outcome.editions.is_empty());
            }
            for action in &outcome.actions {
                if let Action::Keep { edition, .. } = action {
                    prop_assert!(usize::try_from(edition.0).unwrap() <= outcome.editions.len());
                }
            }
        }
    }

    /// Header edits touch no other octet.
    #[test]
    fn an_added_and_deleted_field_leaves_the_message_as_it_was(message in proptest::collection::vec(any::<u8>(), 0..200)) {
        let script = Script::parse(
            b"require [\"editheader\", \"fileinto\"]; addheader \"X-Hello\" \"World\"; deleteheader :index 1 \"X-Hello\"; fileinto \"a\";",
        ).unwrap();
        let outcome = run(&script, &Input::new(&message), &Nowhere, &Limits::default());
        prop_assert_eq!(&outcome.fault, &None);
        prop_assert_eq!(&outcome.editions[0], &message);
    }
}

#[test]
fn scripts_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Script>();
}

/// RFC 5230 4.2: a reply is known by what the script says, not by what its variables hold, and by its handle if it has one.
#[test]
fn a_reply_is_known_by_the_text_of_the_script() {
    let fingerprint = |command: &str, subject: &str| {
        let script = format!(
            "require [\"vacation\", \"variables\"]; if header :matches \"subject\" \"*\" {{ {command} }}"
        );
        let message =
            format!("From: a@example.net\r\nTo: o@example.org\r\nSubject: {subject}\r\n\r\n");
        let script = Script::parse(script.as_bytes()).unwrap();
        let mut input = Input::new(message.as_bytes());
        input.reverse_path = "a@example.net";
        input.recipient = "o@example.org";
        let outcome = run(&script, &input, &Nowhere, &Limits::default());
        let reply = outcome.actions.into_iter().find_map(|action| match action {
            Action::Vacation(reply) => Some(reply.fingerprint),
            _ => None,
        });
        reply.unwrap()
    };
    let with_subject = "vacation :subject \"${1}\" \"Away.\";";
    assert_eq!(
        fingerprint(with_subject, "one"),
        fingerprint(with_subject, "two")
    );
    assert_ne!(
        fingerprint("vacation \"Away.\";", "one"),
        fingerprint("vacation \"Gone.\";", "one")
    );
    assert_eq!(
        fingerprint("vacation :handle \"h\" \"Away.\";", "one"),
        fingerprint("vacation :handle \"h\" :subject \"s\" \"Gone.\";", "one")
    );
    assert_ne!(
        fingerprint("vacation :subject \"Away.\" \"x\";", "one"),
        fingerprint("vacation :from \"a@example.org\" \"x\";", "one")
    );
}
