//! Moderation: messages to a list that wait until somebody lets them through.

use std::sync::Arc;

use model::{AccountId, Actor, PrincipalId, QueueId, QueuePlace, QueueStanding, Queued, Timestamp};
use store::{Change, NewQueueItem, QueueChange, Request, Source};

use super::notice::{Asked, refusal};
use super::post::{queued, recipient};
use super::{List, NO_MODERATOR, NOT_WAITING, authors, plan, refused};
use crate::Groupware;
use crate::email::Prepared;
use crate::error::Error;
use crate::filter::{Delivered, Letter, Plan, Recipient, trace};
use crate::outgoing::QUEUE_PAGE_MAX;

/// Why a message to a moderated list is held.
const AWAITS_MODERATOR: &str = "waits for a moderator of the list";
/// Pages of the queue that are looked through for what waits.
const PAGES_LOOKED_THROUGH_MAX: usize = 100;
/// Octets of the reason that somebody is told.
const REASON_OCTETS_MAX: usize = 1_000;

/// A message that waits for a moderator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingPost {
    /// The list.
    pub list: PrincipalId,
    /// Its number there.
    pub id: QueueId,
    /// Since when it waits.
    pub since: Timestamp,
    /// Who wrote it, as it says itself.
    pub from: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its size in octets.
    pub size: u32,
    /// How many will get it.
    pub recipients: usize,
}

/// What a moderator wants of a waiting message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Command {
    Approve(QueueId),
    Reject(QueueId),
}

