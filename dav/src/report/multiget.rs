//! What both multigets do: resources by their links, each with properties or 404 (RFC 4791 7.9, RFC 6352 8.7).

use std::collections::HashMap;
use std::sync::Arc;

use groupware::{CollectionInfo, ObjectView};
use model::PathSegment;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::Status;
use crate::codec::href::Target;
use crate::error::Failure;
use crate::listing::{Line, Listing};
use crate::property::Plan;
use crate::resource::{Found, Kinds, Resource, What, child, parent_place, resolve};

/// The collections that the links lead into: nearly always one.
#[derive(Debug, Default)]
struct Parents(HashMap<Target, Option<(Resource, CollectionInfo, Arc<ObjectView>)>>);

/// The answer about the objects of these kinds that the links lead to.
pub(super) async fn run(
    asked: &Asked,
    plan: Plan,
    hrefs: Vec<String>,
    kinds: Kinds,
) -> Result<Answer, Failure> {
    let mut parents = Parents::default();
    let mut lines = Vec::with_capacity(hrefs.len());
    for href in hrefs {
        lines.push(line(asked, &mut parents, href, kinds).await?);
    }
    let listing = Listing::new(asked.visit.clone(), plan, lines).await?;
    Ok(listing.answer().await)
}

async fn line(
    asked: &Asked,
    parents: &mut Parents,
    href: String,
    kinds: Kinds,
) -> Result<Line, Failure> {
    let Ok(place) = Target::parse_href(&href, asked.head.host()) else {
        return Ok(Line::Status(href, Status::NOT_FOUND, None));
    };
    let found = match (parent_place(&place), crate::resource::last_segment(&place)) {
        (Some(parent), Some(name)) => parents.member(asked, parent, &name).await?,
        _ => match resolve(&asked.visit, &place).await {
            Ok(Found::Here(resource)) => Some(resource),
            _ => None,
        },
    };
    Ok(match found.filter(|found| found.kind().meets(kinds)) {
        Some(mut resource) => {
            // The client looks for what it asked for: in the space it knows, written as it knows it.
            resource.place = place;
            Line::Resource(resource)
        }
        None => Line::Status(place.href(), Status::NOT_FOUND, None),
    })
}

impl Parents {
    async fn member(
        &mut self,
        asked: &Asked,
        parent: Target,
        name: &PathSegment,
    ) -> Result<Option<Resource>, Failure> {
        if !self.0.contains_key(&parent) {
            let read = read(asked, &parent).await?;
            self.0.insert(parent.clone(), read);
        }
        let known = self.0.get(&parent).and_then(Option::as_ref);
        Ok(known.and_then(|(resource, info, view)| child(resource, info, view.get(name)?)))
    }
}

async fn read(
    asked: &Asked,
    place: &Target,
) -> Result<Option<(Resource, CollectionInfo, Arc<ObjectView>)>, Failure> {
    let visit = &asked.visit;
    let resource = match resolve(visit, place).await {
        Ok(Found::Here(resource)) => resource,
        Ok(Found::Vacant(_)) => return Ok(None),
        Err(failure) if failure.status == Status::NOT_FOUND => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let What::Collection(info) = resource.what.clone() else {
        return Ok(None);
    };
    let id = info.collection.id;
    match visit
        .groupware()
        .objects(&visit.caller, info.account, id)
        .await
    {
        Ok(view) => Ok(Some((resource, info, view))),
        // To whoever may not read it, nothing is there.
        Err(groupware::Error::Forbidden | groupware::Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
