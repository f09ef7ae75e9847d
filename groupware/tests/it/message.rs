//! Real mail: structure, offsets and decoded header fields, compared with another reader's.

use std::collections::BTreeMap;

use groupware::message::part::{decoded_text, header};
use groupware::message::{fuzz, parse};
use mail_parser::{MessageParser, PartType};
use model::{EmailMeta, Part};

use crate::corpus::{Mail, mails};

/// With LF alone as it stands in files, and as SMTP brings it.
fn both_line_ends(mails: Vec<Mail>) -> impl Iterator<Item = Mail> {
    mails.into_iter().flat_map(|mail| {
        let mut bytes = Vec::with_capacity(mail.bytes.len() + mail.bytes.len() / 30);
        for byte in &mail.bytes {
            match (byte, bytes.last()) {
                (b'\n', Some(b'\r')) => bytes.push(b'\n'),
                (b'\n', _) => bytes.extend_from_slice(b"\r\n"),
                _ => bytes.push(*byte),
            }
        }
        let name = format!("{} (CRLF)", mail.name);
        [mail, Mail { name, bytes }]
    })
}

#[test]
fn every_real_mail_keeps_the_promises_of_parsing() {
    let archives = [
        ("mail.tar.xz", "mail/"),
        ("calendars-contacts-mime.tar.xz", "mail/"),
    ];
    for (archive, below) in archives {
        for mail in both_line_ends(mails(archive, below)) {
            fuzz(&mail.bytes);
            check_multiparts(&mail);
        }
    }
}

/// Between the children of a multipart stand delimiters and nothing else, so that it can be put
/// together again.
fn check_multiparts(mail: &Mail) {
    let parsed = parse(&mail.bytes);
    let meta = EmailMeta::decode(&parsed.meta).expect("metadata reads back");
    for (at, part) in meta
        .parts
        .iter()
        .enumerate()
        .filter(|(_, part)| part.is_multipart())
    {
        let boundary = part
            .parameters
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("boundary"));
        let Some((_, boundary)) = boundary else {
            continue;
        };
        let children: Vec<&Part<'_>> = meta.children(at).map(|child| &meta.parts[child]).collect();
        for pair in children.windows(2) {
            let gap = &mail.bytes[pair[0].body_end as usize..pair[1].header_start as usize];
            let gap = String::from_utf8_lossy(gap);
            assert_eq!(gap.trim(), format!("--{boundary}"), "{}", mail.name);
            assert!(gap.ends_with('\n'), "{}", mail.name);
        }
    }
}

#[test]
fn decoded_texts_of_real_mail_have_no_encoded_words() {
    for mail in mails("mail.tar.xz", "mail/") {
        let parsed = parse(&mail.bytes);
        let meta = EmailMeta::decode(&parsed.meta).unwrap();
        let subject = meta.headers.subject.unwrap_or_default();
        let word = subject.find("=?").map(|start| &subject[start + 2..]);
        let is_encoded_word = |word: &str| {
            let mut pieces = word.split('?');
            let encoding = pieces.nth(1).unwrap_or_default();
            ["q", "b"]
                .iter()
                .any(|known| encoding.eq_ignore_ascii_case(known))
                && word.contains("?=")
        };
        assert!(
            !word.is_some_and(is_encoded_word),
            "{}: {subject}",
            mail.name
        );
        assert!(!subject.contains(['\r', '\n', '\0']), "{}", mail.name);
        assert_eq!(parsed.sent_at, meta.headers.sent_at);
        assert!(
            mail.bytes[header(&meta.parts[0])].ends_with(b"\n\n"),
            "{}",
            mail.name
        );
    }
}

/// Kinds of the parts in preorder, messages within as one part.
fn kinds(meta: &EmailMeta<'_>) -> Vec<String> {
    let mut kinds = Vec::new();
    let mut at = 0;
    while let Some(part) = meta.parts.get(at) {
        kinds.push(part.kind.to_ascii_lowercase());
        at += 1;
        if part.message.is_some() {
            at += part.descendants as usize;
        }
    }
    kinds
}

#[test]
fn structures_agree_with_another_reader() {
    let mut differences: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut compared = 0;
    let mut texts_differ = Vec::new();
    for mail in mails("mail.tar.xz", "mail/") {
        let parsed = parse(&mail.bytes);
        let ours = EmailMeta::decode(&parsed.meta).unwrap();
        let Some(theirs) = MessageParser::new().parse(&mail.bytes) else {
            continue;
        };
        compared += 1;
        if kinds(&ours).len() != theirs.parts.len() {
            differences.insert(mail.name.clone(), (kinds(&ours).len(), theirs.parts.len()));
            continue;
        }
        if ours.parts.len() == 1
            && let Some(PartType::Text(text) | PartType::Html(text)) =
                theirs.parts.first().map(|part| &part.body)
        {
            let decoded = decoded_text(&mail.bytes, &ours.parts[0]).unwrap_or_default();
            if decoded.trim_end() != text.trim_end() {
                texts_differ.push(mail.name.clone());
            }
        }
    }
    eprintln!("{compared} compared; parts differ: {differences:?}; texts differ: {texts_differ:?}");
    assert!(differences.len() <= compared / 100, "{differences:?}");
    assert!(texts_differ.len() <= compared / 50, "{texts_differ:?}");
}
