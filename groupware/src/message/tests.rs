//! Messages with known parts, and hostile ones.

use model::{
    Address, EmailMeta, Encoding, MESSAGE_PARTS_DEPTH_MAX, MESSAGE_PARTS_MAX, META_OCTETS_MAX,
};

use super::part::{
    FieldFilter, Section, decoded, decoded_octets, decoded_text, find, header_fields, section,
};
use super::{fuzz, parse};

/// The message of RFC 9051 6.4.5.1's example of part numbers, in short.
const NESTED: &str = "From: a@x.example\r\nSubject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
preamble\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"f.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\naGFsbG8=\r\n\r\n\
--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?inn=C3=A9r?=\r\nContent-Type: multipart/alternative; boundary=\"b2\"\r\n\r\n\
--b2\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n--b2\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n--b2--\r\nepilogue\r\n\
--b--  \r\nend\r\n";

fn body<'m>(message: &'m str, path: &[u32]) -> &'m str {
    cut(message, path, Section::Body)
}

fn cut<'m>(message: &'m str, path: &[u32], which: Section) -> &'m str {
    let parsed = parse(message.as_bytes());
    let meta = EmailMeta::decode(&parsed.meta).unwrap();
    section(path, which, &meta).map_or("none", |range| &message[range])
}

#[test]
fn sections_have_exact_ends() {
    fuzz(NESTED.as_bytes());
    assert_eq!(body(NESTED, &[]), NESTED);
    assert!(cut(NESTED, &[], Section::Header).ends_with("boundary=b\r\n\r\n"));
    assert!(cut(NESTED, &[], Section::Text).starts_with("preamble\r\n--b"));
    assert_eq!(body(NESTED, &[1]), "one");
    assert_eq!(cut(NESTED, &[1], Section::Mime), "\r\n");
    assert_eq!(body(NESTED, &[2]), "aGFsbG8=\r\n");
    assert!(body(NESTED, &[3]).starts_with("Subject: =?"));
    assert!(body(NESTED, &[3]).ends_with("--b2--\r\nepilogue"));
    assert_eq!(
        cut(NESTED, &[3], Section::Mime),
        "Content-Type: message/rfc822\r\n\r\n"
    );
    assert!(cut(NESTED, &[3], Section::Header).starts_with("Subject: =?"));
    assert!(cut(NESTED, &[3], Section::Text).starts_with("--b2\r\n"));
    assert_eq!(body(NESTED, &[3, 1]), "Gr=FC=DFe");
    assert_eq!(body(NESTED, &[3, 2]), "<p>Hi</p>");
    assert_eq!(
        cut(NESTED, &[3, 2], Section::Mime),
        "Content-Type: text/html\r\n\r\n"
    );
    for path in [&[0][..], &[4], &[1, 1], &[3, 3], &[3, 1, 1], &[u32::MAX]] {
        assert_eq!(body(NESTED, path), "none", "{path:?}");
    }
    assert_eq!(cut(NESTED, &[1], Section::Header), "none");
    assert_eq!(cut(NESTED, &[], Section::Mime), "none");
}

#[test]
fn metadata_and_text_of_a_nested_message() {
    let parsed = parse(NESTED.as_bytes());
    let meta = EmailMeta::decode(&parsed.meta).unwrap();
    assert_eq!(meta.headers.subject, Some("outer"));
    assert_eq!(
        meta.headers.from,
        [Address::Email {
            name: None,
            email: "a@x.example"
        }]
    );
    assert_eq!(meta.headers.preview, "one");
    assert!(meta.headers.has_attachment);
    assert_eq!(meta.parts.len(), 7);
    let inner = &meta.parts[3];
    assert_eq!(inner.message.as_ref().unwrap().subject, Some("innér"));
    assert_eq!((inner.descendants, inner.lines), (3, 13));
    assert_eq!(meta.parts[2].encoding, Encoding::Base64);
    assert_eq!(
        &*decoded(NESTED.as_bytes(), &meta.parts[2]).unwrap(),
        b"hallo"
    );
    assert_eq!(decoded_octets(NESTED.as_bytes(), &meta.parts[2]), Ok(5));
    assert_eq!(
        decoded_text(NESTED.as_bytes(), &meta.parts[5]).unwrap(),
        "Grüße"
    );
    assert_eq!(parsed.text.body, "one f.bin innér Grüße Hi");
}

