//! Made-up mail of the shape that real mail has: threads, umlauts, HTML, attachments.

use crate::seeded::Seeded;

const PEOPLE: [(&str, &str); 6] = [
    ("Änne Müller", "aenne.mueller"),
    ("Jörg Weiß", "joerg.weiss"),
    ("Sophie Groß", "sophie.gross"),
    ("Çelik, Ayşe", "ayse.celik"),
    ("John Smith", "john"),
    ("Newsletter", "noreply"),
];
const TOPICS: [&str; 6] = [
    "Büroumzug in die Schloßstraße",
    "Angebot für größere Räume",
    "Jahresabschluß prüfen",
    "Minutes of the meeting",
    "Übergabe am Freitag",
    "Rechnung 4711",
];
const SENTENCES: [&str; 6] = [
    "Können wir das nächste Woche besprechen?",
    "Die Größe der Räume paßt, der Preis noch nicht.",
    "Please find the report attached.",
    "Viele Grüße aus Köln",
    "Das Angebot gilt bis zum 30. Juni, danach müssen wir neu verhandeln.",
    "See you on Thursday at noon.",
];
/// Half of all mails answer an earlier one.
const ANSWERS_PERCENT: usize = 50;
/// Some mails also come as HTML.
const HTML_PERCENT: usize = 40;
/// Some mails have a file attached.
const ATTACHMENT_PERCENT: usize = 15;

/// So many messages (RFC 5322) with CRLF line ends; the same for the same seed.
#[must_use]
pub fn made_up(seeded: &mut Seeded, count: usize) -> Vec<Vec<u8>> {
    let mut threads: Vec<(String, Vec<String>)> = Vec::new();
    let mut messages = Vec::with_capacity(count);
    for number in 0..count {
        let id = format!("<{number}.{:x}@example.org>", seeded.number());
        let (subject, references) = if !threads.is_empty() && seeded.chance(ANSWERS_PERCENT) {
            let place = seeded.below(threads.len());
            let (topic, ids) = &mut threads[place];
            let references = ids.clone();
            ids.push(id.clone());
            (format!("Re: {topic}"), references)
        } else {
            let topic = format!("{} ({number})", seeded.pick(&TOPICS));
            threads.push((topic.clone(), vec![id.clone()]));
            (topic, Vec::new())
        };
        messages.push(message(seeded, number, &id, &subject, &references));
    }
    messages
}

fn message(
    seeded: &mut Seeded,
    number: usize,
    id: &str,
    subject: &str,
    references: &[String],
) -> Vec<u8> {
    let (from, to) = (seeded.below(PEOPLE.len()), seeded.below(PEOPLE.len()));
    let mut text = String::new();
    for header in [
        format!("Return-Path: <{}@example.org>", PEOPLE[from].1),
        format!("Received: from mail.example.net by mx.example.org with ESMTPS id {number:08x}"),
        format!("Message-ID: {id}"),
        format!(
            "Date: Mon, {} Jun 2026 {:02}:{:02}:00 +0200",
            1 + number % 28,
            number % 24,
            number % 60
        ),
        format!(
            "From: {} <{}@example.org>",
            encoded_word(PEOPLE[from].0),
            PEOPLE[from].1
        ),
        format!(
            "To: {} <{}@example.org>",
            encoded_word(PEOPLE[to].0),
            PEOPLE[to].1
        ),
        format!("Subject: {}", encoded_word(subject)),
    ] {
        text.push_str(&header);
        text.push_str("\r\n");
    }
    if let Some(last) = references.last() {
        let all = references.join("\r\n ");
        text.push_str(&format!("In-Reply-To: {last}\r\nReferences: {all}\r\n"));
    }
    text.push_str("MIME-Version: 1.0\r\n");
    let plain = paragraphs(seeded);
    if seeded.chance(ATTACHMENT_PERCENT) {
        let octets = 2_000 + seeded.below(30_000);
        let file = base64(&seeded.bytes(octets));
        let inner = part("text/plain; charset=utf-8", "8bit", &plain);
        let file_part = part(
            "application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''B%C3%BCro.pdf",
            "base64",
            &file,
        );
        text.push_str(&multipart("mixed", &[inner, file_part]));
    } else if seeded.chance(HTML_PERCENT) {
        let html = format!(
            "<html><body><p>{}</p></body></html>\r\n",
            plain.replace("\r\n", "<br>\r\n")
        );
        let parts = [
            part("text/plain; charset=utf-8", "8bit", &plain),
            part(
                "text/html; charset=utf-8",
                "quoted-printable",
                &quoted_printable(&html),
            ),
        ];
        text.push_str(&multipart("alternative", &parts));
    } else {
        text.push_str(&part(
            "text/plain; charset=utf-8",
            "quoted-printable",
            &quoted_printable(&plain),
        ));
    }
    text.into_bytes()
}

