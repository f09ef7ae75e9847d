//! `A:addressbook-multiget` (RFC 6352 8.7).

use super::{multiget, plan};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::Precondition;
use crate::codec::report::AddressbookMultiget;
use crate::error::Failure;
use crate::resource::{Kinds, Resource};

pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    wanted: AddressbookMultiget,
) -> Result<Answer, Failure> {
    let places = Kinds::ADDRESS_BOOK
        .or(Kinds::DIRECTORY)
        .or(Kinds::HOME)
        .or(Kinds::CARD);
    if !resource.kind().meets(places) {
        return Err(Failure::refused(Precondition::SupportedReport));
    }
    let plan = plan(asked, wanted.selection)?;
    multiget::run(
        asked,
        resource,
        plan,
        wanted.hrefs,
        Kinds::CARD.or(Kinds::DIRECTORY_CARD),
    )
    .await
}
