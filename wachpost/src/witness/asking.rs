//! Asking: shows each new checkpoint to every witness, each in a task of its own, so that none waits for another.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use egress::Egress;
use egress::wire::{HttpRequest, Method, Redirects};
use seal::{Checkpoint, Note, Submission, WitnessKey};
use tlog::Answer;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Standing;
use super::standing::Trouble;

/// Time for one answer, in milliseconds.
const ANSWER_MS_MAX: u32 = 10_000;
/// Questions for one checkpoint: a witness may say once or twice where to begin.
const TRIES: u32 = 3;
/// A witness that does not answer is left alone for so long at most.
const PAUSE_MAX: Duration = Duration::from_secs(300);
/// A checkpoint that stays the newest is cosigned again after so many seconds, so that a witness that is gone is missed.
const AGAIN_AFTER_SECONDS: u64 = 3_600;

/// A checkpoint of ours.
#[derive(Clone, Debug)]
struct Offer {
    checkpoint: Checkpoint,
    note: Note,
}

/// Asks until the server stops.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) standing: Arc<Standing>,
    pub(crate) egress: Egress,
    /// How often it is looked whether there is a new checkpoint.
    pub(crate) interval: Duration,
}

impl Asking {
    /// Looks for new checkpoints and lets the tasks of the witnesses know.
    pub(crate) async fn run(self, stopping: CancellationToken, tracker: TaskTracker) {
        let (sender, receiver) = watch::channel(None);
        let asking = Arc::new(self);
        for place in 0..asking.standing.policy().witnesses().len() {
            let one = Arc::clone(&asking).attend(place, receiver.clone(), stopping.clone());
            tracker.spawn(one);
        }
        loop {
            match asking.newest().await {
                Ok(Some(offer)) => {
                    sender.send_replace(Some(offer));
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(error, "the checkpoint for the witnesses cannot be read")
                }
            }
            if wait(asking.interval, &stopping).await {
                return;
            }
        }
    }

    /// Asks one witness.
    async fn attend(
        self: Arc<Self>,
        place: usize,
        mut offers: watch::Receiver<Option<Offer>>,
        stopping: CancellationToken,
    ) {
        let mut pause = self.interval;
        loop {
            let offer = offers.borrow_and_update().clone();
            let wanted = offer.filter(|offer| self.is_wanted(place, offer));
            if let Some(offer) = wanted {
                // Both branches are cancellation-safe: a question that is given up is asked again at the next start.
                let asked = tokio::select! {
                    asked = self.ask(place, &offer) => asked,
                    () = stopping.cancelled() => return,
                };
                match asked {
                    Ok(()) => pause = self.interval,
                    Err(trouble) => {
                        self.standing.fail(place, trouble);
                        if wait(pause, &stopping).await {
                            return;
                        }
                        pause = (pause * 2).min(PAUSE_MAX.max(self.interval));
                        continue;
                    }
                }
            }
            // All branches are cancellation-safe.
            tokio::select! {
                changed = offers.changed() => if changed.is_err() { return },
                () = stopping.cancelled() => return,
            }
        }
    }

    fn is_wanted(&self, place: usize, offer: &Offer) -> bool {
        let Some((cosigned, seconds_ago)) = self.standing.cosigned(place) else {
            return true;
        };
        cosigned.checkpoint != offer.checkpoint || seconds_ago >= AGAIN_AFTER_SECONDS
    }

    async fn newest(&self) -> Result<Option<Offer>, String> {
        let tree = self.standing.tree().clone();
        let read = tokio::task::spawn_blocking(move || tree.ask(store_local::History::checkpoint));
        let found = read.await.map_err(|error| error.to_string())?;
        let Some((_, note)) = found.map_err(|error| error.to_string())? else {
            return Ok(None);
        };
        let note = Note::parse(note.as_bytes()).map_err(|error| error.to_string())?;
        let checkpoint = note
            .text()
            .parse()
            .map_err(|error: seal::NoteError| error.to_string())?;
        Ok(Some(Offer { checkpoint, note }))
    }

