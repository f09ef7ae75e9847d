//! `A:addressbook-query` (RFC 6352 8.6): the cards of an address book that fit a filter.

use std::sync::Arc;

use vcard::{ContactCard, Filter};

use super::{collection, plan};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::report::AddressbookQuery;
use crate::codec::{Precondition, Status};
use crate::error::Failure;
use crate::listing::{Line, Listing};
use crate::resource::{Kinds, Resource, What, child, members};

pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    query: AddressbookQuery,
) -> Result<Answer, Failure> {
    let plan = plan(asked, query.selection)?;
    let filter = query.filter;
    let visit = &asked.visit;
    let mut found = if resource.kind() == Kinds::DIRECTORY {
        let all = members(visit, resource).await?;
        all.into_iter().filter(|card| fits(card, &filter)).collect()
    } else {
        let info = collection(resource, Kinds::ADDRESS_BOOK)?;
        let id = info.collection.id;
        let objects = visit
            .groupware()
            .query_contacts(&visit.caller, info.account, id, Arc::new(filter))
            .await?;
        let cards = objects
            .iter()
            .filter_map(|object| child(resource, info, object));
        cards.collect::<Vec<Resource>>()
    };
    // RFC 6352 8.6.1, 8.6.2: what is left out is told by 507 for the address book.
    let limit = query.limit.and_then(|limit| usize::try_from(limit).ok());
    let cut = limit.is_some_and(|limit| found.len() > limit);
    found.truncate(limit.unwrap_or(usize::MAX));
    let mut lines: Vec<Line> = found.into_iter().map(Line::Resource).collect();
    if cut {
        let condition = Precondition::NumberOfMatchesWithinLimits.into();
        let href = resource.href();
        lines.push(Line::Status(
            href,
            Status::INSUFFICIENT_STORAGE,
            Some(condition),
        ));
    }
    Ok(Listing::new(visit.clone(), plan, lines)
        .await?
        .answer()
        .await)
}

fn fits(resource: &Resource, filter: &Filter) -> bool {
    match &resource.what {
        What::DirectoryCard(entry) => {
            ContactCard::read(entry.card.as_bytes()).is_ok_and(|card| filter.matches(&card))
        }
        _ => false,
    }
}
