//! Addresses in header fields and envelopes, and their parts (RFC 5228 2.7.4, RFC 5233).

use mail_parser::{Addr, Address, HeaderValue};

use super::field::{clean, structured};
use crate::limits::ADDRESSES_MAX;
use crate::program::AddressPart;

/// An address as tests compare it, without display name and brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mailbox {
    text: Box<str>,
}

impl Mailbox {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.into() }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The wanted part; none if the address has no such part (RFC 5233 4: no `:detail` without a separator).
    pub(crate) fn part(&self, part: AddressPart, separators: &str) -> Option<&str> {
        // RFC 5321 4.1.2: the local part may hold `@` in quotes; the domain never does.
        let at = self.text.rfind('@');
        let local = &self.text[..at.unwrap_or(self.text.len())];
        match part {
            AddressPart::All => Some(&self.text),
            AddressPart::LocalPart => Some(local),
            AddressPart::Domain => Some(at.map_or("", |at| &self.text[at + 1..])),
            AddressPart::User => Some(
                local
                    .find(|c| separators.contains(c))
                    .map_or(local, |end| &local[..end]),
            ),
            AddressPart::Detail => {
                let (_, detail) = local.split_once(|c| separators.contains(c))?;
                Some(detail)
            }
        }
    }
}

/// RFC 5322 3.4: the addresses of a list, those in groups, too. RFC 5228 5.1: names of groups are never compared.
pub(crate) fn mailboxes(value: &[u8]) -> Box<[Mailbox]> {
    let named = named_mailboxes(value);
    named
        .into_iter()
        .map(|named| Mailbox::new(&named.address))
        .collect()
}

/// An address with its display name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedMailbox {
    pub(crate) name: Option<String>,
    pub(crate) address: String,
}

/// The addresses of a list with their display names.
pub(crate) fn named_mailboxes(value: &[u8]) -> Vec<NamedMailbox> {
    let HeaderValue::Address(addresses) = structured(value, |stream| stream.parse_address()) else {
        return Vec::new();
    };
    let mailbox = |address: Addr<'_>| {
        // A word that is no address stands where the address would.
        let (name, text) = match (address.name, address.address) {
            (name, Some(text)) => (name, text),
            (name, None) => (None, name?),
        };
        Some(NamedMailbox {
            name: name.map(|name| clean(&name).into_owned()),
            address: clean(text.trim()).into_owned(),
        })
    };
    let all: Vec<Addr<'_>> = match addresses {
        Address::List(list) => list,
        Address::Group(groups) => groups
            .into_iter()
            .flat_map(|group| group.addresses)
            .collect(),
    };
    all.into_iter()
        .filter_map(mailbox)
        .take(ADDRESSES_MAX)
        .collect()
}

/// Whether mail can be sent to this address: one `@` with something on both sides, nothing that ends a line or an argument.
///
/// RFC 5321 4.1.2 in outline; the whole grammar is checked where the address is used.
pub(crate) fn is_sendable(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let is_plain =
        |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '<' | '>' | ',' | ';');
    let local_is_good = (local.starts_with('"')
        && local.ends_with('"')
        && local.len() > 2
        && !local.contains(char::is_control))
        || (!local.contains(['@', '(', ')', ':', '"', '\\', '[', ']'])
            && local.chars().all(is_plain));
    !local.is_empty()
        && local_is_good
        && !domain.is_empty()
        && address.len() <= 320
        && domain
            .chars()
            .all(|c| is_plain(c) && !matches!(c, '(' | ')' | '"' | '\\'))
}

/// The address in a text such as `"Me" <me@example.org>`; none if there is not exactly one that mail can be sent to.
pub(crate) fn single(text: &str) -> Option<String> {
    // The parser reads broken lists as well as it can; here nothing but one address will do.
    let brackets: String = text.chars().filter(|c| matches!(c, '<' | '>')).collect();
    let is_whole = brackets.is_empty() || (brackets == "<>" && text.trim_end().ends_with('>'));
    if !is_whole || text.contains(['\r', '\n']) {
        return None;
    }
    let mailboxes = mailboxes(text.as_bytes());
    match &*mailboxes {
        [one] if is_sendable(one.as_str()) => Some(one.as_str().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(value: &str) -> Vec<String> {
        mailboxes(value.as_bytes())
            .iter()
            .map(|mailbox| mailbox.as_str().to_owned())
            .collect()
    }

    #[test]
    fn lists_and_groups_are_read() {
        assert_eq!(
            list(" A <a@x.example>, b@y.example (c)\r\n"),
            ["a@x.example", "b@y.example"]
        );
        assert_eq!(
            list("G: a@x.example, B <b@x.example>;"),
            ["a@x.example", "b@x.example"]
        );
        assert!(list("undisclosed-recipients:;").is_empty());
        assert!(list("").is_empty());
    }

    #[test]
    fn addresses_have_parts() {
        let mailbox = Mailbox::new("ken+sieve+x@example.org");
        let part = |part| mailbox.part(part, "+");
        assert_eq!(part(AddressPart::LocalPart), Some("ken+sieve+x"));
        assert_eq!(part(AddressPart::Domain), Some("example.org"));
        assert_eq!(part(AddressPart::User), Some("ken"));
        assert_eq!(part(AddressPart::Detail), Some("sieve+x"));
        let plain = Mailbox::new("ken@example.org");
        assert_eq!(plain.part(AddressPart::Detail, "+"), None);
        assert_eq!(plain.part(AddressPart::User, "+"), Some("ken"));
        assert_eq!(
            Mailbox::new("ken+@x").part(AddressPart::Detail, "+"),
            Some("")
        );
        assert_eq!(Mailbox::new("ken").part(AddressPart::Domain, "+"), Some(""));
    }

    #[test]
    fn what_would_break_a_command_is_no_address() {
        for good in ["a@b", "\"a b\"@b.example", "a@[192.0.2.1]", "ä@ö.example"] {
            assert!(is_sendable(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a b@c",
            "a@b\r\nRCPT",
            "a@b>",
            "<a@b>",
            "a@b,c@d",
            "a:b@c",
            "a@b@c",
        ] {
            assert!(!is_sendable(bad), "{bad}");
        }
        assert_eq!(single("Me <me@x.example>").as_deref(), Some("me@x.example"));
        assert_eq!(single("a@x.example, b@x.example"), None);
        assert_eq!(single("me"), None);
        assert_eq!(single("a@x.example> RCPT TO:<b@x.example"), None);
        assert_eq!(single("<a@x.example> b"), None);
    }
}
