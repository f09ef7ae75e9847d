//! Header fields as properties (RFC 8621 4.1.2, 4.1.3): `from`, `header:Subject`, `header:To:asAddresses:all`.

use std::collections::BTreeSet;

use groupware::message::compose::{Field, FieldValue, Group, Mailbox, check_name};
use serde_json::Value;

use super::{fault, object_of};
use crate::codec::argument::Arguments;
use crate::codec::date;
use crate::error::SetError;

/// Fields in one header.
const FIELDS_MAX: usize = 500;
/// Addresses in one field.
const ADDRESSES_MAX: usize = 10_000;

/// A form of a field's value (RFC 8621 4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Raw,
    Text,
    Addresses,
    GroupedAddresses,
    MessageIds,
    Date,
    Urls,
}

/// RFC 8621 4.1.3: properties that stand for fields, with their fields and forms.
const CONVENIENT: [(&str, &str, Form); 11] = [
    ("messageId", "Message-ID", Form::MessageIds),
    ("inReplyTo", "In-Reply-To", Form::MessageIds),
    ("references", "References", Form::MessageIds),
    ("sender", "Sender", Form::Addresses),
    ("from", "From", Form::Addresses),
    ("to", "To", Form::Addresses),
    ("cc", "Cc", Form::Addresses),
    ("bcc", "Bcc", Form::Addresses),
    ("replyTo", "Reply-To", Form::Addresses),
    ("subject", "Subject", Form::Text),
    ("sentAt", "Date", Form::Date),
];

/// RFC 8621 4.1.2: fields of RFC 5322 and RFC 2369, and the forms besides the raw one that they have. All others have all.
const LIMITED: [(&str, &[Form]); 32] = {
    const TEXT: &[Form] = &[Form::Text];
    const ADDRESSES: &[Form] = &[Form::Addresses, Form::GroupedAddresses];
    const IDS: &[Form] = &[Form::MessageIds];
    const DATE: &[Form] = &[Form::Date];
    const URLS: &[Form] = &[Form::Urls];
    [
        ("subject", TEXT),
        ("comments", TEXT),
        ("keywords", TEXT),
        ("list-id", TEXT),
        ("from", ADDRESSES),
        ("sender", ADDRESSES),
        ("reply-to", ADDRESSES),
        ("to", ADDRESSES),
        ("cc", ADDRESSES),
        ("bcc", ADDRESSES),
        ("resent-from", ADDRESSES),
        ("resent-sender", ADDRESSES),
        ("resent-reply-to", ADDRESSES),
        ("resent-to", ADDRESSES),
        ("resent-cc", ADDRESSES),
        ("resent-bcc", ADDRESSES),
        ("message-id", IDS),
        ("in-reply-to", IDS),
        ("references", IDS),
        ("resent-message-id", IDS),
        ("date", DATE),
        ("resent-date", DATE),
        ("list-help", URLS),
        ("list-unsubscribe", URLS),
        ("list-subscribe", URLS),
        ("list-post", URLS),
        ("list-owner", URLS),
        ("list-archive", URLS),
        ("return-path", &[]),
        ("received", &[]),
        ("mime-version", &[]),
        ("content-type", &[]),
    ]
};

/// Header fields as they are read, each name once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers {
    /// The fields.
    pub(crate) fields: Vec<Field>,
    names: BTreeSet<String>,
}

impl Headers {
    /// Reads a property if it stands for a header field; says whether it does.
    ///
    /// # Errors
    /// RFC 8621 4.6: the field is there twice, or the form is none of its own.
    pub(crate) fn read(&mut self, property: &str, value: Value) -> Result<bool, SetError> {
        let Some((name, form, is_all)) = which(property)? else {
            return Ok(false);
        };
        if !self.names.insert(name.to_ascii_lowercase()) {
            // RFC 8621 4.6: no two properties for one field.
            return Err(fault(property, "stands for a field that is there already"));
        }
        let values = match value {
            Value::Null => return Ok(true),
            Value::Array(values) if is_all => values,
            _ if is_all => return Err(fault(property, "has to be a list")),
            value => vec![value],
        };
        if self.fields.len() + values.len() > FIELDS_MAX {
            return Err(fault(property, "is one field too many"));
        }
        for value in values {
            if let Some(value) = form.read(property, value)? {
                self.fields.push(Field::new(name, value));
            }
        }
        Ok(true)
    }

    /// The names of the fields, in lower case.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The same as a set.
    pub(super) fn into_names(self) -> BTreeSet<String> {
        self.names
    }
}

