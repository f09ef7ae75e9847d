//! A message read at delivery: its structure and header fields, its searchable text, and what ties it to a thread.
//!
//! [`parse`] is a pure function that takes any bytes, in linear time and bounded memory. Header
//! fields are decoded with `mail-parser`; the structure is our own, since IMAP's sections need exact
//! offsets. [`part`] reads parts of a stored message again, [`thread`] compares subjects and ids.
//!
//! It does not change messages, and does not judge them.

pub mod body;
pub mod compose;
mod content;
mod decode;
pub mod disposition;
mod field;
pub mod forms;
mod headers;
mod html;
mod meta;
pub mod part;
mod structure;
mod text;
pub mod thread;
pub(crate) mod zone;

#[cfg(test)]
mod tests;

use headers::HeaderValues;
use model::ThreadKeys;
pub use text::{
    PREVIEW_CHARACTERS_MAX, SEARCH_ADDRESS_OCTETS_MAX, SEARCH_BODY_OCTETS_MAX, SearchText,
};

/// What is known of a message at delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// A [`model::EmailMeta`], encoded, at most [`model::META_OCTETS_MAX`] octets.
    pub meta: Vec<u8>,
    /// What is searched.
    pub text: SearchText,
    /// By what its thread is found.
    pub thread: ThreadKeys,
    /// Its `Date`, seconds since 1970; none if that is absent or unreadable.
    pub sent_at: Option<i64>,
}

/// Reads a message. Any bytes are one; of more than 4 GiB the rest is not looked at.
#[must_use]
pub fn parse(message: &[u8]) -> Parsed {
    let message = &message[..message.len().min(u32::MAX as usize)];
    let (fields, parts) = structure::split(message);
    let headers = HeaderValues::new(&fields);
    let body = text::body(message, &parts);
    let addresses = |list| text::addresses_text(list, SEARCH_ADDRESS_OCTETS_MAX);
    let subject = headers.subject.as_deref().unwrap_or_default();
    Parsed {
        meta: meta::encode(&headers, &body.preview, &parts),
        thread: thread::keys(&fields, subject),
        sent_at: headers.sent_at,
        text: SearchText {
            from: addresses(&headers.from),
            to: addresses(&headers.to),
            cc: addresses(&headers.cc),
            bcc: addresses(&headers.bcc),
            subject: text::single_spaced(subject),
            body: body.text,
        },
    }
}

/// When the last server took the message, as it says in its topmost `Received` (RFC 5321 4.4).
#[must_use]
pub fn received_at(message: &[u8]) -> Option<model::Timestamp> {
    let received = values(message, "Received");
    // RFC 5322 3.6.7: the date stands behind the last semicolon.
    let (_, date) = received.first()?.rsplit_once(';')?;
    let date = mail_parser::DateTime::parse_rfc822(date.trim()).filter(|date| date.is_valid())?;
    Some(model::Timestamp::from_seconds(date.to_timestamp()))
}

/// The values of all fields of a name in a message's header, unfolded.
pub(crate) fn values(message: &[u8], name: &str) -> Vec<String> {
    let found = part::header_fields(message, part::FieldFilter::Only, &[name]);
    let text = String::from_utf8_lossy(&found);
    let unfolded = text.replace("\r\n ", " ").replace("\r\n\t", " ");
    let lines = unfolded.lines().filter_map(|line| line.split_once(':'));
    lines.map(|(_, value)| value.trim().to_owned()).collect()
}

/// For fuzzing: parses any bytes, and reads every section and part of what was found.
///
/// # Panics
/// If what was found breaks a promise of this module.
pub fn fuzz(input: &[u8]) {
    compose::fuzz(input);
    disposition::fuzz(input);
    let parsed = parse(input);
    part::check(input, &parsed.meta);
    body::check(input, &parsed.meta);
    forms::check(input);
    assert!(
        parsed.text.body.len() <= SEARCH_BODY_OCTETS_MAX,
        "the text is bounded"
    );
    assert!(
        parsed.thread.message_ids.len() <= ThreadKeys::MESSAGE_IDS_MAX,
        "ids are bounded"
    );
}
