//! Notifications of what became of a message with its reader (RFC 8098): composed and read.

use model::{Address, EmailMeta, Part};

use super::compose::{Draft, Field, FieldValue, Mailbox, NewContent, NewPart, check_name};
use super::{field, part, values};

/// Addresses that one notification goes to.
const ASKING_MAX: usize = 10;
/// Fields of a notification that are read.
const FIELDS_MAX: usize = 100;
/// Octets of one value that is written.
const VALUE_OCTETS_MAX: usize = 900;

/// A notification (RFC 9007 2): what it says, in the words of RFC 8098 3.2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notification {
    /// The subject of the message that it is.
    pub subject: Option<String>,
    /// What people read.
    pub text: Option<String>,
    /// Whether the message that it is about is in it.
    pub has_original: bool,
    /// `Reporting-UA`.
    pub reporting_ua: Option<String>,
    /// `MDN-Gateway`.
    pub gateway: Option<String>,
    /// `Original-Recipient`.
    pub original_recipient: Option<String>,
    /// `Final-Recipient`.
    pub final_recipient: Option<String>,
    /// `Original-Message-ID`.
    pub original_message_id: Option<String>,
    /// `Disposition`.
    pub disposition: Disposition,
    /// `Error`, each.
    pub errors: Vec<String>,
    /// Other fields.
    pub others: Vec<(String, String)>,
}

/// What became of a message, in lower case (RFC 8098 3.2.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disposition {
    /// `manual-action` or `automatic-action`.
    pub action_mode: String,
    /// `mdn-sent-manually` or `mdn-sent-automatically`.
    pub sending_mode: String,
    /// `displayed`, `deleted`, `dispatched` or `processed`.
    pub kind: String,
}

/// Who wants to be notified of what becomes of a message (RFC 8098 2.1).
#[must_use]
pub fn asking(message: &[u8]) -> Vec<String> {
    let fields = values(message, "Disposition-Notification-To");
    // RFC 8098 2.1: there is one such field, or nobody knows who is meant.
    let [field] = fields.as_slice() else {
        return Vec::new();
    };
    let probe = format!("To: {field}\r\n\r\n");
    let parsed = super::parse(probe.as_bytes());
    let Ok(meta) = EmailMeta::decode(&parsed.meta) else {
        return Vec::new();
    };
    let address = |address: &Address<'_>| match address {
        Address::Email { email, .. } => Some((*email).to_owned()),
        Address::GroupStart(_) | Address::GroupEnd => None,
    };
    meta.headers
        .to
        .iter()
        .filter_map(address)
        .take(ASKING_MAX)
        .collect()
}

/// What a message says of the recipient that it was sent to (RFC 8098 2.3), and its id.
#[must_use]
pub fn original(message: &[u8]) -> (Option<String>, Option<String>) {
    let first = |name: &str| values(message, name).into_iter().next();
    (first("Original-Recipient"), first("Message-ID"))
}

impl Notification {
    /// The notification as a message from somebody to those who asked for it, about `original`.
    #[must_use]
    pub fn draft(&self, from: Mailbox, to: &[String], original: &[u8]) -> Draft {
        let to = to.iter().map(|address| Mailbox {
            name: None,
            address: address.clone(),
        });
        let subject = self
            .subject
            .clone()
            .unwrap_or_else(|| "Notification".into());
        let mut fields = vec![
            Field::new("From", FieldValue::Addresses(vec![from])),
            Field::new("To", FieldValue::Addresses(to.collect())),
            Field::new("Subject", FieldValue::Text(subject)),
            // RFC 3834 5: nobody is to answer it by machine.
            Field::new("Auto-Submitted", FieldValue::Text("auto-replied".into())),
        ];
        if let Some(id) = &self.original_message_id {
            let ids = || FieldValue::MessageIds(vec![id.clone()]);
            fields.push(Field::new("In-Reply-To", ids()));
            fields.push(Field::new("References", ids()));
        }
        let text = self.text.clone().unwrap_or_default();
        let report = NewPart {
            // RFC 8098 3.1 d: never encoded but as 7bit.
            media_type: "message/disposition-notification".into(),
            content: NewContent::Octets(self.fields().into_bytes()),
            ..NewPart::default()
        };
        let mut parts = vec![NewPart::text("plain", text), report];
        if self.has_original {
            parts.push(NewPart {
                media_type: "message/rfc822".into(),
                content: NewContent::Octets(original.to_vec()),
                ..NewPart::default()
            });
        }
        let mut body = NewPart::multipart("report", parts);
        body.parameters = vec![("report-type".into(), "disposition-notification".into())];
        Draft { fields, body }
    }

