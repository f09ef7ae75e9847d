//! `UNLOCK` (RFC 4918 9.11): a lock ends.

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::header::lock_token;
use crate::codec::{Fault, Precondition, Status};
use crate::error::Failure;
use crate::lock::NotHolder;
use crate::resource::{Found, resolve, spot_of};
use model::CollectionRights;

pub(super) async fn run(asked: Asked) -> Result<Answer, Failure> {
    // RFC 4918 9.11.1: 400 without a token.
    let field = asked.head.field("Lock-Token")?;
    let field = field.ok_or(Fault::Header("Lock-Token"))?;
    let token = lock_token(&field)?;
    let found = resolve(&asked.visit, &asked.head.place).await?;
    let none = || Failure::refused(Precondition::LockTokenMatchesRequestUri);
    let spot = spot_of(&asked.visit, &found).await.ok_or_else(none)?;
    // RFC 3744 3.5 `unlock`: whoever has all to say about a collection ends the locks of others in it.
    let breaks = match &found {
        Found::Here(resource) => resource.rights().contains(CollectionRights::SHARE),
        Found::Vacant(_) => false,
    };
    let by = (!breaks).then_some(asked.visit.principal.id);
    let now = asked.visit.now();
    match asked.visit.house.locks.release(&spot, token, by, now) {
        Some(Ok(())) => Ok(answer::empty(Status::NO_CONTENT)),
        Some(Err(NotHolder)) => Err(Failure::forbidden()),
        None => Err(none()),
    }
}
