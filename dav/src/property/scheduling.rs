//! Properties of scheduling (RFC 6638 9, 3.2.10) and of availability (RFC 7953 7.2).

use super::calendar::collection;
use super::{Live, Scene, live};
use crate::codec::Property;
use crate::codec::href::Target;
use crate::codec::response::Response;
use crate::resource::{Kinds, What};
use crate::words;
use model::PathSegment;

pub(super) const TABLE: &[Live] = &[
    live(
        Property::ScheduleCalendarTransp,
        Kinds::CALENDAR,
        transparency,
    ),
    live(
        Property::ScheduleDefaultCalendarUrl,
        Kinds::INBOX,
        default_calendar,
    ),
    live(Property::ScheduleTag, Kinds::EVENT, tag),
    live(Property::CalendarAvailability, Kinds::INBOX, availability),
    live(
        Property::CalendarServerAvailability,
        Kinds::INBOX,
        availability,
    ),
];

/// The calendar that invitations go to.
pub(crate) const DEFAULT_CALENDAR: &str = "calendar";

fn transparency(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let transparent = collection(scene).is_some_and(|found| found.properties.transparent);
    response.value(name, |xml| xml.transparency(transparent));
    true
}

fn default_calendar(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let (Target::Inbox(address), Ok(calendar)) = (
        &scene.resource.place,
        PathSegment::try_from(DEFAULT_CALENDAR),
    ) else {
        return false;
    };
    response.href(name, &Target::Calendar(address.clone(), calendar).href());
    true
}

fn tag(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let What::Object(_, object) = &scene.resource.what else {
        return false;
    };
    let Some(seq) = object.row.schedule_tag else {
        return false;
    };
    response.text(name, &words::schedule_tag(seq).to_string());
    true
}

fn availability(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let kept = collection(scene).and_then(|found| found.properties.availability.as_deref());
    let Some(kept) = kept else { return false };
    response.text(name, kept);
    true
}
