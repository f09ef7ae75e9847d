//! Conditions under which a request is done: `If`, `If-Match`, `If-None-Match`, `If-Schedule-Tag-Match`, and locks.
//!
//! Those on the body of one object are handed to `groupware`, which decides them together with the change; here they are
//! looked at beforehand, so that a request that cannot succeed is refused before its body is read.

use std::collections::HashMap;

use groupware::Condition as BodyCondition;
use model::BlobId;

use crate::asked::Asked;
use crate::codec::header::{ETag, IfHeader, IfState, Matches};
use crate::codec::href::Target;
use crate::codec::{Condition, Precondition, Status};
use crate::error::Failure;
use crate::lock::{Spot, Write};
use crate::resource::{Found, Resource, What, resolve, spot_of};
use crate::visit::Visit;
use crate::words::{self, SyncToken};

/// What is known of the state of one place.
#[derive(Debug, Default)]
struct State {
    etag: Option<ETag>,
    tokens: Vec<String>,
}

/// The tokens that a request submits (RFC 4918 10.4.1).
pub(crate) fn tokens(asked: &Asked) -> Result<Vec<String>, Failure> {
    let header = asked.head.if_header()?;
    let tokens = |header: &IfHeader| header.tokens().map(str::to_owned).collect();
    Ok(header.as_ref().map(tokens).unwrap_or_default())
}

/// Whether the conditions of the head hold for what the request is about.
///
/// # Errors
/// 412, or a field is malformed.
pub(crate) async fn hold(asked: &Asked, found: &Found) -> Result<(), Failure> {
    let etag = current(found);
    // RFC 9110 13.2.2: If-Match first, If-None-Match then.
    if let Some(matches) = asked.head.if_match()?
        && !if_match_holds(&matches, etag.as_ref(), found)
    {
        return Err(failed());
    }
    if let Some(matches) = asked.head.if_none_match()?
        && !if_none_match_holds(&matches, etag.as_ref(), found)
    {
        return Err(failed());
    }
    match asked.head.if_header()? {
        Some(header) => if_holds(asked, &header, found).await,
        None => Ok(()),
    }
}

/// Whether the conditions hold for a request that only reads, apart from `If-None-Match`.
///
/// # Errors
/// 412, or a field is malformed.
pub(crate) async fn hold_for_reading(asked: &Asked, found: &Found) -> Result<(), Failure> {
    if let Some(matches) = asked.head.if_match()?
        && !if_match_holds(&matches, current(found).as_ref(), found)
    {
        return Err(failed());
    }
    match asked.head.if_header()? {
        Some(header) => if_holds(asked, &header, found).await,
        None => Ok(()),
    }
}

/// RFC 9110 13.1.1: `*` is about anything that is there, also collections, which have no tag.
fn if_match_holds(matches: &Matches, etag: Option<&ETag>, found: &Found) -> bool {
    match (matches, found) {
        (Matches::Any, Found::Here(_)) => true,
        (Matches::Tags(tags), Found::Here(_)) => {
            let is = |tag: &ETag| match blob(found) {
                Some(blob) => words::names(tag, blob),
                None => etag.is_some_and(|etag| tag.matches_strongly(etag)),
            };
            tags.iter().any(is)
        }
        (_, Found::Vacant(_)) => false,
    }
}

fn if_none_match_holds(matches: &Matches, etag: Option<&ETag>, found: &Found) -> bool {
    match (matches, found) {
        (Matches::Any, Found::Here(_)) => false,
        (Matches::Tags(_), Found::Here(_)) => matches.if_none_match_holds(etag),
        (_, Found::Vacant(_)) => true,
    }
}

/// What must still hold of the object when it is changed.
///
/// # Errors
/// A field is malformed.
pub(crate) fn on_body(asked: &Asked, found: &Found) -> Result<BodyCondition, Failure> {
    // RFC 6638 8.3: a change that others were not told of does not stand in the way, so this one goes first.
    if let Some(tag) = asked.head.if_schedule_tag_match()? {
        let seq = words::schedule_seq(&tag).ok_or_else(failed)?;
        return Ok(BodyCondition::ScheduleTag(seq));
    }
    match asked.head.if_match()? {
        Some(Matches::Any) => return Ok(BodyCondition::Present),
        Some(Matches::Tags(tags)) => {
            // A tag is a part of the body's number; the whole of it is that of the body the tag was compared with.
            let named = blob(found).filter(|blob| tags.iter().any(|tag| words::names(tag, *blob)));
            return Ok(BodyCondition::Body(named.into_iter().collect()));
        }
        None => {}
    }
    match asked.head.if_none_match()? {
        Some(Matches::Any) => Ok(BodyCondition::Absent),
        Some(Matches::Tags(_)) | None => Ok(BodyCondition::Any),
    }
}

