//! The copy of a message that was sent in the name of a mailbox that several share: put where they all look once it is sent,
//! never earlier, and once.

use model::{AccountId, Actor, Keyword, ObjectId, QueueId, Queued, Rights, Seq};
use store::{Change, Engine, Head, Request};

use super::super::sent::Sent;
use super::{read, text};
use crate::Groupware;
use crate::caller::Caller;
use crate::email::{EmailCopy, Place, copy_of, gather};
use crate::error::Error;
use crate::record::{Record, RecordChange, RecordKind};
use crate::rights::{Access, Who, allowed};

/// How the copy of a queued message is filed: with the write that settles the message, or not at all.
pub(crate) struct Filing {
    /// What is changed in the sender's account: the copy is there. Holds only in [`Filing::seq`].
    pub(crate) own: Vec<Change>,
    /// The state of the sender's account.
    pub(crate) seq: Seq,
    /// What the account with that mailbox gets.
    pub(crate) other: Request,
}

/// A message that waited, and the copy that is wanted of it.
struct Wanted {
    record: ObjectId,
    sent: Sent,
    place: Place,
    queued: Queued,
}

impl Groupware {
    /// Whether the caller may put emails there. Their own account has what was sent already.
    pub(super) async fn may_file(&self, caller: &Caller, at: Place) -> Result<(), Error> {
        if caller.owns(at.account) {
            return Err(Error::Forbidden);
        }
        let access = self.access(caller, at.account).await?;
        access.require(at.mailbox, Rights::INSERT).map(drop)
    }

    /// Files the copy of a message that was sent without waiting. It was sent all the same if that fails.
    pub(super) async fn file_at_once(&self, caller: &Caller, id: ObjectId, sent: &mut Sent) {
        if let Err(error) = self.try_to_file(caller, id, sent).await {
            tracing::warn!(%error, "the copy of a message could not be filed");
        }
    }

    async fn try_to_file(
        &self,
        caller: &Caller,
        id: ObjectId,
        sent: &mut Sent,
    ) -> Result<(), Error> {
        let Some(mut copy) = sent.copy else {
            return Ok(());
        };
        let (own, place) = (AccountId::from(caller.principal()?), copy.place());
        let access = self.access(caller, place.account).await?;
        let mailbox = access.require(place.mailbox, Rights::INSERT)?;
        let wanted = EmailCopy {
            email: sent.email_id(),
            mailbox: place.mailbox,
            keywords: Some(allowed(seen()?, access.rights(mailbox))),
            received_at: Some(self.clock.now()),
        };
        let copied = self.copy_emails(caller, own, place.account, vec![wanted]);
        copied.await?.into_iter().collect::<Result<Vec<_>, _>>()?;
        copy.is_filed = true;
        sent.copy = Some(copy);
        let update = [RecordChange::Update(id, text(sent)?)];
        let kind = RecordKind::Submission;
        let done = self.change_records(caller, own, kind, None, &update);
        done.await.map(drop)
    }

    /// How the copy of a message that waited is filed, now that it was sent; none where none is wanted, or where it may not be
    /// put any more.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn filing(
        &self,
        account: AccountId,
        queue: QueueId,
    ) -> Result<Option<Filing>, Error> {
        let Some(head) = self.store.engine().head(account)? else {
            return Ok(None);
        };
        if RecordKind::Submission.changed(&head) == Seq::START {
            // What other programs send is not remembered, and costs nothing more.
            return Ok(None);
        }
        let is_later = move |engine: &dyn Engine| engine.queued(account, queue);
        let queued = self.store.read(is_later).await?;
        let Some(queued) = queued.filter(|it| it.standing.release_at.is_some()) else {
            return Ok(None);
        };
        let records = self.records_in(&head, RecordKind::Submission).await?;
        let Some(wanted) = Wanted::find(&records.all, queued) else {
            return Ok(None);
        };
        // Whoever scheduled it: what they may do on the day that it is sent counts.
        let sender = Caller::new(Actor {
            principal: Some(account.into()),
            ..Actor::system()
        });
        let Ok(access) = self.access(&sender, wanted.place.account).await else {
            return Ok(None);
        };
        let Ok(mailbox) = access.require(wanted.place.mailbox, Rights::INSERT) else {
            tracing::info!(%account, %queue, "the copy of a message may not be filed any more");
            return Ok(None);
        };
        let keywords = allowed(seen()?, access.rights(mailbox));
        let (seq, account) = (head.seq, wanted.place.account);
        let (wanted, own) = {
            let plan = move |engine: &dyn Engine| {
                let own = wanted.filed(engine, &head)?;
                Ok((wanted, own))
            };
            self.blocking(plan).await?
        };
        let email = self.email_of(wanted, keywords).await?;
        let other = Request {
            account,
            actor: sender.actor,
            at: self.clock.now(),
            if_seq: None,
            changes: vec![email],
        };
        Ok(Some(Filing { own, seq, other }))
    }

    /// The email as its sender has it, with those who got blind copies; where they did away with it, as it was sent.
    async fn email_of(&self, wanted: Wanted, keywords: Vec<Keyword>) -> Result<Change, Error> {
        let (mailbox, now) = (wanted.place.mailbox, self.clock.now());
        let (account, email) = (wanted.queued.account, wanted.sent.email_id());
        let sender = Access {
            head: self.ensure_account(account.into()).await?,
            who: Who::Owner,
        };
        let kept = move |engine: &dyn Engine| gather(engine, &sender, email);
        if let Some(gathered) = self.store.read(kept).await? {
            return Ok(copy_of(gathered, mailbox, keywords, now));
        }
        let blob = wanted.queued.item.blob;
        let octets = self.store.read(move |engine| engine.blob(blob)).await?;
        let prepared = self.prepare(octets).await?;
        Ok(prepared.email(mailbox, keywords, now))
    }
}

impl Wanted {
    fn find(records: &[Record], queued: Queued) -> Option<Self> {
        let mut all = records.iter().rev();
        all.find_map(|record| {
            let sent = read(record).ok()?;
            let copy = sent.copy.filter(|copy| !copy.is_filed)?;
            (sent.queue_id() == Some(queued.item.id)).then(|| (record.id, sent, copy.place()))
        })
        .map(|(record, sent, place)| Self {
            record,
            sent,
            place,
            queued,
        })
    }

    /// Remembers that it is there.
    fn filed(&self, engine: &dyn Engine, head: &Head) -> Result<Vec<Change>, Error> {
        let mut sent = self.sent.clone();
        if let Some(copy) = &mut sent.copy {
            copy.is_filed = true;
        }
        let text = text(&sent)?;
        let change = (self.record, text.as_str());
        Groupware::record_updated(engine, head, RecordKind::Submission, change)
    }
}

/// Whoever sent it knows it.
fn seen() -> Result<Vec<Keyword>, Error> {
    let seen = Keyword::try_from("$seen").map_err(|error| Error::internal(&error))?;
    Ok(vec![seen])
}