impl Groupware {
    /// Messages to a list, or to all lists, that wait for a moderator, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn pending_posts(
        &self,
        list: Option<PrincipalId>,
    ) -> Result<Vec<PendingPost>, Error> {
        let mut pending = Vec::new();
        let mut after: Option<QueuePlace> = None;
        for _ in 0..PAGES_LOOKED_THROUGH_MAX {
            let page = self.queue_page(after, QUEUE_PAGE_MAX).await?;
            for waiting in page.iter().filter(|queued| awaits_moderator(queued)) {
                if list.is_some_and(|list| AccountId::from(list) != waiting.account) {
                    continue;
                }
                if let Some(post) = self.pending_post(waiting).await? {
                    pending.push(post);
                }
            }
            match page.last() {
                Some(last) if page.len() == QUEUE_PAGE_MAX => after = Some(last.place()),
                _ => break,
            }
        }
        Ok(pending)
    }

    /// Lets a waiting message through to the members.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not wait for a moderator of that list.
    pub async fn approve_post(
        &self,
        actor: &Actor,
        list: PrincipalId,
        id: QueueId,
    ) -> Result<(), Error> {
        self.waiting(list, id).await?;
        self.release_queued(actor, list.into(), id).await
    }

    /// Throws a waiting message away; if one of ours wrote it, they are told, with this reason.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not wait for a moderator of that list.
    pub async fn reject_post(
        &self,
        actor: &Actor,
        list: PrincipalId,
        id: QueueId,
        reason: &str,
    ) -> Result<(), Error> {
        self.waiting(list, id).await?;
        let list = self.list(list).await?.ok_or(Error::NotFound)?;
        let changes = self.rejecting(&list, id, reason).await?;
        let request = Request {
            account: list.account(),
            actor: actor.clone(),
            at: self.clock.now(),
            if_seq: None,
            changes,
        };
        self.store.commit(request).await?;
        Ok(())
    }

    /// What the tag behind a list's name says, if it is for moderators.
    pub(super) fn command(&self, list: &List, recipient: &Recipient) -> Option<Command> {
        let delimiter = self.directory.recipient_delimiter()?;
        let (local, _) = recipient.forward_path.rsplit_once('@')?;
        let (_, tag) = local.split_once(delimiter)?;
        let tag = tag.to_ascii_lowercase();
        let (verb, number) = tag.split_once('-')?;
        let id = QueueId(number.parse().ok()?);
        if list.settings().moderators.is_empty() {
            return None;
        }
        match verb {
            "approve" => Some(Command::Approve(id)),
            "reject" => Some(Command::Reject(id)),
            _ => None,
        }
    }

    /// What a moderator wrote to a list is done.
    pub(super) async fn plan_command(
        &self,
        list: &List,
        letter: &Letter,
        command: Command,
    ) -> Result<Plan, Error> {
        // Whose mail program answers by itself decides nothing.
        let is_machine = !trace::values(&letter.message.octets, "Auto-Submitted").is_empty();
        if is_machine || !self.is_moderator(list, letter.actor.principal).await? {
            return Ok(plan(list, Vec::new(), refused(letter, NO_MODERATOR)));
        }
        let (Command::Approve(id) | Command::Reject(id)) = command;
        match self.waiting(list.principal.id, id).await {
            Ok(()) => {}
            Err(Error::NotFound) => {
                return Ok(plan(list, Vec::new(), refused(letter, NOT_WAITING)));
            }
            Err(error) => return Err(error),
        }
        let changes = match command {
            Command::Approve(id) => vec![Change::SetQueued {
                id,
                change: QueueChange::Hold(None),
            }],
            Command::Reject(id) => self.rejecting(list, id, "").await?,
        };
        let request = self.list_request(list, letter, changes);
        Ok(plan(list, vec![request], Delivered::Done))
    }

    /// Decides that a message waits, and asks the moderators, with one write.
    pub(super) async fn plan_held(
        &self,
        list: &List,
        letter: &Letter,
        message: Prepared,
        recipients: Vec<String>,
        standing: QueueStanding,
    ) -> Result<Plan, Error> {
        let head = self.store.engine().head(list.account())?;
        let number = head.as_ref().map_or(QueueId(1), |head| head.next_queue);
        let held = QueueStanding {
            hold: Some(AWAITS_MODERATOR.to_owned()),
            ..standing
        };
        let asked = Asked {
            list,
            number: number.0,
            delimiter: self.directory.recipient_delimiter(),
            reverse_path: &letter.reverse_path,
            message: &message.octets,
            now: self.clock.now(),
        };
        let mail = self.prepare(asked.composed()).await?;
        let mut moderators = Vec::new();
        for id in self.directory.list_owners(list.principal.id).await? {
            if let Some(moderator) = self.directory.principal(id).await? {
                moderators.push(moderator.address.clone());
            }
        }
        let mut changes = vec![queued(list, &message, recipients, held)];
        if !moderators.is_empty() {
            changes.push(notification(&mail, moderators));
        }
        let mut request = self.list_request(list, letter, changes);
        // The number in the mail is right only in this state.
        request.if_seq = Some(head.map_or(model::Seq::START, |head| head.seq));
        Ok(plan(list, vec![request], Delivered::Done))
    }

    /// Succeeds if the message waits for a moderator of the list.
    async fn waiting(&self, list: PrincipalId, id: QueueId) -> Result<(), Error> {
        let found = self.queued(list.into(), id).await?;
        match found.filter(awaits_moderator) {
            Some(_) => Ok(()),
            None => Err(Error::NotFound),
        }
    }

    /// The changes that throw a waiting message away, and tell its author.
    async fn rejecting(
        &self,
        list: &List,
        id: QueueId,
        reason: &str,
    ) -> Result<Vec<Change>, Error> {
        let mut changes = vec![Change::Dequeue { id }];
        let Some((_, message)) = self.queued_message(list.account(), id).await? else {
            return Err(Error::NotFound);
        };
        let parsed = crate::message::parse(&message);
        // Of others it is not known whether they wrote it: who is forged is to be left alone.
        for author in authors(&parsed.meta).into_iter().take(1) {
            if self.directory.principal_at(&author).await?.is_none() {
                continue;
            }
            let end = reason.floor_char_boundary(REASON_OCTETS_MAX);
            let mail = refusal(list, (&author, &reason[..end]), &message, self.clock.now());
            let mail = self.prepare(mail).await?;
            changes.push(notification(&mail, vec![author]));
        }
        Ok(changes)
    }

    async fn pending_post(&self, waiting: &Queued) -> Result<Option<PendingPost>, Error> {
        let found = self
            .queued_message(waiting.account, waiting.item.id)
            .await?;
        let Some((queued, message)) = found else {
            return Ok(None);
        };
        let parsed = crate::message::parse(&message);
        let subject = trace::values(&message, "Subject").into_iter().next();
        Ok(Some(PendingPost {
            list: queued.account.into(),
            id: queued.item.id,
            since: queued.item.accepted_at,
            from: authors(&parsed.meta),
            subject: subject.unwrap_or_default(),
            size: queued.item.size,
            recipients: queued.item.recipients.len(),
        }))
    }
}

fn awaits_moderator(queued: &Queued) -> bool {
    queued.standing.hold.as_deref() == Some(AWAITS_MODERATOR)
}

/// The change that queues a mail of the list itself. RFC 5321 4.5.5: nobody is told if it cannot be delivered.
fn notification(mail: &Prepared, to: Vec<String>) -> Change {
    Change::Enqueue(Box::new(NewQueueItem {
        reverse_path: String::new(),
        smtputf8: !to.iter().all(|address| address.is_ascii()),
        recipients: to.into_iter().map(recipient).collect(),
        source: Source::New(Arc::clone(&mail.blob)),
        size: mail.size,
        envelope_id: None,
        dsn_return: None,
        require_tls: false,
        standing: QueueStanding {
            eight_bit: !mail.octets.is_ascii(),
            ..QueueStanding::default()
        },
    }))
}