async fn if_holds(asked: &Asked, header: &IfHeader, found: &Found) -> Result<(), Failure> {
    let mut states: HashMap<Option<&str>, State> = HashMap::new();
    for list in &header.lists {
        let place = list.resource.as_deref();
        if states.contains_key(&place) {
            continue;
        }
        let state = match place {
            None => state(&asked.visit, found).await,
            // RFC 4918 10.4.4: a place that is not known here has no state that could match.
            Some(href) => match Target::parse_href(href, asked.head.host()) {
                Ok(place) if place == *place_of(found) => state(&asked.visit, found).await,
                Ok(place) => match resolve(&asked.visit, &place).await {
                    Ok(other) => state(&asked.visit, &other).await,
                    Err(_) => State::default(),
                },
                Err(_) => State::default(),
            },
        };
        states.insert(place, state);
    }
    let holds = header.holds(|place, wanted| {
        states.get(&place).is_some_and(|state| match wanted {
            IfState::Token(token) => state.tokens.contains(token),
            IfState::ETag(tag) => state
                .etag
                .as_ref()
                .is_some_and(|etag| tag.matches_strongly(etag)),
        })
    });
    if holds { Ok(()) } else { Err(failed()) }
}

fn place_of(found: &Found) -> &Target {
    match found {
        Found::Here(resource) => &resource.place,
        Found::Vacant(vacant) => &vacant.place,
    }
}

/// Tag and tokens of a place: those of its locks, and of a collection its sync token (RFC 6578 5).
async fn state(visit: &Visit, found: &Found) -> State {
    let mut tokens = Vec::new();
    if let Some(spot) = spot_of(visit, found).await {
        let locks = visit.house.locks.on(&spot, visit.now());
        tokens.extend(locks.into_iter().map(|lock| lock.token));
    }
    if let Found::Here(Resource {
        what: What::Collection(info),
        ..
    }) = found
    {
        tokens.push(sync_token(info).to_uri());
    }
    State {
        etag: current(found),
        tokens,
    }
}

/// The token of a collection as it is now.
pub(crate) fn sync_token(info: &groupware::CollectionInfo) -> SyncToken {
    SyncToken {
        account: info.account,
        collection: info.collection.id,
        seq: info.collection.objects_changed,
        within: None,
    }
}

fn blob(found: &Found) -> Option<BlobId> {
    match found {
        Found::Here(Resource {
            what: What::Object(_, object),
            ..
        }) => Some(object.row.blob.id),
        _ => None,
    }
}

fn current(found: &Found) -> Option<ETag> {
    match found {
        Found::Here(resource) => resource.etag(),
        Found::Vacant(_) => None,
    }
}

/// What a request writes to at a place: the place itself with all below it, and the list of members it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Its content or properties.
    Itself,
    /// It comes or goes, with all that is below.
    Membership,
}

/// RFC 4918 7: whether locks allow the request to write.
///
/// # Errors
/// 423 with the locked paths.
pub(crate) async fn permit_write(
    asked: &Asked,
    found: &Found,
    reach: Reach,
) -> Result<(), Failure> {
    let Some(spot) = spot_of(&asked.visit, found).await else {
        return Ok(());
    };
    let mut writes = Vec::with_capacity(2);
    if reach == Reach::Membership || matches!(found, Found::Vacant(_)) {
        writes.extend(parent(&spot).map(|spot| Write { spot, below: false }));
    }
    writes.push(Write {
        below: reach == Reach::Membership,
        spot,
    });
    let (tokens, by, now) = (tokens(asked)?, asked.visit.principal.id, asked.visit.now());
    asked
        .visit
        .house
        .locks
        .permit(&writes, &tokens, by, now)
        .map_err(|locked| {
            let condition = Condition::Hrefs(Precondition::LockTokenSubmitted, locked);
            Failure::with(Status::LOCKED, condition)
        })
}

/// The collection that a place is in.
fn parent(spot: &Spot) -> Option<Spot> {
    let mut parent = spot.clone();
    if parent.member.take().is_none() {
        parent.trail.pop();
    }
    (!parent.trail.is_empty()).then_some(parent)
}

fn failed() -> Failure {
    Failure::new(
        Status::PRECONDITION_FAILED,
        "A condition of the request does not hold.",
    )
}
