//! Methods: one file for each, named as on the wire.

mod acl;

mod copy;

mod delete;

mod get;

mod head;

mod lock;

mod mkcalendar;

mod mkcol;

mod move_resource;

mod options;

mod post;

mod propfind;

mod proppatch;

mod put;

mod report;

mod transfer;

mod unlock;

use axum::http::header::ALLOW;

use crate::allow::{allow, allowed};
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::{Fault, Status};
use crate::error::Failure;
use crate::session::Method;

pub(crate) use options::without_signing_in;

/// Answers a request of somebody who is signed in.
pub(crate) async fn run(asked: Asked) -> Answer {
    let (place, method) = (asked.head.place.clone(), asked.head.method);
    let answer = match dispatch(asked).await {
        Ok(answer) => answer,
        Err(failure) => answer::failed(&failure),
    };
    if answer.status().as_u16() == Status::METHOD_NOT_ALLOWED.0 {
        return answer::with(answer, ALLOW, &allow(&place, Some(method)));
    }
    answer
}

async fn dispatch(asked: Asked) -> Result<Answer, Failure> {
    let method = asked.head.method;
    if !allowed(&asked.head.place).contains(&method) {
        let words = "The method is not possible here.";
        return Err(Failure::new(Status::METHOD_NOT_ALLOWED, words));
    }
    match method {
        Method::Options => Ok(options::run(&asked)),
        Method::Get => get::run(asked).await,
        Method::Head => head::run(asked).await,
        Method::Put => put::run(asked).await,
        Method::Delete => delete::run(asked).await,
        Method::Post => post::run(asked).await,
        Method::Propfind => propfind::run(asked).await,
        Method::Proppatch => proppatch::run(asked).await,
        Method::Mkcol => mkcol::run(asked).await,
        Method::Mkcalendar => mkcalendar::run(asked).await,
        Method::Copy => copy::run(asked).await,
        Method::Move => move_resource::run(asked).await,
        Method::Lock => lock::run(asked).await,
        Method::Unlock => unlock::run(asked).await,
        Method::Acl => acl::run(asked).await,
        Method::Report => report::run(asked).await,
    }
}

/// A body that is not XML where only XML is understood (RFC 4918 8.2).
fn require_xml(asked: &Asked) -> Result<(), Failure> {
    match asked.head.content_type() {
        // Older clients say nothing, or something that means nothing; the body itself will tell.
        Ok(None) | Err(Fault::Header(_)) => Ok(()),
        Ok(Some(media))
            if media.is_xml() || media.essence == "application/x-www-form-urlencoded" =>
        {
            Ok(())
        }
        Ok(Some(media))
            if media.essence == "text/plain" || media.essence == "application/octet-stream" =>
        {
            Ok(())
        }
        Ok(Some(_)) => Err(Failure::new(
            Status::UNSUPPORTED_MEDIA_TYPE,
            "The body must be XML.",
        )),
        Err(fault) => Err(fault.into()),
    }
}
