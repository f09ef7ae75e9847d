//! What lists, searches and addressing need of a card, cut to bounds, so that the card itself need not be read again.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::card::ContactCard;
use crate::property::Property;
use crate::text;
use crate::version::Version;

/// A card in brief.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// What identifies it everywhere; None where it says nothing.
    pub uid: Option<String>,
    /// The format it is in.
    pub version: Version,
    /// What it describes.
    pub kind: Kind,
    /// What to call it: `FN`, otherwise made from the name, the nickname, the organisation, an address or a number.
    pub full_name: String,
    /// What to sort it by: `SORT-AS`, `SORT-STRING`, otherwise family name and given name, or the name of an organisation.
    pub sort_name: String,
    /// The components of `N`: family, given, additional, prefixes, suffixes.
    pub name: Vec<String>,
    /// Nicknames.
    pub nicknames: Vec<String>,
    /// E-mail addresses, ASCII letters in lower case, the preferred first.
    pub emails: Vec<String>,
    /// Telephone numbers: digits, with a `+` before them where there was one; the preferred first.
    pub phones: Vec<String>,
    /// The organisation and its units.
    pub organisation: Vec<String>,
    /// The members of a group as URIs: `urn:uuid:...`, `mailto:...`.
    pub members: Vec<String>,
    /// Whether something of the above was shortened, left out or rewritten, so that its absence here proves nothing.
    pub cut: bool,
}

/// What a card describes (RFC 6350 6.1.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A person.
    Individual,
    /// A group of persons or things: its members are listed.
    Group,
    /// An organisation.
    Organisation,
    /// A place, such as a room.
    Location,
    /// Another, in lower case, such as `device` (RFC 6869).
    Other(String),
}

impl Kind {
    /// Of a value of `KIND`.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let value = value.trim().to_ascii_lowercase();
        match value.as_str() {
            "" | "individual" => Self::Individual,
            "group" => Self::Group,
            "org" => Self::Organisation,
            "location" => Self::Location,
            _ => Self::Other(text::cut(&value, KIND_OCTETS_MAX).0.to_owned()),
        }
    }

    /// The value of `KIND`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Individual => "individual",
            Self::Group => "group",
            Self::Organisation => "org",
            Self::Location => "location",
            Self::Other(kind) => kind,
        }
    }
}

