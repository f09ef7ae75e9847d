//! Scopes: what a program asks for, in the words of OAuth (RFC 6749 3.3), and what it gets, in protocols.
//!
//! A grant opens protocols, not parts of what they show: who may speak JMAP sees mail, calendars and contacts alike, and
//! the page that asks for consent says so.

use model::Protocols;

/// Words for single protocols, as they are shown and listed.
const PROTOCOLS: [(&str, Protocols); 7] = [
    ("imap", Protocols::IMAP),
    ("smtp", Protocols::SUBMISSION),
    ("pop", Protocols::POP3),
    ("dav", Protocols::DAV),
    ("jmap", Protocols::JMAP),
    ("managesieve", Protocols::MANAGESIEVE),
    ("ews", Protocols::EWS),
];

/// Words that programs ask with: those of draft-ietf-mailmaint-oauth-public 5, JMAP's capabilities, and the names that the
/// field uses for single protocols.
const SCOPES: [(&str, u16); 17] = [
    ("urn:ietf:params:oauth:scope:mail", MAIL),
    ("urn:ietf:params:oauth:scope:calendars", OBJECTS),
    ("urn:ietf:params:oauth:scope:contacts", OBJECTS),
    ("urn:ietf:params:oauth:scope:files", OBJECTS),
    ("urn:ietf:params:jmap:core", Protocols::JMAP.0),
    ("urn:ietf:params:jmap:mail", Protocols::JMAP.0),
    ("urn:ietf:params:jmap:submission", Protocols::JMAP.0),
    ("urn:ietf:params:jmap:vacationresponse", Protocols::JMAP.0),
    ("urn:ietf:params:jmap:contacts", Protocols::JMAP.0),
    ("urn:ietf:params:jmap:calendars", Protocols::JMAP.0),
    ("imap", Protocols::IMAP.0),
    ("smtp", Protocols::SUBMISSION.0),
    ("caldav", Protocols::DAV.0),
    ("carddav", Protocols::DAV.0),
    ("dav", Protocols::DAV.0),
    ("jmap", Protocols::JMAP.0),
    ("managesieve", Protocols::MANAGESIEVE.0),
];
const MAIL: u16 =
    Protocols::IMAP.0 | Protocols::SUBMISSION.0 | Protocols::JMAP.0 | Protocols::MANAGESIEVE.0;
const OBJECTS: u16 = Protocols::DAV.0 | Protocols::JMAP.0;
/// Octets of a request's scope.
const SCOPE_OCTETS_MAX: usize = 2_048;

/// What a request asks for; none if it asks for nothing that is known here. RFC 6749 3.3: words that are not known may be
/// left out. Without a scope it is all of mail.
pub(crate) fn requested(text: Option<&str>) -> Option<Protocols> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Some(Protocols(MAIL | OBJECTS));
    };
    if text.len() > SCOPE_OCTETS_MAX {
        return None;
    }
    let bits = text
        .split(' ')
        .filter_map(|word| SCOPES.iter().find(|(known, _)| *known == word))
        .fold(0, |bits, (_, more)| bits | more);
    (bits != 0).then_some(Protocols(bits))
}

/// What was granted, as a scope.
pub(crate) fn granted(protocols: Protocols) -> String {
    names(protocols).join(" ")
}

/// All words that programs may ask with.
pub(crate) fn supported() -> impl Iterator<Item = &'static str> {
    SCOPES.iter().map(|(word, _)| *word)
}

/// Protocols by their words.
pub(crate) fn names(protocols: Protocols) -> Vec<&'static str> {
    PROTOCOLS
        .iter()
        .filter(|(_, one)| protocols.contains(*one))
        .map(|(name, _)| *name)
        .collect()
}

/// What these words name; none if one of them is not known, or there is none.
pub(crate) fn of_names(names: &[String]) -> Option<Protocols> {
    let mut bits = 0;
    for name in names {
        let (_, one) = PROTOCOLS.iter().find(|(known, _)| known == name)?;
        bits |= one.0;
    }
    (bits != 0).then_some(Protocols(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_protocols() {
        assert_eq!(
            requested(Some("imap smtp offline_access")),
            Some(Protocols(3))
        );
        assert_eq!(requested(Some("openid")), None);
        let all = requested(None).unwrap();
        assert!(all.contains(Protocols::DAV) && !all.contains(Protocols::EWS));
        assert_eq!(granted(Protocols(3)), "imap smtp");
        assert_eq!(of_names(&["imap".into(), "dav".into()]), Some(Protocols(9)));
        assert_eq!(of_names(&["imap".into(), "x".into()]), None);
        for (word, bits) in SCOPES {
            assert!(Protocols::ALL.contains(Protocols(bits)), "{word}");
        }
    }
}
