//! Namespaces of XML, those that the standards use by name.

use std::fmt;
use std::sync::Arc;

/// The namespace of an element, attribute or property.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// None at all.
    None,
    /// `DAV:` (RFC 4918).
    Dav,
    /// `urn:ietf:params:xml:ns:caldav` (RFC 4791).
    CalDav,
    /// `urn:ietf:params:xml:ns:carddav` (RFC 6352).
    CardDav,
    /// `http://calendarserver.org/ns/`: Apple's extensions, which most clients know.
    CalendarServer,
    /// `http://apple.com/ns/ical/`: colour and order of calendars.
    Apple,
    /// `http://owncloud.org/ns`.
    OwnCloud,
    /// `http://nextcloud.com/ns`.
    NextCloud,
    /// `http://sabredav.org/ns`.
    Sabre,
    /// `http://me.com/_namespace/`: Apple's bulk requests.
    Me,
    /// `http://www.w3.org/XML/1998/namespace`: `xml:lang`.
    Xml,
    /// Any other, never empty and none of the above.
    Other(Arc<str>),
}

impl Namespace {
    const KNOWN: [(Self, &'static str); 10] = [
        (Self::Dav, "DAV:"),
        (Self::CalDav, "urn:ietf:params:xml:ns:caldav"),
        (Self::CardDav, "urn:ietf:params:xml:ns:carddav"),
        (Self::CalendarServer, "http://calendarserver.org/ns/"),
        (Self::Apple, "http://apple.com/ns/ical/"),
        (Self::OwnCloud, "http://owncloud.org/ns"),
        (Self::NextCloud, "http://nextcloud.com/ns"),
        (Self::Sabre, "http://sabredav.org/ns"),
        (Self::Me, "http://me.com/_namespace/"),
        (Self::Xml, "http://www.w3.org/XML/1998/namespace"),
    ];

    /// The namespace of that name; an empty one is none.
    #[must_use]
    pub fn of(uri: &str) -> Self {
        if uri.is_empty() {
            return Self::None;
        }
        let known = Self::KNOWN.iter().find(|(_, known)| *known == uri);
        known.map_or_else(
            || Self::Other(uri.into()),
            |(namespace, _)| namespace.clone(),
        )
    }

    /// Its name; empty for none.
    #[must_use]
    pub fn uri(&self) -> &str {
        match self {
            Self::None => "",
            Self::Dav => "DAV:",
            Self::CalDav => "urn:ietf:params:xml:ns:caldav",
            Self::CardDav => "urn:ietf:params:xml:ns:carddav",
            Self::CalendarServer => "http://calendarserver.org/ns/",
            Self::Apple => "http://apple.com/ns/ical/",
            Self::OwnCloud => "http://owncloud.org/ns",
            Self::NextCloud => "http://nextcloud.com/ns",
            Self::Sabre => "http://sabredav.org/ns",
            Self::Me => "http://me.com/_namespace/",
            Self::Xml => "http://www.w3.org/XML/1998/namespace",
            Self::Other(uri) => uri,
        }
    }

    /// The prefix that every answer's root declares for it; none for those that are declared where they stand.
    #[must_use]
    pub fn prefix(&self) -> Option<&'static str> {
        match self {
            Self::Dav => Some("D"),
            Self::CalDav => Some("C"),
            Self::CardDav => Some("A"),
            Self::CalendarServer => Some("CS"),
            Self::Apple => Some("ICAL"),
            Self::Xml => Some("xml"),
            Self::None
            | Self::OwnCloud
            | Self::NextCloud
            | Self::Sabre
            | Self::Me
            | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.uri())
    }
}

/// The name of an element that a standard defines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its local name.
    pub local: &'static str,
}

impl Tag {
    /// An element of `DAV:`.
    #[must_use]
    pub const fn dav(local: &'static str) -> Self {
        let namespace = Namespace::Dav;
        Self { namespace, local }
    }

    /// An element of CalDAV.
    #[must_use]
    pub const fn caldav(local: &'static str) -> Self {
        let namespace = Namespace::CalDav;
        Self { namespace, local }
    }

    /// An element of CardDAV.
    #[must_use]
    pub const fn carddav(local: &'static str) -> Self {
        let namespace = Namespace::CardDav;
        Self { namespace, local }
    }

    /// An element of `http://calendarserver.org/ns/`.
    #[must_use]
    pub const fn calendar_server(local: &'static str) -> Self {
        let namespace = Namespace::CalendarServer;
        Self { namespace, local }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_namespace_is_found_by_its_name() {
        for (namespace, uri) in Namespace::KNOWN {
            assert_eq!(namespace.uri(), uri);
            assert_eq!(Namespace::of(uri), namespace);
        }
        assert_eq!(Namespace::of(""), Namespace::None);
        assert_eq!(Namespace::of("urn:x").uri(), "urn:x");
    }
}
