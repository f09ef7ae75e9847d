//! `PROPFIND` (RFC 4918 9.1): properties of a resource, of its members, or of all below it.

use std::sync::Arc;

use groupware::Object;
use model::CollectionRights;

use crate::answer::{self, Answer, PREFERENCE_APPLIED};
use crate::asked::Asked;
use crate::codec::header::Depth;
use crate::codec::request::Propfind;
use crate::codec::{BodyLimits, Precondition, Status};
use crate::error::Failure;
use crate::limits::DEEP_RESOURCES_MAX;
use crate::listing::{Line, Listing};
use crate::property::Plan;
use crate::resource::{Found, Kinds, Resource, What, folders, members, resolve};
use crate::visit::Visit;

pub(super) async fn run(mut asked: Asked) -> Result<Answer, Failure> {
    let depth = asked.head.depth()?.unwrap_or(Depth::Infinity);
    let prefer = asked.head.prefer()?;
    super::require_xml(&asked)?;
    let body = asked.words(BodyLimits::ORDINARY).await?;
    let propfind = Propfind::parse(&body.octets)?;
    let Found::Here(resource) = resolve(&asked.visit, &asked.head.place).await? else {
        return Err(Failure::not_found());
    };
    // RFC 3744 3.1: reading properties needs `read`; who may only see when somebody is busy asks for that.
    if !resource.rights().contains(CollectionRights::READ) {
        return Err(Failure::forbidden());
    }
    let asked_for = resource.clone();
    let mut lines = match depth {
        Depth::Zero => vec![Line::Resource(resource)],
        Depth::One => with_members(&asked.visit, resource).await?,
        Depth::Infinity => {
            let all = all_below(&asked.visit, resource).await?;
            all.into_iter().map(Line::Resource).collect()
        }
    };
    // RFC 8144 3: the members without the collection.
    if prefer.no_root && depth != Depth::Zero {
        lines.remove(0);
    }
    let plan = Plan::new(propfind.selection, prefer);
    let listing = Listing::new(asked.visit.clone(), plan, lines).await?;
    let listing = listing.in_the_words_of(&asked.head, &asked_for);
    let answer = listing.answer().await;
    Ok(match prefer.applied() {
        Some(applied) => answer::with(answer, PREFERENCE_APPLIED, applied),
        None => answer,
    })
}

/// A collection with what is directly in it, the collection first.
async fn with_members(visit: &Visit, resource: Resource) -> Result<Vec<Line>, Failure> {
    let mut lines = vec![Line::Resource(resource.clone())];
    let What::Collection(info) = &resource.what else {
        let inside = members(visit, &resource).await?;
        lines.extend(inside.into_iter().map(Line::Resource));
        return Ok(lines);
    };
    let inside = folders(visit, &resource, info).await?;
    lines.extend(inside.into_iter().map(Line::Resource));
    let (account, id) = (info.account, info.collection.id);
    let view = visit
        .groupware()
        .objects(&visit.caller, account, id)
        .await?;
    let parent = Arc::new(resource);
    let member = |object: &Arc<Object>| Line::Member(Arc::clone(&parent), Arc::clone(object));
    lines.extend(view.iter().map(member));
    Ok(lines)
}

/// A folder with all that is in it, the folder first; anything else only where it has no members.
async fn all_below(visit: &Visit, root: Resource) -> Result<Vec<Resource>, Failure> {
    // RFC 4918 9.1.1: a server may refuse to go through all of it.
    let too_much = || Failure::with(Status::FORBIDDEN, Precondition::PropfindFiniteDepth);
    if !root.kind().meets(Kinds::FOLDER.or(Kinds::OBJECTS)) {
        return Err(too_much());
    }
    let mut all = vec![root];
    let mut next = 0;
    while let Some(resource) = all.get(next) {
        next += 1;
        if resource.kind() != Kinds::FOLDER {
            continue;
        }
        let inside = members(visit, resource).await?;
        if all.len() + inside.len() > DEEP_RESOURCES_MAX {
            return Err(too_much());
        }
        all.extend(inside);
    }
    Ok(all)
}
