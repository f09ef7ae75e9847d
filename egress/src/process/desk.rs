//! Desk: what is asked and not answered yet.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

use super::{Answered, Answerer};
use crate::wire::{
    DELIVERIES_MAX, Failed, FrameError, Head, Id, OCTETS_IN_FLIGHT_MAX, QUESTIONS_MAX, Request,
    Response, Status,
};

/// What the serving side may have under way: its two shares.
const REQUESTS_MAX: usize = DELIVERIES_MAX + QUESTIONS_MAX;

/// Octets that it may have under way, where a body counts at most for a whole share.
const OCTETS_MAX: usize = 2 * OCTETS_IN_FLIGHT_MAX;

/// The desk.
#[derive(Debug)]
pub(super) struct Desk {
    shared: Arc<Shared>,
    tasks: TaskTracker,
}

/// What the desk shares with the tasks.
#[derive(Debug)]
struct Shared {
    answerer: Answerer,
    answers: mpsc::Sender<Answered>,
    papers: Mutex<Papers>,
    answered: AtomicU64,
}

/// What lies on the desk.
#[derive(Debug, Default)]
struct Papers {
    open: HashMap<Id, Paper>,
    octets: usize,
}

/// One request.
#[derive(Debug)]
struct Paper {
    /// How many octets it counts for.
    octets: usize,
    stage: Stage,
}

/// How far a request is.
#[derive(Debug)]
enum Stage {
    /// Its body is arriving.
    Arriving {
        request: Box<Request>,
        body: BytesMut,
        due: usize,
    },
    /// It is worked on.
    Working(AbortHandle),
}

impl Desk {
    /// An empty desk.
    pub(super) fn new(answerer: Answerer, answers: mpsc::Sender<Answered>) -> Self {
        Self {
            shared: Arc::new(Shared {
                answerer,
                answers,
                papers: Mutex::default(),
                answered: AtomicU64::new(0),
            }),
            tasks: TaskTracker::new(),
        }
    }

    /// Takes a request; begins with it if it has no body.
    pub(super) fn open(&self, id: Id, head: Head<Request>) -> Result<(), FrameError> {
        let due = head.body_octets as usize;
        let octets = due.min(OCTETS_IN_FLIGHT_MAX);
        let mut papers = self.shared.papers();
        if papers.open.contains_key(&id) {
            return Err(FrameError::Malformed);
        }
        if papers.open.len() >= REQUESTS_MAX || papers.octets.saturating_add(octets) > OCTETS_MAX {
            return Err(FrameError::TooLarge { octets: due });
        }
        let stage = if due == 0 {
            Stage::Working(self.begin(id, head.what, Bytes::new()))
        } else {
            Stage::Arriving {
                request: Box::new(head.what),
                body: BytesMut::new(),
                due,
            }
        };
        papers.octets = papers.octets.saturating_add(octets);
        papers.open.insert(id, Paper { octets, stage });
        Ok(())
    }

    /// Takes octets of a body; begins with the request if they are the last. Octets for a request that is no longer
    /// there are left aside.
    pub(super) fn add(&self, id: Id, data: &[u8]) -> Result<(), FrameError> {
        let mut papers = self.shared.papers();
        let Some(paper) = papers.open.get_mut(&id) else {
            return Ok(());
        };
        let Stage::Arriving { request, body, due } = &mut paper.stage else {
            return Err(FrameError::Malformed);
        };
        if body.is_empty() {
            body.reserve(*due);
        }
        body.extend_from_slice(data);
        if body.len() > *due {
            return Err(FrameError::Malformed);
        }
        if body.len() == *due {
            let request = std::mem::replace(&mut **request, Request::Status);
            let body = std::mem::take(body).freeze();
            paper.stage = Stage::Working(self.begin(id, request, body));
        }
        Ok(())
    }

    /// Ends work that nobody waits for.
    pub(super) fn cancel(&self, id: Id) {
        let paper = self.shared.papers().remove(id);
        if let Some(Stage::Working(task)) = paper.map(|paper| paper.stage) {
            task.abort();
        }
    }

    /// Ends all work, and waits until it has ended.
    pub(super) async fn clear(&self) {
        let papers = std::mem::take(&mut *self.shared.papers());
        for paper in papers.open.into_values() {
            if let Stage::Working(task) = paper.stage {
                task.abort();
            }
        }
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Begins a task. It cannot end before the caller, who holds the papers, has filed it.
    fn begin(&self, id: Id, request: Request, body: Bytes) -> AbortHandle {
        let shared = Arc::clone(&self.shared);
        let task = self.tasks.spawn(async move {
            let mut duty = Duty {
                id,
                shared,
                done: false,
            };
            let (response, body) = duty.shared.work(request, body).await;
            duty.done = true;
            duty.shared.papers().remove(id);
            duty.shared.answered.fetch_add(1, Ordering::Relaxed);
            let answered = Answered { id, response, body };
            // Fails when the socket has closed, when nobody waits for it.
            let _ = duty.shared.answers.send(answered).await;
        });
        task.abort_handle()
    }
}

impl Shared {
    /// Does what is asked.
    async fn work(&self, request: Request, body: Bytes) -> (Response, Bytes) {
        match request {
            Request::Status => (Response::Status(self.status()), Bytes::new()),
            request => self.answerer.answer(request, body).await,
        }
    }

    /// How things stand.
    fn status(&self) -> Status {
        let papers = self.papers();
        Status {
            requests: u32::try_from(papers.open.len()).unwrap_or(u32::MAX),
            octets: papers.octets as u64,
            answered: self.answered.load(Ordering::Relaxed),
        }
    }

    /// The papers; nobody panics with them in hand.
    fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Papers {
    /// Takes a request off the desk.
    fn remove(&mut self, id: Id) -> Option<Paper> {
        let paper = self.open.remove(&id)?;
        self.octets = self.octets.saturating_sub(paper.octets);
        Some(paper)
    }
}

/// The duty to answer, even if the work panics.
struct Duty {
    id: Id,
    shared: Arc<Shared>,
    done: bool,
}

impl Drop for Duty {
    fn drop(&mut self) {
        // Dropped before it is done without a panic, it was cancelled.
        if self.done || !std::thread::panicking() {
            return;
        }
        self.shared.papers().remove(self.id);
        let response = Response::Failed(Failed::Failed("a fault of the egress process".to_owned()));
        let answered = Answered {
            id: self.id,
            response,
            body: Bytes::new(),
        };
        // If too many answers wait, the asking side finds out at its deadline.
        let _ = self.shared.answers.try_send(answered);
    }
}
