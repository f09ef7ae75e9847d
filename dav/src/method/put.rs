//! `PUT` (RFC 4918 9.7, RFC 4791 5.3.2, RFC 6352 6.3.2): an object gets a body.

use axum::http::header::ETAG;
use groupware::{Error, NewBody, ObjectPut};
use model::{CollectionKind, PathSegment};

use super::get::SCHEDULE_TAG;
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::header::{Matches, MediaType};
use crate::codec::{Condition, Precondition, Status};
use crate::conditions::{self, Reach};
use crate::error::{self, Failure};
use crate::limits::PUT_OCTETS_MAX;
use crate::resource::{
    Found, Resource, Vacant, What, Within, child_place, last_segment, resolve, resolve_parent,
};
use crate::visit::Visit;
use crate::words;

/// Octets of a media type that is kept with a file.
const MEDIA_TYPE_OCTETS_MAX: usize = 255;

pub(super) async fn run(mut asked: Asked) -> Result<Answer, Failure> {
    let found = find(&asked).await?;
    let (info, name) = match &found {
        Found::Here(Resource {
            what: What::Object(info, object),
            ..
        }) => (info, object.row.name.clone()),
        // RFC 4918 9.7.2: a collection has no body that could be put.
        Found::Here(_) => {
            let words = "A collection is here.";
            return Err(Failure::new(Status::METHOD_NOT_ALLOWED, words));
        }
        Found::Vacant(Vacant { place, within }) => match (within, last_segment(place)) {
            (Within::Collection(info), Some(name)) if !asked.head.slash => (info, name),
            // RFC 4918 9.7.1: the collection must be there first.
            _ => {
                let words = "The collection is not there.";
                return Err(Failure::new(Status::CONFLICT, words));
            }
        },
    };
    // RFC 9110 14.5: a part of a body is not taken for the whole.
    if asked.head.field("Content-Range")?.is_some() {
        let words = "Parts of a body cannot be put.";
        return Err(Failure::new(Status::BAD_REQUEST, words));
    }
    if asked
        .head
        .field("Content-Encoding")?
        .is_some_and(|coding| coding != "identity")
    {
        let words = "Bodies are taken without coding.";
        return Err(Failure::new(Status::UNSUPPORTED_MEDIA_TYPE, words));
    }
    let kind = info.collection.kind;
    let media_type = media_type(&asked, kind)?;
    conditions::hold(&asked, &found).await?;
    conditions::permit_write(&asked, &found, Reach::Itself).await?;
    let (account, collection) = (info.account, info.collection.id);
    let condition = conditions::on_body(&asked, &found)?;
    let tell_organizer = asked.head.schedule_reply()?;
    let received = asked
        .received(PUT_OCTETS_MAX, || error::of(&Error::TooLarge, Some(kind)))
        .await?;
    let new = NewBody {
        name,
        body: received.octets,
        media_type,
        condition,
        tell_organizer,
    };
    let visit = &asked.visit;
    let put = visit
        .groupware()
        .put_object(&visit.caller, account, collection, new)
        .await;
    match put {
        Ok(put) => Ok(done(&put)),
        Err(Error::UidConflict { collection, name }) => {
            Err(uid_conflict(visit, &found, kind, collection, name).await)
        }
        Err(error) => Err(error::of(&error, Some(kind))),
    }
}

/// What the request is about. Where nothing hangs on what is there, nobody looks: in a calendar that is being filled,
/// that is half of the work.
async fn find(asked: &Asked) -> Result<Found, Failure> {
    let (visit, head) = (&asked.visit, &asked.head);
    let unconditional = head.if_match()?.is_none()
        && head.if_header()?.is_none()
        && matches!(head.if_none_match()?, None | Some(Matches::Any));
    if unconditional
        && let Some(vacant) = resolve_parent(visit, &head.place).await?
        && let Within::Collection(info) = &vacant.within
        && visit.house.locks.is_free(info.account, visit.now())
    {
        return Ok(Found::Vacant(vacant));
    }
    resolve(visit, &head.place).await
}

/// The media type that the client gives; only files keep it.
fn media_type(asked: &Asked, kind: CollectionKind) -> Result<Option<String>, Failure> {
    let value = asked.head.field("Content-Type")?;
    let expected = match kind {
        // Nobody has a right to put anything among filters.
        CollectionKind::Folder | CollectionKind::Scripts | CollectionKind::Records => {
            return Ok(value.filter(|value| {
                value.len() <= MEDIA_TYPE_OCTETS_MAX && MediaType::parse(value).is_ok()
            }));
        }
        CollectionKind::Calendar | CollectionKind::ScheduleInbox => "text/calendar",
        CollectionKind::AddressBook => "text/vcard",
    };
    let Some(media) = value.and_then(|value| MediaType::parse(&value).ok()) else {
        return Ok(None);
    };
    // Programs that know no better send these, and older ones their own names; the body tells what it is.
    let vague = [
        "text/plain",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "text/x-vcard",
        "text/directory",
        "text/x-vcalendar",
    ];
    if media.essence == expected || vague.contains(&media.essence.as_str()) {
        return Ok(None);
    }
    // RFC 4791 5.3.2.1, RFC 6352 6.3.2.1.
    Err(Failure::refused(match kind {
        CollectionKind::AddressBook => Precondition::SupportedAddressData,
        _ => Precondition::SupportedCalendarData,
    }))
}

fn done(put: &ObjectPut) -> Answer {
    let status = if put.created {
        Status::CREATED
    } else {
        Status::NO_CONTENT
    };
    let mut answer = answer::empty(status);
    // RFC 4791 5.3.4: no tag where what is stored is not what was sent, so that the client fetches it.
    if !put.altered {
        answer = answer::with(answer, ETAG, &words::etag(put.blob).to_string());
    }
    if let Some(seq) = put.schedule_tag {
        answer = answer::with(answer, SCHEDULE_TAG, &words::schedule_tag(seq).to_string());
    }
    answer
}

/// RFC 4791 5.3.2.1, RFC 6352 6.3.2.1: `no-uid-conflict` names the object that has the `UID`.
pub(super) async fn uid_conflict(
    visit: &Visit,
    found: &Found,
    kind: CollectionKind,
    collection: model::CollectionId,
    name: PathSegment,
) -> Failure {
    let precondition = match kind {
        CollectionKind::AddressBook => Precondition::CardNoUidConflict,
        _ => Precondition::NoUidConflict,
    };
    let (place, info) = match found {
        Found::Here(Resource {
            place,
            what: What::Object(info, _),
        }) => (place, info),
        Found::Vacant(Vacant {
            place,
            within: Within::Collection(info),
        }) => (place, info),
        _ => return Failure::refused(precondition),
    };
    let sibling = if info.collection.id == collection {
        crate::resource::sibling(place, name)
    } else {
        let other = visit
            .groupware()
            .collection(&visit.caller, info.account, collection)
            .await;
        let parent = other.ok().and_then(|other| {
            crate::resource::sibling_collection(place, other.collection.name.clone())
        });
        parent.and_then(|parent| child_place(&parent, name))
    };
    match sibling {
        Some(place) => Failure::with(
            precondition.status(),
            Condition::Hrefs(precondition, vec![place.href()]),
        ),
        None => Failure::refused(precondition),
    }
}