impl ContactCard {
    /// What it describes.
    // RFC 6350 6.1.4: a person unless it says otherwise. Apple's clients say it of 3.0 cards in properties of their own.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let said = ["KIND", "X-ADDRESSBOOKSERVER-KIND"]
            .into_iter()
            .find_map(|name| self.all(name).next());
        match said {
            Some(kind) => Kind::parse(&kind.text()),
            None if self
                .all("X-ABSHOWAS")
                .any(|shown| shown.value().trim().eq_ignore_ascii_case("COMPANY")) =>
            {
                Kind::Organisation
            }
            None => Kind::Individual,
        }
    }

    /// The members of a group, as their URIs stand in the card.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        let members = self
            .properties()
            .iter()
            .filter(|property| property.is("MEMBER") || property.is("X-ADDRESSBOOKSERVER-MEMBER"));
        members
            .map(|member| member.value().trim())
            .filter(|uri| !uri.is_empty())
    }

    /// What to call it, never shortened; empty where the card names nothing.
    #[must_use]
    pub fn full_name(&self) -> String {
        if let Some(name) = self.best("FN") {
            return name.text().trim().to_owned();
        }
        if let Some(name) = self.best("N") {
            let parts = name.components();
            let order = [3, 1, 2, 0, 4].into_iter();
            let said = order.filter_map(|at| parts.get(at)).map(|part| part.trim());
            let said: Vec<_> = said.filter(|part| !part.is_empty()).collect();
            return said.join(" ");
        }
        let others = ["NICKNAME", "ORG", "EMAIL", "TEL"].into_iter();
        let other = others.filter_map(|name| self.best(name)).next();
        other
            .and_then(|property| property.components().into_iter().next())
            .unwrap_or_default()
    }

    /// The card in brief.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut cut = Cut(false);
        let kind = self.kind();
        let full_name = cut.shorten(self.full_name());
        // A second FN, or one that is not word for word what is kept, could be found by a filter and not here.
        cut.0 |= self.all("FN").any(|name| name.text() != full_name.as_str());
        let name = self
            .all("N")
            .next()
            .map(Property::components)
            .unwrap_or_default();
        cut.0 |= self.all("N").nth(1).is_some();
        let nicknames = self.all("NICKNAME").flat_map(Property::elements);
        let organisation = self
            .all("ORG")
            .next()
            .map(Property::components)
            .unwrap_or_default();
        cut.0 |= self.all("ORG").nth(1).is_some();
        Summary {
            uid: self.uid().map(|uid| cut.shorten(uid.into_owned())),
            version: self.version(),
            sort_name: cut.shorten(self.sort_name(&kind)),
            name: cut.list(name, NAME_PARTS_MAX),
            nicknames: cut.list(nicknames, NICKNAMES_MAX),
            emails: self.emails(&mut cut),
            phones: self.phones(&mut cut),
            organisation: cut.list(organisation, NAME_PARTS_MAX),
            members: cut.list(self.members().map(str::to_owned), MEMBERS_MAX),
            cut: cut.0,
            kind,
            full_name,
        }
    }

    fn sort_name(&self, kind: &Kind) -> String {
        // RFC 6350 5.9: SORT-AS of the name, otherwise of the organisation; RFC 2426 3.6.5: SORT-STRING.
        let name = self.all("N").next();
        let sorted_as = |property: &Property| {
            let values: Vec<_> = property.param("SORT-AS").collect();
            Some(values.join(", ")).filter(|text| !text.trim().is_empty())
        };
        if let Some(text) = name.and_then(sorted_as) {
            return text;
        }
        if let Some(text) = self.best("SORT-STRING") {
            return text.text().into_owned();
        }
        let organisation = self.best("ORG");
        if *kind == Kind::Organisation
            && let Some(organisation) = organisation
        {
            let plain = || {
                organisation
                    .components()
                    .into_iter()
                    .next()
                    .unwrap_or_default()
            };
            return sorted_as(organisation).unwrap_or_else(plain);
        }
        let parts = name.map(Property::components).unwrap_or_default();
        let said = parts
            .iter()
            .take(3)
            .map(|part| part.trim())
            .filter(|part| !part.is_empty());
        let said: Vec<_> = said.collect();
        if said.is_empty() {
            self.full_name()
        } else {
            said.join(", ")
        }
    }

    fn emails(&self, cut: &mut Cut) -> Vec<String> {
        let ordered = self.by_preference("EMAIL").into_iter();
        let addresses = ordered.filter_map(|email| {
            let text = email.text();
            let plain = text.trim();
            let plain = plain.strip_prefix("mailto:").unwrap_or(plain);
            cut.0 |= plain != text.as_ref();
            (!plain.is_empty()).then(|| plain.to_ascii_lowercase())
        });
        let addresses: Vec<_> = addresses.collect();
        cut.list(addresses, EMAILS_MAX)
    }

    fn phones(&self, cut: &mut Cut) -> Vec<String> {
        let ordered = self.by_preference("TEL").into_iter();
        let numbers = ordered.map(|number| normalised_number(&number.text()));
        let numbers: Vec<_> = numbers.filter(|number| !number.is_empty()).collect();
        cut.list(numbers, PHONES_MAX)
    }

    /// All of a name, the preferred first, otherwise in their order.
    fn by_preference(&self, name: &str) -> Vec<&Property> {
        let mut all: Vec<_> = self.all(name).collect();
        all.sort_by_key(|property| property.preference().unwrap_or(u8::MAX));
        all
    }
}

/// The digits of a telephone number, with a `+` where it began with one; full-width and other compatible digits are digits, too.
#[must_use]
pub(crate) fn normalised_number(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let plus = text.starts_with(['+', '\u{ff0b}']);
    plus.then_some('+')
        .into_iter()
        .chain(digits(text))
        .collect()
}

/// The digits in a text.
pub(crate) fn digits(text: &str) -> impl Iterator<Item = char> {
    text.nfkd().filter(char::is_ascii_digit)
}

/// Remembers whether something was cut.
struct Cut(bool);

