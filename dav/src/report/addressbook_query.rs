//! `A:addressbook-query` (RFC 6352 8.6): the cards of an address book that fit a filter.

use std::sync::Arc;

use vcard::{ContactCard, Filter};

use super::{collection, listing, plan};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::report::AddressbookQuery;
use crate::codec::{Precondition, Status};
use crate::error::Failure;
use crate::listing::Line;
use crate::resource::{Kinds, Resource, What, child, members};

pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    query: AddressbookQuery,
) -> Result<Answer, Failure> {
    let plan = plan(asked, query.selection)?;
    let mut found = find(asked, resource, query.filter).await?;
    // RFC 6352 8.6.1, 8.6.2: what is left out is told by 507 for the address book.
    let limit = query.limit.and_then(|limit| usize::try_from(limit).ok());
    let cut = limit.is_some_and(|limit| found.len() > limit);
    found.truncate(limit.unwrap_or(usize::MAX));
    let mut lines: Vec<Line> = found.into_iter().map(Line::Resource).collect();
    if cut {
        let condition = Some(Precondition::NumberOfMatchesWithinLimits.into());
        let status = Status::INSUFFICIENT_STORAGE;
        lines.push(Line::Status(resource.href(), status, condition));
    }
    listing(asked, resource, plan, lines).await
}

/// The cards that fit, by name. `Depth` is not looked at, for the same reason as in a calendar-query.
async fn find(
    asked: &Asked,
    resource: &Resource,
    filter: Filter,
) -> Result<Vec<Resource>, Failure> {
    let visit = &asked.visit;
    if resource.kind() == Kinds::DIRECTORY {
        let all = members(visit, resource).await?.into_iter();
        return Ok(all.filter(|card| in_directory(card, &filter)).collect());
    }
    if let (Kinds::CARD, What::Object(_, object)) = (resource.kind(), &resource.what) {
        // RFC 6352 8: the report can be asked of a single card, too.
        let body = visit.groupware().body(object).await?;
        let fits = fits(&body, &filter);
        return Ok(fits.then(|| resource.clone()).into_iter().collect());
    }
    let info = collection(resource, Kinds::ADDRESS_BOOK)?;
    let objects = visit
        .groupware()
        .query_contacts(
            &visit.caller,
            info.account,
            info.collection.id,
            Arc::new(filter),
        )
        .await?;
    let objects = objects.iter();
    Ok(objects
        .filter_map(|object| child(resource, info, object))
        .collect())
}

fn in_directory(resource: &Resource, filter: &Filter) -> bool {
    match &resource.what {
        What::DirectoryCard(entry) => fits(entry.card.as_bytes(), filter),
        _ => false,
    }
}

fn fits(body: &[u8], filter: &Filter) -> bool {
    ContactCard::read(body).is_ok_and(|card| filter.matches(&card))
}
