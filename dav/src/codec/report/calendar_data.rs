//! `C:calendar-data` in a request: which part of an object is asked for, and how it is expanded (RFC 4791 9.6).

use super::filter::TimeRange;
use crate::codec::fault::Fault;
use crate::codec::namespace::Namespace;
use crate::codec::precondition::Precondition;
use crate::codec::xml::Element;

/// What of an object is asked for. The default is all of it, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarDataRequest {
    /// Which components and properties; none for all. The outermost is `VCALENDAR`.
    pub component: Option<ComponentRequest>,
    /// RFC 4791 9.6.5: every occurrence in the range as an event of its own, in UTC.
    pub expand: Option<TimeRange>,
    /// RFC 4791 9.6.6: only the overrides that touch the range.
    pub limit_recurrence_set: Option<TimeRange>,
    /// RFC 4791 9.6.7: only the free/busy times that touch the range.
    pub limit_freebusy_set: Option<TimeRange>,
}

/// RFC 4791 9.6.1: a component with those of its properties and components that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentRequest {
    /// Its name, in upper case.
    pub name: String,
    /// Its properties; none for all.
    pub properties: Option<Vec<PropertyRequest>>,
    /// The components within; none for all.
    pub components: Option<Vec<Self>>,
}

/// RFC 4791 9.6.4: a property that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyRequest {
    /// Its name, in upper case.
    pub name: String,
    /// Whether its value is left out.
    pub no_value: bool,
}

impl CalendarDataRequest {
    pub(crate) fn read(element: &Element) -> Result<Self, Fault> {
        let space = &Namespace::CalDav;
        let content_type = element.plain("content-type").unwrap_or("text/calendar");
        let version = element.plain("version").unwrap_or("2.0");
        // RFC 4791 7.8: only what `supported-calendar-data` lists can be asked for.
        if !content_type.trim().eq_ignore_ascii_case("text/calendar") || version.trim() != "2.0" {
            return Err(Fault::Refused(Precondition::SupportedCalendarData));
        }
        let range = |name| {
            element
                .child(space, name)
                .map(TimeRange::read_closed)
                .transpose()
        };
        let component = element.child(space, "comp");
        let request = Self {
            component: component.map(ComponentRequest::read).transpose()?,
            expand: range("expand")?,
            limit_recurrence_set: range("limit-recurrence-set")?,
            limit_freebusy_set: range("limit-freebusy-set")?,
        };
        // RFC 4791 9.6: one or the other.
        if request.expand.is_some() && request.limit_recurrence_set.is_some() {
            return Err(Fault::Expected(
                "only one of `C:expand`, `C:limit-recurrence-set`",
            ));
        }
        Ok(request)
    }
}

impl ComponentRequest {
    fn read(element: &Element) -> Result<Self, Fault> {
        let space = &Namespace::CalDav;
        let mut properties = Vec::new();
        let mut components = Vec::new();
        for part in element.elements().filter(|part| part.namespace == *space) {
            match part.local() {
                "prop" => properties.push(PropertyRequest {
                    name: name(part)?,
                    no_value: part.plain("novalue") == Some("yes"),
                }),
                "comp" => components.push(Self::read(part)?),
                _ => {}
            }
        }
        let all = |local| element.child(space, local).is_some();
        Ok(Self {
            name: name(element)?,
            properties: (!all("allprop")).then_some(properties),
            components: (!all("allcomp")).then_some(components),
        })
    }
}

fn name(element: &Element) -> Result<String, Fault> {
    let name = element
        .plain("name")
        .ok_or(Fault::Expected("the attribute `name`"))?;
    Ok(name.to_ascii_uppercase())
}
