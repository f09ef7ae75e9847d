//! The way out: starts the process that alone connects to the outside, and starts it again should it end.
//!
//! It is this program once more, with the one socket to us as its standard input. It knows no file of ours: what it must know
//! comes over the socket.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use admin::LayerInfo;
use bytes::Bytes;
use egress::Egress;
use egress::wire::Setup;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use transport::{Keeper, Kept};

use crate::clock::wall_clock;
use crate::config::Config;
use crate::problem::Problem;
use crate::runtime;
use crate::sandbox::{self, Role, Terms};
use crate::starter::{Ask, Hello, Opening, Plan, Starter};

/// Before it is started again, the first time; then twice as long each time, up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(200);
/// How long a command waits for the process.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
/// The longest wait.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What every process that connects out is given at its start.
#[derive(Debug)]
pub(crate) struct Given {
    /// What it is told.
    pub(crate) setup: Setup,
    /// Where it is kept what the one before remembered; nowhere for a command.
    pub(crate) keeper: Option<Arc<dyn Keeper>>,
}

impl Given {
    async fn memory(&self) -> Bytes {
        let Some(keeper) = self.keeper.clone() else {
            return Bytes::new();
        };
        let read = tokio::task::spawn_blocking(move || keeper.read(Kept::StsPolicies)).await;
        match read.unwrap_or(Ok(None)) {
            Ok(memory) => memory.unwrap_or_default().into(),
            Err(error) => {
                tracing::warn!(%error, "policies of other domains are not remembered");
                Bytes::new()
            }
        }
    }
}

/// Keeps the process running until the server stops; `first` is the socket to the one that runs already.
pub(crate) async fn keep(
    egress: Egress,
    given: Given,
    starter: Arc<Starter>,
    mut first: Option<UnixStream>,
    stopping: CancellationToken,
) {
    let mut pause = PAUSE_MIN;
    while !stopping.is_cancelled() {
        let started = match first.take() {
            Some(socket) => Ok(socket),
            None => start(&starter).await,
        };
        match started {
            Ok(socket) => {
                tracing::debug!("the way out is open");
                let began = Instant::now();
                let memory = given.memory().await;
                // Dropping the link closes the socket, which ends the process.
                let ended = stopping
                    .run_until_cancelled(egress.attach(socket, &given.setup, memory))
                    .await;
                if began.elapsed() > PAUSE_MAX {
                    // What ran well for long has not failed many times in a row.
                    pause = PAUSE_MIN;
                }
                match ended {
                    None => return,
                    Some(Ok(())) => tracing::error!("the process that connects out has ended"),
                    Some(Err(error)) => {
                        tracing::error!(%error, "the process that connects out has failed");
                    }
                }
            }
            Err(problem) => {
                tracing::error!(%problem, "the process that connects out does not start")
            }
        }
        if tokio::time::timeout(pause, stopping.cancelled())
            .await
            .is_ok()
        {
            return;
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Has it started.
async fn start(starter: &Arc<Starter>) -> Result<UnixStream, Problem> {
    let starter = Arc::clone(starter);
    let started = tokio::task::spawn_blocking(move || starter.start(Ask::Egress)).await;
    let (socket, _) = started.map_err(|_| Problem::failed("starting it ended in a panic"))??;
    Ok(socket)
}

/// Does something with a process of its own, for a command that runs where the server does not.
pub(crate) fn with<T>(config: &Config, work: impl AsyncFnOnce(&Egress) -> T) -> Result<T, Problem> {
    let given = Given {
        setup: config.egress_setup()?,
        keeper: None,
    };
    let plan = Plan {
        log: config.log.clone(),
        papers: None,
        terms: Terms::default(),
    };
    let starter = Arc::new(Starter::begin(&plan)?);
    runtime::build()?.block_on(async {
        let (egress, stopping) = (Egress::new(), CancellationToken::new());
        let kept = keep(egress.clone(), given, starter, None, stopping.clone());
        let worked = async {
            wait_until_up(&egress).await;
            let done = work(&egress).await;
            stopping.cancel();
            done
        };
        Ok(tokio::join!(kept, worked).1)
    })
}

/// Waits for the process, but not for long: without it each question fails, and says so.
pub(crate) async fn wait_until_up(egress: &Egress) {
    let up = async {
        while !egress.is_up() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    let _ = tokio::time::timeout(START_TIMEOUT, up).await;
}

/// What the started process does: locks itself in, and serves the socket until it closes.
pub(crate) fn run(socket: UnixStream, terms: &Terms) -> Result<(), Problem> {
    match lock(terms) {
        Ok((runtime, layers)) => {
            let opening = Opening {
                layers,
                introduction: None,
            };
            Hello::Open(opening).send(&socket)?;
            // Among the tasks that it begins, not on this thread: each request would wake two of them.
            let serving = runtime.spawn(egress::run(socket, wall_clock()));
            match runtime.block_on(serving) {
                Ok(served) => served.map_err(|error| Problem::failed(error.to_string())),
                Err(error) => Err(Problem::failed(error.to_string())),
            }
        }
        Err(problem) => {
            Hello::failed(&problem).send(&socket)?;
            Err(problem)
        }
    }
}

/// The threads of the runtime are made in between: they look at what machine this is.
fn lock(terms: &Terms) -> Result<(Runtime, Vec<LayerInfo>), Problem> {
    let mut layers = sandbox::shut_in(Role::Egress, &[], terms);
    let runtime = runtime::build()?;
    layers.push(sandbox::refuse_calls(Role::Egress, terms));
    terms.accept(Role::Egress, &layers)?;
    Ok((runtime, layers))
}
