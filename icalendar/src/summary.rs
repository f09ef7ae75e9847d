//! Summary: what is kept beside an object's bytes, so that most questions are answered without reading them.

use serde::{Deserialize, Serialize};

use crate::limit::{ADDRESS_OCTETS_MAX, SUMMARY_PARTICIPANTS_MAX, SUMMARY_TEXT_OCTETS_MAX};
use crate::object::CalendarObject;
use crate::occurrence::ends_of;
use crate::part::Kind;
use crate::tree::{Component, Property};
use crate::zone::Zone;

/// What is kept beside an object's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// What it is about.
    pub kind: Kind,
    /// Its UID.
    pub uid: String,
    /// Whether it stands for more than one occurrence.
    pub recurring: bool,
    /// No occurrence, due, completed or created time lies before, in seconds since 1970 UTC, wherever one is; None: unknown.
    pub first: Option<i64>,
    /// None ends after; None: endless, or unknown.
    pub last: Option<i64>,
    /// ORGANIZER's address, in lower case, without `mailto:`.
    pub organizer: Option<String>,
    /// Addresses of ATTENDEE in all components, each once, as for the organizer.
    pub participants: Vec<String>,
    /// Whether any component has an alert.
    pub alerts: bool,
    /// STATUS of the series.
    pub status: Status,
    /// TRANSP of the series: whether it takes up time.
    pub opaque: bool,
    /// CLASS, the strictest of all components.
    pub class: Class,
    /// SUMMARY of the series, cut to [`SUMMARY_TEXT_OCTETS_MAX`].
    pub title: String,
}

/// STATUS (RFC 5545 3.8.1.11), as far as it changes what is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Anything else, or nothing.
    #[default]
    Confirmed,
    /// TENTATIVE.
    Tentative,
    /// CANCELLED.
    Cancelled,
    /// COMPLETED, of a task.
    Completed,
}

/// CLASS (RFC 5545 3.8.1.3), from open to closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    /// PUBLIC, or nothing.
    #[default]
    Public,
    /// PRIVATE, or anything that is not known (RFC 5545 3.8.1.3).
    Private,
    /// CONFIDENTIAL.
    Confidential,
}

/// RFC 4791 7.3: who asks may be anywhere, so floating times are widened by the greatest offset from UTC there is.
const FLOATING_SECONDS: i64 = 14 * 3_600;

impl CalendarObject {
    /// What is to be kept beside the bytes.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let (first, last) = self.span();
        let mut participants: Vec<String> = Vec::new();
        let addresses = self
            .components()
            .flat_map(|component| component.all("ATTENDEE"))
            .map(|attendee| address(&attendee));
        for address in addresses.filter(|address| !address.is_empty()) {
            if participants.len() < SUMMARY_PARTICIPANTS_MAX {
                participants.push(address);
            }
        }
        participants.sort_unstable();
        participants.dedup();
        let main = self.main();
        Summary {
            kind: self.kind(),
            uid: self.uid().to_owned(),
            recurring: self.is_recurring(),
            first,
            last,
            organizer: self
                .components()
                .find_map(|component| component.property("ORGANIZER"))
                .map(|organizer| address(&organizer)),
            participants,
            alerts: self
                .components()
                .any(|component| component.children().any(|child| child.is("VALARM"))),
            status: status(main),
            opaque: is_opaque(main),
            class: self.components().map(class).max().unwrap_or_default(),
            title: cut(&main
                .property("SUMMARY")
                .map(|summary| summary.plain().into_owned())
                .unwrap_or_default()),
        }
    }

    fn span(&self) -> (Option<i64>, Option<i64>) {
        let parts = self.parts();
        // Tasks are found by other times, too (RFC 4791 9.9), and one without any is always found.
        let timeless = |kind| matches!(kind, Kind::FreeBusy | Kind::Availability);
        if timeless(self.kind())
            || (self.kind() == Kind::Task
                && parts
                    .iter()
                    .any(|part| part.start.is_none() && part.end == crate::part::End::Open))
        {
            return (None, None);
        }
        let (first, last) = ends_of(parts, &Zone::UTC);
        let moments = parts.iter().flat_map(|part| {
            part.start.iter().chain(match &part.end {
                crate::part::End::At(end) => Some(end),
                _ => None,
            })
        });
        let dates = parts
            .iter()
            .flat_map(|part| part.dates.iter().map(|date| &date.start));
        let floating = moments.chain(dates).any(crate::moment::Moment::is_floating);
        let widen = if floating { FLOATING_SECONDS } else { 0 };
        (
            first.map(|first| first.saturating_sub(widen)),
            last.map(|last| last.saturating_add(widen)),
        )
    }
}

impl Summary {
    /// Whether an occurrence may lie in the range. False is certain, true is not.
    #[must_use]
    pub fn may_overlap(&self, range: &std::ops::Range<i64>) -> bool {
        self.first.is_none_or(|first| first <= range.end)
            && self.last.is_none_or(|last| last >= range.start)
    }
}

/// The address of ORGANIZER or ATTENDEE (RFC 5545 3.3.3), in lower case and without `mailto:`.
#[must_use]
pub fn address(property: &Property<'_>) -> String {
    let plain = property.plain();
    let plain = plain.trim();
    let scheme = plain
        .get(..7)
        .filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let address = plain[scheme.map_or(0, str::len)..].trim().to_lowercase();
    if address.len() > ADDRESS_OCTETS_MAX {
        String::new()
    } else {
        address
    }
}

/// STATUS of a component.
pub(crate) fn status(component: Component<'_>) -> Status {
    match component
        .value("STATUS")
        .unwrap_or_default()
        .to_ascii_uppercase()
        .as_str()
    {
        "TENTATIVE" => Status::Tentative,
        "CANCELLED" => Status::Cancelled,
        "COMPLETED" => Status::Completed,
        _ => Status::Confirmed,
    }
}

/// RFC 5545 3.8.2.7: TRANSP is OPAQUE unless it says otherwise.
pub(crate) fn is_opaque(component: Component<'_>) -> bool {
    !component
        .value("TRANSP")
        .is_some_and(|transparency| transparency.eq_ignore_ascii_case("TRANSPARENT"))
}

/// CLASS of a component.
fn class(component: Component<'_>) -> Class {
    match component
        .value("CLASS")
        .unwrap_or("PUBLIC")
        .to_ascii_uppercase()
        .as_str()
    {
        "PUBLIC" | "" => Class::Public,
        "CONFIDENTIAL" => Class::Confidential,
        _ => Class::Private,
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(SUMMARY_TEXT_OCTETS_MAX)].to_owned()
}
