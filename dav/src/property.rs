//! Properties: what is said of a resource (RFC 4918 4, 15, and what other standards add).
//!
//! One table says which property there is on which kind of resource and which function writes it. What is not in it is
//! dead: kept for clients as they wrote it.

mod acl;

mod address_book;

mod calendar;

pub(crate) mod change;

mod data;

mod facts;

mod principal;

mod scheduling;

mod sharing;

mod webdav;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::codec::header::{Prefer, Return};
use crate::codec::report::{AddressDataRequest, CalendarDataRequest};
use crate::codec::request::Selection;
use crate::codec::response::Response;
use crate::codec::{Property, PropertyName};
use crate::resource::{Kinds, Resource, What};
use crate::visit::Visit;

pub(crate) use calendar::zone_of;
pub(crate) use data::{media_type, version};
pub(crate) use facts::Facts;
pub(crate) use principal::proxy_of;
pub(crate) use scheduling::DEFAULT_CALENDAR;
pub(crate) use webdav::SYNCED;

/// What a property is written from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) visit: &'a Visit,
    pub(crate) facts: &'a Facts,
    pub(crate) resource: &'a Resource,
    /// The body of an object, where it is shown.
    pub(crate) body: Option<&'a [u8]>,
}

/// Writes a property under its name; false if this resource has none.
pub(crate) type Write = fn(&Scene<'_>, Property, &mut Response<'_>) -> bool;

/// A property that the server keeps or makes.
#[derive(Debug)]
pub(crate) struct Live {
    name: Property,
    on: Kinds,
    /// Whether `allprop` shows it: RFC 4918 9.1 wants those of RFC 4918 only.
    in_all: bool,
    write: Write,
}

const fn live(name: Property, on: Kinds, write: Write) -> Live {
    Live {
        name,
        on,
        in_all: false,
        write,
    }
}

const fn in_all(name: Property, on: Kinds, write: Write) -> Live {
    Live {
        name,
        on,
        in_all: true,
        write,
    }
}

/// All live properties, by where they are defined.
static TABLE: &[&[Live]] = &[
    webdav::TABLE,
    acl::TABLE,
    principal::TABLE,
    calendar::TABLE,
    scheduling::TABLE,
    address_book::TABLE,
    sharing::TABLE,
];

fn all_live() -> impl Iterator<Item = &'static Live> {
    TABLE.iter().copied().flatten()
}

/// Whether a property is live on resources of that kind.
pub(crate) fn is_live(name: &PropertyName, kind: Kinds) -> bool {
    name.known().is_some_and(|known| {
        matches!(known, Property::CalendarData | Property::AddressData)
            || all_live().any(|live| live.name == known && live.on.meets(kind))
    })
}

/// Which properties are shown, worked out once for all resources of an answer.
#[derive(Debug)]
pub(crate) struct Plan {
    what: Selected,
    calendar_data: Option<data::CalendarView>,
    address_data: Option<AddressDataRequest>,
    /// RFC 8144 2: nothing is said of properties that are not there.
    minimal: bool,
}

#[derive(Debug)]
enum Selected {
    Named(Vec<Wanted>),
    All(Vec<Wanted>),
    Names,
}

#[derive(Debug)]
struct Wanted {
    name: PropertyName,
    live: Option<&'static Live>,
    /// How dead properties of that name are kept.
    key: String,
}

impl Wanted {
    fn new(name: PropertyName) -> Self {
        let known = name.known();
        Self {
            live: known.and_then(|known| all_live().find(|live| live.name == known)),
            key: name.to_string(),
            name,
        }
    }
}

impl Plan {
    /// The plan for what a client asks for.
    ///
    /// # Errors
    /// What is asked for of calendar data cannot be had.
    pub(crate) fn new(selection: Selection, prefer: Prefer) -> Self {
        let wanted =
            |names: Vec<PropertyName>| names.into_iter().map(Wanted::new).collect::<Vec<_>>();
        let mut plan = Self {
            what: Selected::Names,
            calendar_data: None,
            address_data: None,
            minimal: prefer.returning == Some(Return::Minimal),
        };
        match selection {
            Selection::All { include } => plan.what = Selected::All(wanted(include)),
            Selection::Names => {}
            Selection::Properties {
                names,
                calendar_data,
                address_data,
            } => {
                plan.what = Selected::Named(wanted(names));
                plan.calendar_data = calendar_data
                    .filter(|data| *data != CalendarDataRequest::default())
                    .map(data::CalendarView::new);
                plan.address_data =
                    address_data.filter(|data| *data != AddressDataRequest::default());
            }
        }
        plan
    }

