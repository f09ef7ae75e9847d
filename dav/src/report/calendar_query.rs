//! `C:calendar-query` (RFC 4791 7.8): the objects of a calendar that fit a filter.

use icalendar::{CalendarObject, Filter, Zone};

use super::{about, collection, plan};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::Precondition;
use crate::codec::href::Target;
use crate::codec::report::{CalendarQuery, TimezoneSource};
use crate::error::Failure;
use crate::property::zone_of;
use crate::resource::{Kinds, Resource, What, child, members};
use crate::visit::Visit;

/// `Depth` is not looked at: with 0 the question would be about the collection alone, which is no calendar object, so
/// whoever sends 0, or nothing, means its members as all others do.
pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    query: CalendarQuery,
) -> Result<Answer, Failure> {
    let zone = query.timezone.map(zone).transpose()?;
    let plan = plan(asked, query.selection)?;
    let visit = &asked.visit;
    let calendars = calendars(visit, resource).await?;
    // RFC 4791 7.3: floating times are in the zone of the request, else of the calendar.
    let floating = zone
        .clone()
        .or_else(|| calendars.iter().find_map(calendar_zone));
    let mut found = Vec::new();
    if resource.kind() == Kinds::EVENT {
        let zone = floating.clone().unwrap_or(Zone::UTC);
        if fits(visit, resource, &query.filter, &zone).await? {
            found.push(resource.clone());
        }
    }
    for calendar in &calendars {
        let What::Collection(info) = &calendar.what else {
            continue;
        };
        let objects = visit
            .groupware()
            .query_calendar(
                &visit.caller,
                info.account,
                info.collection.id,
                &query.filter,
                zone.clone(),
            )
            .await?;
        let objects = objects.iter();
        found.extend(objects.filter_map(|object| child(calendar, info, object)));
    }
    about(asked, resource, plan.with_zone(floating), found).await
}

/// Where to look: in a calendar, or in all of a home, as Apple's clients do for tasks.
async fn calendars(visit: &Visit, resource: &Resource) -> Result<Vec<Resource>, Failure> {
    if resource.kind() == Kinds::EVENT {
        return Ok(Vec::new());
    }
    if matches!(resource.place, Target::CalendarHome(_)) {
        let inside = members(visit, resource).await?.into_iter();
        return Ok(inside.filter(|one| one.kind() == Kinds::CALENDAR).collect());
    }
    collection(resource, Kinds::CALENDAR.or(Kinds::INBOX))?;
    Ok(vec![resource.clone()])
}

/// RFC 4791 7: the report can be asked of a single object, too.
async fn fits(
    visit: &Visit,
    resource: &Resource,
    filter: &Filter,
    zone: &Zone,
) -> Result<bool, Failure> {
    let What::Object(_, object) = &resource.what else {
        return Ok(false);
    };
    let body = visit.groupware().body(object).await?;
    Ok(CalendarObject::read(&body).is_ok_and(|object| filter.matches(&object, zone)))
}

/// The zone that a calendar's floating times are in, where its owner said so.
pub(super) fn calendar_zone(resource: &Resource) -> Option<Zone> {
    let info = resource.collection()?;
    zone_of(info.collection.properties.time_zone.as_deref()?)
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
