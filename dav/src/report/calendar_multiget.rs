//! `C:calendar-multiget` (RFC 4791 7.9).

use super::calendar_query::calendar_zone;
use super::{multiget, plan};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::Precondition;
use crate::codec::report::CalendarMultiget;
use crate::error::Failure;
use crate::resource::{Kinds, Resource};

pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    wanted: CalendarMultiget,
) -> Result<Answer, Failure> {
    let places = Kinds::CALENDAR
        .or(Kinds::INBOX)
        .or(Kinds::HOME)
        .or(Kinds::EVENT);
    if !resource.kind().meets(places) {
        return Err(Failure::refused(Precondition::SupportedReport));
    }
    // RFC 4791 9.8: floating times are in the calendar's zone; a multiget cannot say another.
    let plan = plan(asked, wanted.selection)?.with_zone(calendar_zone(resource));
    multiget::run(
        asked,
        resource,
        plan,
        wanted.hrefs,
        Kinds::EVENT.or(Kinds::MESSAGE),
    )
    .await
}
