//! The other participants: they see in their copies who answered what (RFC 6638 4.2).
//!
//! That follows the answer with a write of its own: whoever answers does not depend on what others have in their calendars.
//! Only copies in this house are told; a mail for each answer of each participant would please nobody.

use std::collections::BTreeSet;

use itip::{Addresses, Effect, Kind, ScheduleAgent, Scheduled};
use model::{AccountId, Actor, CollectionKind};
use store::{Request, TagChange};

use super::deliver::{Copy, condition};
use super::fault::refused;
use super::party::Way;
use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::caller::Caller;
use crate::error::Error;
use crate::object::decode_meta;

/// Participants that an answer is shown to: above it nobody looks who of them comes.
const TOLD_MAX: usize = 200;

/// An answer that was worked into the organizer's object.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    organizer: AccountId,
    uid: String,
    from: String,
}

impl Answered {
    /// The answer that a message in the organizer's account brought, if there is somebody else to see it.
    pub(super) fn of(organizer: AccountId, copy: Option<&Copy>, effect: &Effect) -> Option<Self> {
        if effect.kind != Kind::Replied {
            return None;
        }
        let summary = decode_meta(CollectionKind::Calendar, &copy?.row.meta);
        let is_other = |address: &String| *address != effect.from;
        let has_others = summary.calendar().is_none_or(|summary| {
            let others = summary.participants.iter().filter(|one| is_other(one));
            others
                .filter(|one| Some(*one) != summary.organizer.as_ref())
                .count()
                > 0
        });
        has_others.then(|| Self {
            organizer,
            uid: effect.uid.clone(),
            from: effect.from.clone(),
        })
    }
}

impl Groupware {
    /// Shows answers to the other participants. What cannot be shown now is with the organizer's next change.
    pub(super) async fn tell_others(&self, actor: &Actor, answered: Vec<Answered>) {
        for answer in answered {
            if let Err(error) = self.tell_others_of(actor, &answer).await {
                tracing::info!(%error, account = %answer.organizer, "an answer was not shown to all participants");
            }
        }
    }

    async fn tell_others_of(&self, actor: &Actor, answer: &Answered) -> Result<(), Error> {
        let head = self.store.engine().head(answer.organizer)?;
        let Some(organized) = self
            .copy_of(&head.ok_or(Error::NotFound)?, &answer.uid)
            .await?
        else {
            return Ok(());
        };
        let who = match self.directory.principal_at(&answer.from).await? {
            Some(principal) => self.addresses_of(&principal).await?,
            None => Addresses::new([answer.from.as_str()]),
        };
        let mut waiting = self.others(answer, &organized.body, &who).await?;
        let caller = Caller::new(actor.clone());
        for _ in 0..ATTEMPTS_MAX {
            let mut requests = Vec::new();
            for account in &waiting {
                let request = self
                    .shown_to(&caller, *account, answer, &organized.body, &who)
                    .await?;
                requests.extend(request);
            }
            if requests.is_empty() {
                return Ok(());
            }
            waiting = requests.iter().map(|request| request.account).collect();
            let done = self.store.commit_all(requests).await;
            let mut done = done.iter();
            // Who changed their copy meanwhile is shown it again.
            waiting.retain(|_| matches!(done.next(), Some(Err(store::Error::StateMismatch))));
        }
        Ok(())
    }

    /// The accounts of the other participants.
    async fn others(
        &self,
        answer: &Answered,
        organized: &[u8],
        who: &Addresses,
    ) -> Result<Vec<AccountId>, Error> {
        let scheduled = Scheduled::read(organized).map_err(|fault| refused(&fault))?;
        let others: BTreeSet<&str> = scheduled
            .participants()
            .filter(|one| one.agent == ScheduleAgent::Server && !who.contains(&one.address))
            .map(|one| one.address.as_str())
            .collect();
        let mut accounts = Vec::new();
        for address in others {
            if let Way::Account(principal) = self.way_to(address).await? {
                let account = AccountId::from(principal.id);
                if account != answer.organizer && !accounts.contains(&account) {
                    accounts.push(account);
                }
            }
            if accounts.len() > TOLD_MAX {
                return Ok(Vec::new());
            }
        }
        Ok(accounts)
    }

    /// What changes in one participant's account; nothing where the answer stands there, or nothing of the meeting.
    async fn shown_to(
        &self,
        caller: &Caller,
        account: AccountId,
        answer: &Answered,
        organized: &[u8],
        who: &Addresses,
    ) -> Result<Option<Request>, Error> {
        let Some(head) = self.store.engine().head(account)? else {
            return Ok(None);
        };
        let Some(copy) = self.copy_of(&head, &answer.uid).await? else {
            return Ok(None);
        };
        // A copy that somebody made for themselves is not the organizer's to change.
        if copy.row.schedule_tag.is_none() {
            return Ok(None);
        }
        let Ok(Some(text)) = itip::answer_of_another(&copy.body, organized, who) else {
            return Ok(None);
        };
        let (collection, name) = (copy.row.collection, copy.row.name.clone());
        let prepared = self
            .prepared(account, collection, text.into_bytes())
            .await?;
        // RFC 6638 3.2.10: for whom only the answers of others are new, the tag stays.
        let tag = TagChange::Keep;
        let put = prepared.put(collection, name, tag, None, condition(Some(&copy)));
        Ok(Some(self.request(caller, account, vec![put])))
    }
}
