//! What is kept of each email's header to search, sort and thread by: one short text per key.

use model::{Address, Headers};
use store::Field;

use super::fold::fold_into;
use crate::message::thread::{base_subject, id_hash, message_ids};

/// Octets of one text that are looked at, the same as of what the index gets of an address field.
const TEXT_OCTETS_MAX: usize = crate::message::SEARCH_ADDRESS_OCTETS_MAX;

/// What a text is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// Names and addresses of `From`.
    From,
    /// Names and addresses of `To`.
    To,
    /// Names and addresses of `Cc`.
    Cc,
    /// Names and addresses of `Bcc`.
    Bcc,
    /// `Subject`.
    Subject,
    /// `Message-ID`.
    MessageId,
    /// `In-Reply-To`.
    InReplyTo,
    /// `Subject` without what replies add.
    BaseSubject,
    /// Local part of the first address of `From`.
    FromMailbox,
    /// Local part of the first address of `To`.
    ToMailbox,
    /// Local part of the first address of `Cc`.
    CcMailbox,
    /// First name in `From`.
    FromDisplay,
    /// First name in `To`.
    ToDisplay,
    /// What ties the email to others, as [`Links`] reads it.
    Links,
    /// Something if a file is attached to it.
    Attachment,
}

impl Key {
    /// The column that substrings of a field are looked for in; none for what only the index knows.
    pub(crate) fn of_field(field: Field) -> Option<Self> {
        match field {
            Field::From => Some(Self::From),
            Field::To => Some(Self::To),
            Field::Cc => Some(Self::Cc),
            Field::Bcc => Some(Self::Bcc),
            Field::Subject => Some(Self::Subject),
            Field::Any | Field::Body => None,
        }
    }

    /// The column for a header field of this name.
    ///
    /// RFC 9051 6.4.4: HEADER looks at what stands behind the colon. Of these fields it is looked for in what was decoded of
    /// the first of them, without quotes and comments, which saves reading every message of the mailbox.
    pub(crate) fn of_header(name: &str) -> Option<Self> {
        let known = [
            ("from", Self::From),
            ("to", Self::To),
            ("cc", Self::Cc),
            ("bcc", Self::Bcc),
            ("subject", Self::Subject),
            ("message-id", Self::MessageId),
            ("in-reply-to", Self::InReplyTo),
        ];
        let found = known
            .into_iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known));
        found.map(|(_, key)| key)
    }

    /// Appends the text of an email with this header.
    pub(super) fn push(self, headers: &Headers<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        match self {
            Self::From => push_addresses(&headers.from, out),
            Self::To => push_addresses(&headers.to, out),
            Self::Cc => push_addresses(&headers.cc, out),
            Self::Bcc => push_addresses(&headers.bcc, out),
            Self::Subject => fold_into(headers.subject.unwrap_or_default(), out),
            Self::MessageId => fold_into(headers.message_id.unwrap_or_default(), out),
            Self::InReplyTo => fold_into(headers.in_reply_to.unwrap_or_default(), out),
            Self::BaseSubject => {
                fold_into(&base_subject(headers.subject.unwrap_or_default()).0, out);
            }
            Self::FromMailbox => push_mailbox(&headers.from, out),
            Self::ToMailbox => push_mailbox(&headers.to, out),
            Self::CcMailbox => push_mailbox(&headers.cc, out),
            Self::FromDisplay => push_display(&headers.from, out),
            Self::ToDisplay => push_display(&headers.to, out),
            Self::Links => Links::of(headers).push(out),
            Self::Attachment if headers.has_attachment => out.push(b'a'),
            Self::Attachment => {}
        }
        out.truncate(start + TEXT_OCTETS_MAX);
    }
}

/// Whether a column has what stands in header fields of this name, so that no message need be read.
pub(crate) fn is_column_header(name: &str) -> bool {
    Key::of_header(name).is_some()
}

