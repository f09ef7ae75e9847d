//! Reports: one file for each, named as on the wire.

mod acl_principal_prop_set;

mod addressbook_multiget;

mod addressbook_query;

mod calendar_multiget;

mod calendar_query;

mod expand_property;

mod free_busy_query;

mod multiget;

mod principal_match;

mod principal_property_search;

mod principal_search_property_set;

mod sync_collection;

use groupware::CollectionInfo;
use model::CollectionRights;
use vcard::Version;

use crate::answer::{self, Answer, PREFERENCE_APPLIED};
use crate::asked::Asked;
use crate::codec::Precondition;
use crate::codec::header::Return;
use crate::codec::report::Report;
use crate::codec::request::Selection;
use crate::error::Failure;
use crate::listing::{Line, Listing};
use crate::property::Plan;
use crate::resource::{Kinds, Resource, What};

/// Answers a report about a resource.
pub(crate) async fn run(
    asked: &Asked,
    resource: Resource,
    report: Report,
) -> Result<Answer, Failure> {
    match report {
        Report::CalendarQuery(query) => calendar_query::run(asked, &resource, query).await,
        Report::CalendarMultiget(wanted) => calendar_multiget::run(asked, &resource, wanted).await,
        Report::FreeBusyQuery(query) => free_busy_query::run(asked, &resource, &query).await,
        Report::AddressbookQuery(query) => addressbook_query::run(asked, &resource, query).await,
        Report::AddressbookMultiget(wanted) => {
            addressbook_multiget::run(asked, &resource, wanted).await
        }
        Report::SyncCollection(sync) => sync_collection::run(asked, &resource, sync).await,
        Report::ExpandProperty(wanted) => expand_property::run(asked, &resource, &wanted).await,
        Report::PrincipalPropertySearch(search) => {
            principal_property_search::run(asked, &resource, search).await
        }
        Report::PrincipalSearchPropertySet => Ok(principal_search_property_set::run()),
        Report::PrincipalMatch(wanted) => principal_match::run(asked, &resource, wanted).await,
        Report::AclPrincipalPropSet(selection) => {
            acl_principal_prop_set::run(asked, &resource, selection).await
        }
        Report::CalendarServerPrincipalSearch(search) => {
            principal_property_search::by_words(asked, &resource, search).await
        }
    }
}

/// The collection that a report is about, if it is one of these kinds (RFC 3253 3.6 `supported-report`).
fn collection(resource: &Resource, kinds: Kinds) -> Result<&CollectionInfo, Failure> {
    match &resource.what {
        What::Collection(info) if resource.kind().meets(kinds) => Ok(info),
        _ => Err(Failure::refused(Precondition::SupportedReport)),
    }
}

/// The plan for what a report asks for.
fn plan(asked: &Asked, mut selection: Selection) -> Result<Plan, Failure> {
    if let Selection::Properties {
        address_data: Some(wanted),
        ..
    } = &mut selection
    {
        // RFC 6352 10.4: version 3.0 is meant where none is named, which is what Apple's programs can read.
        wanted.version.get_or_insert(Version::V3);
    }
    let plan = Plan::new(selection, asked.head.prefer()?);
    Ok(if asked.head.zones_by_name()? {
        plan.with_zones_by_name()
    } else {
        plan
    })
}

/// RFC 3744 3.1: what is said of a resource is for those who may read it.
fn require_read(resource: &Resource) -> Result<(), Failure> {
    if resource.rights().contains(CollectionRights::READ) {
        Ok(())
    } else {
        Err(Failure::forbidden())
    }
}

/// A multistatus about resources.
async fn about(
    asked: &Asked,
    resource: &Resource,
    plan: Plan,
    resources: Vec<Resource>,
) -> Result<Answer, Failure> {
    let lines = resources.into_iter().map(Line::Resource).collect();
    listing(asked, resource, plan, lines).await
}

/// A multistatus that a report about this resource ends in.
async fn listing(
    asked: &Asked,
    resource: &Resource,
    plan: Plan,
    lines: Vec<Line>,
) -> Result<Answer, Failure> {
    let listing = Listing::new(asked.visit.clone(), plan, lines).await?;
    answered(asked, resource, listing).await
}

/// The answer with paths as the client writes them, and with what was done of what it prefers.
async fn answered(asked: &Asked, resource: &Resource, listing: Listing) -> Result<Answer, Failure> {
    let minimal = asked.head.prefer()?.returning == Some(Return::Minimal);
    let listing = listing.in_the_words_of(&asked.head, resource);
    let answer = listing.answer().await;
    Ok(if minimal {
        // RFC 7240 3.
        answer::with(answer, PREFERENCE_APPLIED, "return=minimal")
    } else {
        answer
    })
}
