//! Conditions of `CalendarEvent/query` (JMAP Calendars draft -26 5.12): read, and held against events.

use std::ops::Range;

use icalendar::{CalendarObject, Component, Fault, Property, Summary, Zone};
use model::CollectionId;

use crate::call::Call;
use crate::codec::argument::{Arguments, Fault as ArgumentFault};
use crate::codec::filter::{Filter, FilterFault};
use crate::codec::id::CalendarId;
use crate::jscalendar::parse_local;

/// One condition. Texts are in small letters.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventCondition {
    pub(crate) calendars: Option<Vec<CollectionId>>,
    /// On the wall clock of the zone that is asked for.
    after: Option<i64>,
    before: Option<i64>,
    text: Option<String>,
    title: Option<String>,
    description: Option<String>,
    location: Option<String>,
    owner: Option<String>,
    attendee: Option<String>,
    status: Option<String>,
    uid: Option<String>,
}

impl EventCondition {
    /// Reads a condition.
    ///
    /// # Errors
    /// A member has a value that it cannot have.
    pub(crate) fn read(call_ids: &CallIds, condition: &mut Arguments) -> Result<Self, FilterFault> {
        let mut calendars = condition.ids("inCalendars")?;
        if let Some(one) = condition.id("inCalendar")? {
            calendars = Some(vec![one]);
        }
        let time = |condition: &mut Arguments, name: &str| match condition.text(name)? {
            None => Ok(None),
            Some(text) => parse_local(text.trim_end_matches('Z'))
                .map(Some)
                .ok_or_else(|| ArgumentFault::new(name, "has to be a local date and time")),
        };
        let lower = |condition: &mut Arguments, name: &str| {
            let text = condition.text(name)?;
            Ok::<_, ArgumentFault>(text.map(|text| text.to_lowercase()))
        };
        Ok(Self {
            calendars: calendars.map(|ids| ids.iter().filter_map(|id| call_ids.find(id)).collect()),
            after: time(condition, "after")?,
            before: time(condition, "before")?,
            text: lower(condition, "text")?,
            title: lower(condition, "title")?,
            description: lower(condition, "description")?,
            location: lower(condition, "location")?,
            owner: lower(condition, "owner")?,
            attendee: lower(condition, "attendee")?,
            status: lower(condition, "participationStatus")?,
            uid: condition.text("uid")?,
        })
    }

    /// The range of time it asks for, if it asks for any.
    pub(crate) fn range(&self, zone: &Zone) -> Option<Range<i64>> {
        (self.after.is_some() || self.before.is_some()).then(|| {
            let instant = |local: Option<i64>, open| local.map_or(open, |local| zone.to_utc(local));
            instant(self.after, i64::MIN)..instant(self.before, i64::MAX)
        })
    }

    /// The range between its two ends, if it has both.
    pub(crate) fn bounded(&self, zone: &Zone) -> Option<Range<i64>> {
        let bounded = self.after.is_some() && self.before.is_some();
        self.range(zone).filter(|_| bounded)
    }

    fn asks_for_text(&self) -> bool {
        [
            &self.text,
            &self.title,
            &self.description,
            &self.location,
            &self.owner,
            &self.attendee,
            &self.status,
        ]
        .iter()
        .any(|text| text.is_some())
    }

    /// Whether it certainly does not hold, by what is kept beside the event.
    fn is_out(&self, candidate: &Candidate<'_>, zone: &Zone) -> bool {
        let elsewhere = self
            .calendars
            .as_ref()
            .is_some_and(|calendars| !calendars.contains(&candidate.calendar));
        let other = self.uid.as_deref().is_some_and(|uid| uid != candidate.uid);
        let range = self.range(zone);
        elsewhere
            || other
            || range
                .zip(candidate.summary)
                .is_some_and(|(range, summary)| !summary.may_overlap(&range))
    }

    /// Whether it holds for the event, or for any occurrence of it.
    fn holds(&self, candidate: &Candidate<'_>, event: &CalendarObject, zone: &Zone) -> bool {
        if self.is_out(candidate, zone) {
            return false;
        }
        if let Some(range) = self.range(zone)
            && !takes_place(event, range, zone)
        {
            return false;
        }
        !self.asks_for_text() || event.components().any(|component| self.holds_in(component))
    }

