//! REPORT: questions about many objects at once, by the names they have on the wire.

mod addressbook;
mod calendar;
mod calendar_data;
mod filter;
mod principal;
mod sync_collection;

pub(crate) use addressbook::address_data;
pub use addressbook::{AddressbookMultiget, AddressbookQuery};
pub use calendar::{CalendarMultiget, CalendarQuery, FreeBusyQuery, TimezoneSource};
pub(crate) use calendar_data::calendar_data;
pub use principal::{
    CalendarServerPrincipalSearch, Combine, ExpandProperty, PrincipalMatch,
    PrincipalPropertySearch, PropertySearch,
};
pub use sync_collection::{SyncCollection, SyncLevel};

use super::fault::Fault;
use super::namespace::{Namespace, Tag};
use super::precondition::Precondition;
use super::request::Selection;
use super::xml::{BodyLimits, Element};

/// What `calendar-data` asks for.
pub type CalendarDataRequest = icalendar::Retrieval;
/// What `address-data` asks for.
pub type AddressDataRequest = vcard::AddressData;

/// Links in one multiget.
pub const HREFS_MAX: usize = super::xml::ELEMENTS_MAX;
/// Octets of one link.
pub const HREF_OCTETS_MAX: usize = 8_192;

/// A report that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// RFC 4791 7.8.
    CalendarQuery(CalendarQuery),
    /// RFC 4791 7.9.
    CalendarMultiget(CalendarMultiget),
    /// RFC 4791 7.10.
    FreeBusyQuery(FreeBusyQuery),
    /// RFC 6352 8.6.
    AddressbookQuery(AddressbookQuery),
    /// RFC 6352 8.7.
    AddressbookMultiget(AddressbookMultiget),
    /// RFC 6578 3.2.
    SyncCollection(SyncCollection),
    /// RFC 3253 3.8.
    ExpandProperty(Vec<ExpandProperty>),
    /// RFC 3744 9.4.
    PrincipalPropertySearch(PrincipalPropertySearch),
    /// RFC 3744 9.5.
    PrincipalSearchPropertySet,
    /// RFC 3744 9.3.
    PrincipalMatch(PrincipalMatch),
    /// RFC 3744 9.2.
    AclPrincipalPropSet(Selection),
    /// Apple's search for people by words, from any of their properties.
    CalendarServerPrincipalSearch(CalendarServerPrincipalSearch),
}

impl Report {
    /// The reports that [`Self::parse`] knows, for `supported-report-set` to choose from.
    pub const TAGS: [Tag; 12] = [
        Tag::caldav("calendar-query"),
        Tag::caldav("calendar-multiget"),
        Tag::caldav("free-busy-query"),
        Tag::carddav("addressbook-query"),
        Tag::carddav("addressbook-multiget"),
        Tag::dav("sync-collection"),
        Tag::dav("expand-property"),
        Tag::dav("principal-property-search"),
        Tag::dav("principal-search-property-set"),
        Tag::dav("principal-match"),
        Tag::dav("acl-principal-prop-set"),
        Tag::calendar_server("calendarserver-principal-search"),
    ];

    /// Reads a body.
    ///
    /// # Errors
    /// [`Fault`]; [`Precondition::SupportedReport`] for a report that is not known here.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let root = &Element::parse(body, BodyLimits::REPORT)?;
        match (&root.namespace, root.local()) {
            (Namespace::CalDav, "calendar-query") => {
                CalendarQuery::read(root).map(Self::CalendarQuery)
            }
            (Namespace::CalDav, "calendar-multiget") => {
                CalendarMultiget::read(root).map(Self::CalendarMultiget)
            }
            (Namespace::CalDav, "free-busy-query") => {
                FreeBusyQuery::read(root).map(Self::FreeBusyQuery)
            }
            (Namespace::CardDav, "addressbook-query") => {
                AddressbookQuery::read(root).map(Self::AddressbookQuery)
            }
            (Namespace::CardDav, "addressbook-multiget") => {
                AddressbookMultiget::read(root).map(Self::AddressbookMultiget)
            }
            (Namespace::Dav, "sync-collection") => {
                SyncCollection::read(root).map(Self::SyncCollection)
            }
            (Namespace::Dav, "expand-property") => {
                ExpandProperty::read_all(root).map(Self::ExpandProperty)
            }
            (Namespace::Dav, "principal-property-search") => {
                PrincipalPropertySearch::read(root).map(Self::PrincipalPropertySearch)
            }
            (Namespace::Dav, "principal-search-property-set") => {
                Ok(Self::PrincipalSearchPropertySet)
            }
            (Namespace::Dav, "principal-match") => {
                PrincipalMatch::read(root).map(Self::PrincipalMatch)
            }
            (Namespace::Dav, "acl-principal-prop-set") => {
                selection(root).map(Self::AclPrincipalPropSet)
            }
            (Namespace::CalendarServer, "calendarserver-principal-search") => {
                CalendarServerPrincipalSearch::read(root).map(Self::CalendarServerPrincipalSearch)
            }
            // RFC 3253 3.6: a report that this place does not know.
            _ => Err(Fault::Refused(Precondition::SupportedReport)),
        }
    }
}

/// The properties a report asks for; none where it does not say.
fn selection(root: &Element) -> Result<Selection, Fault> {
    Ok(Selection::read(root)?.unwrap_or_else(Selection::nothing))
}

/// The links directly within an element.
fn hrefs(root: &Element) -> Result<Vec<String>, Fault> {
    let mut hrefs = Vec::new();
    for element in root.elements().filter(|element| element.is_dav("href")) {
        let href = element.word();
        if href.len() > HREF_OCTETS_MAX {
            return Err(Fault::Href("too long"));
        }
        hrefs.push(href);
    }
    if hrefs.is_empty() {
        return Err(Fault::Expected("at least one `D:href`"));
    }
    Ok(hrefs)
}

/// A number of results: RFC 5323 5.17, RFC 6352 8.6.1 and RFC 6578 3.7 write it in the same way.
fn nresults(limit: &Element, namespace: &Namespace) -> Result<u32, Fault> {
    let count = limit.child(namespace, "nresults");
    let count = count.and_then(|count| count.word().parse().ok());
    count
        .filter(|count| *count > 0)
        .ok_or(Fault::Expected("a number in `nresults`"))
}

#[cfg(test)]
mod tests;
