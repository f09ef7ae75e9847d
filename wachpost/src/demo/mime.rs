//! Writing messages: header fields and bodies of what the demonstration makes up (RFC 5322, RFC 2045, RFC 2047).

use admin::{ImportedMessage, Octets};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;

use super::people::DOMAIN;

/// RFC 2045 6.7, 6.8: encoded lines have at most 76 characters.
const ENCODED_LINE_CHARACTERS: usize = 76;
/// RFC 2047 2: an encoded word has at most 75; so many octets fit with `=?utf-8?B?` and `?=`.
const ENCODED_WORD_OCTETS: usize = 42;

/// A file that comes with a message.
#[derive(Clone, Debug)]
pub(super) struct Attachment {
    pub(super) name: &'static str,
    pub(super) media_type: &'static str,
    pub(super) octets: Vec<u8>,
}

/// A message before it is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    /// Unique in the demonstration.
    pub(super) id: String,
    pub(super) from: (String, String),
    pub(super) to: Vec<(String, String)>,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: Option<String>,
    /// An invitation as iCalendar text.
    pub(super) calendar: Option<String>,
    pub(super) attachments: Vec<Attachment>,
    /// Ids of the messages before it in its thread, oldest first.
    pub(super) references: Vec<String>,
}

impl Draft {
    /// As it is imported.
    pub(super) fn message(&self, at: Timestamp, keywords: &[&str]) -> ImportedMessage {
        ImportedMessage {
            message: Octets(self.write(at).into_bytes()),
            keywords: keywords.iter().map(|&keyword| keyword.to_owned()).collect(),
            received_at: Some(at),
        }
    }

    fn write(&self, at: Timestamp) -> String {
        let mut out = String::new();
        let mut field = |name: &str, value: &str| out.push_str(&format!("{name}: {value}\r\n"));
        field("Date", &date(at));
        field("From", &mailbox(&self.from));
        let to: Vec<_> = self.to.iter().map(mailbox).collect();
        field("To", &to.join(",\r\n "));
        field("Subject", &encoded_words(&self.subject));
        field("Message-ID", &message_id(&self.id));
        if let Some(last) = self.references.last() {
            field("In-Reply-To", &message_id(last));
            let ids: Vec<_> = self.references.iter().map(|id| message_id(id)).collect();
            field("References", &ids.join("\r\n "));
        }
        field("MIME-Version", "1.0");
        out.push_str(&self.body());
        out
    }

    fn body(&self) -> String {
        let mut parts = vec![leaf("text/plain; charset=utf-8", &self.text)];
        parts.extend(
            self.html
                .iter()
                .map(|html| leaf("text/html; charset=utf-8", html)),
        );
        parts.extend(
            self.calendar
                .iter()
                .map(|text| leaf("text/calendar; charset=utf-8; method=REQUEST", text)),
        );
        let alternatives = multipart("alternative", &format!("a-{}", self.id), parts);
        let mut parts = vec![alternatives];
        parts.extend(self.attachments.iter().map(attached));
        multipart("mixed", &format!("m-{}", self.id), parts)
    }
}

/// Several parts under one; a single one stands for itself.
fn multipart(kind: &str, boundary: &str, mut parts: Vec<String>) -> String {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let mut out = format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n");
    for part in parts {
        out.push_str(&format!("--{boundary}\r\n{part}\r\n"));
    }
    out.push_str(&format!("--{boundary}--\r\n"));
    out
}

fn leaf(media_type: &str, text: &str) -> String {
    let encoded = quoted_printable(text);
    format!(
        "Content-Type: {media_type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{encoded}"
    )
}

fn attached(attachment: &Attachment) -> String {
    let Attachment {
        name,
        media_type,
        octets,
    } = attachment;
    let encoded = STANDARD.encode(octets);
    let mut lines = String::new();
    for line in encoded.as_bytes().chunks(ENCODED_LINE_CHARACTERS) {
        lines.push_str(&String::from_utf8_lossy(line));
        lines.push_str("\r\n");
    }
    format!(
        "Content-Type: {media_type}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{lines}"
    )
}

fn message_id(id: &str) -> String {
    format!("<{id}@{DOMAIN}>")
}

fn mailbox((name, address): &(String, String)) -> String {
    format!("{} <{address}>", encoded_words(name))
}

/// RFC 2047 2: text beyond ASCII in words of base64, each of whole characters.
fn encoded_words(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.floor_char_boundary(ENCODED_WORD_OCTETS));
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
        rest = after;
    }
    words.join("\r\n ")
}

/// RFC 2045 6.7, for text whose lines end with LF.
fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut column = 0;
        let octets = line.as_bytes();
        for (at, octet) in octets.iter().enumerate() {
            let is_last = at + 1 == octets.len();
            let plain = matches!(octet, b'!'..=b'<' | b'>'..=b'~') || (*octet == b' ' && !is_last);
            let width = if plain { 1 } else { 3 };
            if column + width >= ENCODED_LINE_CHARACTERS {
                out.push_str("=\r\n");
                column = 0;
            }
            column += width;
            if plain {
                out.push(char::from(*octet));
            } else {
                out.push_str(&format!("={octet:02X}"));
            }
        }
        out.push_str("\r\n");
    }
    out
}

/// RFC 5322 3.3, in UTC.
fn date(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = admin::moment::to_text(at);
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let day = usize::try_from(at.seconds().div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
    let month = part(5..7).parse::<usize>().unwrap_or(1).clamp(1, 12);
    format!(
        "{}, {} {} {} {} +0000",
        DAYS[day],
        part(8..10),
        MONTHS[month - 1],
        part(0..4),
        part(11..19)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_as_what_was_meant() {
        let draft = Draft {
            id: "1".into(),
            from: (
                "Jörg Müller-Weiß".into(),
                "joerg@musterstadt.example".into(),
            ),
            to: vec![("Anna".into(), "anna@musterstadt.example".into())],
            subject: "Grüße aus dem Archiv, mit einem Betreff, der für ein Wort zu lang ist".into(),
            text: "Größe = 5 \nÜberall ".repeat(9),
            html: Some("<p>Grüße</p>".into()),
            calendar: None,
            attachments: vec![Attachment {
                name: "a.csv",
                media_type: "text/csv",
                octets: vec![0xff; 100],
            }],
            references: vec!["0".into()],
        };
        let written = draft.write(Timestamp(951_827_696_789));
        assert!(
            written.starts_with("Date: Tue, 29 Feb 2000 12:34:56 +0000\r\n"),
            "{written}"
        );
        assert!(written.lines().all(|line| line.len() <= 78), "{written}");
        assert!(written.is_ascii());
        let parsed = groupware::message::parse(written.as_bytes());
        assert_eq!(parsed.text.subject, draft.subject);
        assert!(
            parsed.text.from.contains("Jörg Müller-Weiß"),
            "{}",
            parsed.text.from
        );
        assert!(
            parsed.text.body.contains("Größe = 5"),
            "{}",
            parsed.text.body
        );
    }
}