    /// RFC 8098 3.1: the fields for programs.
    fn fields(&self) -> String {
        let mut fields = String::new();
        let mut add = |name: &str, value: &str| {
            if check_name(name).is_ok() {
                fields.push_str(&format!("{name}: {}\r\n", plain(value)));
            }
        };
        let known = [
            ("Reporting-UA", &self.reporting_ua),
            ("MDN-Gateway", &self.gateway),
            ("Original-Recipient", &self.original_recipient),
            ("Final-Recipient", &self.final_recipient),
            ("Original-Message-ID", &self.original_message_id),
        ];
        for (name, value) in known {
            if let Some(value) = value {
                add(name, value);
            }
        }
        let Disposition {
            action_mode,
            sending_mode,
            kind,
        } = &self.disposition;
        add(
            "Disposition",
            &format!("{action_mode}/{sending_mode}; {kind}"),
        );
        for error in &self.errors {
            add("Error", error);
        }
        for (name, value) in &self.others {
            add(name, value);
        }
        fields
    }

    /// Reads a message that is a notification; none if it is not.
    #[must_use]
    pub fn read(message: &[u8]) -> Option<Self> {
        let parsed = super::parse(message);
        let meta = EmailMeta::decode(&parsed.meta).ok()?;
        let is = |part: &Part<'_>, kind: &str, subtype: &str| {
            part.kind.eq_ignore_ascii_case(kind) && part.subtype.eq_ignore_ascii_case(subtype)
        };
        // RFC 8098 3: multipart/report, with the notification as its second part.
        let root = meta
            .parts
            .first()
            .filter(|root| is(root, "multipart", "report"))?;
        let mut parts = meta.children(0).filter_map(|at| meta.parts.get(at));
        let (first, second) = (parts.next(), parts.next()?);
        if !is(second, "message", "disposition-notification") || root.descendants == 0 {
            return None;
        }
        let body = part::decoded(message, second).ok()?;
        let mut read = Self {
            subject: meta.headers.subject.map(str::to_owned),
            text: first.and_then(|part| part::decoded_text(message, part).ok()),
            has_original: parts
                .next()
                .is_some_and(|part| is(part, "message", "rfc822")),
            ..Self::default()
        };
        let mut has_disposition = false;
        for (name, value) in fields_of(&body) {
            let slot = match name.to_ascii_lowercase().as_str() {
                "reporting-ua" => &mut read.reporting_ua,
                "mdn-gateway" => &mut read.gateway,
                "original-recipient" => &mut read.original_recipient,
                "final-recipient" => &mut read.final_recipient,
                "original-message-id" => &mut read.original_message_id,
                "disposition" => {
                    read.disposition = Disposition::read(&value)?;
                    has_disposition = true;
                    continue;
                }
                "error" => {
                    read.errors.push(value);
                    continue;
                }
                _ => {
                    read.others.push((name, value));
                    continue;
                }
            };
            slot.get_or_insert(value);
        }
        has_disposition.then_some(read)
    }
}