/// The field that a property stands for, its form, and whether it stands for all fields of that name.
fn which(property: &str) -> Result<Option<(&str, Form, bool)>, SetError> {
    if let Some((_, name, form)) = CONVENIENT.iter().find(|known| known.0 == property) {
        return Ok(Some((name, *form, false)));
    }
    let Some(rest) = property.strip_prefix("header:") else {
        return Ok(None);
    };
    let mut parts = rest.split(':');
    let name = parts.next().unwrap_or_default();
    check_name(name).map_err(|_| fault(property, "is no field's name"))?;
    let (mut form, mut is_all) = (Form::Raw, false);
    let mut next = parts.next();
    if let Some(word) = next.filter(|word| word.starts_with("as")) {
        form = Form::parse(word).ok_or_else(|| fault(property, "has a form that is none"))?;
        next = parts.next();
    }
    if next == Some("all") {
        is_all = true;
        next = parts.next();
    }
    if next.is_some() {
        return Err(fault(property, "is no field's name"));
    }
    let lower = name.to_ascii_lowercase();
    let limits = LIMITED.iter().find(|(known, _)| *known == lower);
    if form != Form::Raw && limits.is_some_and(|(_, forms)| !forms.contains(&form)) {
        // RFC 8621 4.1.2: forms that would say nothing sensible of the field.
        return Err(fault(property, "has a form that its field cannot have"));
    }
    Ok(Some((name, form, is_all)))
}

impl Form {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "asRaw" => Self::Raw,
            "asText" => Self::Text,
            "asAddresses" => Self::Addresses,
            "asGroupedAddresses" => Self::GroupedAddresses,
            "asMessageIds" => Self::MessageIds,
            "asDate" => Self::Date,
            "asURLs" => Self::Urls,
            _ => return None,
        })
    }

    /// A value of this form; none for one that says nothing.
    fn read(self, property: &str, value: Value) -> Result<Option<FieldValue>, SetError> {
        Ok(match self {
            Self::Raw => {
                let text = text(property, value)?;
                let raw = FieldValue::raw(text);
                Some(raw.map_err(|_| fault(property, "breaks out of its field"))?)
            }
            Self::Text => Some(FieldValue::Text(text(property, value)?)),
            Self::Addresses => some(addresses(property, value)?).map(FieldValue::Addresses),
            Self::GroupedAddresses => some(groups(property, value)?).map(FieldValue::Groups),
            Self::MessageIds => some(texts(property, value)?).map(FieldValue::MessageIds),
            Self::Urls => some(texts(property, value)?).map(FieldValue::Urls),
            Self::Date => {
                let text = text(property, value)?;
                let at = date::read(&text)
                    .ok_or_else(|| fault(property, "has to be a date with a time zone"))?;
                Some(FieldValue::Date {
                    seconds: at.seconds(),
                    offset_minutes: offset_minutes(&text),
                })
            }
        })
    }
}

fn some<T>(values: Vec<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then_some(values)
}

fn text(property: &str, value: Value) -> Result<String, SetError> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(fault(property, "has to be a text")),
    }
}

fn list(property: &str, value: Value) -> Result<Vec<Value>, SetError> {
    match value {
        Value::Array(values) if values.len() <= ADDRESSES_MAX => Ok(values),
        Value::Null => Ok(Vec::new()),
        _ => Err(fault(property, "has to be a list, and no endless one")),
    }
}

fn texts(property: &str, value: Value) -> Result<Vec<String>, SetError> {
    let values = list(property, value)?.into_iter();
    values.map(|value| text(property, value)).collect()
}

/// RFC 8621 4.1.2.3 `EmailAddress`. RFC 8621 4.6: drafts may have anything in place of an address.
pub(crate) fn addresses(property: &str, value: Value) -> Result<Vec<Mailbox>, SetError> {
    let values = list(property, value)?.into_iter();
    let address = |value: Value| {
        let mut object = Arguments(object_of(value, property)?);
        let name = object.text("name");
        let email = object.text("email");
        match (name, email, object.finish()) {
            (Ok(name), Ok(email), Ok(())) => Ok(Mailbox {
                name: name.filter(|name| !name.is_empty()),
                address: email.unwrap_or_default(),
            }),
            _ => Err(fault(property, "has to be a list of addresses")),
        }
    };
    values.map(address).collect()
}

/// RFC 8621 4.1.2.4 `EmailAddressGroup`.
fn groups(property: &str, value: Value) -> Result<Vec<Group>, SetError> {
    let values = list(property, value)?.into_iter();
    let group = |value: Value| {
        let mut object = Arguments(object_of(value, property)?);
        let name = object.text("name");
        let addresses = addresses(property, object.take("addresses").unwrap_or_default())?;
        match (name, object.finish()) {
            (Ok(name), Ok(())) => Ok(Group { name, addresses }),
            _ => Err(fault(property, "has to be a list of groups")),
        }
    };
    values.map(group).collect()
}

/// Minutes that a date says its clock is ahead of UTC; the date was read before.
fn offset_minutes(text: &str) -> i16 {
    let offset = text.get(text.len().saturating_sub(6)..).unwrap_or_default();
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<i16>().ok()).unwrap_or(0);
    let minutes = number(offset.get(1..3)) * 60 + number(offset.get(4..6));
    match offset.as_bytes().first() {
        Some(b'+') => minutes,
        Some(b'-') => -minutes,
        _ => 0,
    }
}