    /// Whether what it says of texts holds in one component.
    pub(crate) fn holds_in(&self, component: Component<'_>) -> bool {
        let has = |wanted: &Option<String>, texts: &[String]| {
            wanted
                .as_ref()
                .is_none_or(|wanted| texts.iter().any(|text| text.contains(wanted.as_str())))
        };
        let of = |names: &[&str]| -> Vec<String> {
            names
                .iter()
                .flat_map(|name| component.all(name))
                .map(|property| property.plain().to_lowercase())
                .collect()
        };
        let (titles, descriptions) = (of(&["SUMMARY"]), of(&["DESCRIPTION", "STYLED-DESCRIPTION"]));
        let mut locations = of(&["LOCATION"]);
        let places = component.children().filter(|child| child.is("VLOCATION"));
        locations.extend(places.flat_map(|place| {
            let names = place.all("NAME").chain(place.all("DESCRIPTION"));
            names
                .map(|name| name.plain().to_lowercase())
                .collect::<Vec<_>>()
        }));
        let owners: Vec<String> = component.all("ORGANIZER").map(|who| person(&who)).collect();
        let statuses = |attendee: &Property<'_>| {
            self.status.as_ref().is_none_or(|status| {
                let known = attendee.parameter("PARTSTAT").unwrap_or("NEEDS-ACTION");
                known.eq_ignore_ascii_case(status)
            })
        };
        let attendees: Vec<String> = component
            .all("ATTENDEE")
            .filter(statuses)
            .map(|who| person(&who))
            .collect();
        if self.status.is_some() && attendees.is_empty() {
            return false;
        }
        let everything = || {
            let mut all = of(&[
                "SUMMARY",
                "DESCRIPTION",
                "CATEGORIES",
                "COMMENT",
                "URL",
                "CONFERENCE",
            ]);
            all.extend(locations.iter().cloned());
            all.extend(owners.iter().cloned());
            all.extend(attendees.iter().cloned());
            all
        };
        has(&self.title, &titles)
            && has(&self.description, &descriptions)
            && has(&self.location, &locations)
            && has(&self.owner, &owners)
            && has(&self.attendee, &attendees)
            && (self.text.is_none() || has(&self.text, &everything()))
    }
}

/// Name and address of somebody, in small letters.
fn person(property: &Property<'_>) -> String {
    let name = property.parameter("CN").unwrap_or_default();
    let email = property.parameter("EMAIL").unwrap_or_default();
    format!("{name} {email} {}", property.value()).to_lowercase()
}

/// Whether an event takes place in a range at all.
fn takes_place(event: &CalendarObject, range: Range<i64>, zone: &Zone) -> bool {
    match event.occurrences(range, zone, 1) {
        Ok(found) => !found.is_empty(),
        // More than one: the first is enough.
        Err(Fault::TooManyInstances { .. }) => true,
        Err(_) => false,
    }
}

/// What is known of an event without its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) calendar: CollectionId,
    pub(crate) uid: &'a str,
    pub(crate) summary: Option<&'a Summary>,
}

/// Whether a filter certainly leaves an event out.
pub(crate) fn is_out(
    filter: &Filter<EventCondition>,
    candidate: &Candidate<'_>,
    zone: &Zone,
) -> bool {
    match filter {
        Filter::And(all) => all.iter().any(|one| is_out(one, candidate, zone)),
        Filter::Or(all) => all.iter().all(|one| is_out(one, candidate, zone)),
        Filter::Not(_) => false,
        Filter::Condition(one) => one.is_out(candidate, zone),
    }
}

/// Whether a filter takes an event in.
pub(crate) fn holds(
    filter: &Filter<EventCondition>,
    candidate: &Candidate<'_>,
    event: &CalendarObject,
    zone: &Zone,
) -> bool {
    filter.holds(&mut |condition: &EventCondition| condition.holds(candidate, event, zone))
}

/// Ids of calendars that a filter may name, those of this request included.
#[derive(Clone, Debug)]
pub(crate) struct CallIds(std::sync::Arc<crate::call::Shared>);

impl CallIds {
    pub(crate) fn of(call: &Call) -> Self {
        Self(std::sync::Arc::clone(&call.shared))
    }

    fn find(&self, text: &str) -> Option<CollectionId> {
        use crate::codec::id::WireId;
        CalendarId::parse(&self.0.resolve(text)?).map(|id| id.0)
    }
}
