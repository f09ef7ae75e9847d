//! Header fields as properties (RFC 8621 4.1.2, 4.1.3): `header:{name}:as{form}:all`, and the names for the common ones.

use groupware::message::forms;
use model::Address;
use serde_json::{Value, json};

use crate::codec::date;
use crate::codec::json::Object;

/// RFC 8621 4.1.2: octets of a field's name that may be asked for; RFC 5322 2.1.1 bounds a line.
const NAME_OCTETS_MAX: usize = 998;

/// In which form a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    Raw,
    Text,
    Addresses,
    GroupedAddresses,
    MessageIds,
    Date,
    Urls,
}

/// A header field that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderProperty {
    /// The property as it was written, which is its name in the answer.
    pub(crate) property: String,
    name: String,
    form: Form,
    all: bool,
}

impl HeaderProperty {
    /// Reads `header:{name}`, with `:as{form}` and `:all` behind it. None if it is something else, or asks for a form that
    /// the field does not have.
    pub(crate) fn read(property: &str) -> Option<Self> {
        let rest = property.strip_prefix("header:")?;
        let mut words = rest.split(':');
        let name = words.next()?;
        let is_name = (1..=NAME_OCTETS_MAX).contains(&name.len())
            && name.bytes().all(|octet| octet.is_ascii_graphic());
        let (mut form, mut all) = (Form::Raw, false);
        let mut left = words.peekable();
        if let Some(word) = left.peek().and_then(|word| word.strip_prefix("as")) {
            form = Form::parse(word)?;
            left.next();
        }
        if left.peek() == Some(&"all") {
            all = true;
            left.next();
        }
        let is_known = is_name && left.next().is_none() && form.may_be_asked_of(name);
        is_known.then(|| Self {
            property: property.to_owned(),
            name: name.to_owned(),
            form,
            all,
        })
    }

    /// One of the common names: RFC 8621 4.1.3 `references`.
    pub(crate) fn references() -> Self {
        Self {
            property: "references".into(),
            name: "References".into(),
            form: Form::MessageIds,
            all: false,
        }
    }

    /// The value in a header section.
    ///
    /// RFC 8621 4.1.3: of several fields of the name the last one counts, unless all are asked for.
    pub(crate) fn value(&self, section: &[u8]) -> Value {
        let wanted = self.name.as_bytes();
        let mut found = forms::fields(section)
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value);
        if self.all {
            found.map(|value| self.form.value(value)).collect()
        } else {
            found
                .by_ref()
                .last()
                .map_or(Value::Null, |value| self.form.value(value))
        }
    }
}

/// Reads any text as a property, and as the header that it is asked of.
pub(crate) fn fuzz(text: &str) {
    let property = HeaderProperty::read(text.lines().next().unwrap_or_default());
    if let Some(property) = property {
        property.value(text.as_bytes());
    }
}

impl Form {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "Raw" => Self::Raw,
            "Text" => Self::Text,
            "Addresses" => Self::Addresses,
            "GroupedAddresses" => Self::GroupedAddresses,
            "MessageIds" => Self::MessageIds,
            "Date" => Self::Date,
            "URLs" => Self::Urls,
            _ => return None,
        })
    }

    /// RFC 8621 4.1.2.2 to 4.1.2.7: a form is for the fields that it names, and for those that neither RFC 5322 nor RFC 2369
    /// defines.
    fn may_be_asked_of(self, name: &str) -> bool {
        const ADDRESSES: [&str; 11] = [
            "from",
            "sender",
            "reply-to",
            "to",
            "cc",
            "bcc",
            "resent-from",
            "resent-sender",
            "resent-reply-to",
            "resent-to",
            "resent-cc",
        ];
        const MORE_ADDRESSES: [&str; 1] = ["resent-bcc"];
        const IDS: [&str; 4] = [
            "message-id",
            "in-reply-to",
            "references",
            "resent-message-id",
        ];
        const DATES: [&str; 2] = ["date", "resent-date"];
        const URLS: [&str; 6] = [
            "list-help",
            "list-unsubscribe",
            "list-subscribe",
            "list-post",
            "list-owner",
            "list-archive",
        ];
        const TEXTS: [&str; 3] = ["subject", "comments", "keywords"];
        const OTHERS: [&str; 2] = ["return-path", "received"];
        let name = name.to_ascii_lowercase();
        let is = |names: &[&str]| names.contains(&name.as_str());
        let of = if is(&ADDRESSES) || is(&MORE_ADDRESSES) {
            Some(&[Self::Addresses, Self::GroupedAddresses][..])
        } else if is(&IDS) {
            Some(&[Self::MessageIds][..])
        } else if is(&DATES) {
            Some(&[Self::Date][..])
        } else if is(&URLS) {
            Some(&[Self::Urls][..])
        } else if is(&TEXTS) {
            Some(&[Self::Text][..])
        } else if is(&OTHERS) {
            Some(&[][..])
        } else {
            None
        };
        self == Self::Raw || of.is_none_or(|forms| forms.contains(&self))
    }

    fn value(self, value: &[u8]) -> Value {
        match self {
            Self::Raw => forms::as_raw(value).into_owned().into(),
            Self::Text => forms::as_text(value).into(),
            Self::Addresses => forms::with_addresses(value, addresses),
            Self::GroupedAddresses => forms::with_addresses(value, grouped_addresses),
            Self::MessageIds => forms::as_message_ids(value).into(),
            Self::Date => {
                forms::as_date(value).map_or(Value::Null, |date| written_date(date).into())
            }
            Self::Urls => forms::as_urls(value).into(),
        }
    }
}

