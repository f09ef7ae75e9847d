use proptest::prelude::*;

use super::*;
use crate::message::{parse, part};

fn draft(body: NewPart) -> Draft {
    Draft {
        fields: vec![Field::new("Subject", FieldValue::Text("Hi".into()))],
        body,
    }
}

fn written(field: &Field) -> String {
    let mut out = Vec::new();
    field.write(&mut out);
    String::from_utf8(out).unwrap()
}

fn text(name: &str, text: &str) -> String {
    written(&Field::new(name, FieldValue::Text(text.into())))
}

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox {
        name: (!name.is_empty()).then(|| name.to_owned()),
        address: address.to_owned(),
    }
}

#[test]
fn fields_cannot_break_out() {
    assert_eq!(text("Subject", "a\r\nBcc: x@y"), "Subject: a Bcc: x@y\r\n");
    let to = vec![mailbox("x\r\nBcc: b", "a@b>\r\nBcc: <x@y")];
    let to = written(&Field::new("To", FieldValue::Addresses(to)));
    assert_eq!(to.lines().count(), 1, "{to}");
    for raw in [" a\r\nBcc: x", " a\n b", " a\r\n \r\n", " a\0", " a\r\n"] {
        assert_eq!(FieldValue::raw(raw.into()), Err(FieldError::Raw), "{raw:?}");
    }
    assert!(FieldValue::raw(" a\r\n\tb".into()).is_ok());
    assert_eq!(check_name("X Y"), Err(FieldError::Name));
}

#[test]
fn long_texts_are_folded_and_read_back() {
    let long = "wort  ".repeat(60) + "Ende";
    let field = text("Subject", &long);
    assert!(field.lines().all(|line| line.len() <= 78), "{field}");
    assert_eq!(field.replace("\r\n", ""), format!("Subject: {long}"));
    let field = text("Subject", &"Grüße aus Köln ".repeat(20));
    assert!(field.lines().all(|line| line.len() <= 78), "{field}");
}

#[test]
fn addresses_and_groups() {
    let groups = vec![
        Group {
            name: None,
            addresses: vec![mailbox("", "a@b")],
        },
        Group {
            name: Some("Die Leute".into()),
            addresses: vec![mailbox("Berg, Anna", "anna@b"), mailbox("Jörg", "j@b")],
        },
    ];
    assert_eq!(
        written(&Field::new("To", FieldValue::Groups(groups))),
        "To: a@b, Die Leute: \"Berg, Anna\" <anna@b>, =?utf-8?B?SsO2cmc=?= <j@b>;\r\n"
    );
    let ids = FieldValue::MessageIds(vec!["1@b".into(), "<2@b>".into()]);
    assert_eq!(
        written(&Field::new("References", ids)),
        "References: <1@b> <2@b>\r\n"
    );
    let at = FieldValue::Date {
        seconds: 1_700_000_000,
        offset_minutes: -90,
    };
    assert_eq!(
        written(&Field::new("Date", at)),
        "Date: Tue, 14 Nov 2023 20:43:20 -0130\r\n"
    );
}

#[test]
fn parts_are_read_back() {
    let file = NewPart {
        media_type: "image/png".into(),
        name: Some("Übersicht der sehr langen Namen, die niemand braucht, 2026.png".into()),
        id: Some("bild@x".into()),
        disposition: Some("inline".into()),
        content: NewContent::Octets(vec![0, 1, 2, 255]),
        ..NewPart::default()
    };
    let html = NewPart::text("html", "<p>Größe\nnächste Zeile</p>");
    let alternative =
        NewPart::multipart("alternative", vec![NewPart::text("plain", "Hello\n"), html]);
    let message = draft(NewPart::multipart("mixed", vec![alternative, file])).write(b"1");
    let parsed = parse(&message);
    let meta = model::EmailMeta::decode(&parsed.meta).unwrap();
    let kinds: Vec<_> = meta.parts.iter().map(|part| part.subtype).collect();
    assert_eq!(kinds, ["mixed", "alternative", "plain", "html", "png"]);
    let text = |at: usize| part::decoded_text(&message, &meta.parts[at]).unwrap();
    assert_eq!(text(2), "Hello\r\n");
    assert_eq!(text(3), "<p>Größe\r\nnächste Zeile</p>");
    let octets = part::decoded(&message, &meta.parts[4]).unwrap();
    assert_eq!(*octets, [0, 1, 2, 255]);
    let disposition = meta.parts[4].disposition.as_ref().unwrap();
    assert_eq!(disposition.kind, "inline");
    assert_eq!(
        disposition.parameters[0].1,
        "Übersicht der sehr langen Namen, die niemand braucht, 2026.png"
    );
    assert_eq!(meta.parts[4].id, Some("<bild@x>"));
}

#[test]
fn a_message_within_is_not_encoded() {
    let inner = b"Subject: x\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n".to_vec();
    let part = NewPart {
        media_type: "message/rfc822".into(),
        content: NewContent::Octets(inner),
        ..NewPart::default()
    };
    let message = draft(NewPart::multipart("mixed", vec![part])).write(b"1");
    let text = String::from_utf8_lossy(&message);
    assert!(text.contains("Content-Transfer-Encoding: 8bit\r\n\r\nSubject: x\r\n"));
}

proptest! {
    #[test]
    fn whatever_is_written_is_read(input in proptest::collection::vec(any::<u8>(), 0..600)) {
        fuzz(&input);
    }

    #[test]
    fn texts_come_back(text in "\\PC{0,300}", body in "(\\PC|[\r\n\t =]){0,600}") {
        let draft = Draft {
            fields: vec![Field::new("Subject", FieldValue::Text(text.clone()))],
            body: NewPart::text("plain", body.clone()),
        };
        let message = draft.write(b"1");
        prop_assert!(message.split(|octet| *octet == b'\n').all(|line| line.len() <= 999));
        let parsed = parse(&message);
        let meta = model::EmailMeta::decode(&parsed.meta).unwrap();
        let subject = meta.headers.subject.unwrap_or_default();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(words(subject), words(&text));
        let read = part::decoded_text(&message, &meta.parts[0]).unwrap();
        let body = body.replace("\r\n", "\n").replace('\r', "\n");
        prop_assert_eq!(read.replace("\r\n", "\n"), body);
    }
}
