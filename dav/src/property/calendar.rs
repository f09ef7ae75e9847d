//! Properties of calendars (RFC 4791 5.2, 7.5.1, RFC 7809 5.2, RFC 8607 6) and Apple's colour and order.

use std::ops::Range;
use std::sync::Arc;

use groupware::Collection;
use model::Components;

use super::{Live, Scene, live};
use crate::codec::href::Target;
use crate::codec::response::Response;
use crate::codec::{Namespace, Property};
use crate::resource::{Kinds, What};

pub(super) const TABLE: &[Live] = &[
    live(Property::CalendarDescription, Kinds::CALENDAR, description),
    live(Property::CalendarTimezone, ZONED, time_zone),
    live(Property::CalendarTimezoneId, ZONED, time_zone_id),
    live(Property::SupportedCalendarComponentSet, TIMED, components),
    live(
        Property::SupportedCalendarComponentSets,
        Kinds::HOME,
        component_sets,
    ),
    live(Property::SupportedCalendarData, TIMED, data_types),
    live(Property::MaxResourceSize, TIMED, size_max),
    live(Property::MaxAttendeesPerInstance, TIMED, attendees_max),
    live(
        Property::MaxAttachmentSize,
        Kinds::CALENDAR,
        attachment_size_max,
    ),
    live(
        Property::MaxAttachmentsPerResource,
        Kinds::CALENDAR,
        attachments_max,
    ),
    live(Property::SupportedCollationSet, TIMED, collations),
    live(Property::CalendarColor, COLOURED, color),
    live(Property::CalendarOrder, COLOURED, order),
];

const ZONED: Kinds = Kinds::CALENDAR.or(Kinds::INBOX);
const TIMED: Kinds = ZONED.or(Kinds::OUTBOX);
const COLOURED: Kinds = Kinds::CALENDAR.or(Kinds::ADDRESS_BOOK);

/// The span for which the rules of a time zone are written out: from 1970 to 2050, in seconds.
const ZONE_SPAN: Range<i64> = 0..2_524_608_000;

pub(super) fn collection<'s>(scene: &Scene<'s>) -> Option<&'s Arc<Collection>> {
    match &scene.resource.what {
        What::Collection(info) => Some(&info.collection),
        _ => None,
    }
}

fn text(name: Property, response: &mut Response<'_>, text: Option<&str>) -> bool {
    let Some(text) = text else { return false };
    response.text(name, text);
    true
}

fn description(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let collection = collection(scene);
    let kept = collection.and_then(|collection| collection.properties.description.as_deref());
    text(name, response, kept)
}

/// RFC 4791 5.2.2: as a text with one `VTIMEZONE`, also where only a name is kept (RFC 7809 5.2).
fn time_zone(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(zone) = kept_zone(scene) else {
        return false;
    };
    if zone.starts_with("BEGIN:") {
        return text(name, response, Some(zone));
    }
    let written = icalendar::write_timezone(zone, ZONE_SPAN);
    text(name, response, written.as_deref())
}

fn time_zone_id(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(zone) = kept_zone(scene) else {
        return false;
    };
    if !zone.starts_with("BEGIN:") {
        return text(name, response, Some(zone));
    }
    let named = zone_of(zone).and_then(|zone| zone.name());
    text(name, response, named.as_deref())
}

fn kept_zone<'s>(scene: &Scene<'s>) -> Option<&'s str> {
    collection(scene)?.properties.time_zone.as_deref()
}

/// The zone that a kept text or name stands for.
pub(crate) fn zone_of(kept: &str) -> Option<icalendar::Zone> {
    if !kept.starts_with("BEGIN:") {
        return icalendar::Zone::named(kept);
    }
    let tree = icalendar::Tree::read(kept.as_bytes()).ok()?;
    let mut components = tree.root().children();
    let zone = components.find(|component| component.is("VTIMEZONE"))?;
    icalendar::Zone::of_component(zone)
}

fn components(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let taken = collection(scene).map_or(Components::ALL, |found| found.properties.components);
    let names: Vec<&str> = COMPONENTS
        .into_iter()
        .filter(|(component, _)| taken.contains(*component))
        .map(|(_, word)| word)
        .collect();
    response.value(name, |xml| xml.components(&names));
    true
}

/// Apple's: which calendars can be made in a home. Any of these, and all together.
fn component_sets(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    if !matches!(scene.resource.place, Target::CalendarHome(_)) {
        return false;
    }
    let set = Property::SupportedCalendarComponentSet.tag();
    let all = COMPONENTS.map(|(_, word)| word);
    response.value(name, |xml| {
        for words in [&all[..], &all[..1], &all[1..2], &all[2..]] {
            xml.open(&set);
            xml.components(words);
            xml.close(&set);
        }
    });
    true
}

/// RFC 4791 5.2.3: kinds of objects by the names of their components.
pub(crate) const COMPONENTS: [(Components, &str); 3] = [
    (Components::EVENTS, "VEVENT"),
    (Components::TASKS, "VTODO"),
    (Components::JOURNALS, "VJOURNAL"),
];

fn data_types(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.value(name, |xml| xml.calendar_data_types());
    true
}

fn size_max(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.number(name, groupware::OBJECT_OCTETS_MAX as u64);
    true
}

fn attendees_max(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.number(name, icalendar::limit::SUMMARY_PARTICIPANTS_MAX as u64);
    true
}

/// RFC 8607 6.2.
fn attachment_size_max(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.number(name, groupware::ATTACHMENT_OCTETS_MAX as u64);
    true
}

/// RFC 8607 6.3.
fn attachments_max(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.number(name, groupware::ATTACHMENTS_PER_OBJECT_MAX as u64);
    true
}

/// RFC 4791 7.5: the first two must be there.
pub(super) const COLLATIONS: [&str; 3] = ["i;ascii-casemap", "i;octet", "i;unicode-casemap"];

fn collations(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.value(name, |xml| xml.collations(Namespace::CalDav, &COLLATIONS));
    true
}

fn color(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let collection = collection(scene);
    let kept = collection.and_then(|collection| collection.properties.color.as_deref());
    text(name, response, kept)
}

fn order(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let order = collection(scene).and_then(|collection| collection.properties.sort_order);
    let Some(order) = order else { return false };
    response.number(name, u64::from(order));
    true
}