/// RFC 8621 4.1.2.3: the addresses without the groups that they are in.
pub(crate) fn addresses(addresses: &[Address<'_>]) -> Value {
    addresses.iter().filter_map(address).collect()
}

/// RFC 8621 4.1.2.3; `null` where there is no such field.
pub(crate) fn addresses_or_null(list: &[Address<'_>]) -> Value {
    if list.is_empty() {
        Value::Null
    } else {
        addresses(list)
    }
}

fn address(address: &Address<'_>) -> Option<Value> {
    match address {
        Address::Email { name, email } => {
            let name = name.map(str::trim).filter(|name| !name.is_empty());
            let mut object = Object::new();
            object.insert("name".into(), name.into());
            object.insert("email".into(), (*email).into());
            Some(object.into())
        }
        Address::GroupStart(_) | Address::GroupEnd => None,
    }
}

/// RFC 8621 4.1.2.4: addresses that are in no group stand in one without a name, together with their neighbours.
fn grouped_addresses(list: &[Address<'_>]) -> Value {
    let mut groups: Vec<(Option<&str>, Vec<Value>)> = Vec::new();
    let mut within = false;
    for item in list {
        match item {
            Address::GroupStart(name) => {
                groups.push((Some(name), Vec::new()));
                within = true;
            }
            Address::GroupEnd => within = false,
            Address::Email { .. } => {
                let is_open = within || groups.last().is_some_and(|(name, _)| name.is_none());
                if !is_open {
                    groups.push((None, Vec::new()));
                }
                if let Some((_, members)) = groups.last_mut() {
                    members.extend(address(item));
                }
            }
        }
    }
    let object = |(name, addresses)| json!({"name": name, "addresses": Value::Array(addresses)});
    groups.into_iter().map(object).collect()
}

/// RFC 8620 1.4 `Date`: with the offset of the clock that it was read from.
pub(crate) fn written_date(date: forms::WrittenDate) -> String {
    let zone_minutes = date.zone_seconds / 60;
    let local = date.seconds.saturating_add(zone_minutes * 60);
    let mut text = date::write(model::Timestamp::from_seconds(local));
    if zone_minutes != 0 {
        text.pop();
        let sign = if zone_minutes < 0 { '-' } else { '+' };
        let (hours, minutes) = (zone_minutes.abs() / 60, zone_minutes.abs() % 60);
        text.push_str(&format!("{sign}{hours:02}:{minutes:02}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(property: &str, section: &str) -> Value {
        let property = HeaderProperty::read(property).unwrap();
        property.value(section.as_bytes())
    }

    #[test]
    fn properties_are_read_and_forms_belong_to_their_fields() {
        for known in [
            "header:Subject",
            "header:subject:asText",
            "header:X-Mine:asAddresses:all",
            "header:X-Mine:all",
            "header:To:asGroupedAddresses",
            "header:List-Post:asURLs",
        ] {
            assert!(HeaderProperty::read(known).is_some(), "{known}");
        }
        for unknown in [
            "header:",
            "header:A B",
            "header:Subject:asDate",
            "header:From:asText",
            "header:Received:asDate",
            "header:X:all:asText",
            "header:X:asText:each",
            "subject",
        ] {
            assert!(HeaderProperty::read(unknown).is_none(), "{unknown}");
        }
    }

    #[test]
    fn the_last_field_counts_or_all_do() {
        let section = "X-A: 1\r\nx-a: 2\r\n\r\n";
        assert_eq!(value("header:X-A", section), " 2");
        assert_eq!(value("header:X-A:asText:all", section), json!(["1", "2"]));
        assert_eq!(value("header:X-B", section), Value::Null);
        assert_eq!(value("header:X-B:all", section), json!([]));
    }

    #[test]
    fn addresses_are_told_flat_and_in_groups() {
        let section = "To: a@x, G: B <b@x>, c@x;, d@x, e@x\r\n\r\n";
        let one = |name: Value, email: &str| json!({"name": name, "email": email});
        let (a, b) = (one(Value::Null, "a@x"), one("B".into(), "b@x"));
        let [c, d, e] = ["c@x", "d@x", "e@x"].map(|email| one(Value::Null, email));
        assert_eq!(
            value("header:To:asAddresses", section),
            json!([a, b, c, d, e])
        );
        assert_eq!(
            value("header:To:asGroupedAddresses", section),
            json!([
                {"name": null, "addresses": [a]},
                {"name": "G", "addresses": [b, c]},
                {"name": null, "addresses": [d, e]},
            ])
        );
    }

    #[test]
    fn dates_keep_their_offset() {
        let section = "Date: Thu, 22 Aug 2002 18:26:25 +0530\r\nResent-Date: soon\r\n\r\n";
        assert_eq!(
            value("header:Date:asDate", section),
            "2002-08-22T18:26:25+05:30"
        );
        assert_eq!(value("header:Resent-Date:asDate", section), Value::Null);
    }
}
