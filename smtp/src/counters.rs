//! Counters of a service, for the metrics: what was taken, refused and put off.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::codec::Reply;

/// Counters of one service. Cheap to add to, read without stopping anybody.
#[derive(Debug, Default)]
pub struct Counters {
    messages: Outcomes,
    recipients: Outcomes,
    sign_ins: AtomicU64,
    sign_in_failures: AtomicU64,
}

#[derive(Debug, Default)]
struct Outcomes {
    accepted: AtomicU64,
    put_off: AtomicU64,
    refused: AtomicU64,
}

/// What the counters stood at when they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Messages taken; over LMTP one for each recipient that has it.
    pub messages_accepted: u64,
    /// Messages answered with 4xx after their content.
    pub messages_put_off: u64,
    /// Messages answered with 5xx after their content.
    pub messages_refused: u64,
    /// Recipients taken.
    pub recipients_accepted: u64,
    /// Recipients answered with 4xx.
    pub recipients_put_off: u64,
    /// Recipients answered with 5xx.
    pub recipients_refused: u64,
    /// Clients that signed in.
    pub sign_ins: u64,
    /// Attempts to sign in that failed, whatever the reason.
    pub sign_in_failures: u64,
}

impl Counters {
    /// Reads all counters; each is exact, but they are not read at one instant.
    #[must_use]
    pub fn read(&self) -> Reading {
        Reading {
            messages_accepted: self.messages.accepted.load(Relaxed),
            messages_put_off: self.messages.put_off.load(Relaxed),
            messages_refused: self.messages.refused.load(Relaxed),
            recipients_accepted: self.recipients.accepted.load(Relaxed),
            recipients_put_off: self.recipients.put_off.load(Relaxed),
            recipients_refused: self.recipients.refused.load(Relaxed),
            sign_ins: self.sign_ins.load(Relaxed),
            sign_in_failures: self.sign_in_failures.load(Relaxed),
        }
    }

    pub(crate) fn message(&self, reply: &Reply) {
        self.messages.count(reply);
    }

    pub(crate) fn recipient(&self, refused: Option<&Reply>) {
        match refused {
            Some(reply) => self.recipients.count(reply),
            None => add(&self.recipients.accepted),
        }
    }

    pub(crate) fn sign_in(&self, succeeded: bool) {
        match succeeded {
            true => add(&self.sign_ins),
            false => add(&self.sign_in_failures),
        }
    }
}

impl Outcomes {
    fn count(&self, reply: &Reply) {
        add(match (reply.is_positive(), reply.is_permanent()) {
            (true, _) => &self.accepted,
            (false, true) => &self.refused,
            (false, false) => &self.put_off,
        });
    }
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
