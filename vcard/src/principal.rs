//! Cards of the organisation's directory: made from what is known of its people, groups, rooms and equipment.

use crate::ContactCard;
use crate::card;
use crate::convert::is_uri;
use crate::property::Property;
use crate::text;
use crate::version::Version;

/// What is known of somebody or something in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrincipalFields<'a> {
    /// What identifies it for good.
    pub uid: &'a str,
    /// What it is.
    pub kind: PrincipalKind,
    /// What to call it.
    pub name: &'a str,
    /// Its e-mail addresses, the main one first.
    pub addresses: &'a [String],
    /// Its telephone numbers.
    pub phones: &'a [String],
    /// The organisation it belongs to, if that is to be said.
    pub organisation: Option<&'a str>,
    /// Its unit in the organisation.
    pub department: Option<&'a str>,
    /// What somebody does there.
    pub title: Option<&'a str>,
    /// The members of a group: the uids or e-mail addresses of their principals, or URIs.
    pub members: &'a [String],
}

/// What a principal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A person.
    Person,
    /// A group of principals.
    Group,
    /// A room.
    Room,
    /// A thing that can be booked.
    Equipment,
}

/// The card of a principal. The same fields always give the same text.
#[must_use]
pub fn from_principal(fields: &PrincipalFields<'_>, version: Version) -> String {
    let four = card_of_four(fields);
    match version {
        Version::V4 => four,
        // What is written here can be read; if it could not, it would still be a card, of the other version.
        Version::V3 => match ContactCard::read(four.as_bytes()) {
            Ok(card) => card.convert(Version::V3),
            Err(_) => four,
        },
    }
}

fn card_of_four(fields: &PrincipalFields<'_>) -> String {
    // RFC 6350 6.1.4: a room is a location; RFC 6869: a thing is a device.
    let kind = match fields.kind {
        PrincipalKind::Person => "individual",
        PrincipalKind::Group => "group",
        PrincipalKind::Room => "location",
        PrincipalKind::Equipment => "device",
    };
    let mut properties = vec![
        uid(fields.uid),
        Property::new("KIND", kind),
        Property::new("FN", text::escape(fields.name)),
    ];
    if fields.kind == PrincipalKind::Person {
        properties.push(Property::new("N", structured(fields.name)));
    }
    for (at, address) in fields.addresses.iter().enumerate() {
        let email = Property::new("EMAIL", text::escape(address)).with("TYPE", "work");
        properties.push(if at == 0 {
            email.with("PREF", "1")
        } else {
            email
        });
    }
    let phones = fields
        .phones
        .iter()
        .map(|phone| Property::new("TEL", text::escape(phone)).with("TYPE", "work"));
    properties.extend(phones);
    if fields.organisation.is_some() || fields.department.is_some() {
        let organisation = text::escape(fields.organisation.unwrap_or_default());
        let department = fields
            .department
            .map(|department| format!(";{}", text::escape(department)));
        properties.push(Property::new(
            "ORG",
            organisation + &department.unwrap_or_default(),
        ));
    }
    properties.extend(
        fields
            .title
            .map(|title| Property::new("TITLE", text::escape(title))),
    );
    if fields.kind == PrincipalKind::Group {
        // RFC 6350 6.6.5: only a group has members, and each is a URI.
        let members = fields.members.iter().take(card::PROPERTIES_MAX / 2);
        properties.extend(members.map(|member| Property::new("MEMBER", member_uri(member))));
    }
    card::write(&properties, Version::V4)
}

fn uid(uid: &str) -> Property {
    let property = Property::new("UID", one_line(uid));
    if is_uri(uid) {
        property
    } else {
        property.with("VALUE", "text")
    }
}

/// Family name and given name of a name that is known as a whole: the last word is taken for the family's, or what stands before a comma.
fn structured(name: &str) -> String {
    let name = name.trim();
    let (family, given) = match (name.split_once(','), name.rsplit_once(char::is_whitespace)) {
        (Some((family, given)), _) => (family, given),
        (None, Some((given, family))) => (family, given),
        (None, None) => (name, ""),
    };
    format!(
        "{};{};;;",
        text::escape(family.trim()),
        text::escape(given.trim())
    )
}

fn member_uri(member: &str) -> String {
    let member = one_line(member);
    if is_uri(&member) {
        member
    } else if member.contains('@') {
        format!("mailto:{member}")
    } else {
        format!("urn:uuid:{member}")
    }
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::Kind;

    #[test]
    fn a_person_in_both_versions() {
        let addresses = ["erika@example.org".to_owned(), "e@example.org".to_owned()];
        let fields = PrincipalFields {
            uid: "42",
            kind: PrincipalKind::Person,
            name: "Erika Mustermann",
            addresses: &addresses,
            phones: &["+49 30 1".to_owned()],
            organisation: Some("Amt; Berlin"),
            department: Some("IT"),
            title: None,
            members: &[],
        };
        for version in [Version::V3, Version::V4] {
            let text = from_principal(&fields, version);
            let card = ContactCard::read(text.as_bytes()).unwrap();
            let brief = card.summary();
            assert_eq!(card.version(), version);
            assert_eq!(brief.emails, addresses);
            assert_eq!(
                (brief.uid.as_deref(), brief.sort_name.as_str()),
                (Some("42"), "Mustermann, Erika")
            );
            assert_eq!(brief.organisation, ["Amt; Berlin", "IT"]);
            assert_eq!(text, from_principal(&fields, version));
        }
    }

    #[test]
    fn a_group_and_a_room() {
        let members = [
            "a@example.org".to_owned(),
            "urn:uuid:1".to_owned(),
            "2\r\nX:y".to_owned(),
        ];
        let fields = PrincipalFields {
            uid: "urn:uuid:9",
            kind: PrincipalKind::Group,
            name: "All, of us\nX-EVIL:1",
            addresses: &[],
            phones: &[],
            organisation: None,
            department: None,
            title: None,
            members: &members,
        };
        for version in [Version::V3, Version::V4] {
            let card = ContactCard::read(from_principal(&fields, version).as_bytes()).unwrap();
            assert_eq!(card.kind(), Kind::Group);
            let said: Vec<_> = card.members().collect();
            assert_eq!(
                said,
                ["mailto:a@example.org", "urn:uuid:1", "urn:uuid:2X:y"]
            );
            assert!(card.best("X-EVIL").is_none());
            let room = PrincipalFields {
                kind: PrincipalKind::Room,
                ..fields
            };
            let card = ContactCard::read(from_principal(&room, version).as_bytes()).unwrap();
            assert_eq!((card.kind(), card.members().count()), (Kind::Location, 0));
        }
    }
}