    /// RFC 4791 9.8: the zone of floating times for what is shown of calendar objects.
    pub(crate) fn with_zone(mut self, zone: Option<icalendar::Zone>) -> Self {
        if let (Some(view), Some(zone)) = (&mut self.calendar_data, zone) {
            view.set_zone(zone);
        }
        self
    }

    /// RFC 7809 7: calendar objects name zones that everybody knows, and do not define them.
    pub(crate) fn with_zones_by_name(mut self) -> Self {
        self.calendar_data
            .get_or_insert_with(|| data::CalendarView::new(CalendarDataRequest::default()))
            .name_zones();
        self
    }

    /// Whether the property may be shown.
    pub(crate) fn wants(&self, name: Property) -> bool {
        match &self.what {
            Selected::Named(wanted) => wanted.iter().any(|one| one.name.known() == Some(name)),
            Selected::All(wanted) => {
                wanted.iter().any(|one| one.name.known() == Some(name))
                    || all_live().any(|live| live.name == name && live.in_all)
            }
            Selected::Names => false,
        }
    }

    /// Whether bodies of objects are needed to show what is wanted.
    pub(crate) fn needs_bodies(&self) -> bool {
        match &self.what {
            Selected::Named(wanted) | Selected::All(wanted) => wanted.iter().any(|one| {
                matches!(
                    one.name.known(),
                    Some(Property::CalendarData | Property::AddressData)
                )
            }),
            Selected::Names => false,
        }
    }

    /// Writes what is wanted of a resource.
    pub(crate) fn write(&self, scene: &Scene<'_>, response: &mut Response<'_>) {
        match &self.what {
            Selected::Named(wanted) => {
                for one in wanted {
                    self.write_one(one, scene, response);
                }
            }
            Selected::All(include) => {
                let kind = scene.resource.kind();
                let shown = |live: &&Live| live.in_all && live.on.meets(kind);
                for live in all_live().filter(shown) {
                    (live.write)(scene, live.name, response);
                }
                for xml in dead(scene.resource).values() {
                    response.xml(xml);
                }
                for one in include {
                    let again = one.live.is_some_and(|live| live.in_all);
                    if !again && !dead(scene.resource).contains_key(&one.key) {
                        self.write_one(one, scene, response);
                    }
                }
            }
            Selected::Names => {
                let kind = scene.resource.kind();
                for live in all_live().filter(|live| live.on.meets(kind)) {
                    response.empty(live.name);
                }
                for name in dead(scene.resource).keys() {
                    if let Some(name) = PropertyName::parse(name) {
                        response.empty(name);
                    }
                }
            }
        }
    }

    fn write_one(&self, one: &Wanted, scene: &Scene<'_>, response: &mut Response<'_>) {
        let kind = scene.resource.kind();
        let written = match one.name.known() {
            Some(Property::CalendarData) => {
                data::calendar(scene, self.calendar_data.as_ref(), response)
            }
            Some(Property::AddressData) => {
                data::address(scene, self.address_data.as_ref(), response)
            }
            known => match (one.live, known) {
                (Some(live), Some(name)) if live.on.meets(kind) => {
                    (live.write)(scene, name, response)
                }
                _ => false,
            },
        };
        if written {
            return;
        }
        match dead(scene.resource).get(&one.key) {
            Some(xml) => response.xml(xml),
            None if self.minimal => {}
            None => response.missing(one.name.clone()),
        }
    }
}

/// What clients keep at a resource for themselves.
pub(crate) fn dead(resource: &Resource) -> &BTreeMap<String, String> {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    match &resource.what {
        What::Collection(info) => &info.collection.properties.dead,
        What::Object(_, object) => &object.row.dead,
        _ => &NONE,
    }
}

/// What to call a resource.
pub(crate) fn display_name(resource: &Resource) -> Option<Cow<'_, str>> {
    Some(match &resource.what {
        What::Principal(principal) => Cow::Borrowed(principal.name.as_str()),
        What::Proxy(principal, crate::resource::Proxy::Read) => {
            Cow::Owned(format!("{} (reading)", principal.name))
        }
        What::Proxy(principal, crate::resource::Proxy::Write) => {
            Cow::Owned(format!("{} (writing)", principal.name))
        }
        What::Home(principal) => Cow::Borrowed(principal.name.as_str()),
        What::Outbox(_) => Cow::Borrowed("Outbox"),
        What::Notifications(_) => Cow::Borrowed("Notifications"),
        What::Directory => Cow::Borrowed("Directory"),
        What::Collection(info) => {
            let name = info.collection.properties.display_name.as_deref();
            Cow::Borrowed(name.unwrap_or(info.collection.name.as_str()))
        }
        What::Plain | What::DirectoryCard(_) | What::Object(..) => return None,
    })
}
