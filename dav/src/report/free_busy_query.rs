//! `C:free-busy-query` (RFC 4791 7.10): when a calendar makes its owner busy.

use super::collection;
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::Status;
use crate::codec::report::FreeBusyQuery;
use crate::error::Failure;
use crate::resource::{Kinds, Resource};

pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    query: &FreeBusyQuery,
) -> Result<Answer, Failure> {
    let info = collection(resource, Kinds::CALENDAR)?;
    let range = query.range.clone();
    let visit = &asked.visit;
    let busy = visit
        .groupware()
        .free_busy(
            &visit.caller,
            info.account,
            info.collection.id,
            range.clone(),
        )
        .await?;
    let now = visit.now().seconds();
    let uid = format!("freebusy-{}-{}-{now}", info.account, info.collection.id);
    let answer = icalendar::FreeBusyAnswer {
        range,
        now,
        uid: &uid,
        reply: false,
        organizer: None,
        participant: None,
    };
    Ok(answer::text(
        Status::OK,
        "text/calendar; charset=utf-8",
        answer.write(&busy),
    ))
}
