//! `MKCALENDAR` (RFC 4791 5.3.1): a new calendar.

use model::CollectionKind;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::request::MkCalendar;
use crate::codec::{BodyLimits, Precondition, Tag};
use crate::error::Failure;
use crate::resource::{Found, resolve};

pub(super) async fn run(mut asked: Asked) -> Result<Answer, Failure> {
    super::require_xml(&asked)?;
    let body = asked.words(BodyLimits::ORDINARY).await?;
    let request = MkCalendar::parse(&body.octets)?;
    if let Found::Here(_) = resolve(&asked.visit, &asked.head.place).await? {
        // RFC 4791 5.3.1.1.
        return Err(Failure::refused(Precondition::ResourceMustBeNull));
    }
    let root = Some(Tag::caldav("mkcalendar-response"));
    super::mkcol::create(&asked, CollectionKind::Calendar, request.properties, root).await
}