impl Cut {
    fn shorten(&mut self, text: String) -> String {
        let (kept, whole) = text::cut(&text, TEXT_OCTETS_MAX);
        self.0 |= !whole;
        if whole { text } else { kept.to_owned() }
    }

    fn list(&mut self, texts: impl IntoIterator<Item = String>, limit: usize) -> Vec<String> {
        let mut texts = texts.into_iter();
        let kept: Vec<_> = texts
            .by_ref()
            .take(limit)
            .map(|text| self.shorten(text))
            .collect();
        self.0 |= texts.next().is_some();
        kept
    }
}

/// Octets of each text of a summary: ours; room for any address (RFC 5321 4.5.3.1: 254) and name.
const TEXT_OCTETS_MAX: usize = 320;
/// Octets of a kind that is none of RFC 6350's: ours.
const KIND_OCTETS_MAX: usize = 32;
/// Components kept of `N` and `ORG`: ours; `N` has 7 with RFC 9554 2.2.
const NAME_PARTS_MAX: usize = 8;
/// Nicknames kept: ours.
const NICKNAMES_MAX: usize = 8;
/// Addresses kept of a card: ours.
const EMAILS_MAX: usize = 32;
/// Numbers kept of a card: ours.
const PHONES_MAX: usize = 32;
/// Members kept of a group: ours; a greater group is read from its card.
const MEMBERS_MAX: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(body: &str) -> Summary {
        let text = format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{body}END:VCARD\r\n");
        ContactCard::read(text.as_bytes()).unwrap().summary()
    }

    #[test]
    fn a_person_in_brief() {
        let brief = summary(
            "UID:u1\r\nN:Doe;John;;Mr.;\r\nFN:John\\, Doe\r\nEMAIL;TYPE=HOME:B@x.org\r\nitem1.EMAIL;type=pref:A@X.org\r\n\
             TEL:+1 (905) 555-12\r\nORG:IBM;Dungeon\r\nNICKNAME:Jo,Johnny\r\n",
        );
        assert_eq!(brief.uid.as_deref(), Some("u1"));
        assert_eq!(brief.full_name, "John, Doe");
        assert_eq!(brief.sort_name, "Doe, John");
        assert_eq!(brief.emails, ["a@x.org", "b@x.org"]);
        assert_eq!(brief.phones, ["+190555512"]);
        assert_eq!(brief.organisation, ["IBM", "Dungeon"]);
        assert_eq!(brief.nicknames, ["Jo", "Johnny"]);
        assert_eq!(brief.kind, Kind::Individual);
        assert!(!brief.cut);
        let packed = postcard::to_allocvec(&brief).unwrap();
        assert_eq!(postcard::from_bytes::<Summary>(&packed).unwrap(), brief);
    }

    #[test]
    fn a_group_of_apple() {
        let brief = summary(
            "N:Team;;;;\r\nFN:Team\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1\r\n\
             X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:2\r\n",
        );
        assert_eq!(brief.kind, Kind::Group);
        assert_eq!(brief.members, ["urn:uuid:1", "urn:uuid:2"]);
    }

    #[test]
    fn a_name_is_made_where_none_is_given() {
        assert_eq!(summary("N:Jones;Mike;;;\r\n").full_name, "Mike Jones");
        assert_eq!(summary("FN:\r\nTEL:123\r\n").full_name, "123");
        assert_eq!(
            summary("ORG:ACME;Traps\r\nX-ABShowAs:COMPANY\r\n").sort_name,
            "ACME"
        );
        assert_eq!(
            summary("N;SORT-AS=\"Harten,Rene\":van der Harten;Rene\r\n").sort_name,
            "Harten,Rene"
        );
    }

    #[test]
    fn a_summary_is_small_whatever_the_card() {
        let mut body = format!("FN:{}\r\n", "ü".repeat(5_000));
        for number in 0..3_000 {
            body += &format!(
                "EMAIL:a{number}@x.org\r\nTEL:{number}\r\nMEMBER:urn:x:{number}\r\nNICKNAME:{number}\r\n"
            );
        }
        let brief = summary(&body);
        assert!(brief.cut);
        assert!(postcard::to_allocvec(&brief).unwrap().len() < 64 * 1024);
    }
}
