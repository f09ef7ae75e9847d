//! `GET` (RFC 9110 9.3.1): the body of an object, byte for byte as it was put.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, ETAG, HeaderName, LAST_MODIFIED, VARY,
};
use groupware::Error;
use icalendar::{CalendarObject, Retrieval, Zone};
use model::{CollectionRights, PathSegment};
use vcard::ContactCard;

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::header::{ETag, Matches, VcardVersion, accepted_vcard_version};
use crate::codec::href::{Address, Target, encoded};
use crate::codec::{Status, http_date};
use crate::error::Failure;
use crate::property::{media_type, version};
use crate::resource::{Found, Kinds, Resource, What, resolve};
use crate::{conditions, words};

/// RFC 6638 3.2.10.
pub(super) const SCHEDULE_TAG: HeaderName = HeaderName::from_static("schedule-tag");

pub(super) async fn run(asked: Asked) -> Result<Answer, Failure> {
    if let Target::Attachment(address, id, name) = &asked.head.place {
        return attachment(&asked, address, id, name).await;
    }
    let found = resolve(&asked.visit, &asked.head.place).await?;
    let Found::Here(resource) = &found else {
        return Err(Failure::not_found());
    };
    if !resource.rights().contains(CollectionRights::READ) {
        return Err(Failure::forbidden());
    }
    let Some(etag) = resource.etag() else {
        return Ok(answer::text(
            Status::OK,
            "text/plain; charset=utf-8",
            "A collection of WebDAV: open it with a program for calendars, contacts or files.\n",
        ));
    };
    let wanted = wanted_version(&asked, resource)?;
    let etag = match (wanted, &resource.what) {
        (Some(version), What::Object(_, object)) => {
            words::etag_in_version(object.row.blob.id, version)
        }
        _ => etag,
    };
    if let Some(answer) = not_modified(&asked, &etag)? {
        return Ok(answer);
    }
    conditions::hold_for_reading(&asked, &found).await?;
    let mut body = body(&asked, resource, wanted).await?;
    let zoned = resource.kind().meets(Kinds::EVENT.or(Kinds::MESSAGE));
    if zoned && asked.head.zones_by_name()? {
        body = with_zones_by_name(body);
    }
    let mut answer = answer::whole(Status::OK, Body::from(body));
    if let Some(media_type) = media_type(resource, wanted) {
        answer = answer::with(answer, axum::http::header::CONTENT_TYPE, &media_type);
    }
    answer = described(answer, resource, &etag);
    if zoned {
        answer = answer::with(answer, VARY, "CalDAV-Timezones");
    }
    if resource.kind() == Kinds::FILE {
        answer = harmless(answer);
    }
    Ok(answer)
}

/// RFC 7809 7: the object without definitions that the client has itself. Its tag stays: listings have no other one, and a
/// client must find again there what it fetched here.
fn with_zones_by_name(body: Vec<u8>) -> Vec<u8> {
    let retrieval = Retrieval {
        zones_by_name: true,
        ..Retrieval::default()
    };
    let written =
        CalendarObject::read_message(&body).and_then(|object| retrieval.apply(&object, &Zone::UTC));
    written.map_or(body, String::into_bytes)
}

/// What somebody put here is shown by no browser as a page of this server.
fn harmless(answer: Answer) -> Answer {
    let sandbox = HeaderName::from_static("content-security-policy");
    let answer = answer::with(answer, sandbox, "sandbox; default-src 'none'");
    let sniff = HeaderName::from_static("x-content-type-options");
    answer::with(answer, sniff, "nosniff")
}

/// RFC 8607 3.9: an attachment, for those who may read an object that names it.
async fn attachment(
    asked: &Asked,
    address: &Address,
    id: &PathSegment,
    name: &PathSegment,
) -> Result<Answer, Failure> {
    let visit = &asked.visit;
    let owner = visit.directory().principal_at(address.as_str()).await;
    let owner = owner.map_err(Error::from)?.ok_or_else(Failure::not_found)?;
    let groupware = visit.groupware();
    let file = groupware.attachment(&visit.caller, owner.id.into(), id);
    let file = file.await?;
    let etag = words::etag(file.row.blob.id);
    if let Some(answer) = not_modified(asked, &etag)? {
        return Ok(answer);
    }
    let body = groupware.body(&file).await?;
    let kept = file.row.media_type.as_deref();
    let media_type = kept.unwrap_or("application/octet-stream");
    let answer = answer::text(Status::OK, media_type, Body::from(body));
    let answer = answer::with(answer, ETAG, &etag.to_string());
    let answer = answer::with(answer, CACHE_CONTROL, "private, no-cache");
    let disposition = format!("attachment; filename*=UTF-8''{}", encoded(name.as_str()));
    let answer = answer::with(answer, CONTENT_DISPOSITION, &disposition);
    Ok(harmless(answer))
}

/// Tag, time and where it depends on the request.
fn described(answer: Answer, resource: &Resource, etag: &ETag) -> Answer {
    let mut answer = answer::with(answer, ETAG, &etag.to_string());
    answer = answer::with(answer, CACHE_CONTROL, "private, no-cache");
    if let What::Object(_, object) = &resource.what {
        let modified = http_date(object.row.modified_at.seconds());
        answer = answer::with(answer, LAST_MODIFIED, &modified);
        if let Some(seq) = object.row.schedule_tag {
            let tag = words::schedule_tag(seq).to_string();
            answer = answer::with(answer, SCHEDULE_TAG, &tag);
        }
    }
    if resource.kind().meets(Kinds::CARD.or(Kinds::DIRECTORY_CARD)) {
        answer = answer::with(answer, VARY, "Accept");
    }
    answer
}

/// RFC 6352 5.1.1.1: the version in which a card is wanted, if it is not the one it is stored in.
fn wanted_version(asked: &Asked, resource: &Resource) -> Result<Option<VcardVersion>, Failure> {
    if !resource.kind().meets(Kinds::CARD.or(Kinds::DIRECTORY_CARD)) {
        return Ok(None);
    }
    let accept = asked.head.field("Accept")?;
    let wanted = accept.as_deref().and_then(accepted_vcard_version);
    let stored = match &resource.what {
        What::Object(_, object) => object.summary.contact().map(|card| card.version),
        _ => Some(vcard::Version::V4),
    };
    Ok(wanted.filter(|wanted| Some(version(*wanted)) != stored))
}

/// RFC 9110 13.1.2, 15.4.5.
fn not_modified(asked: &Asked, etag: &ETag) -> Result<Option<Answer>, Failure> {
    let modified = match asked.head.if_none_match()? {
        None => true,
        Some(Matches::Any) => false,
        Some(matches) => matches.if_none_match_holds(Some(etag)),
    };
    if modified {
        return Ok(None);
    }
    let answer = answer::empty(Status::NOT_MODIFIED);
    Ok(Some(answer::with(answer, ETAG, &etag.to_string())))
}

async fn body(
    asked: &Asked,
    resource: &Resource,
    wanted: Option<VcardVersion>,
) -> Result<Vec<u8>, Failure> {
    let stored = match &resource.what {
        What::Object(_, object) => asked.visit.groupware().body(object).await?,
        What::DirectoryCard(entry) => entry.card.clone().into_bytes(),
        _ => return Err(Failure::not_found()),
    };
    Ok(match wanted {
        None => stored,
        Some(wanted) => match ContactCard::read(&stored) {
            Ok(card) => card.convert(version(wanted)).into_bytes(),
            Err(_) => stored,
        },
    })
}
