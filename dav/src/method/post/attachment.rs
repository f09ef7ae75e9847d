//! Attachments of calendar objects, added, replaced and removed (RFC 8607 3.4, 3.5, 3.6).

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_LOCATION, CONTENT_TYPE, ETAG, HeaderName};
use groupware::{
    ATTACHMENT_OCTETS_MAX, AttachmentChange, CollectionInfo, Error, NewAttachment, Object,
    ObjectPlace, ObjectPut,
};
use model::PathSegment;

use crate::answer::{self, Answer, PREFERENCE_APPLIED};
use crate::asked::Asked;
use crate::codec::header::{MediaType, Return, file_name};
use crate::codec::href::{Address, Target};
use crate::codec::request::AttachmentAction;
use crate::codec::{Fault, Precondition, Status};
use crate::conditions::{self, Reach};
use crate::error::Failure;
use crate::method::get::SCHEDULE_TAG;
use crate::property::media_type;
use crate::resource::{Found, Resource, What, resolve};
use crate::words;

/// RFC 8607 5.1.
const CAL_MANAGED_ID: HeaderName = HeaderName::from_static("cal-managed-id");

/// Octets of a media type that is kept with an attachment.
const MEDIA_TYPE_OCTETS_MAX: usize = 127;

/// Changes the attachments of the object that was found.
pub(super) async fn change(
    mut asked: Asked,
    found: Found,
    info: &CollectionInfo,
    object: &Arc<Object>,
) -> Result<Answer, Failure> {
    let action = AttachmentAction::parse(asked.head.query())?;
    refuse_forms(&asked)?;
    conditions::hold(&asked, &found).await?;
    conditions::permit_write(&asked, &found, Reach::Itself).await?;
    let condition = conditions::on_body(&asked, &found)?;
    let link = link(&asked, info).await?;
    let (status, change) = match action {
        AttachmentAction::Add { instances } => {
            let new = new(&mut asked).await?;
            (Status::CREATED, AttachmentChange::Add { instances, new })
        }
        AttachmentAction::Update { managed_id } => {
            let new = new(&mut asked).await?;
            let change = AttachmentChange::Update { managed_id, new };
            (Status::NO_CONTENT, change)
        }
        AttachmentAction::Remove {
            instances,
            managed_id,
        } => {
            let change = AttachmentChange::Remove {
                instances,
                managed_id,
            };
            (Status::NO_CONTENT, change)
        }
    };
    let place = ObjectPlace {
        account: info.account,
        collection: info.collection.id,
        name: object.row.name.clone(),
    };
    let visit = &asked.visit;
    let changed = visit
        .groupware()
        .change_attachments(&visit.caller, &place, &condition, change, &link)
        .await?;
    let answer = done(&asked, status, &changed.put).await?;
    Ok(match changed.managed_id {
        Some(id) => answer::with(answer, CAL_MANAGED_ID, id.as_str()),
        None => answer,
    })
}

/// A form on some other site can make a browser send a POST with the password it remembers; the browser says so.
fn refuse_forms(asked: &Asked) -> Result<(), Failure> {
    match asked.head.field("Origin")? {
        Some(origin)
            if origin.split_once("://").map(|(_, host)| host) != Some(asked.head.host()) =>
        {
            Err(Failure::forbidden())
        }
        _ => Ok(()),
    }
}

/// The file that the request brings.
async fn new(asked: &mut Asked) -> Result<NewAttachment, Failure> {
    let media_type = match asked.head.content_type() {
        Ok(media) => media.map(|media: MediaType| media.essence),
        Err(Fault::Header(_)) => None,
        Err(fault) => return Err(fault.into()),
    };
    let disposition = asked.head.field("Content-Disposition").ok().flatten();
    let too_long = || Failure::refused(Precondition::MaxAttachmentSize);
    let received = asked.received(ATTACHMENT_OCTETS_MAX, too_long).await?;
    Ok(NewAttachment {
        body: received.octets,
        media_type: media_type.filter(|essence| essence.len() <= MEDIA_TYPE_OCTETS_MAX),
        file_name: disposition.as_deref().and_then(file_name),
    })
}

/// Writes where an attachment is. RFC 5545 3.3.13: a URI, which every program understands only if it is whole.
async fn link(
    asked: &Asked,
    info: &CollectionInfo,
) -> Result<impl Fn(&PathSegment, &PathSegment) -> String + Send + Sync + use<>, Failure> {
    let host = asked.head.host();
    let is_host = |octet: u8| octet.is_ascii_alphanumeric() || b".-:[]".contains(&octet);
    if host.is_empty() || !host.bytes().all(is_host) {
        return Err(Failure::new(Status::BAD_REQUEST, "The host must be named."));
    }
    let scheme = if asked.head.is_secure() {
        "https"
    } else {
        "http"
    };
    let base = format!("{scheme}://{host}");
    let owner = asked.visit.directory().principal(info.account.into()).await;
    let owner = owner.map_err(Error::from)?.ok_or_else(Failure::not_found)?;
    let address = Address::try_from(owner.address.as_str())?;
    Ok(move |id: &PathSegment, name: &PathSegment| {
        let place = Target::Attachment(address.clone(), id.clone(), name.clone());
        format!("{base}{}", place.href())
    })
}

/// The answer, with the object as it is now where the client prefers that (RFC 8607 3.3.4).
async fn done(asked: &Asked, status: Status, put: &ObjectPut) -> Result<Answer, Failure> {
    let prefer = asked.head.prefer()?;
    let wanted = prefer.returning == Some(Return::Representation);
    let mut answer = answer::empty(status);
    let mut blob = put.blob;
    if wanted
        && let Found::Here(resource) = resolve(&asked.visit, &asked.head.place).await?
        && let Resource {
            what: What::Object(_, object),
            ..
        } = &resource
    {
        let body = asked.visit.groupware().body(object).await?;
        blob = object.row.blob.id;
        let status = if status == Status::NO_CONTENT {
            Status::OK
        } else {
            status
        };
        answer = answer::whole(status, Body::from(body));
        if let Some(media_type) = media_type(&resource, None) {
            answer = answer::with(answer, CONTENT_TYPE, &media_type);
        }
        answer = answer::with(answer, CONTENT_LOCATION, &resource.href());
        answer = answer::with(answer, PREFERENCE_APPLIED, "return=representation");
    }
    answer = answer::with(answer, ETAG, &words::etag(blob).to_string());
    if let Some(seq) = put.schedule_tag {
        let tag = words::schedule_tag(seq).to_string();
        answer = answer::with(answer, SCHEDULE_TAG, &tag);
    }
    Ok(answer)
}
