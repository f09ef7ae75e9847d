use groupware::message::{Parsed, parse};
use model::EmailMeta;
use proptest::prelude::*;

use super::*;

const MESSAGE: &[u8] =
    b"From: Anna <anna@example.org>\r\nMessage-ID: <1@example.org>\r\nSubject: Hello\r\n\r\nThe body\r\n";

fn recipient(forward_path: &str, action: Action) -> Recipient {
    Recipient {
        forward_path: forward_path.into(),
        original: Some(format!("rfc822;{}", forward_path.replace('+', "+2B"))),
        action,
        status: (5, 1, 1),
        host: Some("mx.example.net".into()),
        diagnostic: Some(Diagnostic {
            text: "550 5.1.1 no such user\r\nAction: delivered".into(),
            is_reply: true,
        }),
        at: Some(Timestamp::from_seconds(1_700_000_100)),
    }
}

fn notification<'a>(recipients: &'a [Recipient], message: &'a [u8]) -> Notification<'a> {
    Notification {
        host: "mail.example.org",
        to: "anna@example.org",
        envelope_id: Some("QQ314159"),
        dsn_return: None,
        arrived_at: Timestamp::from_seconds(1_700_000_000),
        retried_until: Some(Timestamp::from_seconds(1_700_432_000)),
        recipients,
        message,
        returned_octets_max: RETURNED_OCTETS_MAX,
        random: 7,
        now: Timestamp::from_seconds(1_700_000_200),
    }
}

fn text(about: &Notification<'_>) -> String {
    String::from_utf8(compose(about).message).unwrap()
}

#[test]
fn a_failure_has_the_fields_of_the_standard() {
    let recipients = [recipient("bert+x@example.net", Action::Failed)];
    let text = text(&notification(&recipients, MESSAGE));
    for line in [
        "To: <anna@example.org>",
        "Auto-Submitted: auto-replied",
        "In-Reply-To: <1@example.org>",
        "Content-Type: multipart/report; report-type=delivery-status;",
        "Content-Type: message/delivery-status",
        "Original-Envelope-Id: QQ314159",
        "Reporting-MTA: dns; mail.example.org",
        "Arrival-Date: Tue, 14 Nov 2023 22:13:20 +0000",
        "Original-Recipient: rfc822; bert+x@example.net",
        "Final-Recipient: rfc822; bert+x@example.net",
        "Action: failed",
        "Status: 5.1.1",
        "Remote-MTA: dns; mx.example.net",
        "Diagnostic-Code: smtp; 550 5.1.1 no such user Action: delivered",
        "Last-Attempt-Date: Tue, 14 Nov 2023 22:15:00 +0000",
        "Content-Type: message/rfc822",
        "The body",
    ] {
        assert!(text.split("\r\n").any(|it| it == line), "{line}\n{text}");
    }
    assert!(!text.contains("Will-Retry-Until"));
    assert!(text.contains("nicht zugestellt werden"));
}

#[test]
fn its_parts_are_those_of_a_report() {
    let recipients = [recipient("bert@example.net", Action::Failed)];
    let composed = compose(&notification(&recipients, MESSAGE));
    let Parsed { meta, .. } = parse(&composed.message);
    let meta = EmailMeta::decode(&meta).unwrap();
    let types: Vec<String> = meta
        .parts
        .iter()
        .map(|part| format!("{}/{}", part.kind, part.subtype).to_lowercase())
        .collect();
    assert_eq!(types[0], "multipart/report");
    assert_eq!(types[1], "text/plain");
    assert_eq!(types[2], "message/delivery-status");
    assert_eq!(types[3], "message/rfc822");
}

#[test]
fn delays_say_until_when_and_bring_the_header_only() {
    let recipients = [recipient("bert@example.net", Action::Delayed)];
    let text = text(&notification(&recipients, MESSAGE));
    assert!(text.contains("Will-Retry-Until: Sun, 19 Nov 2023 22:13:20 +0000\r\n"));
    assert!(text.contains("Content-Type: text/rfc822-headers\r\n"));
    assert!(text.contains("Subject: Hello\r\n"));
    assert!(!text.contains("The body"));
}

#[test]
fn ret_hdrs_brings_the_header_of_a_failure() {
    let recipients = [recipient("bert@example.net", Action::Failed)];
    let mut about = notification(&recipients, MESSAGE);
    about.dsn_return = Some(DsnReturn::Headers);
    assert!(!text(&about).contains("The body"));
}

#[test]
fn addresses_outside_ascii_make_it_a_global_one() {
    let recipients = [recipient("jürgen@example.net", Action::Failed)];
    let composed = compose(&notification(&recipients, MESSAGE));
    assert!(composed.eight_bit && composed.smtputf8);
    let text = String::from_utf8(composed.message).unwrap();
    assert!(text.contains("Content-Type: message/global-delivery-status\r\n"));
    assert!(text.contains("Final-Recipient: utf-8; jürgen@example.net\r\n"));
    assert!(text.contains("Content-Type: message/global\r\n"));
}

#[test]
fn who_wants_to_hear_of_what() {
    let only_success = DsnNotify {
        success: true,
        ..DsnNotify::default()
    };
    let never = DsnNotify {
        never: true,
        ..DsnNotify::default()
    };
    assert!(wanted(None, Action::Failed) && wanted(None, Action::Delayed));
    assert!(!wanted(None, Action::Relayed));
    assert!(wanted(Some(only_success), Action::Delivered));
    assert!(!wanted(Some(only_success), Action::Failed));
    assert!(!wanted(Some(never), Action::Failed));
}

#[test]
fn what_a_fuzzer_would_start_with_is_harmless() {
    for input in [
        &b""[..],
        MESSAGE,
        b"v=TLSRPTv1;rua=mailto:a@b",
        b"\r\nBcc: x\r\n\r\n",
        b"utf-8;\\x{110000}\xff\0",
        "ü@x\n.\n".as_bytes(),
    ] {
        crate::fuzz(input);
    }
}

proptest! {
    #[test]
    fn any_octets_are_harmless(input in proptest::collection::vec(any::<u8>(), 0..200)) {
        crate::fuzz(&input);
    }

    #[test]
    fn nothing_that_came_from_outside_adds_a_field(
        said in "\\PC{0,80}|[\\x00-\\x7f]{0,80}",
        path in "[^\\r\\n]{0,60}|[\\x00-\\x7f]{0,60}",
        original in proptest::option::of("[\\x00-\\x7f]{0,60}"),
        message in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut one = recipient(&path, Action::Failed);
        one.diagnostic = Some(Diagnostic { text: said, is_reply: true });
        one.original = original;
        let has_original = one.original.is_some();
        let recipients = [one];
        let about = notification(&recipients, &message);
        let report = report::delivery_status(&about, false);
        let names: Vec<&str> = report
            .split("\r\n")
            .filter(|line| !line.is_empty() && !line.starts_with(' '))
            .map(|line| line.split(':').next().unwrap_or_default())
            .collect();
        let mut expected = vec!["Original-Envelope-Id", "Reporting-MTA", "Arrival-Date"];
        if has_original {
            expected.push("Original-Recipient");
        }
        expected.extend(["Final-Recipient", "Action", "Status", "Remote-MTA", "Diagnostic-Code", "Last-Attempt-Date"]);
        prop_assert_eq!(names, expected);
        let composed = compose(&about);
        prop_assert!(composed.message.windows(2).all(|two| two[0] == b'\r' || two[1] != b'\n' || composed.eight_bit || !message.is_empty()));
    }
}