impl Disposition {
    /// RFC 8098 3.2.6: modes, then the type, perhaps with modifiers behind a slash.
    fn read(value: &str) -> Option<Self> {
        let (modes, kind) = value.split_once(';')?;
        let (action_mode, sending_mode) = modes.split_once('/')?;
        let kind = kind.split('/').next().unwrap_or(kind);
        let word = |text: &str| text.trim().to_ascii_lowercase();
        Some(Self {
            action_mode: word(action_mode),
            sending_mode: word(sending_mode),
            kind: word(kind),
        })
    }
}

/// The fields of a body that consists of fields; names as written, values unfolded.
fn fields_of(body: &[u8]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut rest = body;
    while !rest.is_empty() && fields.len() < FIELDS_MAX {
        if let Some(length) = field::empty_line(rest) {
            rest = &rest[length..];
            continue;
        }
        let field = field::first_field(rest);
        if let Some((name, value)) = field::name_and_value(field) {
            let value = field::unfolded(field::bounded(value));
            let name = String::from_utf8_lossy(name).into_owned();
            fields.push((name, value.trim().to_owned()));
        }
        rest = &rest[field.len().max(1)..];
    }
    fields
}

/// RFC 8098 3.1: fields are printable ASCII on one line.
fn plain(value: &str) -> String {
    let harmless = |c: char| {
        if c == ' ' || c.is_ascii_graphic() {
            c
        } else {
            '?'
        }
    };
    let one_line = value.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line
        .chars()
        .take(VALUE_OCTETS_MAX)
        .map(harmless)
        .collect()
}

/// For fuzzing: any bytes are read, and what is a notification is one again once it is written.
///
/// # Panics
/// If it is not.
pub fn fuzz(input: &[u8]) {
    drop(asking(input));
    drop(original(input));
    if let Some(read) = Notification::read(input) {
        let from = Mailbox {
            name: None,
            address: "a@example.org".into(),
        };
        let written = read
            .draft(from, &["b@example.org".into()], input)
            .write(input);
        assert!(Notification::read(&written).is_some(), "it is one still");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification() -> Notification {
        Notification {
            subject: Some("Gelesen: Hallo".into()),
            text: Some("Ihre Nachricht wurde gelesen.".into()),
            has_original: true,
            reporting_ua: Some("joe; Wachpost\r\nX-Evil: 1".into()),
            original_recipient: Some("rfc822;j@example.org".into()),
            final_recipient: Some("rfc822; j@example.org".into()),
            original_message_id: Some("<1@x>".into()),
            disposition: Disposition {
                action_mode: "manual-action".into(),
                sending_mode: "mdn-sent-manually".into(),
                kind: "displayed".into(),
            },
            others: vec![
                ("X-Own".into(), "ü".into()),
                ("bad name".into(), "x".into()),
            ],
            ..Notification::default()
        }
    }

    #[test]
    fn a_notification_is_read_as_it_was_written() {
        let from = Mailbox {
            name: Some("Jörg".into()),
            address: "j@example.org".into(),
        };
        let original = b"Subject: Hallo\r\n\r\ntext\r\n";
        let to = ["anna@example.org".to_owned()];
        let message = notification().draft(from, &to, original).write(b"1");
        fuzz(&message);
        let read = Notification::read(&message).unwrap();
        let mut expected = notification();
        expected.reporting_ua = Some("joe; Wachpost X-Evil: 1".into());
        expected.others = vec![("X-Own".into(), "?".into())];
        assert_eq!(read, expected);
        assert_eq!(Notification::read(original), None);
    }

    #[test]
    fn who_asks_is_named_once() {
        let one = b"Disposition-Notification-To: Anna <anna@x>, b@y\r\n\r\n";
        assert_eq!(asking(one), ["anna@x", "b@y"]);
        let two = b"Disposition-Notification-To: a@x\r\nDisposition-Notification-To: b@x\r\n\r\n";
        assert!(asking(two).is_empty());
        assert!(asking(b"Subject: x\r\n\r\n").is_empty());
    }
}
