//! What random steps are made of: principals, names, contents, each from a small number.

use std::collections::BTreeMap;

use model::{
    Forward, Keyword, ListSettings, MailSettings, MailboxName, NumberSet, Poster, Posting,
    Principal, PrincipalId, PrincipalKind, Role, SendRight,
};

use super::Uids;
use crate::conformance::subject::letter;

pub(super) fn nobody(id: PrincipalId) -> Principal {
    Principal {
        id,
        address: "niemand@d0.example".into(),
        name: String::new(),
        kind: PrincipalKind::Person,
        quota_octets: None,
        administrator: false,
        enabled: true,
    }
}

/// Each bit of `what` is one of the settings.
pub(super) fn mail_settings(other: PrincipalId, what: u8) -> MailSettings {
    let has = |bit: u8| what >> bit & 1 == 1;
    MailSettings {
        list: has(0).then(|| ListSettings {
            posting: if has(1) {
                Posting::Named
            } else {
                Posting::Inside
            },
            posters: vec![
                Poster::Here(other),
                Poster::Elsewhere("x@example.net".into()),
            ],
            moderators: vec![other],
            outside: vec![format!("m{what}@example.net")],
        }),
        senders: has(2).then(|| BTreeMap::from([(other, SendRight::OnBehalf)])),
        forward: has(3).then(|| Forward {
            to: vec![format!("f{what}@example.net")],
            keep: has(1),
        }),
    }
}

pub(super) fn group(first: u8, second: u8) -> PrincipalKind {
    let mut members = vec![id_of(first), id_of(second)];
    members.dedup();
    PrincipalKind::Group { members }
}

pub(super) fn id_of(number: u8) -> PrincipalId {
    PrincipalId(u32::from(number))
}

pub(super) fn name_of(number: u8) -> MailboxName {
    let names = ["Inbox", "INBOX", "a", "b", "Größe", "grösse", "c", "d"];
    MailboxName::try_from(names[usize::from(number) % names.len()]).unwrap()
}

pub(super) fn role_of(number: u8) -> Role {
    Role::ALL[usize::from(number) % Role::ALL.len()]
}

pub(super) fn keywords_of(mask: u8) -> Vec<Keyword> {
    let names = [
        "$seen", "$deleted", "$flagged", "eigenes", "anderes", "$draft",
    ];
    let chosen = names
        .iter()
        .enumerate()
        .filter(|(bit, _)| mask >> bit & 1 == 1);
    chosen
        .map(|(_, name)| Keyword::try_from(*name).unwrap())
        .collect()
}

pub(super) fn numbers(ranges: &Uids) -> NumberSet {
    let ranges = ranges
        .iter()
        .map(|(first, length)| (u32::from(*first), u32::from(first + length)));
    NumberSet::from_ranges(ranges)
}

pub(super) fn content_of(number: u8) -> Vec<u8> {
    let topics = [
        "Größe",
        "Grosse",
        "Alpha",
        "Bravo Alpha",
        "Über",
        "Nummer",
        "x",
        "",
        "ubi",
        "größer",
    ];
    let topic = topics[usize::from(number) % topics.len()];
    letter(
        topic,
        &format!("Nummer {number} {topic}").repeat(1 + usize::from(number) * 3),
    )
}

pub(super) fn domain_of(number: u8) -> String {
    format!("d{number}.example")
}

pub(super) fn address_of(number: u8) -> String {
    format!("p{}@{}", number / 3, domain_of(number % 3))
}
