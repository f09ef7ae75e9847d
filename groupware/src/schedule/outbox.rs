//! The question when people are free, as planning a meeting asks it (RFC 6638 5).

use std::ops::Range;

use icalendar::Busy;
use model::{AccountId, CollectionRights};

use super::party::Way;
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::refusal::Refusal;

/// The most people that are asked about at once.
const PARTICIPANTS_MAX: usize = 500;

/// What is asked.
#[derive(Clone, Debug)]
pub struct FreeBusyQuestion {
    /// In whose name: the account's outbox that it was sent to.
    pub account: AccountId,
    /// Of whom: addresses.
    pub participants: Vec<String>,
    /// When, in seconds since 1970 UTC.
    pub range: Range<i64>,
    /// The `UID` of an event that does not count, because it is the one being planned.
    pub masked_uid: Option<String>,
}

/// What is known of one of them.
#[derive(Clone, Debug)]
pub enum FreeBusyAnswer {
    /// When they are busy, merged and in order.
    Known(Vec<Busy>),
    /// The address is not one of this house, or they do not tell (RFC 6638 3.2.9: `3.7`, `3.8`).
    Unknown,
}

impl Groupware {
    /// When each of these people is busy, in their order.
    ///
    /// # Errors
    /// Only the account's owner and deputies who may write ask in its name. [`Error::Refused`] if the range is too long.
    pub async fn ask_free_busy(
        &self,
        caller: &Caller,
        question: &FreeBusyQuestion,
    ) -> Result<Vec<FreeBusyAnswer>, Error> {
        let access = self.collection_access(caller, question.account).await?;
        access.require_account(CollectionRights::WRITE)?;
        // One bad range is the question's fault, and not that of everybody who is asked about.
        crate::calendar::check(&question.range)?;
        if question.participants.len() > PARTICIPANTS_MAX {
            return Err(Error::Limit("too many people are asked about at once"));
        }
        let masked = question.masked_uid.as_deref();
        let mut answers = Vec::with_capacity(question.participants.len());
        for address in &question.participants {
            let account = match self.way_to(address).await? {
                Way::Account(principal) | Way::Resource(principal) => AccountId::from(principal.id),
                Way::Mail | Way::Nowhere => {
                    answers.push(FreeBusyAnswer::Unknown);
                    continue;
                }
            };
            let busy = self
                .free_busy_of(caller, account, question.range.clone(), masked)
                .await;
            answers.push(match busy {
                Ok(busy) => FreeBusyAnswer::Known(busy),
                // Whose calendar is beyond what is looked at keeps nobody else's times back.
                Err(Error::NotFound | Error::Refused(Refusal::Occurrences)) => {
                    FreeBusyAnswer::Unknown
                }
                Err(error) => return Err(error),
            });
        }
        Ok(answers)
    }
}
