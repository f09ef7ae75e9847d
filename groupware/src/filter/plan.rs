//! What becomes of a message at one recipient: all writes it needs, decided but not made.

use model::{MailboxId, PrincipalId, Role};
use store::{Head, Request};

use super::Letter;
use crate::Groupware;
use crate::delivery::{Delivered, Recipient};
use crate::error::Error;

/// What becomes of a message at one recipient.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The writes: the recipient's own first, if there is one; the others of other accounts, all or none.
    pub(crate) requests: Vec<Request>,
    /// What the peer is told.
    pub(crate) answer: Delivered,
    /// Whether it lies where the recipient looks, so that an invitation in it counts.
    pub(crate) is_kept: bool,
    /// Whether it was decided by rules: then it is decided again where something changed meanwhile.
    pub(crate) is_filtered: bool,
}

impl Plan {
    /// The message into the recipient's inbox, or among the unwanted ones.
    fn plain(groupware: &Groupware, head: &Head, letter: &Letter) -> Result<Self, Error> {
        let now = groupware.clock.now();
        let place = default_place(head, letter)?;
        Ok(Self {
            requests: vec![Request {
                account: head.account,
                actor: letter.actor.clone(),
                at: now,
                if_seq: None,
                changes: vec![letter.message.email(place, Vec::new(), now)],
            }],
            answer: Delivered::Done,
            is_kept: !letter.arrival.junk,
            is_filtered: false,
        })
    }
}

/// Where a message goes that nobody files.
pub(super) fn default_place(head: &Head, letter: &Letter) -> Result<MailboxId, Error> {
    let junk = head.with_role(Role::Junk).filter(|_| letter.arrival.junk);
    let place = junk.or_else(|| head.with_role(Role::Inbox));
    Ok(place.ok_or(Error::NotFound)?.id)
}

impl Groupware {
    /// Decides what becomes of a message at a recipient.
    pub(crate) async fn plan_delivery(
        &self,
        letter: &Letter,
        recipient: &Recipient,
    ) -> Result<Plan, Error> {
        let head = self.ensure_account(recipient.principal).await?;
        Plan::plain(self, &head, letter)
    }

    /// As [`Groupware::plan_delivery`], whatever the rules say: the message is kept.
    pub(crate) async fn plan_plain_delivery(
        &self,
        letter: &Letter,
        principal: PrincipalId,
    ) -> Result<Plan, Error> {
        let head = self.ensure_account(principal).await?;
        Plan::plain(self, &head, letter)
    }
}