#[test]
fn a_message_without_mime_is_one_text() {
    let message = "Subject: x\r\n\r\nline 1\r\nline 2\r\n";
    let parsed = parse(message.as_bytes());
    let meta = EmailMeta::decode(&parsed.meta).unwrap();
    let part = &meta.parts[0];
    assert_eq!((part.kind, part.subtype, part.lines), ("text", "plain", 2));
    assert_eq!(part.parameters, [("charset", "us-ascii")]);
    assert_eq!(body(message, &[1]), "line 1\r\nline 2\r\n");
    assert_eq!(cut(message, &[1], Section::Mime), "Subject: x\r\n\r\n");
    assert_eq!(body(message, &[2]), "none");
    assert_eq!(body(message, &[1, 1]), "none");
    assert!(!meta.headers.has_attachment);
}

#[test]
fn a_message_within_a_message_has_part_1_1() {
    let message = "Content-Type: message/rfc822\n\nSubject: in\n\ntext\n";
    assert_eq!(body(message, &[1]), "Subject: in\n\ntext\n");
    assert_eq!(body(message, &[1, 1]), "text\n");
    assert_eq!(cut(message, &[1], Section::Text), "text\n");
    assert_eq!(cut(message, &[1, 1], Section::Mime), "Subject: in\n\n");
    assert_eq!(body(message, &[1, 1, 1]), "none");
}

#[test]
fn an_encoded_message_within_is_a_leaf_but_searchable() {
    // Subject: in, then a body.
    let message = "Content-Type: message/rfc822; name=in.eml\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogaW4KCmJvZHkK\n";
    fuzz(message.as_bytes());
    let parsed = parse(message.as_bytes());
    let meta = EmailMeta::decode(&parsed.meta).unwrap();
    assert_eq!((meta.parts.len(), &meta.parts[0].message), (1, &None));
    let content = decoded(message.as_bytes(), &meta.parts[0]).unwrap();
    assert_eq!(&*content, b"Subject: in\n\nbody\n");
    assert_eq!(parsed.text.body, "in.eml in body");
    assert_eq!(body(message, &[1, 1]), "none");
}

#[test]
fn digests_hold_messages_where_nothing_is_said() {
    let message = "Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\nSubject: 1\r\n\r\nbody\r\n--d\r\nContent-Type: text/plain\r\n\r\nx\r\n--d--";
    let parsed = parse(message.as_bytes());
    let meta = EmailMeta::decode(&parsed.meta).unwrap();
    let kinds: Vec<&str> = meta.parts.iter().map(|part| part.subtype).collect();
    assert_eq!(kinds, ["digest", "rfc822", "plain", "plain"]);
    assert_eq!(body(message, &[1, 1]), "body");
    assert_eq!(body(message, &[2]), "x");
    assert_eq!(find(&[1, 1], &meta), Some(2));
}

#[test]
fn broken_structures_still_have_parts() {
    // No boundary; a boundary that never comes; one that only ends.
    for head in [
        "multipart/mixed",
        "multipart/mixed; boundary=b",
        "multipart/mixed; boundary=\"\"",
    ] {
        let message = format!("Content-Type: {head}\r\n\r\ntext\r\n");
        assert_eq!(body(&message, &[1]), "text\r\n", "{head}");
        fuzz(message.as_bytes());
    }
    let closed = "Content-Type: multipart/mixed; boundary=b\n\n--b--\nrest";
    assert_eq!(body(closed, &[1]), "--b--\nrest");
    // The outer delimiter ends the inner part, also within a header.
    let open = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\nX: y\n--b\n\nlast\n--b--";
    assert_eq!(cut(open, &[1, 1], Section::Mime), "X: y\n");
    assert_eq!(body(open, &[1, 1]), "");
    assert_eq!(body(open, &[2]), "last");
    // Of two boundaries that fit the longer one is meant.
    let prefix = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\nx\n--bb--\n--b--";
    assert_eq!(body(prefix, &[1, 1]), "x");
    for message in [
        closed,
        open,
        prefix,
        "",
        "\n",
        "\r\n",
        "--",
        "Content-Type: multipart/x; boundary=--\n\n----\n------",
    ] {
        fuzz(message.as_bytes());
    }
    // An empty part whose empty line stands directly before the delimiter of the outer multipart.
    fuzz(b"Content-Type: multipart/a; boundary=b\n\n--b\nContent-Type: multipart/a; boundary=c\n\n--c\nA: b\n\n--b\n\n");
}

