//! `POST`: asking when others are busy, at the outbox (RFC 6638 5), sharing a collection, at the collection, and attaching
//! files to a calendar object, at the object (RFC 8607).

mod attachment;

use std::sync::Arc;

use groupware::{Error, FreeBusyAnswer, FreeBusyQuestion};
use icalendar::FreeBusyRequest;
use model::Principal;

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::request::{Post, ShareChange};
use crate::codec::response::{RecipientAnswer, schedule_body};
use crate::codec::{BodyLimits, Precondition, Status};
use crate::error::Failure;
use crate::resource::{Found, Kinds, Resource, What, resolve, resolve_href};
use crate::words;

pub(super) async fn run(asked: Asked) -> Result<Answer, Failure> {
    let found = resolve(&asked.visit, &asked.head.place).await?;
    let Found::Here(resource) = &found else {
        return Err(Failure::not_found());
    };
    let is_event = resource.kind() == Kinds::EVENT;
    match resource.what.clone() {
        What::Object(info, object) if is_event => {
            attachment::change(asked, found, &info, &object).await
        }
        What::Outbox(owner) => ask_free_busy(asked, &owner).await,
        What::Collection(_) | What::Home(_) => share(asked, &resource.what.clone()).await,
        _ => Err(Failure::forbidden()),
    }
}

/// RFC 6638 5.1: a request for the times of some people, answered for each of them.
async fn ask_free_busy(mut asked: Asked, owner: &Arc<Principal>) -> Result<Answer, Failure> {
    let media = asked.head.content_type()?;
    if media.is_none_or(|media| media.essence != "text/calendar") {
        return Err(Failure::refused(
            Precondition::ScheduleSupportedCalendarData,
        ));
    }
    let body = asked.words(BodyLimits::ORDINARY).await?;
    let request = FreeBusyRequest::read(&body.octets)
        .map_err(|_| Failure::refused(Precondition::ValidSchedulingMessage))?;
    // RFC 6638 5.2.3: one asks in one's own name.
    let asks = asked
        .visit
        .directory()
        .principal_at(&request.organizer)
        .await;
    let asks = asks.map_err(Error::from)?;
    if asks.is_none_or(|asks| asks.id != owner.id) {
        return Err(Failure::refused(Precondition::ValidOrganizer));
    }
    let question = FreeBusyQuestion {
        account: owner.id.into(),
        participants: request
            .participants
            .iter()
            .map(|(address, _)| address.clone())
            .collect(),
        range: request.range.clone(),
        masked_uid: request.masked_uid.clone(),
    };
    let visit = &asked.visit;
    let known = visit
        .groupware()
        .ask_free_busy(&visit.caller, &question)
        .await?;
    let texts: Vec<Option<String>> = known
        .iter()
        .zip(&request.participants)
        .map(|(answer, (address, _))| match answer {
            FreeBusyAnswer::Known(busy) => {
                let answer = icalendar::FreeBusyAnswer {
                    range: request.range.clone(),
                    now: visit.now().seconds(),
                    uid: &request.uid,
                    reply: true,
                    organizer: Some(&request.organizer),
                    participant: Some(address),
                };
                Some(answer.write(busy))
            }
            FreeBusyAnswer::Unknown => None,
        })
        .collect();
    let answers: Vec<RecipientAnswer<'_>> = texts
        .iter()
        .zip(&request.participants)
        .map(|(text, (_, written))| RecipientAnswer {
            recipient: written,
            // RFC 5546 3.6: 3.7 for somebody who is not known.
            request_status: match text {
                Some(_) => "2.0;Success",
                None => "3.7;Invalid calendar user",
            },
            calendar_data: text.as_deref().map(str::as_bytes),
        })
        .collect();
    Ok(answer::xml(Status::OK, schedule_body(&answers)))
}

/// caldav-sharing 5.3: whom a collection is shared with from now on.
async fn share(mut asked: Asked, what: &What) -> Result<Answer, Failure> {
    // A form on some other site can make a browser send a POST with the password it remembers, but not with this type.
    if !asked
        .head
        .content_type()?
        .is_some_and(|media| media.is_xml())
    {
        let words = "The body must be XML and say so.";
        return Err(Failure::new(Status::UNSUPPORTED_MEDIA_TYPE, words));
    }
    let body = asked.words(BodyLimits::ORDINARY).await?;
    let changes = match Post::parse(&body.octets)? {
        Post::Share(changes) => changes,
        Post::InviteReply(reply) => {
            // What is shared is there at once; nobody has to accept it.
            if !reply.accepted {
                decline(&asked, &reply.host_url).await?;
            }
            return Ok(answer::empty(Status::NO_CONTENT));
        }
    };
    let What::Collection(info) = what else {
        return Err(Failure::forbidden());
    };
    let visit = &asked.visit;
    let mut wanted = Vec::with_capacity(changes.len());
    for change in &changes {
        let principal = whom(&asked, change).await?;
        wanted.push((principal.id, words::shared_rights(change.access)));
    }
    for (principal, rights) in wanted {
        if info.account == principal.into() {
            continue;
        }
        let id = info.collection.id;
        visit
            .groupware()
            .share_collection(&visit.caller, info.account, id, Some(principal), rights)
            .await?;
    }
    Ok(answer::empty(Status::OK))
}

/// caldav-sharing 5.4: whoever declines has the collection no more.
async fn decline(asked: &Asked, host_url: &str) -> Result<(), Failure> {
    let visit = &asked.visit;
    let shared = resolve_href(visit, host_url, asked.head.host()).await?;
    match shared.map(|resource| resource.what) {
        Some(What::Collection(info)) if info.account != visit.account() => {
            super::delete::leave(visit, &info).await
        }
        _ => Err(Failure::not_found()),
    }
}

/// Somebody by `mailto:`, by the path of their principal, or by `principal:` and that path.
async fn whom(asked: &Asked, change: &ShareChange) -> Result<Arc<Principal>, Failure> {
    let href = change.href.as_str();
    let unknown = || Failure::refused(Precondition::RecognizedPrincipal);
    let mailto = href
        .get(..7)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    if mailto {
        let address = href.get(7..).unwrap_or_default();
        let found = asked.visit.directory().principal_at(address).await;
        return found.map_err(Error::from)?.ok_or_else(unknown);
    }
    let path = href.strip_prefix("principal:").unwrap_or(href);
    let rooted = if path.starts_with("principals/") {
        format!("/dav/{path}")
    } else {
        path.to_owned()
    };
    match resolve_href(&asked.visit, &rooted, asked.head.host()).await {
        Ok(Some(Resource {
            what: What::Principal(principal),
            ..
        })) => Ok(principal),
        Err(failure) if failure.status.0 >= 500 => Err(failure),
        Ok(_) | Err(_) => Err(unknown()),
    }
}
