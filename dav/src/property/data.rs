//! `calendar-data` and `address-data`: bodies of objects within an answer (RFC 4791 9.6, RFC 6352 10.4).

use std::borrow::Cow;

use icalendar::{CalendarObject, Retrieval, Zone};
use vcard::{AddressData, ContactCard, Version};

use super::Scene;
use crate::codec::header::VcardVersion;
use crate::codec::response::Response;
use crate::codec::{Property, Status};
use crate::resource::{Kinds, Resource, What};

/// How calendar objects are shown.
#[derive(Clone, Debug)]
pub(super) struct CalendarView {
    retrieval: Retrieval,
    zone: Zone,
}

impl CalendarView {
    pub(super) fn new(retrieval: Retrieval) -> Self {
        Self {
            retrieval,
            zone: Zone::UTC,
        }
    }

    /// RFC 7809 7: zones that everybody knows are not spelled out.
    pub(super) fn name_zones(&mut self) {
        self.retrieval.zones_by_name = true;
    }

    /// The zone of floating times.
    pub(super) fn set_zone(&mut self, zone: Zone) {
        self.zone = zone;
    }
}

/// Writes `calendar-data`; false where the resource has none.
pub(super) fn calendar(
    scene: &Scene<'_>,
    view: Option<&CalendarView>,
    response: &mut Response<'_>,
) -> bool {
    if !scene.resource.kind().meets(Kinds::EVENT.or(Kinds::MESSAGE)) {
        return false;
    }
    let name = Property::CalendarData;
    let Some(body) = scene.body else {
        response.failed(name, Status::INTERNAL_SERVER_ERROR, None);
        return true;
    };
    let Some(view) = view.filter(|view| !view.retrieval.is_whole()) else {
        response.bytes(name, body);
        return true;
    };
    let shown = CalendarObject::read_message(body)
        .and_then(|object| view.retrieval.apply(&object, &view.zone));
    match shown {
        Ok(text) => response.text(name, &text),
        // RFC 4791 9.6.5: an expansion without end is refused for this object, not for the others.
        Err(_) => response.failed(
            name,
            Status::FORBIDDEN,
            Some(crate::codec::Precondition::MaxInstances.into()),
        ),
    }
    true
}

/// Writes `address-data`; false where the resource has none.
pub(super) fn address(
    scene: &Scene<'_>,
    wanted: Option<&AddressData>,
    response: &mut Response<'_>,
) -> bool {
    let body = match &scene.resource.what {
        What::DirectoryCard(entry) => Some(entry.card.as_bytes()),
        What::Object(..) if scene.resource.kind() == Kinds::CARD => scene.body,
        _ => return false,
    };
    let name = Property::AddressData;
    let Some(body) = body else {
        response.failed(name, Status::INTERNAL_SERVER_ERROR, None);
        return true;
    };
    match wanted {
        None => response.bytes(name, body),
        // What is wanted as it is stored is byte for byte as it is stored.
        Some(wanted) if wanted.properties.is_none() && is_in(scene.resource, wanted.version) => {
            response.bytes(name, body);
        }
        Some(wanted) => match ContactCard::read(body) {
            Ok(card) => response.text(name, &card.address_data(wanted)),
            Err(_) => response.bytes(name, body),
        },
    }
    true
}

/// Whether a card is stored in that version, or in whichever.
fn is_in(card: &Resource, version: Option<Version>) -> bool {
    let stored = match &card.what {
        What::Object(_, object) => object.summary.contact().map(|card| card.version),
        _ => Some(Version::V4),
    };
    version.is_none() || version == stored
}

/// A version of vCard in the words of the cards' reader.
pub(crate) fn version(version: VcardVersion) -> Version {
    match version {
        VcardVersion::V3 => Version::V3,
        VcardVersion::V4 => Version::V4,
    }
}

/// The media type of an object's body; none for what has no body.
pub(crate) fn media_type(
    resource: &Resource,
    version: Option<VcardVersion>,
) -> Option<Cow<'_, str>> {
    let kind = resource.kind();
    Some(match &resource.what {
        What::Object(_, object) if kind == Kinds::FILE => {
            let kept = object.row.media_type.as_deref();
            Cow::Borrowed(kept.unwrap_or("application/octet-stream"))
        }
        What::Object(_, object) if kind == Kinds::CARD => match version {
            Some(version) => card_type(version),
            None => {
                let kept = object.summary.contact().map(|card| card.version);
                match kept {
                    Some(Version::V3) => card_type(VcardVersion::V3),
                    Some(Version::V4) => card_type(VcardVersion::V4),
                    None => Cow::Borrowed("text/vcard; charset=utf-8"),
                }
            }
        },
        // RFC 5545 8.1: `component` tells clients what is inside.
        What::Object(_, object) => match object.summary.calendar() {
            Some(summary) => Cow::Owned(format!(
                "text/calendar; charset=utf-8; component={}",
                summary.kind.component()
            )),
            None => Cow::Borrowed("text/calendar; charset=utf-8"),
        },
        What::DirectoryCard(_) => card_type(version.unwrap_or(VcardVersion::V4)),
        _ => return None,
    })
}

fn card_type(version: VcardVersion) -> Cow<'static, str> {
    Cow::Borrowed(match version {
        VcardVersion::V3 => "text/vcard; charset=utf-8; version=3.0",
        VcardVersion::V4 => "text/vcard; charset=utf-8; version=4.0",
    })
}