fn paragraphs(seeded: &mut Seeded) -> String {
    let lines = 3 + seeded.below(40);
    (0..lines)
        .map(|_| format!("{}\r\n", seeded.pick(&SENTENCES)))
        .collect()
}

fn part(kind: &str, encoding: &str, body: &str) -> String {
    format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}")
}

/// RFC 2046 5.1.1: parts between lines that begin with the boundary.
fn multipart(subtype: &str, parts: &[String]) -> String {
    let boundary = "=_made_up";
    let mut text = format!("Content-Type: multipart/{subtype}; boundary=\"{boundary}\"\r\n\r\n");
    for part in parts {
        text.push_str(&format!("--{boundary}\r\n{part}\r\n"));
    }
    text.push_str(&format!("--{boundary}--\r\n"));
    text
}

/// RFC 2047 4.2: the Q encoding, one word for each word, so that none becomes longer than 75 characters.
fn encoded_word(text: &str) -> String {
    if text.is_ascii() && !text.contains(',') {
        return text.into();
    }
    let mut words = Vec::new();
    for (place, word) in text.split(' ').enumerate() {
        let between = if place > 0 { "_" } else { "" };
        let mut encoded = format!("=?utf-8?q?{between}");
        for byte in word.bytes() {
            if byte.is_ascii_alphanumeric() {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("={byte:02X}"));
            }
        }
        words.push(encoded + "?=");
    }
    words.join("\r\n ")
}

/// RFC 2045 6.7: lines of at most 76 characters, everything but plain ASCII as `=XX`.
fn quoted_printable(text: &str) -> String {
    let mut encoded = String::new();
    for line in text.split_inclusive("\r\n") {
        let mut length = 0;
        for byte in line.trim_end_matches("\r\n").bytes() {
            let plain = byte.is_ascii_graphic() && byte != b'=' || byte == b' ';
            if length > 70 {
                encoded.push_str("=\r\n");
                length = 0;
            }
            if plain {
                encoded.push(char::from(byte));
                length += 1;
            } else {
                encoded.push_str(&format!("={byte:02X}"));
                length += 3;
            }
        }
        encoded.push_str("\r\n");
    }
    encoded
}

/// RFC 2045 6.8, in lines of 76 characters.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for (group, three) in bytes.chunks(3).enumerate() {
        if group > 0 && group.is_multiple_of(19) {
            encoded.push_str("\r\n");
        }
        let bits = three
            .iter()
            .fold(0usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[bits >> (18 - 6 * place) & 63];
            let filled = place > three.len();
            encoded.push(if filled { '=' } else { char::from(letter) });
        }
    }
    encoded + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_makes_one_mailbox_with_threads() {
        let made = made_up(&mut Seeded::new(7), 50);
        assert_eq!(made, made_up(&mut Seeded::new(7), 50));
        let text: Vec<_> = made
            .iter()
            .map(|bytes| String::from_utf8_lossy(bytes))
            .collect();
        let with = |what: &str| text.iter().filter(|text| text.contains(what)).count();
        assert!(with("References: ") > 10);
        assert!(with("multipart/mixed") > 1 && with("multipart/alternative") > 5);
        for text in &text {
            assert!(
                !text.replace("\r\n", "").contains(['\r', '\n']),
                "only CRLF"
            );
            assert!(text.lines().all(|line| line.len() <= 998), "RFC 5322 2.1.1");
        }
    }

    #[test]
    fn encodings_are_those_of_the_standards() {
        assert_eq!(base64(b"Man"), "TWFu\r\n");
        assert_eq!(base64(b"Ma"), "TWE=\r\n");
        assert_eq!(base64(b"M"), "TQ==\r\n");
        assert_eq!(quoted_printable("ä=\r\n"), "=C3=A4=3D\r\n");
        assert_eq!(encoded_word("Büro"), "=?utf-8?q?B=C3=BCro?=");
    }
}
