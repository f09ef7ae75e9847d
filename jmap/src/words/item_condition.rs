//! Conditions of `CalendarEvent/query` (JMAP Calendars draft -26 5.12) and `Task/query`: read, and held against items.
//!
//! JMAP Tasks draft -06 leaves those of tasks open; these are those of events, as far as tasks have the like, and how far
//! a task is done.

use std::ops::Range;

use icalendar::{CalendarObject, Component, Fault, Property, Summary, Zone};
use model::CollectionId;

use super::container::Container;
use super::item::{Item, progress};
use crate::call::Shared;
use crate::codec::argument::{Arguments, Fault as ArgumentFault};
use crate::codec::filter::{Filter, FilterFault};
use crate::codec::id::WireId;
use crate::jscalendar::parse_local;

/// One condition. Texts are in small letters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    containers: Option<Vec<CollectionId>>,
    /// On the wall clock of the zone that is asked for.
    after: Option<i64>,
    before: Option<i64>,
    text: Option<String>,
    title: Option<String>,
    description: Option<String>,
    uid: Option<String>,
    pub(super) location: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) attendee: Option<String>,
    pub(super) status: Option<String>,
    pub(super) progress: Option<String>,
    pub(super) recurs: Option<bool>,
}

/// What is known of an item without its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    container: CollectionId,
    uid: &'a str,
    summary: Option<&'a Summary>,
}

impl<'a> Candidate<'a> {
    pub(crate) fn of(object: &'a groupware::Object) -> Self {
        Self {
            container: object.row.collection,
            uid: &object.row.uid,
            summary: object.summary.calendar(),
        }
    }
}

/// A text in small letters.
pub(super) fn lower(from: &mut Arguments, name: &str) -> Result<Option<String>, ArgumentFault> {
    Ok(from.text(name)?.map(|text| text.to_lowercase()))
}

impl Condition {
    /// Reads a condition; containers may be named that this request made.
    ///
    /// # Errors
    /// A member has a value that it cannot have.
    pub(crate) fn read<T: Item>(
        shared: &Shared,
        from: &mut Arguments,
    ) -> Result<Self, FilterFault> {
        let mut containers = from.ids(T::WORDS.in_many)?;
        if let Some(one) = from.id(T::WORDS.in_one)? {
            containers = Some(vec![one]);
        }
        let find = |text: &String| {
            let id = <T::Container as Container>::Id::parse(&shared.resolve(text)?)?;
            Some(CollectionId(id.number()))
        };
        let time = |from: &mut Arguments, name: &str| match from.text(name)? {
            None => Ok(None),
            Some(text) => parse_local(text.trim_end_matches('Z'))
                .map(Some)
                .ok_or_else(|| ArgumentFault::new(name, "has to be a local date and time")),
        };
        let mut read = Self {
            containers: containers.map(|ids| ids.iter().filter_map(find).collect()),
            after: time(from, "after")?,
            before: time(from, "before")?,
            text: lower(from, "text")?,
            title: lower(from, "title")?,
            description: lower(from, "description")?,
            uid: from.text("uid")?,
            ..Self::default()
        };
        T::read_condition(&mut read, from)?;
        Ok(read)
    }

    /// The range of time it asks for, if it asks for any.
    fn range(&self, zone: &Zone) -> Option<Range<i64>> {
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
            &self.progress,
        ]
        .iter()
        .any(|text| text.is_some())
    }

    /// Whether it certainly does not hold, by what is kept beside the item.
    fn is_out(&self, candidate: &Candidate<'_>, zone: &Zone) -> bool {
        let containers = self.containers.as_ref();
        let elsewhere =
            containers.is_some_and(|containers| !containers.contains(&candidate.container));
        let other = self.uid.as_deref().is_some_and(|uid| uid != candidate.uid);
        let by_summary = candidate.summary.is_some_and(|summary| {
            let recurs = self.recurs.is_none_or(|recurs| recurs == summary.recurring);
            let overlaps = self
                .range(zone)
                .is_none_or(|range| summary.may_overlap(&range));
            !(recurs && overlaps)
        });
        elsewhere || other || by_summary
    }

    /// Whether it holds for the item, or for any occurrence of it.
    fn holds(&self, candidate: &Candidate<'_>, item: &CalendarObject, zone: &Zone) -> bool {
        if self.is_out(candidate, zone) {
            return false;
        }
        if let Some(range) = self.range(zone)
            && !takes_place(item, range, zone)
        {
            return false;
        }
        !self.asks_for_text() || item.components().any(|component| self.holds_in(component))
    }

    /// Whether what it says of texts and progress holds in one component.
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
        let wanted = self.progress.as_ref();
        if wanted.is_some_and(|wanted| progress(component) != *wanted) {
            return false;
        }
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
            let mut all = of(&["CATEGORIES", "COMMENT", "URL", "CONFERENCE"]);
            for texts in [&titles, &descriptions, &locations, &owners, &attendees] {
                all.extend(texts.iter().cloned());
            }
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

/// Whether an item takes place, or is to be worked on, in a range at all.
fn takes_place(item: &CalendarObject, range: Range<i64>, zone: &Zone) -> bool {
    match item.occurrences(range, zone, 1) {
        Ok(found) => !found.is_empty(),
        // More than one: the first is enough.
        Err(Fault::TooManyInstances { .. }) => true,
        Err(_) => false,
    }
}

/// Whether a filter certainly leaves an item out.
pub(crate) fn is_out(filter: &Filter<Condition>, candidate: &Candidate<'_>, zone: &Zone) -> bool {
    match filter {
        Filter::And(all) => all.iter().any(|one| is_out(one, candidate, zone)),
        Filter::Or(all) => all.iter().all(|one| is_out(one, candidate, zone)),
        Filter::Not(_) => false,
        Filter::Condition(one) => one.is_out(candidate, zone),
    }
}

/// Whether a filter takes an item in.
pub(crate) fn holds(
    filter: &Filter<Condition>,
    candidate: &Candidate<'_>,
    item: &CalendarObject,
    zone: &Zone,
) -> bool {
    filter.holds(&mut |condition: &Condition| condition.holds(candidate, item, zone))
}
