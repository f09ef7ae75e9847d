//! The time zones of one text, by the names its lines use.

use std::collections::BTreeMap;

use icalendar::{Component, Zone};

/// The name of the time zone that is none (RFC 8984 4.7.1).
pub(crate) const UTC: &str = "Etc/UTC";

/// In which zone a time on the wall clock is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Wherever one is.
    Floating,
    /// In the zone of that name.
    Named(String, Zone),
}

/// Zones that a text defines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Zones(BTreeMap<String, Zone>);

impl Zones {
    pub(crate) fn of(root: Component<'_>) -> Self {
        let defined = root.children().filter(|child| child.is("VTIMEZONE"));
        Self(
            defined
                .filter_map(|zone| {
                    let name = zone.value("TZID")?.trim().to_owned();
                    Some((name, Zone::of_component(zone)?))
                })
                .collect(),
        )
    }

    /// The zone that a `TZID` names: a zone of the IANA database, else the one that the text defines.
    pub(crate) fn find(&self, name: &str) -> Option<Zone> {
        let name = name.trim();
        let defined = || self.0.get(name).cloned();
        Zone::named(name.trim_start_matches('/')).or_else(defined)
    }

    /// Whether the text defines it.
    pub(crate) fn defines(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl Place {
    pub(crate) fn utc() -> Self {
        Self::Named(UTC.to_owned(), Zone::UTC)
    }

    /// RFC 8984 4.7.1: the zone of a `timeZone` property.
    pub(crate) fn of_property(name: Option<&str>) -> Option<Self> {
        match name {
            None => Some(Self::Floating),
            Some(UTC | "UTC") => Some(Self::utc()),
            Some(name) => Zone::named(name).map(|zone| Self::Named(name.to_owned(), zone)),
        }
    }

    /// The name for a `timeZone` property.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Floating => None,
            Self::Named(name, _) => Some(name),
        }
    }

    pub(crate) fn is_utc(&self) -> bool {
        self.name() == Some(UTC)
    }

    /// The zone; floating times are counted as if they were UTC.
    pub(crate) fn zone(&self) -> Zone {
        match self {
            Self::Floating => Zone::UTC,
            Self::Named(_, zone) => zone.clone(),
        }
    }
}