#[test]
fn header_fields_keep_their_bytes_and_the_empty_line() {
    let header = b"To: a\r\nSubject: x\r\n folded\r\nbroken\r\nsubject: y\r\n\r\n";
    let only =
        |filter| String::from_utf8(header_fields(header, filter, &["SUBJECT", "cc"])).unwrap();
    assert_eq!(
        only(FieldFilter::Only),
        "Subject: x\r\n folded\r\nsubject: y\r\n\r\n"
    );
    assert_eq!(only(FieldFilter::Not), "To: a\r\nbroken\r\n\r\n");
    assert_eq!(header_fields(b"To: a", FieldFilter::Not, &["x"]), b"To: a");
}

#[test]
fn unknown_encodings_are_an_error_but_searching_goes_on() {
    let message = b"Content-Transfer-Encoding: x-uuencode (why)\n\nwords";
    let parsed = parse(message);
    let meta = EmailMeta::decode(&parsed.meta).unwrap();
    assert_eq!(meta.parts[0].encoding, Encoding::Other("x-uuencode"));
    assert!(decoded(message, &meta.parts[0]).is_err());
    assert_eq!(parsed.text.body, "words");
}

#[test]
fn attachments_are_what_a_client_offers_as_files() {
    let message = |kind: &str, parts: &[&str]| {
        let parts: String = parts
            .iter()
            .map(|head| format!("--b\r\n{head}\r\n\r\nx\r\n"))
            .collect();
        let message = format!("Content-Type: multipart/{kind}; boundary=b\r\n\r\n{parts}--b--\r\n");
        let parsed = parse(message.as_bytes());
        EmailMeta::decode(&parsed.meta)
            .unwrap()
            .headers
            .has_attachment
    };
    let (plain, html) = ("Content-Type: text/plain", "Content-Type: text/html");
    let picture = "Content-Type: image/png\r\nContent-ID: <a>";
    assert!(!message("alternative", &[plain, html]));
    assert!(message("mixed", &[plain, "Content-Type: application/pdf"]));
    assert!(message(
        "mixed",
        &[plain, "Content-Type: text/plain; name=x.txt"]
    ));
    assert!(message(
        "mixed",
        &[
            plain,
            "Content-Type: image/png\r\nContent-Disposition: attachment"
        ]
    ));
    assert!(!message(
        "mixed",
        &[
            plain,
            "Content-Type: image/png\r\nContent-Disposition: inline"
        ]
    ));
    assert!(!message("related", &[html, picture]));
    assert!(message("mixed", &[plain, "Content-Type: message/rfc822"]));
    assert!(message(
        "alternative",
        &[plain, html, "Content-Type: text/calendar"]
    ));
}

#[test]
fn previews_are_the_first_characters_of_the_text() {
    let long = format!("\n\n  {}\n", "äöü ".repeat(200));
    let parsed = parse(long.as_bytes());
    let meta = EmailMeta::decode(&parsed.meta).unwrap();
    assert!(meta.headers.preview.starts_with("äöü äöü"));
    assert!((250..=256).contains(&meta.headers.preview.chars().count()));
}