    /// Has the checkpoint cosigned.
    async fn ask(&self, place: usize, offer: &Offer) -> Result<(), Trouble> {
        let Some(witness) = self.standing.policy().witnesses().get(place) else {
            return Ok(());
        };
        let size = offer.checkpoint.size();
        let known = self.standing.cosigned(place);
        let mut old = known.map_or(0, |(cosigned, _)| cosigned.checkpoint.size().min(size));
        let url = tlog::ask(witness.url.as_deref().unwrap_or_default());
        for _ in 0..TRIES {
            let answer = self
                .exchange(&url, self.submission(old, offer).await?)
                .await?;
            match answer {
                Answer::Cosigned(lines) => {
                    return self.take(place, offer, &lines, &witness.key).await;
                }
                Answer::Conflict(theirs) if theirs > size => {
                    return Err(self.ahead(theirs).await);
                }
                Answer::Conflict(theirs) if theirs == old && theirs == size => {
                    return Err(Trouble::Contradicting(format!(
                        "it has cosigned another tree of {size} entries"
                    )));
                }
                Answer::Conflict(theirs) if theirs == old => {
                    return Err(Trouble::Lying(format!(
                        "it wants a proof from {theirs} entries, and does not take one from there"
                    )));
                }
                Answer::Conflict(theirs) => old = theirs,
                Answer::Unproven => {
                    return Err(Trouble::Contradicting(format!(
                        "the {old} entries that it cosigned last are not those with which this journal begins"
                    )));
                }
                Answer::UnknownLog => {
                    return Err(Trouble::Refusing("it does not know this log".to_owned()));
                }
                Answer::NotSigned => {
                    return Err(Trouble::Refusing(
                        "it knows another key of this log".to_owned(),
                    ));
                }
                Answer::Unavailable(status) => {
                    return Err(Trouble::Silent(format!("it answers with status {status}")));
                }
                Answer::Unintelligible(status) => {
                    return Err(Trouble::Lying(format!(
                        "it answers with status {status} and something that no witness says"
                    )));
                }
            }
        }
        Err(Trouble::Lying(
            "it wants a proof from elsewhere each time".to_owned(),
        ))
    }

    /// It cosigned more than we had signed a moment ago. Perhaps we have signed more meanwhile.
    async fn ahead(&self, theirs: u64) -> Trouble {
        match self.newest().await {
            Ok(Some(newest)) if newest.checkpoint.size() >= theirs => {
                Trouble::Silent("it was asked for an older checkpoint than it has".to_owned())
            }
            _ => Trouble::Contradicting(format!(
                "it has cosigned {theirs} entries, and this journal has fewer"
            )),
        }
    }

    /// Believes what the signature says and no more.
    async fn take(
        &self,
        place: usize,
        offer: &Offer,
        lines: &[seal::Signature],
        key: &WitnessKey,
    ) -> Result<(), Trouble> {
        let now = self.standing.now_seconds();
        let (line, at) = tlog::judge(lines, &offer.checkpoint, key, now)
            .map_err(|lie| Trouble::Lying(lie.to_string()))?;
        let (standing, offer) = (Arc::clone(&self.standing), offer.clone());
        let added = tokio::task::spawn_blocking(move || {
            standing.add(place, &offer.note, &offer.checkpoint, &line, at);
        });
        added
            .await
            .map_err(|error| Trouble::Silent(error.to_string()))
    }

    async fn submission(&self, old: u64, offer: &Offer) -> Result<Submission, Trouble> {
        let (tree, size) = (self.standing.tree().clone(), offer.checkpoint.size());
        let proving =
            tokio::task::spawn_blocking(move || tree.ask(|tree| tree.prove_growth(old, size)));
        let failed = |error: &dyn std::fmt::Display| {
            Trouble::Silent(format!("no proof can be made for it: {error}"))
        };
        let proof = proving.await.map_err(|error| failed(&error))?;
        Ok(Submission {
            old_size: old,
            path: proof.map_err(|error| failed(&error))?.path,
            note: offer.note.clone(),
        })
    }

    async fn exchange(&self, url: &str, submission: Submission) -> Result<Answer, Trouble> {
        let request = HttpRequest {
            method: Method::Post,
            url: url.to_owned(),
            headers: vec![(
                "content-type".to_owned(),
                "text/plain; charset=utf-8".to_owned(),
            )],
            redirects: Redirects::None,
            body_octets_max: u32::try_from(Answer::OCTETS_MAX).unwrap_or(u32::MAX),
            time_ms_max: ANSWER_MS_MAX,
        };
        let body = Bytes::from(submission.to_string());
        let (response, body) = self
            .egress
            .fetch(request, body)
            .await
            .map_err(|error| Trouble::Silent(error.to_string()))?;
        Ok(Answer::read(
            response.status,
            response.header("content-type"),
            &body,
        ))
    }
}

/// Waits; tells whether the server stops.
async fn wait(pause: Duration, stopping: &CancellationToken) -> bool {
    tokio::time::timeout(pause, stopping.cancelled())
        .await
        .is_ok()
}
