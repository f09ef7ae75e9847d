//! The header fields that clients list, decoded (RFC 5322, RFC 2047).

use std::borrow::Cow;

use mail_parser::{Addr, Address, HeaderValue};

use super::field::{Fields, clean, structured, text, unfolded};

/// Addresses that are told apart in one field; those beyond stand in the raw message only.
pub(crate) const ADDRESSES_MAX: usize = 500;

/// An address before its texts are bounded; see [`model::Address`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AddressValue<'m> {
    Email {
        name: Option<Cow<'m, str>>,
        email: Cow<'m, str>,
    },
    GroupStart(Cow<'m, str>),
    GroupEnd,
}

/// Header fields before their texts are bounded; see [`model::Headers`].
#[derive(Clone, Debug, Default)]
pub(crate) struct HeaderValues<'m> {
    pub(crate) sent_at: Option<i64>,
    pub(crate) date: Option<Cow<'m, str>>,
    pub(crate) subject: Option<Cow<'m, str>>,
    pub(crate) from: Vec<AddressValue<'m>>,
    pub(crate) sender: Vec<AddressValue<'m>>,
    pub(crate) reply_to: Vec<AddressValue<'m>>,
    pub(crate) to: Vec<AddressValue<'m>>,
    pub(crate) cc: Vec<AddressValue<'m>>,
    pub(crate) bcc: Vec<AddressValue<'m>>,
    pub(crate) in_reply_to: Option<Cow<'m, str>>,
    pub(crate) message_id: Option<Cow<'m, str>>,
}

impl<'m> HeaderValues<'m> {
    pub(crate) fn new(fields: &Fields<'m>) -> Self {
        Self {
            sent_at: fields.date.and_then(moment),
            date: fields.date.map(unfolded),
            subject: fields.subject.map(text),
            from: addresses(fields.from),
            sender: addresses(fields.sender),
            reply_to: addresses(fields.reply_to),
            to: addresses(fields.to),
            cc: addresses(fields.cc),
            bcc: addresses(fields.bcc),
            in_reply_to: fields.in_reply_to.map(unfolded),
            message_id: fields.message_id.map(unfolded),
        }
    }
}

/// RFC 5322 3.3, obsolete forms included: seconds since 1970.
pub(super) fn moment(value: &[u8]) -> Option<i64> {
    match structured(value, |stream| stream.parse_date()) {
        HeaderValue::DateTime(date) if date.is_valid() => Some(date.to_timestamp()),
        _ => None,
    }
}

/// RFC 5322 3.4: an address list in which groups may stand.
pub(super) fn addresses(value: Option<&[u8]>) -> Vec<AddressValue<'_>> {
    let Some(value) = value else {
        return Vec::new();
    };
    let HeaderValue::Address(parsed) = structured(value, |stream| stream.parse_address()) else {
        return Vec::new();
    };
    match parsed {
        Address::List(list) => list
            .into_iter()
            .filter_map(email)
            .take(ADDRESSES_MAX)
            .collect(),
        Address::Group(groups) => {
            let mut found = Vec::new();
            for group in groups {
                let is_named = group.name.is_some();
                found.extend(group.name.map(|name| AddressValue::GroupStart(clean(name))));
                let room = ADDRESSES_MAX.saturating_sub(found.len());
                found.extend(group.addresses.into_iter().filter_map(email).take(room));
                found.extend(is_named.then_some(AddressValue::GroupEnd));
                if found.len() >= ADDRESSES_MAX {
                    break;
                }
            }
            found
        }
    }
}

fn email(address: Addr<'_>) -> Option<AddressValue<'_>> {
    let (name, email) = match (address.name, address.address) {
        (name, Some(email)) => (name.map(clean), email),
        // A word that is no address stands where the address would.
        (Some(email), None) => (None, email),
        (None, None) => return None,
    };
    Some(AddressValue::Email {
        name,
        email: clean(email),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(value: &str) -> Vec<AddressValue<'_>> {
        addresses(Some(value.as_bytes()))
    }

    fn mailbox<'a>(name: Option<&'a str>, email: &'a str) -> AddressValue<'a> {
        AddressValue::Email {
            name: name.map(Cow::Borrowed),
            email: email.into(),
        }
    }

    #[test]
    fn addresses_and_groups_keep_their_order() {
        assert_eq!(
            list("a@x.example, \"B, C\" <b@x.example>,\r\n =?utf-8?q?=C3=84?= <d@x.example>\r\n"),
            [
                mailbox(None, "a@x.example"),
                mailbox(Some("B, C"), "b@x.example"),
                mailbox(Some("Ä"), "d@x.example"),
            ]
        );
        assert_eq!(
            list("Friends: a@x.example, B <b@x.example>;, c@x.example\r\n"),
            [
                AddressValue::GroupStart("Friends".into()),
                mailbox(None, "a@x.example"),
                mailbox(Some("B"), "b@x.example"),
                AddressValue::GroupEnd,
                mailbox(None, "c@x.example"),
            ]
        );
        assert_eq!(
            list("undisclosed-recipients:;\r\n"),
            [
                AddressValue::GroupStart("undisclosed-recipients".into()),
                AddressValue::GroupEnd
            ]
        );
    }

    #[test]
    fn a_word_stands_where_the_address_would_and_lists_are_bounded() {
        assert_eq!(list("root\r\n"), [mailbox(None, "root")]);
        assert_eq!(list("\r\n"), []);
        assert_eq!(list(&"a@x.example, ".repeat(100_000)).len(), ADDRESSES_MAX);
    }

    #[test]
    fn dates_become_moments() {
        assert_eq!(
            moment(b" Thu, 22 Aug 2002 18:26:25 +0700\r\n"),
            Some(1_030_015_585)
        );
        assert_eq!(moment(b" 1 Jan 70 00:00:00 GMT"), Some(0));
        assert_eq!(moment(b" yesterday\r\n"), None);
        assert_eq!(moment(b" 99 Foo 2002 18:26:25 +0700\r\n"), None);
    }
}
