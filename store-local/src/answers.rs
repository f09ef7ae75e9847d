//! Answering those whose requests a round has done, beside the writer.
//!
//! To wake somebody costs about as much as half a request. Whoever waits alone is answered at once; where many wait, another thread tells them,
//! and the writer is at the next round meanwhile.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use store::{Committed, Error};

use crate::job::Submission;

/// Up to so many are answered by the writer: another thread would have to be woken for them.
const AT_ONCE_MAX: usize = 8;
/// Rounds whose answers wait; beyond that the writer helps.
const ROUNDS_WAITING_MAX: usize = 4;

/// What became of a round's requests.
pub(crate) struct Answers {
    pub(crate) waiting: Vec<Submission>,
    /// One for each request, in their order.
    pub(crate) answers: Vec<Result<Committed, Error>>,
}

impl Answers {
    /// Tells each its own.
    fn tell(mut self) {
        // From the last to the first, so that each takes its own from the end.
        let mut replies = Vec::with_capacity(self.waiting.len());
        for submission in self.waiting.into_iter().rev() {
            let rest = self.answers.len().saturating_sub(submission.requests.len());
            replies.push((submission.reply, self.answers.split_off(rest)));
        }
        replies
            .into_iter()
            .rev()
            .for_each(|(reply, own)| reply(own));
    }
}

/// The writer's end: takes answers to be told.
pub(crate) struct Teller(SyncSender<Answers>);

/// Makes the two ends; the second is for [`tell_all`].
pub(crate) fn teller() -> (Teller, Receiver<Answers>) {
    let (sender, receiver) = sync_channel(ROUNDS_WAITING_MAX);
    (Teller(sender), receiver)
}

impl Teller {
    /// Has everybody told, soon if not at once.
    pub(crate) fn tell(&self, answers: Answers) {
        if answers.waiting.len() <= AT_ONCE_MAX {
            answers.tell();
            return;
        }
        match self.0.try_send(answers) {
            Ok(()) => {}
            Err(TrySendError::Full(answers) | TrySendError::Disconnected(answers)) => {
                answers.tell();
            }
        }
    }
}

/// Tells what comes until the writer has ended.
pub(crate) fn tell_all(rounds: &Receiver<Answers>) {
    for answers in rounds {
        answers.tell();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// A round of so many submissions without requests, and how many were answered.
    fn round(count: usize) -> (Answers, Receiver<usize>) {
        let (sender, told) = channel();
        let waiting = (0..count).map(|number| {
            let sender = sender.clone();
            Submission {
                requests: Vec::new(),
                together: false,
                reply: Box::new(move |_| {
                    let _asked = sender.send(number);
                }),
            }
        });
        let answers = Answers {
            waiting: waiting.collect(),
            answers: Vec::new(),
        };
        (answers, told)
    }

    #[test]
    fn few_are_answered_at_once_and_many_by_the_other_thread() {
        let (teller, rounds) = teller();
        let (few, told) = round(AT_ONCE_MAX);
        teller.tell(few);
        assert_eq!(told.try_iter().count(), AT_ONCE_MAX);

        let (many, told) = round(AT_ONCE_MAX + 1);
        teller.tell(many);
        assert_eq!(told.try_iter().count(), 0);
        drop(teller);
        tell_all(&rounds);
        assert!(told.try_iter().eq(0..=AT_ONCE_MAX));
    }

    #[test]
    fn nobody_stays_without_an_answer_when_too_many_wait_or_the_other_thread_is_gone() {
        let (teller, rounds) = teller();
        for _ in 0..ROUNDS_WAITING_MAX {
            teller.tell(round(AT_ONCE_MAX + 1).0);
        }
        let (full, told) = round(AT_ONCE_MAX + 1);
        teller.tell(full);
        assert_eq!(told.try_iter().count(), AT_ONCE_MAX + 1);
        drop(rounds);
        let (gone, told) = round(AT_ONCE_MAX + 1);
        teller.tell(gone);
        assert_eq!(told.try_iter().count(), AT_ONCE_MAX + 1);
    }
}
