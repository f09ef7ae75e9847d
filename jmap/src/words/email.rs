//! Emails (RFC 8621 4.1): which properties are asked for, what must be read to tell them, and how they are told.

use std::collections::BTreeSet;

use groupware::message::forms::{self, WrittenDate};
use groupware::{Catalogue, CataloguedEmail};
use model::{EmailId, EmailMeta, Headers};
use serde_json::Value;

use super::email_body::{Body, BodyWish, headers};
use super::email_header::{HeaderProperty, addresses_or_null, written_date};
use crate::codec::argument::Arguments;
use crate::codec::date;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;

/// Properties of an email that may be asked for.
const PROPERTIES_MAX: usize = 200;

/// RFC 8621 4.2: what is told of an email if nothing is said.
const DEFAULT_OF_EMAIL: [&str; 24] = [
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "messageId",
    "inReplyTo",
    "references",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "sentAt",
    "hasAttachment",
    "preview",
    "bodyValues",
    "textBody",
    "htmlBody",
    "attachments",
];

/// RFC 8621 4.9: the same of a message that is no email.
const DEFAULT_OF_MESSAGE: [&str; 17] = [
    "messageId",
    "inReplyTo",
    "references",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "sentAt",
    "hasAttachment",
    "preview",
    "bodyValues",
    "textBody",
    "htmlBody",
    "attachments",
];

/// What else there is.
const NOT_DEFAULT: [&str; 2] = ["headers", "bodyStructure"];

/// What must be read to tell what is asked for; each has those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    /// The row of the email.
    Row,
    /// The header fields that were read at delivery.
    Headers,
    /// The structure that was found at delivery.
    Parts,
    /// The message itself.
    Message,
}

/// What is to be told of emails.
#[derive(Clone, Debug)]
pub(crate) struct EmailWish {
    names: Vec<String>,
    headers: Vec<HeaderProperty>,
    body: BodyWish,
}

impl EmailWish {
    /// What is to be told of emails: the properties, and the arguments about parts.
    ///
    /// # Errors
    /// RFC 8620 5.1: `invalidArguments` for a property that is none.
    pub(crate) fn of_emails(
        properties: Option<&BTreeSet<String>>,
        arguments: &mut Arguments,
    ) -> Result<Self, MethodError> {
        Self::read(properties, &DEFAULT_OF_EMAIL, arguments)
    }

    /// The same of messages that are no emails.
    pub(crate) fn of_messages(
        properties: Option<&BTreeSet<String>>,
        arguments: &mut Arguments,
    ) -> Result<Self, MethodError> {
        Self::read(properties, &DEFAULT_OF_MESSAGE, arguments)
    }

    fn read(
        properties: Option<&BTreeSet<String>>,
        default: &[&str],
        arguments: &mut Arguments,
    ) -> Result<Self, MethodError> {
        let body = BodyWish::read(arguments)?;
        let (mut names, mut headers) = (Vec::new(), Vec::new());
        let Some(properties) = properties else {
            names.extend(default.iter().map(|name| (*name).to_owned()));
            return Ok(Self {
                names,
                headers,
                body,
            });
        };
        if properties.len() > PROPERTIES_MAX {
            let why = "`properties` has too many properties";
            return Err(MethodError::invalid_arguments(why));
        }
        for name in properties {
            if DEFAULT_OF_EMAIL.contains(&name.as_str()) || NOT_DEFAULT.contains(&name.as_str()) {
                names.push(name.clone());
            } else if let Some(header) = HeaderProperty::read(name) {
                headers.push(header);
            } else {
                let why = format!("there is no property `{name}`");
                return Err(MethodError::invalid_arguments(why));
            }
        }
        Ok(Self {
            names,
            headers,
            body,
        })
    }

    /// What must be read whatever the message is like.
    pub(crate) fn depth(&self) -> Depth {
        let of_names = self.names.iter().map(|name| match name.as_str() {
            "id" | "blobId" | "threadId" | "mailboxIds" | "keywords" | "size" | "receivedAt" => {
                Depth::Row
            }
            "headers" | "references" => Depth::Message,
            "bodyValues" if self.body.values_need_message() => Depth::Message,
            "bodyStructure" | "textBody" | "htmlBody" | "attachments" => Depth::Parts,
            _ => Depth::Headers,
        });
        let deepest = of_names.max().unwrap_or(Depth::Row);
        if self.headers.is_empty() {
            deepest
        } else {
            Depth::Message
        }
    }

    /// Whether the message must be read to tell what is asked for of this one.
    pub(crate) fn needs_message(&self, meta: &EmailMeta<'_>) -> bool {
        let depth = self.depth();
        depth == Depth::Message || (depth == Depth::Parts && self.body.parts_need_message(meta))
    }

