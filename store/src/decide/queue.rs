//! Deciding about mail that waits to be sent.

use model::{Mutation, QueueId, QueueItem, QueueStanding, Queued};

use super::Deciding;
use crate::change::{NewQueueItem, Outcome, QueueChange};
use crate::error::Error;

/// Octets of the reason why a message is held.
const HOLD_OCTETS_MAX: usize = 1_000;

impl Deciding<'_> {
    pub(super) fn enqueue(&mut self, new: &NewQueueItem) -> Result<Outcome, Error> {
        check_hold(new.standing.hold.as_deref())?;
        if !new.standing.settled.is_empty() {
            return Err(Error::Invalid("a new message of the queue is not settled"));
        }
        let id = self.head.next_queue;
        let item = QueueItem {
            id,
            accepted_at: self.at,
            reverse_path: new.reverse_path.clone(),
            recipients: new.recipients.clone(),
            blob: self.place(&new.source),
            size: new.size,
            envelope_id: new.envelope_id.clone(),
            dsn_return: new.dsn_return,
            smtputf8: new.smtputf8,
            require_tls: new.require_tls,
        };
        self.push(Mutation::Enqueue(item))?;
        if new.standing != QueueStanding::default() {
            let standing = new.standing.clone();
            self.push(Mutation::SetQueued { id, standing })?;
        }
        Ok(Outcome::Queued(id))
    }

    pub(super) fn dequeue(&mut self, id: QueueId) -> Result<Outcome, Error> {
        self.queued(id)?;
        self.push(Mutation::Dequeue { id }).map(|()| Outcome::Done)
    }

    pub(super) fn set_queued(
        &mut self,
        id: QueueId,
        change: &QueueChange,
    ) -> Result<Outcome, Error> {
        let queued = self.queued(id)?;
        let mut standing = queued.standing.clone();
        match change {
            QueueChange::Settle(places) => {
                let recipients = queued.item.recipients.len();
                if places.iter().any(|place| *place as usize >= recipients) {
                    return Err(Error::NotFound("the recipient"));
                }
                standing.settled.extend(places);
                standing.settled.sort_unstable();
                standing.settled.dedup();
                if standing.settled.len() == recipients {
                    return self.push(Mutation::Dequeue { id }).map(|()| Outcome::Done);
                }
            }
            QueueChange::Hold(reason) => {
                check_hold(reason.as_deref())?;
                standing.hold.clone_from(reason);
            }
            QueueChange::DelayTold => standing.delay_told = true,
            QueueChange::ReleaseAt(at) => standing.release_at = *at,
        }
        if standing != queued.standing {
            self.push(Mutation::SetQueued { id, standing })?;
        }
        Ok(Outcome::Done)
    }

    /// The message as it was before the request, which may change it once.
    fn queued(&mut self, id: QueueId) -> Result<Queued, Error> {
        if self.many && !self.queue_touched.insert(id) {
            return Err(Error::Invalid(
                "one request changes a queued message only once",
            ));
        }
        let queued = self.lookup.queued(self.head.account, id)?;
        queued.ok_or(Error::NotFound("the queued message"))
    }
}

fn check_hold(reason: Option<&str>) -> Result<(), Error> {
    if reason.is_some_and(|reason| reason.len() > HOLD_OCTETS_MAX) {
        Err(Error::Invalid("the reason to hold a message is too long"))
    } else {
        Ok(())
    }
}
