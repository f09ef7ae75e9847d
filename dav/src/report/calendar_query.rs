//! `C:calendar-query` (RFC 4791 7.8): the objects of a calendar that fit a filter.

use icalendar::Zone;

use super::{about, collection, plan};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::Precondition;
use crate::codec::report::{CalendarQuery, TimezoneSource};
use crate::error::Failure;
use crate::property::zone_of;
use crate::resource::{Kinds, Resource, What, child, members};

pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    query: CalendarQuery,
) -> Result<Answer, Failure> {
    let zone = query.timezone.map(zone).transpose()?;
    let plan = plan(asked, query.selection)?;
    let filter = query.filter;
    let mut calendars = Vec::new();
    if resource.kind() == Kinds::HOME {
        // Apple's clients look for tasks in all calendars of the home at once.
        let inside = members(&asked.visit, resource).await?;
        calendars.extend(
            inside
                .into_iter()
                .filter(|one| one.kind() == Kinds::CALENDAR),
        );
    } else {
        collection(resource, Kinds::CALENDAR.or(Kinds::INBOX))?;
        calendars.push(resource.clone());
    }
    let visit = &asked.visit;
    let mut found = Vec::new();
    let mut shown_in = zone.clone();
    for calendar in &calendars {
        let What::Collection(info) = &calendar.what else {
            continue;
        };
        // RFC 4791 7.3: floating times are in the zone of the request, else of the calendar.
        if shown_in.is_none() {
            shown_in = info
                .collection
                .properties
                .time_zone
                .as_deref()
                .and_then(zone_of);
        }
        let objects = visit
            .groupware()
            .query_calendar(
                &visit.caller,
                info.account,
                info.collection.id,
                &filter,
                zone.clone(),
            )
            .await?;
        found.extend(
            objects
                .iter()
                .filter_map(|object| child(calendar, info, object)),
        );
    }
    about(asked, plan.with_zone(shown_in), found).await
}

fn zone(source: TimezoneSource) -> Result<Zone, Failure> {
    match source {
        // RFC 4791 7.8: `valid-calendar-data`.
        TimezoneSource::Text(text) => {
            zone_of(text.trim()).ok_or_else(|| Failure::refused(Precondition::ValidCalendarData))
        }
        // RFC 7809 4.3.3.
        TimezoneSource::Id(name) => {
            Zone::named(&name).ok_or_else(|| Failure::refused(Precondition::ValidTimezone))
        }
    }
}
