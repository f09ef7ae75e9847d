//! Learning: what people put into Junk and take out of it becomes a lesson for the scanners that learn.
//!
//! One lesson at a time, so that whoever moves a whole mailbox keeps nobody from their mail. Lessons that come faster
//! than scanners learn are lost, and so are those that fail: nothing depends on a single one.

use bytes::Bytes;
use egress::Egress;
use groupware::{Groupware, Judgement, JunkWatch};
use scan::Lesson;
use tokio_util::sync::CancellationToken;

/// Octets of a message that is a lesson. Ours: what makes mail junk stands in its text, and is short.
pub const LESSON_OCTETS_MAX: usize = 2 * 1024 * 1024;

/// The teacher: made once, then run until the server stops.
#[derive(Debug)]
pub struct Learning {
    groupware: Groupware,
    egress: Egress,
    watch: JunkWatch,
}

impl Learning {
    /// Watches what people judge from now on.
    #[must_use]
    pub fn new(groupware: Groupware, egress: Egress) -> Self {
        let watch = groupware.watch_junk();
        Self {
            groupware,
            egress,
            watch,
        }
    }

    /// Teaches until the server stops.
    pub async fn run(mut self, stopping: CancellationToken) {
        let teach = async {
            while let Some(judgements) = self.watch.next().await {
                for judgement in judgements {
                    teach(&self.groupware, &self.egress, judgement).await;
                }
            }
        };
        // A lesson that is cut short is lost, as any that fails.
        tokio::select! {
            () = stopping.cancelled() => {}
            () = teach => {}
        }
    }
}

async fn teach(groupware: &Groupware, egress: &Egress, judgement: Judgement) {
    let Judgement { account, email, .. } = judgement;
    let message = match groupware.judged_message(judgement).await {
        Ok(Some(message)) if message.len() <= LESSON_OCTETS_MAX => message,
        Ok(_) => return,
        Err(error) => {
            tracing::debug!(%account, email = email.0, %error, "the message cannot be learnt from");
            return;
        }
    };
    let lesson = match judgement.junk {
        true => Lesson::Spam,
        false => Lesson::Ham,
    };
    match egress.learn(lesson, Bytes::from(message)).await {
        Ok(()) => tracing::debug!(%account, email = email.0, "a scanner learnt from the message"),
        Err(error) => {
            tracing::info!(%account, email = email.0, %error, "no scanner learnt from the message");
        }
    }
}
