//! Addresses as the directory compares them: lower case, without quotes, bounded.

use crate::error::Error;

/// Octets of an address that is looked up. RFC 5321 4.5.3.1.3: a path has 256 octets with its angle brackets.
pub(crate) const ADDRESS_OCTETS_MAX: usize = 254;
/// RFC 5321 4.5.3.1.1: octets of a local part.
const LOCAL_PART_OCTETS_MAX: usize = 64;
/// RFC 1035 2.3.4: octets of a domain name in text, without the root's dot.
const DOMAIN_OCTETS_MAX: usize = 253;
/// RFC 1035 2.3.4: octets of a label.
const LABEL_OCTETS_MAX: usize = 63;

/// An address to look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// `local-part@domain`.
    pub(crate) whole: String,
    at: usize,
}

impl Address {
    /// Reads an address as a stranger may write it; none if it is no address or too long.
    ///
    /// RFC 5321 2.4: domains know no case; local parts of ours do not either, which is for the receiving host to say.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > ADDRESS_OCTETS_MAX || text.chars().any(char::is_control) {
            return None;
        }
        let (local, domain) = text.rsplit_once('@')?;
        let local = unquoted(local)?.to_lowercase();
        let domain = domain.to_lowercase();
        let fits = local.len() + domain.len() < ADDRESS_OCTETS_MAX;
        (fits && !local.is_empty() && !domain.is_empty()).then(|| Self {
            at: local.len(),
            whole: format!("{local}@{domain}"),
        })
    }

    /// Reads an address that is to become one of ours.
    pub(crate) fn parse_new(text: &str) -> Result<Self, Error> {
        let invalid = |why| Error::Invalid {
            field: "address",
            why,
        };
        let address =
            Self::parse(text).ok_or(invalid("write it as `name@domain`, in 254 octets at most"))?;
        if address.local().len() > LOCAL_PART_OCTETS_MAX {
            return Err(invalid("the part before the `@` has 64 octets at most"));
        }
        // RFC 5321 4.1.2, RFC 6531 3.3: Dot-string of atoms, UTF-8 in them. Ours need no quotes.
        if !address.local().split('.').all(is_atom) {
            return Err(invalid(
                "the part before the `@` has letters, digits and signs such as `-` or `_`, with single dots between \
                 them",
            ));
        }
        domain(address.domain())?;
        Ok(address)
    }

    pub(crate) fn local(&self) -> &str {
        &self.whole[..self.at]
    }

    pub(crate) fn domain(&self) -> &str {
        &self.whole[self.at + 1..]
    }

    /// The address without its tag; none if it has none. RFC 5233 1: the detail of a subaddress.
    pub(crate) fn without_tag(&self, delimiter: Option<char>) -> Option<String> {
        let (user, _tag) = self.local().split_once(delimiter?)?;
        (!user.is_empty()).then(|| format!("{user}@{}", self.domain()))
    }
}

/// Reads the name of a domain that is to become one of ours.
///
/// RFC 1035 2.3.1: labels of letters, digits and hyphens; RFC 5890 2.3.2.1: and other letters, in Unicode form.
pub(crate) fn domain(text: &str) -> Result<String, Error> {
    let name = text.to_lowercase();
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_OCTETS_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| {
                c.is_ascii_alphanumeric() || c == '-' || (!c.is_ascii() && c.is_alphanumeric())
            })
    };
    if name.len() <= DOMAIN_OCTETS_MAX && name.split('.').all(is_label) {
        Ok(name)
    } else {
        Err(Error::Invalid {
            field: "domain",
            why: "write it as `example.org`: letters, digits and hyphens, with single dots between them",
        })
    }
}

/// RFC 5321 4.1.2: `"anna"@` and `anna@` are the same mailbox; a backslash stands before a character that is meant as such.
fn unquoted(local: &str) -> Option<String> {
    let Some(inner) = local.strip_prefix('"') else {
        return Some(local.to_owned());
    };
    let inner = inner.strip_suffix('"')?;
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => text.push(characters.next()?),
            other => text.push(other),
        }
    }
    Some(text)
}

/// RFC 5322 3.2.3 `atext`, RFC 6532 3.2: and everything beyond ASCII, here without spaces and controls.
fn is_atom(text: &str) -> bool {
    let is_atext = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(c)
            || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
    };
    !text.is_empty() && text.chars().all(is_atext)
}

/// What is read once reads the same again.
pub(crate) fn fuzz(text: &str) {
    if let Ok(address) = Address::parse_new(text) {
        assert_eq!(
            Address::parse(&address.whole).as_ref(),
            Some(&address),
            "an address of ours reads as itself"
        );
    }
    if let Some(address) = Address::parse(text) {
        assert!(address.whole.len() <= ADDRESS_OCTETS_MAX, "bounded");
        drop(address.without_tag(Some('+')));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Option<String> {
        Address::parse(text).map(|address| address.whole)
    }

    #[test]
    fn case_and_quotes_make_no_difference() {
        assert_eq!(
            whole("Anna@Example.ORG").as_deref(),
            Some("anna@example.org")
        );
        assert_eq!(
            whole("\"An\\na\"@example.org").as_deref(),
            Some("anna@example.org")
        );
        assert_eq!(
            whole("JÜRGEN@bücher.example").as_deref(),
            Some("jürgen@bücher.example")
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(ADDRESS_OCTETS_MAX));
        for text in [
            "",
            "@",
            "anna",
            "anna@",
            "@example.org",
            "a\0b@example.org",
            "\"a@x",
            &long,
        ] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn new_addresses_are_plain() {
        assert!(Address::parse_new("anna.b-c@example.org").is_ok());
        for text in [
            "a b@example.org",
            ".a@example.org",
            "a..b@example.org",
            "a@-x.org",
            "a@x..org",
            "a@[127.0.0.1]",
        ] {
            assert!(Address::parse_new(text).is_err(), "{text}");
        }
        assert!(Address::parse_new(&format!("{}@x.org", "a".repeat(64))).is_ok());
        assert!(Address::parse_new(&format!("{}@x.org", "a".repeat(65))).is_err());
    }

    #[test]
    fn the_tag_goes_and_the_name_stays() {
        let tagged = Address::parse("anna+shop+x@example.org").unwrap();
        assert_eq!(
            tagged.without_tag(Some('+')).as_deref(),
            Some("anna@example.org")
        );
        assert_eq!(tagged.without_tag(None), None);
        assert_eq!(
            Address::parse("+x@example.org")
                .unwrap()
                .without_tag(Some('+')),
            None
        );
    }
}
