//! Mails that the server writes in an account's name: what stands in their header, and the notice of a rejection.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::DateTime;
use model::{Principal, Timestamp};

use super::trace;
pub(crate) use crate::message::compose::base64_lines;

/// Octets in one encoded word: RFC 2047 2 allows it 75 with its marks.
const WORD_OCTETS: usize = 39;
/// Octets of the header of a message that a notice brings back.
const RETURNED_HEADER_OCTETS_MAX: usize = 32 * 1024;

/// What stands above a mail: from whom, when, and its id.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) from: String,
    pub(super) date: String,
    pub(super) message_id: String,
}

impl Head {
    /// The head of a mail of this account, the `number`-th about the message of this content at this time.
    pub(super) fn new(owner: &Principal, message: &[u8], now: Timestamp, number: usize) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(message).update(owner.address.as_bytes());
        hasher
            .update(&now.0.to_be_bytes())
            .update(&number.to_be_bytes());
        let hash = hasher.finalize().to_hex();
        let (_, domain) = owner.address.rsplit_once('@').unwrap_or(("", "localhost"));
        Self {
            from: mailbox(&owner.name, &owner.address),
            date: DateTime::from_timestamp(now.seconds()).to_rfc822(),
            message_id: format!("<{}@{domain}>", &hash.as_str()[..32]),
        }
    }

    /// The head as the script's own mails take it.
    pub(super) fn letterhead(&self) -> sieve::Letterhead<'_> {
        sieve::Letterhead {
            from: &self.from,
            date: &self.date,
            message_id: &self.message_id,
        }
    }
}

/// The notice that a message was not taken (RFC 5429 2.2: a message disposition notification, RFC 8098).
pub(super) fn rejection(
    head: &Head,
    (owner, sender): (&str, &str),
    reason: &str,
    message: &[u8],
) -> Vec<u8> {
    let id = trace::values(message, "Message-ID").into_iter().next();
    let boundary = head.message_id.trim_matches(['<', '>']).replace('@', ".");
    let subject = trace::values(message, "Subject").into_iter().next();
    // What cannot stand in a header field as it is stays out of it.
    let subject = subject.filter(|text| text.is_ascii() && text.len() < 400);
    let id = id.filter(|text| text.is_ascii() && text.len() < 400);
    let mut notice = format!(
        "From: {}\r\nTo: <{sender}>\r\nDate: {}\r\nMessage-ID: {}\r\nSubject: Rejected: {}\r\n",
        head.from,
        head.date,
        head.message_id,
        subject.as_deref().unwrap_or("your message")
    );
    if let Some(id) = &id {
        notice.push_str(&format!("In-Reply-To: {id}\r\nReferences: {id}\r\n"));
    }
    // RFC 3834 5: nobody is to answer it by machine.
    notice.push_str(&format!(
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=disposition-notification;\r\n\tboundary=\"{boundary}\"\r\n\r\n"
    ));
    let text = format!("Your message to {owner} was not accepted.\r\n\r\n{reason}\r\n");
    notice.push_str(&format!(
        "--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        base64_lines(text.as_bytes())
    ));
    // RFC 8098 3.1: the fields for programs. RFC 5429 2.2: `deleted`, by a script.
    notice.push_str(&format!(
        "--{boundary}\r\nContent-Type: message/disposition-notification\r\n\r\n\
         Reporting-UA: Wachpost\r\nFinal-Recipient: rfc822; {owner}\r\n"
    ));
    if let Some(id) = &id {
        notice.push_str(&format!("Original-Message-ID: {id}\r\n"));
    }
    notice.push_str("Disposition: automatic-action/MDN-sent-automatically; deleted\r\n\r\n");
    // RFC 8098 3: the header is enough to know the message by.
    notice.push_str(&format!(
        "--{boundary}\r\nContent-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        base64_lines(header(message))
    ));
    notice.push_str(&format!("--{boundary}--\r\n"));
    notice.into_bytes()
}

/// The header section of a message, up to a bound.
fn header(message: &[u8]) -> &[u8] {
    let end = memchr::memmem::find(message, b"\r\n\r\n").map_or(message.len(), |at| at + 2);
    &message[..end.min(RETURNED_HEADER_OCTETS_MAX)]
}

/// A name with an address (RFC 5322 3.4).
pub(crate) fn mailbox(name: &str, address: &str) -> String {
    let is_plain = |c: char| c == ' ' || c.is_ascii_alphanumeric();
    if name.trim().is_empty() {
        address.to_owned()
    } else if name.chars().all(is_plain) {
        format!("{name} <{address}>")
    } else {
        let mut words = Vec::new();
        let mut word = String::new();
        for character in name.chars().filter(|character| !character.is_control()) {
            if word.len() + character.len_utf8() > WORD_OCTETS {
                words.push(encoded_word(&word));
                word.clear();
            }
            word.push(character);
        }
        words.push(encoded_word(&word));
        format!("{} <{address}>", words.join("\r\n "))
    }
}

/// RFC 2047 2: an encoded word.
fn encoded_word(text: &str) -> String {
    format!("=?utf-8?B?{}?=", STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_harmless() {
        assert_eq!(mailbox("", "a@b"), "a@b");
        assert_eq!(mailbox("Anna Berg", "a@b"), "Anna Berg <a@b>");
        assert_eq!(
            mailbox("Müller, \"x\"\r\n", "a@b"),
            "=?utf-8?B?TcO8bGxlciwgIngi?= <a@b>"
        );
        let long = mailbox(&"ü".repeat(60), "a@b");
        assert!(long.split("\r\n").all(|line| line.len() < 78 + 6));
    }

    #[test]
    fn a_rejection_is_a_message() {
        let head = Head {
            from: "anna@example.org".into(),
            date: "Tue, 14 Nov 2023 22:13:20 +0000".into(),
            message_id: "<17@example.org>".into(),
        };
        let message = b"Subject: x\r\nMessage-ID: <1@b>\r\n\r\nbody\r\n";
        let notice = rejection(&head, ("anna@example.org", "x@y"), "Nein, danke.", message);
        let parsed = crate::message::parse(&notice);
        let meta = model::EmailMeta::decode(&parsed.meta).unwrap();
        assert_eq!(meta.parts.len(), 4);
        assert!(parsed.text.body.contains("Nein, danke."));
        let text = String::from_utf8(notice).unwrap();
        assert!(text.contains("In-Reply-To: <1@b>\r\n"), "{text}");
    }
}
