//! The loop: hears of what happens, starts what is due, and counts.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use groupware::{Error, QueueNotice, QueueWatch};
use model::{AccountId, QueueId, QueuePlace, Queued};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::agenda::{Agenda, Job, Overdue, Ticket};
use super::attempt::{self, Answered, Finished, Reports};
use super::counters::set;
use super::fresh::Fresh;
use super::settler::{self, SETTLEMENTS_WAITING_MAX};
use super::survey::{self, Survey, enlist, keys};

/// How long what is under way may take when the server stops.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// How long nothing is begun when the way out is closed, and when the queue cannot be read.
const CLOSED_WAY_PAUSE_S: u32 = 1;
/// The longest time without looking at the clock: it may have been set.
const WAKE_WITHIN_S: u32 = 60;
/// How long a message rests whose attempt panicked.
const PANIC_PAUSE_S: u32 = 60 * 60;
/// Senders that are told at the same time that it takes long.
const TOLD_AT_ONCE_MAX: usize = 32;
/// Answers that wait for the loop.
const ANSWERS_WAITING_MAX: usize = 1_024;
/// Tasks that wait for their settlement, beside those that deliver.
const SETTLING_MAX: usize = 1_024;

/// What a task comes back with.
enum Done {
    Finished(Finished),
    Page(u64, Result<Vec<Queued>, Error>),
    /// A message that somebody released or wants tried.
    Looked(Result<Option<Queued>, Error>),
}

struct Runner {
    shared: Arc<Shared>,
    agenda: Agenda,
    survey: Survey,
    fresh: Fresh,
    tasks: JoinSet<Done>,
    reports: Reports,
    /// What each task is about, in case it panics.
    about: HashMap<Id, Job>,
    /// Messages to look at when what is under way with them is over.
    look_again: HashSet<(AccountId, QueueId)>,
    /// Who must hear that it takes long.
    overdue: VecDeque<Overdue>,
    telling: usize,
    delivering: usize,
    /// Jobs begun and not finished.
    jobs: usize,
    /// Nothing is begun before.
    closed_until_s: u32,
}

pub(super) async fn run(shared: Arc<Shared>, stopping: CancellationToken) {
    // First the notices, then the survey: nothing falls between.
    let mut notices = shared.outside.groupware.watch_queue();
    let (answered, mut answers) = mpsc::channel(ANSWERS_WAITING_MAX);
    let (orders, waiting) = mpsc::channel(SETTLEMENTS_WAITING_MAX);
    let mut settling = JoinSet::new();
    settling.spawn(settler::run(Arc::clone(&shared), waiting));
    settling.spawn(Arc::clone(&shared).report_to_domains());
    let settings = &shared.settings;
    let mut runner = Runner {
        agenda: Agenda::new(settings.schedule.clone(), settings.concurrency),
        survey: Survey::default(),
        fresh: Fresh::default(),
        tasks: JoinSet::new(),
        reports: Reports { answered, orders },
        about: HashMap::new(),
        look_again: HashSet::new(),
        overdue: VecDeque::new(),
        telling: 0,
        delivering: 0,
        jobs: 0,
        closed_until_s: 0,
        shared,
    };
    runner.read_page(None);
    loop {
        runner.begin();
        runner.count();
        let pause = Duration::from_secs(u64::from(runner.pause_s()));
        tokio::select! {
            () = stopping.cancelled() => break,
            notice = notices.next() => match notice {
                Some(notice) => runner.note(notice, &mut notices),
                None => break,
            },
            Some(answered) = answers.recv() => runner.answered(&answered),
            Some(done) = runner.tasks.join_next_with_id() => runner.done(done),
            _ = tokio::time::timeout(pause, std::future::pending::<()>()) => {}
        }
    }
    runner.stop(answers).await;
}

impl Runner {
    /// Starts what is due, as far as there is room.
    fn begin(&mut self) {
        let now_s = self.shared.now_s();
        while self.telling < TOLD_AT_ONCE_MAX
            && let Some(overdue) = self.overdue.pop_front()
        {
            self.telling += 1;
            let job = overdue.job.clone();
            let work = attempt::tell(Arc::clone(&self.shared), overdue, self.reports.clone());
            let task = self.tasks.spawn(async { Done::Finished(work.await) });
            self.about.insert(task.id(), job);
        }
        let most = self.shared.settings.concurrency.deliveries_max.max(1);
        while self.closed_until_s <= now_s
            && self.delivering < most
            && self.jobs < most + SETTLING_MAX
            && let Some(job) = self.agenda.next(now_s)
        {
            self.delivering += 1;
            self.jobs += 1;
            let about = job.clone();
            let ticket = &job.ticket;
            let known = if ticket.attempts == 0 {
                self.fresh.take(ticket.account, ticket.id)
            } else {
                None
            };
            let work = attempt::run(Arc::clone(&self.shared), job, known, self.reports.clone());
            let task = self.tasks.spawn(async { Done::Finished(work.await) });
            self.about.insert(task.id(), about);
        }
    }

    /// How long nothing happens by itself.
    fn pause_s(&self) -> u32 {
        let now_s = self.shared.now_s();
        if self.closed_until_s > now_s {
            return (self.closed_until_s - now_s).min(WAKE_WITHIN_S);
        }
        let next = self.agenda.next_at_s();
        next.map_or(WAKE_WITHIN_S, |at| {
            at.saturating_sub(now_s).clamp(1, WAKE_WITHIN_S)
        })
    }

    fn count(&self) {
        let counters = &self.shared.counters;
        set(&counters.tickets, self.agenda.len());
        set(&counters.under_way, self.delivering);
        set(&counters.destinations, self.agenda.destinations());
    }

