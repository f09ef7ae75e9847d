//! A part of a card: the properties that a client asks for, in the version that it asks for (RFC 6352 10.4).

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::card::{self, ContactCard};
use crate::filter::is_meant;
use crate::line;
use crate::property::Property;
use crate::version::Version;

/// What a client wants to have of each card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressData {
    /// The version; None is the one it is stored in.
    pub version: Option<Version>,
    /// The properties; None is all of them.
    pub properties: Option<Vec<WantedProperty>>,
}

/// A property that a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedProperty {
    /// The name, in any case; with a group and a dot before it only properties of that group are meant.
    pub name: String,
    /// Whether the value is left out (RFC 6352 10.4.2 `novalue`).
    pub without_value: bool,
}

impl ContactCard {
    /// The card as that client wants it; as it was given where it wants all in the version it is in.
    #[must_use]
    pub fn address_data(&self, wanted: &AddressData) -> Cow<'_, str> {
        let version = wanted.version.unwrap_or(self.version());
        match &wanted.properties {
            None if version == self.version() => self.text(),
            None => Cow::Owned(self.convert(version)),
            Some(properties) => Cow::Owned(self.part(properties, version)),
        }
    }

    fn part(&self, wanted: &[WantedProperty], version: Version) -> String {
        // RFC 6352 10.4: the version always stands there, as the text would be no vCard without it.
        let mut out = card::head(version);
        for property in self.in_version(version).iter() {
            let meant = wanted.iter().find(|one| is_meant(&one.name, property));
            match meant {
                _ if property.is("VERSION") => {}
                None => {}
                Some(one) if one.without_value => {
                    let bare = Property {
                        value: String::new(),
                        ..property.clone()
                    };
                    line::write(&mut out, &bare, version);
                }
                Some(_) => self.write_as_given(&mut out, property, version),
            }
        }
        out.push_str(card::TAIL);
        out
    }

    /// The very lines of the text where the property is one of it.
    pub(crate) fn write_as_given(&self, out: &mut String, property: &Property, version: Version) {
        let given = self
            .bytes()
            .get(property.span.clone())
            .and_then(|octets| str::from_utf8(octets).ok());
        match given
            .filter(|_| version == self.version())
            .map(str::trim_end)
        {
            Some(lines) if !lines.is_empty() && !lines.ends_with('=') => {
                let _ = write!(out, "{lines}\r\n");
            }
            _ => line::write(out, property, version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = "BEGIN:VCARD\r\nUID:1\r\nVERSION:3.0\r\nFN:Jo\r\nitem1.EMAIL;type=HOME:a@\r\n b.org\r\nitem2.EMAIL:c@d.org\r\n\
        BDAY:1980-01-02\r\nEND:VCARD\r\n";

    fn part(names: &[(&str, bool)], version: Option<Version>) -> String {
        let card = ContactCard::read(CARD.as_bytes()).unwrap();
        let wanted = names.iter().map(|(name, without_value)| WantedProperty {
            name: (*name).into(),
            without_value: *without_value,
        });
        card.address_data(&AddressData {
            version,
            properties: Some(wanted.collect()),
        })
        .into_owned()
    }

    #[test]
    fn only_what_is_asked_for() {
        let head = "BEGIN:VCARD\r\nVERSION:3.0\r\n";
        let all = part(&[("email", false), ("FN", false)], None);
        assert_eq!(
            all,
            format!(
                "{head}FN:Jo\r\nitem1.EMAIL;type=HOME:a@\r\n b.org\r\nitem2.EMAIL:c@d.org\r\nEND:VCARD\r\n"
            )
        );
        let grouped = part(&[("item2.EMAIL", false), ("item1.EMAIL", true)], None);
        assert_eq!(
            grouped,
            format!("{head}item1.EMAIL;type=HOME:\r\nitem2.EMAIL:c@d.org\r\nEND:VCARD\r\n")
        );
        assert_eq!(part(&[], None), format!("{head}END:VCARD\r\n"));
    }

    #[test]
    fn a_part_in_the_other_version() {
        let four = part(&[("BDAY", false)], Some(Version::V4));
        assert_eq!(
            four,
            "BEGIN:VCARD\r\nVERSION:4.0\r\nBDAY:19800102\r\nEND:VCARD\r\n"
        );
    }

    #[test]
    fn all_of_it_is_word_for_word() {
        let card = ContactCard::read(CARD.as_bytes()).unwrap();
        assert_eq!(card.address_data(&AddressData::default()), CARD);
        let four = card.address_data(&AddressData {
            version: Some(Version::V4),
            properties: None,
        });
        assert!(four.contains("VERSION:4.0") && four.contains("FN:Jo"));
    }
}
