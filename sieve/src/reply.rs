//! Messages that a script asks to be sent: replies of `vacation` (RFC 5230) and notifications by mail (RFC 5436).

use crate::destination::FileInto;
use crate::fingerprint::Fingerprint;
use crate::message::made;

/// A reply to the sender. All that RFC 5230 4.5 and 4.6 ask to be looked at in the message was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vacation {
    /// The reverse path of the message.
    pub to: String,
    /// What the reply is known by: within `seconds` nobody gets two with the same fingerprint (RFC 5230 4.2).
    pub fingerprint: Fingerprint,
    /// How long no second reply goes to the same address; 0: it always goes (RFC 6131 2).
    pub seconds: u64,
    /// The author as the script names it; the caller checks that it is the person's own (RFC 5230 4.3). None: the account's.
    pub from: Option<String>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: ReplyBody,
    /// `Message-ID` of the message, with brackets.
    pub in_reply_to: Option<String>,
    /// The references of the reply, with brackets.
    pub references: Option<String>,
    /// Where a copy of the reply is filed (RFC 8580).
    pub fcc: Option<FileInto>,
}

/// The text of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyBody {
    /// Plain text.
    Text(String),
    /// A MIME entity: header fields, an empty line, content (RFC 5230 4.4).
    Mime(String),
}

/// A notification to be sent as mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// The recipients, without brackets.
    pub to: Vec<String>,
    /// More recipients.
    pub cc: Vec<String>,
    /// The author as the script names it; the caller checks that it is the person's own. None: the account's.
    pub from: Option<String>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// More header fields, as the URI names them.
    pub headers: Vec<(String, String)>,
    /// 1 high, 2 normal, 3 low (RFC 5435 3.4).
    pub importance: u8,
    /// The owner's address, for `Auto-Submitted` (RFC 5436 2.7.1).
    pub owner: String,
    /// The reverse path to send it with; empty if the message had none (RFC 5436 2.7).
    pub reverse_path: String,
    /// Where a copy of the notification is filed (RFC 8580).
    pub fcc: Option<FileInto>,
}

/// What only the caller knows of a message that is sent.
#[derive(Clone, Copy, Debug)]
pub struct Letterhead<'a> {
    /// The author where the script names none, as it stands in `From`.
    pub from: &'a str,
    /// Now, as RFC 5322 3.3 writes it.
    pub date: &'a str,
    /// A new id, with brackets.
    pub message_id: &'a str,
}

const CRLF: &str = "\r\n";

impl Vacation {
    /// The whole reply. It is sent with the null reverse path and NOTIFY=NEVER (RFC 5230 5.1).
    #[must_use]
    pub fn message(&self, letterhead: &Letterhead<'_>) -> Vec<u8> {
        let mut message = head(self.from.as_deref(), letterhead);
        message.extend(made::address_field("To", &self.to, CRLF));
        let mut add = |name: &str, value: &str| message.extend(made::field(name, value, CRLF));
        add("Subject", &self.subject);
        // RFC 5230 5.8
        if let Some(id) = &self.in_reply_to {
            add("In-Reply-To", id);
        }
        if let Some(references) = &self.references {
            add("References", references);
        }
        // RFC 5230 5.6
        add("Auto-Submitted", "auto-replied");
        match &self.body {
            ReplyBody::Text(text) => message.extend(made::text_entity(text, CRLF)),
            ReplyBody::Mime(entity) => {
                message.extend(made::field("MIME-Version", "1.0", CRLF));
                message.extend_from_slice(mime_entity(entity).as_bytes());
            }
        }
        message
    }
}

impl Notify {
    /// The whole notification. It is sent with [`Notify::reverse_path`].
    #[must_use]
    pub fn message(&self, letterhead: &Letterhead<'_>) -> Vec<u8> {
        let mut message = Vec::new();
        // RFC 5436 2.7.1: says that nobody wrote it, and who let it be written.
        let submitted = format!(
            "auto-notified; owner-email=\"{}\"",
            self.owner.replace(['"', '\\'], "")
        );
        message.extend(made::field("Auto-Submitted", &submitted, CRLF));
        message.extend(head(self.from.as_deref(), letterhead));
        message.extend(made::address_field("To", &self.to.join(", "), CRLF));
        if !self.cc.is_empty() {
            message.extend(made::address_field("Cc", &self.cc.join(", "), CRLF));
        }
        let mut add = |name: &str, value: &str| message.extend(made::field(name, value, CRLF));
        add("Subject", &self.subject);
        match self.importance {
            1 => add("Importance", "high"),
            3 => add("Importance", "low"),
            _ => {}
        }
        for (name, value) in &self.headers {
            add(name, value);
        }
        message.extend(made::text_entity(&self.body, CRLF));
        message
    }
}

