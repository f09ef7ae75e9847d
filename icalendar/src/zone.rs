//! Time zone: how far a place's wall clock is from UTC, by name or by the definition an object brings along.
//!
//! Names are those of the IANA database, of Windows, and what calendar programs made of both. A name that is known is
//! taken from the database even where the object defines it: definitions go stale, the name is what was meant (RFC 7809 3
//! sends zones by name alone).

mod definition;
mod writing;

pub(crate) use writing::PRODUCT;
pub use writing::write_timezone;

use std::fmt;
use std::sync::Arc;

use calcard::common::timezone::Tz;
use chrono::{DateTime, Offset as _, TimeZone as _};

use crate::civil::{DAY, FIRST, LAST};
use crate::tree::Component;
use definition::Definition;

/// A time zone.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(Inner);

#[derive(Clone, PartialEq, Eq)]
enum Inner {
    Utc,
    Named(Tz),
    Defined(Arc<Definition>),
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Inner::Utc);

    /// The zone of this name: `Europe/Berlin`, `W. Europe Standard Time`, `/freeassociation.sourceforge.net/Europe/Berlin`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().trim_matches('"').trim();
        if name.is_empty() || name.len() > NAME_OCTETS_MAX {
            return None;
        }
        let known = |name: &str| match name.parse::<Tz>() {
            Ok(Tz::Floating) | Err(()) => None,
            Ok(zone) if zone.is_utc() => Some(Self::UTC),
            Ok(zone) => Some(Self(Inner::Named(zone))),
        };
        // RFC 5545 3.2.19: before a name between solidi stands who gave it; the last two or three parts are the zone's.
        let tail = |parts: usize| {
            let from = name.rmatch_indices('/').nth(parts - 1)?.0;
            known(&name[from + 1..])
        };
        known(name).or_else(|| name.contains('/').then(|| tail(3).or_else(|| tail(2)))?)
    }

    /// The zone of a VTIMEZONE (RFC 5545 3.6.5): by its name where that is known, by its rules otherwise.
    #[must_use]
    pub fn of_component(component: Component<'_>) -> Option<Self> {
        let named = ["TZID", "X-LIC-LOCATION"]
            .into_iter()
            .find_map(|name| Self::named(component.value(name)?));
        named.or_else(|| Self::defined(component))
    }

    /// The zone that the rules of a VTIMEZONE describe, whatever its name.
    #[must_use]
    pub fn defined(component: Component<'_>) -> Option<Self> {
        Definition::read(component).map(|definition| Self(Inner::Defined(Arc::new(definition))))
    }

    /// Its name in the IANA database, where it has one.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        match &self.0 {
            Inner::Utc => Some("Etc/UTC".to_owned()),
            Inner::Named(zone) => zone.name().map(std::borrow::Cow::into_owned),
            Inner::Defined(_) => None,
        }
    }

    /// Seconds east of UTC at an instant.
    #[must_use]
    pub fn offset_at(&self, instant: i64) -> i64 {
        match &self.0 {
            Inner::Utc => 0,
            Inner::Named(zone) => {
                // Nothing is known of the clocks of years that no calendar reaches.
                let instant = instant.clamp(FIRST, LAST);
                DateTime::from_timestamp(instant, 0).map_or(0, |instant| {
                    i64::from(
                        zone.offset_from_utc_datetime(&instant.naive_utc())
                            .fix()
                            .local_minus_utc(),
                    )
                })
            }
            Inner::Defined(definition) => definition.offset_at(instant),
        }
    }

    /// What the wall clock shows at an instant, as seconds since its 1970.
    #[must_use]
    pub fn to_local(&self, instant: i64) -> i64 {
        instant.saturating_add(self.offset_at(instant))
    }

    /// The instant at which the wall clock shows this.
    ///
    /// RFC 5545 3.3.5: where it shows it twice, the first time; where it never does, as if the clock had not yet been put
    /// forward. RFC 5545 3.3.10 gives the same rule to occurrences.
    #[must_use]
    pub fn to_utc(&self, local: i64) -> i64 {
        if matches!(self.0, Inner::Utc) {
            return local;
        }
        // Offsets a day before and after enclose the clock change, if there is one.
        let before = self.offset_at(local.saturating_sub(DAY));
        let after = self.offset_at(local.saturating_add(DAY));
        let first = local.saturating_sub(before);
        if before == after || self.offset_at(first) == before {
            return first;
        }
        let second = local.saturating_sub(after);
        if self.offset_at(second) == after {
            second
        } else {
            first
        }
    }
}

/// Octets of a zone's name: the longest of Windows has 70.
const NAME_OCTETS_MAX: usize = 200;

impl fmt::Debug for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0, self.name()) {
            (Inner::Defined(_), _) | (_, None) => formatter.write_str("Zone(defined)"),
            (_, Some(name)) => write!(formatter, "Zone({name})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;
    use crate::value::stamp;

    fn local(text: &str) -> i64 {
        stamp(text).unwrap().local
    }

    #[test]
    fn zones_are_known_by_many_names() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        for name in [
            "W. Europe Standard Time",
            "/Europe/Berlin",
            "/freeassociation.sourceforge.net/Europe/Berlin",
            "\"Europe/Berlin\"",
            "/softwarestudio.org/Olson_20011030_5/Europe/Berlin",
        ] {
            let zone = Zone::named(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(
                zone.offset_at(1_750_000_000),
                berlin.offset_at(1_750_000_000),
                "{name}"
            );
        }
        assert_eq!(Zone::named("Etc/UTC"), Some(Zone::UTC));
        for name in ["Customized Time Zone", "", "Floating", "/", "//", "a/b/c"] {
            assert_eq!(Zone::named(name), None, "{name}");
        }
    }

    #[test]
    fn clock_changes_follow_the_standard() {
        // RFC 5545 3.3.5: New York, 2007: 2:30 does not exist on 11 March; 1:30 comes twice on 4 November.
        let zone = Zone::named("America/New_York").unwrap();
        assert_eq!(
            zone.to_utc(local("20070311T023000")),
            local("20070311T073000")
        );
        assert_eq!(
            zone.to_utc(local("20071104T013000")),
            local("20071104T053000")
        );
        assert_eq!(
            zone.to_local(zone.to_utc(local("20070311T023000"))),
            local("20070311T033000")
        );
        assert_eq!(
            zone.to_utc(local("20070311T030000")),
            local("20070311T070000")
        );
        assert_eq!(
            zone.to_utc(local("20071104T020000")),
            local("20071104T070000")
        );
    }

    #[test]
    fn definitions_are_followed_where_names_are_not_known() {
        let text = "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\n\
            TZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\n\
            TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";
        let tree = Tree::read(text.as_bytes()).unwrap();
        let zone = Zone::of_component(tree.root()).unwrap();
        let berlin = Zone::named("Europe/Berlin").unwrap();
        for month in 0..12 * 50 {
            let instant = local("20000101T000000") + month * 30 * DAY;
            assert_eq!(zone.offset_at(instant), berlin.offset_at(instant));
        }
        assert_eq!(zone.name(), None);
    }
}