    fn note(&mut self, notice: QueueNotice, notices: &mut QueueWatch) {
        let mut next = Some(notice);
        // What waits is taken at once: a loop for each would cost more than it does.
        while let Some(notice) = next {
            match notice {
                QueueNotice::Committed(account, mutations) => {
                    self.survey.note(
                        account,
                        &mutations,
                        &mut self.agenda,
                        &mut self.fresh,
                        &self.shared,
                    );
                }
                QueueNotice::Retry(account, id) => self.look(account, id),
                QueueNotice::RetryAll => self.agenda.open_all(self.shared.now_s()),
                QueueNotice::Missed => {
                    tracing::info!("notices of the queue were lost: all of it is looked at");
                    self.survey.restart(&mut self.agenda, &self.shared);
                    self.fresh.clear();
                    self.read_page(None);
                }
            }
            next = notices.try_next();
        }
    }

    fn read_page(&mut self, after: Option<QueuePlace>) {
        let work = survey::page(Arc::clone(&self.shared), after);
        let number = self.survey.number();
        self.tasks
            .spawn(async move { Done::Page(number, work.await) });
    }

    fn look(&mut self, account: AccountId, id: QueueId) {
        let shared = Arc::clone(&self.shared);
        self.tasks
            .spawn(async move { Done::Looked(shared.outside.groupware.queued(account, id).await) });
    }

    fn answered(&mut self, answered: &Answered) {
        self.delivering = self.delivering.saturating_sub(1);
        let now_s = self.shared.now_s();
        if answered.is_way_closed {
            self.closed_until_s = now_s.saturating_add(CLOSED_WAY_PAUSE_S);
        }
        let overdue = self.agenda.answered(
            answered.destination,
            answered.health.as_ref(),
            now_s,
            self.shared.random(),
        );
        self.overdue.extend(overdue);
    }

    fn done(&mut self, done: Result<(Id, Done), JoinError>) {
        let done = match done {
            Ok((id, done)) => {
                self.about.remove(&id);
                done
            }
            Err(error) => return self.broken(&error),
        };
        match done {
            Done::Finished(finished) => self.finished(&finished),
            Done::Page(number, _) if number != self.survey.number() => {}
            Done::Page(_, Ok(page)) => {
                self.survey.take(&page, &mut self.agenda, &self.shared);
                if !self.survey.is_over() {
                    self.read_page(self.survey.after());
                }
            }
            Done::Page(number, Err(error)) => {
                tracing::warn!(%error, "the queue cannot be read: it is tried again");
                let (shared, after) = (Arc::clone(&self.shared), self.survey.after());
                self.tasks.spawn(async move {
                    settler::pause(Duration::from_secs(1)).await;
                    Done::Page(number, survey::page(shared, after).await)
                });
            }
            Done::Looked(Ok(Some(queued))) => self.enlist_again(&queued),
            Done::Looked(Ok(None)) => {}
            Done::Looked(Err(error)) => {
                tracing::warn!(%error, "a queued message could not be looked at");
            }
        }
    }

    fn finished(&mut self, finished: &Finished) {
        let Finished {
            job,
            again,
            was_tried,
        } = finished;
        self.agenda.finished(job, *again, self.shared.now_s());
        if *was_tried {
            self.jobs = self.jobs.saturating_sub(1);
        } else {
            self.telling = self.telling.saturating_sub(1);
        }
        let message = (AccountId(job.ticket.account), QueueId(job.ticket.id));
        if self.look_again.remove(&message) {
            self.look(message.0, message.1);
        }
    }

    /// A task panicked: what it was about is tried again much later.
    fn broken(&mut self, error: &JoinError) {
        tracing::error!(%error, "an attempt ended in a panic");
        let Some(job) = self.about.remove(&error.id()) else {
            return;
        };
        let now_s = self.shared.now_s();
        let again = Ticket {
            due_s: now_s.saturating_add(PANIC_PAUSE_S),
            ..job.ticket
        };
        self.delivering = self.delivering.saturating_sub(1);
        // Nothing is to be told of a destination that was not heard of.
        let _ = self
            .agenda
            .answered(job.destination, None, now_s, self.shared.random());
        self.finished(&Finished {
            job,
            again: Some(again),
            was_tried: true,
        });
    }

    /// Puts a message on the agenda that was released, or is to be tried at once.
    fn enlist_again(&mut self, queued: &Queued) {
        let now_s = self.shared.now_s();
        // What was said of it when it was new may not hold any more.
        self.fresh.remove(queued.account.0, queued.item.id.0);
        let keys = keys(&self.shared, &queued.item, &queued.standing);
        for key in &keys {
            self.agenda.remove(key, queued.account.0, queued.item.id.0);
        }
        let is_new = enlist(
            &self.shared,
            &mut self.agenda,
            queued.account,
            &queued.item,
            &queued.standing,
            now_s,
        );
        if !is_new {
            self.look_again.insert((queued.account, queued.item.id));
        }
        for key in &keys {
            self.agenda.open(key, now_s);
        }
    }

    /// Waits for what is under way; what takes longer may be sent twice, which is said in the log.
    async fn stop(mut self, mut answers: mpsc::Receiver<Answered>) {
        let finish = async {
            loop {
                tokio::select! {
                    Some(_) = answers.recv() => {}
                    done = self.tasks.join_next() => if done.is_none() { return },
                }
            }
        };
        if tokio::time::timeout(STOP_WITHIN, finish).await.is_err() {
            tracing::warn!("deliveries were cut off: some messages may be sent twice");
        }
    }
}
