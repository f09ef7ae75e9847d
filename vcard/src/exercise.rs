//! Any octets through everything this crate does: what fuzzing calls, and tests on what fuzzing found.

use crate::card::ContactCard;
use crate::collation::{Collation, MatchType, Negate, TextMatch};
use crate::fault::Fault;
use crate::filter::{Filter, ParamCondition, ParamFilter, PropCondition, PropFilter, Test};
use crate::many::read_all;
use crate::old::upgrade;
use crate::partial::{AddressData, WantedProperty};
use crate::version::Version;

/// Reads the octets as a card, as a file of cards and as a card of version 2.1, and does everything with what it finds.
///
/// # Panics
/// Where a law of this crate is broken: what it writes it can read, and a summary rules out nothing that a filter finds.
pub fn fuzz(input: &[u8]) {
    if input.len() > INPUT_OCTETS_MAX {
        return;
    }
    if let Ok(card) = ContactCard::read(input) {
        every_operation(&card);
    }
    let mut end = 0;
    for found in read_all(input) {
        assert!(
            found.range.start >= end && found.range.end <= input.len(),
            "cards stand one behind the other"
        );
        end = found.range.end;
        if let Ok(card) = found.card {
            every_operation(&card);
        }
    }
    if let Ok(text) = upgrade(input) {
        let card = ContactCard::read(text.as_bytes());
        assert!(
            card.is_ok_and(|card| card.version() == Version::V3),
            "an upgraded card can be read"
        );
    }
}

/// The card as JSContact, there and back, whole and with something changed.
fn as_jscontact(card: &ContactCard) {
    let mut js = card.to_jscontact();
    if let Ok(text) = card.with_jscontact(&js) {
        let again = ContactCard::read(text.as_bytes());
        assert!(
            again.is_ok_and(|again| again.to_jscontact() == js),
            "what did not change says the same: {text}"
        );
    }
    js.insert("name".into(), serde_json::json!({"full": "Other"}));
    js.remove("emails");
    if let Ok(text) = card.with_jscontact(&js) {
        let again = ContactCard::read(text.as_bytes());
        assert!(again.is_ok(), "what is written can be read: {text}");
    }
}

fn every_operation(card: &ContactCard) {
    as_jscontact(card);
    for version in [Version::V3, Version::V4] {
        let text = card.convert(version);
        let converted = ContactCard::read(text.as_bytes());
        assert!(
            converted.is_ok_and(|converted| converted.version() == version),
            "what is written can be read: {text}"
        );
        let properties = [
            ("fn", false),
            ("N", false),
            ("PHOTO", false),
            ("EMAIL", true),
            ("item1.TEL", false),
        ];
        let properties = properties.map(|(name, without_value)| WantedProperty {
            name: name.into(),
            without_value,
        });
        let wanted = AddressData {
            version: Some(version),
            properties: Some(properties.to_vec()),
        };
        let part = card.address_data(&wanted);
        let read = ContactCard::read(part.as_bytes());
        assert!(
            matches!(read, Ok(_) | Err(Fault::NoName)),
            "a part can be read: {part}"
        );
    }
    let summary = card.summary();
    for name in ["FN", "N", "EMAIL", "TEL", "ORG", "NICKNAME", "item1.EMAIL"] {
        for filter in filters(name, card) {
            let ruled_out = filter.matches(card) && !filter.may_match(&summary);
            assert!(!ruled_out, "{filter:?} finds what the summary rules out");
        }
    }
}

/// Filters that ask for what stands in the card.
fn filters(name: &str, card: &ContactCard) -> Vec<Filter> {
    let text = card
        .best(name.rsplit('.').next().unwrap_or(name))
        .map(|property| property.text().into_owned());
    let text = text.unwrap_or_default();
    let half = text.get(text.len() / 2..).unwrap_or(&text);
    let type_home = ParamFilter {
        name: "TYPE".into(),
        condition: ParamCondition::IsNotDefined,
    };
    let mut conditions = vec![PropCondition::IsDefined, PropCondition::IsNotDefined];
    for collation in [
        Collation::AsciiCasemap,
        Collation::UnicodeCasemap,
        Collation::Octet,
    ] {
        for how in [
            MatchType::Equals,
            MatchType::Contains,
            MatchType::StartsWith,
            MatchType::EndsWith,
        ] {
            for negate in [Negate::No, Negate::Yes] {
                let texts = vec![TextMatch::new(half, collation, how, negate)];
                conditions.push(PropCondition::Terms {
                    texts,
                    params: vec![type_home.clone()],
                });
            }
        }
    }
    let filters = conditions.into_iter().flat_map(|condition| {
        [Test::AnyOf, Test::AllOf].map(|test| {
            let property = PropFilter {
                name: name.into(),
                test,
                condition: condition.clone(),
            };
            Filter::new(test, vec![property]).ok()
        })
    });
    filters.flatten().collect()
}

/// Octets that are tried: larger input only takes longer.
const INPUT_OCTETS_MAX: usize = 64 * 1024;
