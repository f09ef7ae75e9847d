//! `C:calendar-multiget` (RFC 4791 7.9).

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
    let plan = plan(asked, wanted.selection)?;
    multiget::run(asked, plan, wanted.hrefs, Kinds::EVENT.or(Kinds::MESSAGE)).await
}