    /// Whether there could be emails of which the message must be read.
    pub(crate) fn may_need_message(&self) -> bool {
        self.depth() >= Depth::Parts
    }

    /// Tells what the row of an email says.
    pub(crate) fn add_row(
        &self,
        object: &mut Object,
        found: &CataloguedEmail,
        catalogue: &Catalogue,
    ) {
        let row = &found.row;
        for name in &self.names {
            let value = match name.as_str() {
                "blobId" => row.email.wire().into(),
                "threadId" => row.thread.wire().into(),
                "mailboxIds" => members(std::iter::once(found.mailbox.wire())),
                "keywords" => members(catalogue.keyword_names(row.keywords).map(str::to_owned)),
                "size" => row.size.into(),
                "receivedAt" => date::write(row.received_at).into(),
                _ => continue,
            };
            object.insert(name.clone(), value);
        }
        // RFC 8620 5.1: whether it is asked for or not.
        object.insert("id".into(), row.email.wire().into());
    }

    /// Tells what the header fields say that were read at delivery.
    pub(crate) fn add_headers(&self, object: &mut Object, headers: &Headers<'_>) {
        for name in &self.names {
            let value = match name.as_str() {
                "messageId" => message_ids(headers.message_id),
                "inReplyTo" => message_ids(headers.in_reply_to),
                "sender" => addresses_or_null(&headers.sender),
                "from" => addresses_or_null(&headers.from),
                "to" => addresses_or_null(&headers.to),
                "cc" => addresses_or_null(&headers.cc),
                "bcc" => addresses_or_null(&headers.bcc),
                "replyTo" => addresses_or_null(&headers.reply_to),
                "subject" => headers.subject.into(),
                "sentAt" => sent_at(headers).into(),
                "hasAttachment" => headers.has_attachment.into(),
                "preview" => headers.preview.into(),
                _ => continue,
            };
            object.insert(name.clone(), value);
        }
    }

    /// Tells what the structure of the message and the message itself say. `message` may be empty where
    /// [`EmailWish::needs_message`] says so.
    pub(crate) fn add_body(
        &self,
        object: &mut Object,
        meta: &EmailMeta<'_>,
        message: &[u8],
        blob: &str,
    ) {
        let body = Body {
            meta,
            message,
            blob,
            wish: &self.body,
        };
        let section = || {
            let end = meta.parts.first().map_or(0, |part| part.body_start);
            message.get(..end as usize).unwrap_or(message)
        };
        let sorted = body.sorted();
        for name in &self.names {
            let value = match name.as_str() {
                "headers" => headers(section()),
                "references" => HeaderProperty::references().value(section()),
                "bodyStructure" => body.structure(),
                "textBody" => body.list(&sorted.text),
                "htmlBody" => body.list(&sorted.html),
                "attachments" => body.list(&sorted.attachments),
                "bodyValues" => body.values(&sorted),
                _ => continue,
            };
            object.insert(name.clone(), value);
        }
        for header in &self.headers {
            object.insert(header.property.clone(), header.value(section()));
        }
    }

    /// Tells what there is of no message that is no email: RFC 8621 4.9 says `null`.
    pub(crate) fn add_nothing_of_email(&self, object: &mut Object) {
        for name in &self.names {
            let of_email = ["id", "threadId", "mailboxIds", "keywords", "receivedAt"];
            if of_email.contains(&name.as_str()) {
                object.insert(name.clone(), Value::Null);
            }
        }
    }

    /// Tells the blob and the size of a message that is no email.
    pub(crate) fn add_blob(&self, object: &mut Object, blob: &str, octets: usize) {
        for name in &self.names {
            let value: Value = match name.as_str() {
                "blobId" => blob.into(),
                "size" => octets.into(),
                _ => continue,
            };
            object.insert(name.clone(), value);
        }
    }
}

/// RFC 8620 1.1: a set is an object whose members are all true.
fn members(names: impl Iterator<Item = String>) -> Value {
    let members: Object = names.map(|name| (name, Value::Bool(true))).collect();
    members.into()
}

fn message_ids(value: Option<&str>) -> Value {
    value
        .and_then(|value| forms::as_message_ids(value.as_bytes()))
        .into()
}

/// RFC 8621 4.1.3 `sentAt`: the date with the offset that is written there.
fn sent_at(headers: &Headers<'_>) -> Option<String> {
    let seconds = headers.sent_at?;
    let written = headers
        .date
        .and_then(|date| forms::as_date(date.as_bytes()));
    let zone_seconds = written.map_or(0, |date| date.zone_seconds);
    Some(written_date(WrittenDate {
        seconds,
        zone_seconds,
    }))
}

/// The blob of an email: its message.
pub(crate) fn blob_of(email: EmailId) -> String {
    email.wire()
}
