//! The notary as the serving process sees it: asked over a socket, started again should it end.

use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use seal::{Signature, Submission, Unfit};
use store_local::{NotSigned, Sign, Tree};
use tlog::{Refusal, Witness};

use super::wire::{Answer, FRAME_OCTETS_MAX, Grown, Question};
use crate::problem::Problem;
use crate::starter::{Ask, Introduction, Opening, Starter, frame};

/// The longest that the writer waits for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// After a failure it is left alone for this long: mail goes on unsigned.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Tries for one tree: the notary may have signed more than we know of, once.
const TRIES: u32 = 2;

/// Octets of another log's checkpoint with its proof: names and lines of extension that are longer are nobody's.
const BODY_OCTETS_MAX: usize = FRAME_OCTETS_MAX / 2;

/// What became of questions, for the metrics.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) signed: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) unavailable: AtomicU64,
}

/// Asks the notary.
#[derive(Debug)]
pub(crate) struct Client {
    starter: Arc<Starter>,
    link: Mutex<Link>,
    counts: Arc<Counts>,
}

/// The way to it.
#[derive(Debug)]
struct Link {
    /// None when it is down.
    socket: Option<UnixStream>,
    /// Entries of the tree that it signed last.
    last_size: u64,
    failed_at: Option<Instant>,
    /// What a start that is under way comes to.
    starting: Option<Receiver<Result<(UnixStream, Opening), Problem>>>,
}

impl Client {
    /// The notary that was started with the server.
    pub(crate) fn new(
        starter: Arc<Starter>,
        socket: UnixStream,
        introduction: &Introduction,
    ) -> Self {
        Self {
            starter,
            link: Mutex::new(Link {
                socket: Some(socket),
                last_size: introduction.last_size,
                failed_at: None,
                starting: None,
            }),
            counts: Arc::default(),
        }
    }

    pub(crate) fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    fn ask(&self, tree: &Tree<'_>, link: &mut Link) -> Result<String, NotSigned> {
        for _ in 0..TRIES {
            if link.last_size > tree.size() {
                // It says itself what it thinks of that.
                link.last_size = tree.size();
            }
            let proof = tree
                .prove_growth(link.last_size)
                .map_err(|error| NotSigned::Unavailable(error.to_string()))?;
            let question = Question::Sign(Grown::new(tree.root(), &proof));
            match self.exchange(&question, link)? {
                Answer::Signed(note) => {
                    link.last_size = tree.size();
                    return Ok(note);
                }
                Answer::ProveFrom(size) => link.last_size = size,
                Answer::Unavailable(why) => return Err(NotSigned::Unavailable(why)),
                Answer::Refused(why) => return Err(NotSigned::Refused(why)),
                Answer::Cosigned(_) | Answer::Unfit(_) => return Err(unasked()),
            }
        }
        let why = "the notary wants a proof from elsewhere each time";
        Err(NotSigned::Unavailable(why.to_owned()))
    }

    /// Asks once; the notary is started if it is down.
    fn exchange(&self, question: &Question, link: &mut Link) -> Result<Answer, NotSigned> {
        let down = |error: &dyn std::fmt::Display| {
            NotSigned::Unavailable(format!("the notary does not answer: {error}"))
        };
        if link.socket.is_none() {
            self.start_again(link).map_err(|why| down(&why))?;
        }
        let Some(socket) = &link.socket else {
            return Err(down(&"there is none"));
        };
        let exchanged = socket
            .set_read_timeout(Some(ANSWER_TIMEOUT))
            .and_then(|()| socket.set_write_timeout(Some(ANSWER_TIMEOUT)))
            .map_err(frame::FrameError::from)
            .and_then(|()| frame::write(&mut &*socket, question, FRAME_OCTETS_MAX))
            .and_then(|()| frame::read(&mut &*socket, FRAME_OCTETS_MAX));
        exchanged.map_err(|error| {
            // What it answers late would be taken for the answer to the next question.
            link.socket = None;
            let _ = self.start_again(link);
            down(&error)
        })
    }
}

impl Witness for Client {
    fn cosign(&self, submission: &Submission) -> Result<Vec<Signature>, Refusal> {
        let unavailable = |error: &dyn std::fmt::Display| Refusal::Unavailable(error.to_string());
        let body = submission.to_string();
        if body.len() > BODY_OCTETS_MAX {
            return Err(Refusal::Unfit(Unfit::Malformed));
        }
        let question = Question::Cosign(body);
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = self
            .exchange(&question, &mut link)
            .map_err(|error| unavailable(&error))?;
        match answer {
            Answer::Cosigned(lines) => lines
                .iter()
                .map(|line| Signature::parse(line).map_err(|error| unavailable(&error)))
                .collect(),
            Answer::Unfit(unfit) => Err(Refusal::Unfit(unfit.into())),
            Answer::Unavailable(why) => Err(Refusal::Unavailable(why)),
            Answer::Signed(_) | Answer::ProveFrom(_) | Answer::Refused(_) => {
                Err(unavailable(&unasked()))
            }
        }
    }
}

/// It answers something else than what it was asked.
fn unasked() -> NotSigned {
    NotSigned::Unavailable("the notary answers something else".to_owned())
}

impl Client {
    /// Has the notary started by a thread that may wait: the writer does not.
    fn start_again(&self, link: &mut Link) -> Result<(), String> {
        let Some(starting) = &link.starting else {
            let (sender, receiver) = channel();
            let starter = Arc::clone(&self.starter);
            let started = std::thread::Builder::new()
                .name("notary".to_owned())
                // Whoever waits for it may have given up: then its socket is closed, which ends it.
                .spawn(move || drop(sender.send(starter.start(Ask::Notary))));
            started.map_err(|error| error.to_string())?;
            link.starting = Some(receiver);
            return Err("it is being started again".to_owned());
        };
        match starting.try_recv() {
            Ok(Ok((socket, opening))) => {
                tracing::info!("the notary was started again");
                link.socket = Some(socket);
                link.last_size = opening.introduction.map_or(0, |known| known.last_size);
                link.starting = None;
                Ok(())
            }
            Ok(Err(problem)) => {
                link.starting = None;
                Err(problem.to_string())
            }
            Err(TryRecvError::Empty) => Err("it is being started again".to_owned()),
            Err(TryRecvError::Disconnected) => {
                link.starting = None;
                Err("it could not be started".to_owned())
            }
        }
    }
}

impl Sign for Client {
    fn sign(&self, tree: &Tree<'_>) -> Result<String, NotSigned> {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = link.failed_at
            && link.starting.is_none()
            && at.elapsed() < PAUSE_AFTER_FAILURE
        {
            return Err(NotSigned::Unavailable("the notary is down".to_owned()));
        }
        let answer = self.ask(tree, &mut link);
        let count = match &answer {
            Ok(_) => &self.counts.signed,
            Err(NotSigned::Refused(_)) => &self.counts.refused,
            Err(NotSigned::Unavailable(_)) => &self.counts.unavailable,
        };
        count.fetch_add(1, Relaxed);
        link.failed_at = matches!(answer, Err(NotSigned::Unavailable(_))).then(Instant::now);
        answer
    }
}