/// As a header shows them: `Name <address>, Group: address;`.
fn push_addresses(addresses: &[Address<'_>], out: &mut Vec<u8>) {
    let start = out.len();
    let mut separator: &[u8] = b"";
    for address in addresses {
        match address {
            Address::Email { name, email } => {
                out.extend_from_slice(separator);
                if let Some(name) = name.filter(|name| !name.is_empty()) {
                    fold_into(name, out);
                    out.extend_from_slice(b" <");
                    fold_into(email, out);
                    out.push(b'>');
                } else {
                    fold_into(email, out);
                }
                separator = b", ";
            }
            Address::GroupStart(name) => {
                out.extend_from_slice(separator);
                fold_into(name, out);
                out.extend_from_slice(b": ");
                separator = b"";
            }
            Address::GroupEnd => {
                out.push(b';');
                separator = b", ";
            }
        }
        if out.len() - start > TEXT_OCTETS_MAX {
            return;
        }
    }
}

/// RFC 5256 3 (CC, FROM, TO): the addr-mailbox of the first address, which of a group is its name (RFC 9051 7.5.2).
fn push_mailbox(addresses: &[Address<'_>], out: &mut Vec<u8>) {
    let mailbox = match addresses.first() {
        Some(Address::Email { email, .. }) => {
            email.rsplit_once('@').map_or(*email, |(local, _)| local)
        }
        Some(Address::GroupStart(name)) => name,
        Some(Address::GroupEnd) | None => "",
    };
    fold_into(mailbox, out);
}

/// RFC 5957 3: the first display name, of a group the group's; where there is none, the address.
fn push_display(addresses: &[Address<'_>], out: &mut Vec<u8>) {
    let display = match addresses.first() {
        Some(Address::Email { name, email }) => {
            name.filter(|name| !name.is_empty()).unwrap_or(email)
        }
        Some(Address::GroupStart(name)) => name,
        Some(Address::GroupEnd) | None => "",
    };
    fold_into(display, out);
}

/// What ties an email to others: hashes of its id and of the one it replies to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Links {
    /// Of its own `Message-ID`.
    pub(super) own: Option<u64>,
    /// Of the first id in `In-Reply-To`.
    pub(super) parent: Option<u64>,
    /// Whether its subject is that of a reply or forward.
    pub(super) is_reply: bool,
}

impl Links {
    fn of(headers: &Headers<'_>) -> Self {
        let own = headers.message_id.and_then(|value| {
            let value = value.as_bytes();
            // RFC 5322 3.6.4 wants angle brackets; an id without them is one as a whole.
            let id = message_ids(value).next().unwrap_or(value.trim_ascii());
            (!id.is_empty()).then(|| id_hash(id))
        });
        let parent = headers
            .in_reply_to
            .and_then(|value| message_ids(value.as_bytes()).next())
            .map(id_hash);
        Self {
            own,
            parent,
            is_reply: base_subject(headers.subject.unwrap_or_default()).1,
        }
    }

    fn push(self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_reply));
        // No id has the hash 0 but by a chance of one in 2^64.
        out.extend_from_slice(&self.own.unwrap_or_default().to_be_bytes());
        out.extend_from_slice(&self.parent.unwrap_or_default().to_be_bytes());
    }

    /// What [`Key::Links`] wrote; of nothing, nothing.
    pub(super) fn read(text: &[u8]) -> Self {
        let Some((is_reply, hashes)) = text.split_first() else {
            return Self::default();
        };
        let hash = |chunk: Option<&[u8; 8]>| {
            chunk
                .map(|octets| u64::from_be_bytes(*octets))
                .filter(|hash| *hash != 0)
        };
        let (chunks, _) = hashes.as_chunks::<8>();
        Self {
            own: hash(chunks.first()),
            parent: hash(chunks.get(1)),
            is_reply: *is_reply == 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: Key, headers: &Headers<'_>) -> String {
        let mut out = Vec::new();
        key.push(headers, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn email<'a>(name: Option<&'a str>, email: &'a str) -> Address<'a> {
        Address::Email { name, email }
    }

    #[test]
    fn addresses_read_as_in_a_header() {
        let headers = Headers {
            from: vec![email(Some("Bärbel ÖZ"), "Baerbel@X.example")],
            to: vec![
                Address::GroupStart("Vorstand"),
                email(None, "a@x.example"),
                email(Some(""), "b@x.example"),
                Address::GroupEnd,
                email(Some("C"), "c@x.example"),
            ],
            ..Headers::default()
        };
        assert_eq!(text(Key::From, &headers), "bärbel öz <baerbel@x.example>");
        assert_eq!(
            text(Key::To, &headers),
            "vorstand: a@x.example, b@x.example;, c <c@x.example>"
        );
        assert_eq!(text(Key::FromMailbox, &headers), "baerbel");
        assert_eq!(text(Key::FromDisplay, &headers), "bärbel öz");
        assert_eq!(text(Key::ToMailbox, &headers), "vorstand");
        assert_eq!(text(Key::CcMailbox, &headers), "");
    }

    #[test]
    fn links_are_read_as_they_were_written() {
        let headers = Headers {
            message_id: Some("<a@x>"),
            in_reply_to: Some("Your mail of <b@x> <c@x>"),
            subject: Some("Re: x"),
            ..Headers::default()
        };
        let mut out = Vec::new();
        Key::Links.push(&headers, &mut out);
        let links = Links {
            own: Some(id_hash(b"a@x")),
            parent: Some(id_hash(b"b@x")),
            is_reply: true,
        };
        assert_eq!(Links::read(&out), links);
        assert_eq!(Links::read(&[]), Links::default());
    }

    #[test]
    fn long_texts_are_cut() {
        let address = email(Some("n"), "a@x.example");
        let headers = Headers {
            to: vec![address; 100_000],
            ..Headers::default()
        };
        let mut out = Vec::new();
        Key::To.push(&headers, &mut out);
        assert_eq!(out.len(), TEXT_OCTETS_MAX);
    }
}
