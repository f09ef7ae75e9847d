//! Reading: from content lines to a [`Part`], refusing what cannot be understood.

use std::collections::HashMap;

use super::{AddedDate, End, Kind, Part};
use crate::fault::Fault;
use crate::limit::{COUNT_STEPS_MAX, DATES_MAX, RULES_MAX};
use crate::moment::{Form, Moment};
use crate::rule::Rule;
use crate::tree::{Component, Property};
use crate::value;
use crate::zone::Zone;

/// Reads the parts of one object; knows the zones it has met.
pub(crate) struct Reader<'tree> {
    /// VTIMEZONE components by their TZID.
    definitions: HashMap<&'tree str, Component<'tree>>,
    zones: HashMap<&'tree str, Option<Zone>>,
}

impl<'tree> Reader<'tree> {
    pub(crate) fn new(calendar: Component<'tree>) -> Self {
        let zones = calendar.children().filter(|child| child.is("VTIMEZONE"));
        let definitions = zones
            .filter_map(|zone| Some((zone.value("TZID")?.trim_matches('"'), zone)))
            .collect();
        Self {
            definitions,
            zones: HashMap::new(),
        }
    }

    /// Reads one component of this kind.
    pub(crate) fn part(&mut self, component: Component<'tree>, kind: Kind) -> Result<Part, Fault> {
        let mut part = Part {
            component: component.number(),
            kind,
            start: None,
            end: End::Open,
            recurrence_id: None,
            this_and_future: false,
            rules: Vec::new(),
            except_rules: Vec::new(),
            dates: Vec::new(),
            has_periods: false,
            except_dates: Vec::new(),
            completed: None,
            created: None,
        };
        let mut rules = Vec::new();
        for property in component.properties() {
            self.take(property, &mut part, &mut rules)?;
        }
        let Some(start) = part.start.clone() else {
            return Ok(part);
        };
        for (property, excepts) in rules {
            let rule = settled(property, &start)?;
            if excepts {
                part.except_rules.push(rule)
            } else {
                part.rules.push(rule)
            }
        }
        Ok(part)
    }

    fn take(
        &mut self,
        property: Property<'tree>,
        part: &mut Part,
        rules: &mut Vec<(Property<'tree>, bool)>,
    ) -> Result<(), Fault> {
        let line = property.line();
        let once = |free: bool| {
            if free {
                Ok(())
            } else {
                Err(Fault::data(line, "a property that may stand only once"))
            }
        };
        match property.name().to_ascii_uppercase().as_str() {
            "DTSTART" => {
                once(part.start.is_none())?;
                part.start = Some(self.moment(property)?);
            }
            // RFC 5545 3.6.1, 3.6.2: either an end or a duration.
            "DTEND" if part.kind != Kind::Task => {
                once(part.end == End::Open)?;
                part.end = End::At(self.moment(property)?);
            }
            "DUE" if part.kind == Kind::Task => {
                once(part.end == End::Open)?;
                part.end = End::At(self.moment(property)?);
            }
            "DURATION" => {
                once(part.end == End::Open)?;
                let duration =
                    value::duration(property.value()).ok_or(Fault::data(line, "not a duration"))?;
                part.end = End::After(duration);
            }
            "RECURRENCE-ID" => {
                once(part.recurrence_id.is_none())?;
                part.recurrence_id = Some(self.moment(property)?);
                part.this_and_future = property
                    .parameter("RANGE")
                    .is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE"));
            }
            name @ ("RRULE" | "EXRULE") => {
                if rules.len() >= RULES_MAX {
                    return Err(Fault::data(line, "too many recurrence rules"));
                }
                rules.push((property, name == "EXRULE"));
            }
            "RDATE" => self.added(property, part)?,
            "EXDATE" => {
                let zone = self.zone(property)?;
                for date in property.list().filter(|date| !date.trim().is_empty()) {
                    let date = Moment::read(date, zone.as_ref())
                        .ok_or(Fault::data(line, "EXDATE is no date"))?;
                    room(part.except_dates.len(), line)?;
                    part.except_dates.push(date);
                }
            }
            "COMPLETED" => part.completed = instant(property),
            "CREATED" => part.created = instant(property),
            _ => {}
        }
        Ok(())
    }

    /// RFC 5545 3.8.5.2: dates, times or periods.
    fn added(&mut self, property: Property<'tree>, part: &mut Part) -> Result<(), Fault> {
        let zone = self.zone(property)?;
        let fault = Fault::data(property.line(), "RDATE is no date");
        for item in property.list().filter(|item| !item.trim().is_empty()) {
            let (start, end) = item.split_once('/').unwrap_or((item, ""));
            let start = Moment::read(start, zone.as_ref()).ok_or_else(|| fault.clone())?;
            let end = match end.trim() {
                "" => End::Open,
                end => match value::duration(end) {
                    Some(duration) => End::After(duration),
                    None => End::At(Moment::read(end, zone.as_ref()).ok_or_else(|| fault.clone())?),
                },
            };
            room(part.dates.len(), property.line())?;
            part.has_periods |= end != End::Open;
            part.dates.push(AddedDate { start, end });
        }
        Ok(())
    }

    /// The value of a property that is one DATE or DATE-TIME.
    pub(crate) fn moment(&mut self, property: Property<'tree>) -> Result<Moment, Fault> {
        let zone = self.zone(property)?;
        Moment::read(property.value(), zone.as_ref())
            .ok_or(Fault::data(property.line(), "not a date or time"))
    }

    /// RFC 5545 3.2.19: the zone that TZID names. RFC 7809 3: one that is known needs no VTIMEZONE.
    pub(crate) fn zone(&mut self, property: Property<'tree>) -> Result<Option<Zone>, Fault> {
        let Some(name) = property
            .parameter("TZID")
            .map(str::trim)
            .filter(|name| !name.is_empty())
        else {
            return Ok(None);
        };
        if let Some(known) = self.zones.get(name) {
            return Ok(known.clone());
        }
        let defined = self
            .definitions
            .get(name)
            .and_then(|component| Zone::of_component(*component));
        let zone = defined.or_else(|| Zone::named(name));
        let needed = property.list().any(|item| {
            value::stamp(item.split('/').next().unwrap_or(item))
                .is_some_and(|stamp| stamp.form == value::StampForm::Local)
        });
        if zone.is_none() && needed {
            return Err(Fault::data(
                property.line(),
                "a time zone that is neither known nor defined",
            ));
        }
        if zone.is_some() {
            self.zones.insert(name, zone.clone());
        }
        Ok(zone)
    }
}

fn room(len: usize, line: usize) -> Result<(), Fault> {
    if len < DATES_MAX {
        Ok(())
    } else {
        Err(Fault::data(line, "too many dates"))
    }
}

fn instant(property: Property<'_>) -> Option<i64> {
    // RFC 5545 3.8.2.1, 3.8.7.1: always in UTC.
    value::stamp(property.value()).map(|stamp| stamp.local)
}

fn settled(property: Property<'_>, start: &Moment) -> Result<Rule, Fault> {
    let mut rule = Rule::read(property.value()).map_err(|why| Fault::data(property.line(), why))?;
    let to_local = |instant| match start.form() {
        Form::Zoned(zone) => zone.to_local(instant),
        // A floating series that ends at a time in UTC: the writer meant its own clock.
        Form::Date | Form::Floating | Form::Utc => instant,
    };
    let settled = rule.settle(start.stamp(), to_local);
    settled.map(|()| rule).map_err(|_| Fault::TooManyInstances {
        limit: COUNT_STEPS_MAX,
    })
}