#[test]
fn parts_and_levels_are_bounded() {
    let many = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\n\r\nx\r\n".repeat(50_000)
    );
    let deep: String = (0..50_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let messages = "Content-Type: message/rfc822\r\n\r\n".repeat(50_000);
    let encoded = "Content-Type: message/global\nContent-Transfer-Encoding: quoted-printable\n\n";
    fuzz(encoded.repeat(50_000).as_bytes());
    let digests = format!(
        "Content-Type: multipart/digest; boundary=b\r\n\r\n{}",
        "--b\r\n\r\nA: b\r\n\r\nx\r\n".repeat(50_000)
    );
    for message in [many, deep, messages, digests] {
        fuzz(message.as_bytes());
        let parsed = parse(message.as_bytes());
        let meta = EmailMeta::decode(&parsed.meta).unwrap();
        assert!((MESSAGE_PARTS_DEPTH_MAX..=MESSAGE_PARTS_MAX).contains(&meta.parts.len()));
    }
}

#[test]
fn metadata_that_would_be_too_long_is_shortened() {
    let long = "y".repeat(5_000);
    let addresses = format!("\"{long}\" <{long}@x>, ").repeat(3);
    let part = format!(
        "--b\r\nContent-Type: message/rfc822; a={long}; b={long}\r\nContent-ID: {long}\r\nContent-Language: {}\r\nContent-Disposition: {long}; filename={long}\r\nContent-Description: {long}\r\nContent-Transfer-Encoding: {}\r\n\r\nFrom: {addresses}\r\nSubject: {long}\r\n\r\n",
        "de,".repeat(50),
        &long[..120]
    );
    for count in [1, 10, 300, 700] {
        let message = format!(
            "From: {addresses}\r\nTo: {addresses}\r\nSubject: {long}\r\nMessage-ID: <{long}@x>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}",
            part.repeat(count)
        );
        let parsed = parse(message.as_bytes());
        assert!(parsed.meta.len() <= META_OCTETS_MAX);
        let meta = EmailMeta::decode(&parsed.meta).unwrap();
        assert_eq!(
            meta.parts.len(),
            (1 + 2 * count).min(MESSAGE_PARTS_MAX),
            "{count}"
        );
        assert!(meta.headers.subject.unwrap().len() >= 200);
        fuzz(message.as_bytes());
    }
}

#[test]
fn hostile_input_takes_linear_time() {
    let megabyte = 1_000_000;
    for piece in [
        "=?utf-8?q?",
        "=?utf-8?b?A ",
        "(",
        "\"",
        "<",
        ",",
        "a@b,",
        "\\",
        ":;",
        "\n ",
        "=",
        "a:",
        "\r",
        "=?=?",
        "* = ;",
        ";a*0=b",
        "'",
    ] {
        let value = piece.repeat(megabyte / piece.len());
        for name in [
            "Subject",
            "From",
            "Content-Type: a/b; x",
            "Content-Disposition",
            "Date",
            "Message-ID",
            "References",
            "Content-Language",
        ] {
            fuzz(format!("{name}: {value}\r\n\r\n").as_bytes());
        }
    }
    for line in [
        "--", "--b", "--b\n", "\n--", "--b--\n", "--b\n\n", "X:\n", "\n",
    ] {
        fuzz(
            format!(
                "Content-Type: multipart/mixed; boundary=b\n\n{}",
                line.repeat(megabyte / line.len())
            )
            .as_bytes(),
        );
    }
}

#[test]
fn any_mutation_of_a_message_is_a_message() {
    // A small generator, so that the test says the same every time.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % bound as u64).unwrap()
    };
    let pieces = [
        "--b",
        "--b2",
        "--",
        "\r\n",
        "\n",
        "=?utf-8?q?=C3?=",
        "\"",
        "(",
        ";",
        "\0",
        "\u{e4}",
        "Content-Type: multipart/digest; boundary=b2\n\n",
    ];
    for _ in 0..4_000 {
        let mut message = NESTED.as_bytes().to_vec();
        for _ in 0..=next(6) {
            let at = next(message.len());
            let end = (at + next(40)).min(message.len());
            let piece = pieces[next(pieces.len())];
            message.splice(at..end, piece.bytes().cycle().take(next(3) * piece.len()));
        }
        fuzz(&message);
    }
}