/// From, date and id.
fn head(from: Option<&str>, letterhead: &Letterhead<'_>) -> Vec<u8> {
    let mut head = made::address_field("From", from.unwrap_or(letterhead.from), CRLF);
    head.extend(made::field("Date", letterhead.date, CRLF));
    head.extend(made::field("Message-ID", letterhead.message_id, CRLF));
    head
}

/// The entity of `:mime` with the header fields that belong to MIME alone, so that it cannot change who the reply is from.
fn mime_entity(entity: &str) -> String {
    let entity = made::lines(entity, "\n");
    let (header, body) = match entity.strip_prefix('\n') {
        Some(body) => ("", body),
        None => entity.split_once("\n\n").unwrap_or(("", &entity)),
    };
    let mut kept = String::new();
    let mut keeps = false;
    let encoding = "content-transfer-encoding:";
    let is_encoding = |line: &str| {
        line.get(..encoding.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(encoding))
    };
    if !body.is_ascii() && !header.lines().any(is_encoding) {
        // RFC 2045 6.1: what is not 7bit says so.
        kept.push_str("Content-Transfer-Encoding: 8bit\n");
    }
    for line in header.lines() {
        if !line.starts_with([' ', '\t']) {
            keeps = line
                .get(..8)
                .is_some_and(|start| start.eq_ignore_ascii_case("content-"))
                && line.contains(':');
        }
        if keeps {
            // RFC 5230 5: no octets beyond ASCII in a header.
            kept.extend(line.chars().map(|c| if c.is_ascii() { c } else { '?' }));
            kept.push('\n');
        }
    }
    made::lines(&format!("{kept}\n{body}"), CRLF)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERHEAD: Letterhead<'_> = Letterhead {
        from: "Me <me@example.org>",
        date: "Wed, 7 Dec 2005 10:08:55 +0000",
        message_id: "<1@example.org>",
    };

    fn reply(body: ReplyBody) -> String {
        let vacation = Vacation {
            to: "you@example.net".into(),
            fingerprint: Fingerprint([0; 32]),
            seconds: 1,
            from: None,
            subject: "Auto: Grüße".into(),
            body,
            in_reply_to: Some("<0@example.net>".into()),
            references: Some("<0@example.net>".into()),
            fcc: None,
        };
        String::from_utf8(vacation.message(&LETTERHEAD)).unwrap()
    }

    #[test]
    fn a_reply_is_a_whole_message() {
        assert_eq!(
            reply(ReplyBody::Text("away\nuntil May".into())),
            "From: Me <me@example.org>\r\nDate: Wed, 7 Dec 2005 10:08:55 +0000\r\nMessage-ID: <1@example.org>\r\nTo: you@example.net\r\nSubject: =?utf-8?b?QXV0bzogR3LDvMOfZQ==?=\r\nIn-Reply-To: <0@example.net>\r\nReferences: <0@example.net>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\naway\r\nuntil May"
        );
    }

    #[test]
    fn a_mime_reply_brings_only_fields_of_mime() {
        let message = reply(ReplyBody::Mime(
            "Content-Type: text/html;\n charset=utf-8\nFrom: boss@example.org\n a\n\n<p>".into(),
        ));
        assert!(
            message.ends_with(
                "MIME-Version: 1.0\r\nContent-Type: text/html;\r\n charset=utf-8\r\n\r\n<p>"
            ),
            "{message}"
        );
        assert!(!message.contains("boss"));
        assert!(
            reply(ReplyBody::Mime("\nä".into()))
                .ends_with("MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n\r\nä")
        );
        assert!(
            reply(ReplyBody::Mime("\nno fields".into()))
                .ends_with("MIME-Version: 1.0\r\n\r\nno fields")
        );
    }
}
