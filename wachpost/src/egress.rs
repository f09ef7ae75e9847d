//! The way out: starts the process that alone connects to the outside, and starts it again should it end.
//!
//! It is this program once more, with the one socket to us as its standard input. It knows no file of ours: what it must know
//! comes over the socket.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use egress::Egress;
use egress::wire::Setup;
use tokio_util::sync::CancellationToken;

use crate::clock::wall_clock;
use crate::config::{Config, Log};
use crate::problem::Problem;
use crate::{logs, runtime};

/// The hidden command.
pub(crate) const COMMAND: &str = "egress";
/// Before it is started again, the first time; then twice as long each time, up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(200);
/// How long a command waits for the process.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
/// The longest wait.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Keeps the process running until the server stops.
pub(crate) async fn keep(egress: Egress, setup: Setup, log: Log, stopping: CancellationToken) {
    let mut pause = PAUSE_MIN;
    while !stopping.is_cancelled() {
        match start(&log) {
            Ok((child, socket)) => {
                let pid = child.id();
                tracing::debug!(pid, "the way out is open");
                let began = Instant::now();
                // Dropping the link closes the socket, which ends the process.
                let ended = stopping
                    .run_until_cancelled(egress.attach(socket, &setup))
                    .await;
                reap(child).await;
                if began.elapsed() > PAUSE_MAX {
                    // What ran well for long has not failed many times in a row.
                    pause = PAUSE_MIN;
                }
                match ended {
                    None => return,
                    Some(Ok(())) => tracing::error!(pid, "the process that connects out has ended"),
                    Some(Err(error)) => {
                        tracing::error!(pid, %error, "the process that connects out has failed");
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

/// Does something with a process of its own, for a command that runs where the server does not.
pub(crate) fn with<T>(config: &Config, work: impl AsyncFnOnce(&Egress) -> T) -> Result<T, Problem> {
    let setup = config.egress_setup()?;
    runtime::build()?.block_on(async {
        let (egress, stopping) = (Egress::new(), CancellationToken::new());
        let kept = keep(egress.clone(), setup, config.log.clone(), stopping.clone());
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

/// Starts the process; it has nothing of ours but one end of a socket and the log.
fn start(log: &Log) -> Result<(Child, UnixStream), Problem> {
    let failed = |error: std::io::Error| Problem::failed(error.to_string());
    let (ours, theirs) = UnixStream::pair().map_err(failed)?;
    let program = std::env::current_exe().map_err(failed)?;
    let child = Command::new(program)
        .arg(COMMAND)
        .args([
            "--log-format",
            log.format.as_str(),
            "--log-level",
            log.level.as_str(),
        ])
        .env_clear()
        .envs(std::env::var_os(logs::LEVEL).map(|level| (logs::LEVEL, level)))
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .spawn()
        .map_err(failed)?;
    Ok((child, ours))
}

/// Waits for the end of a process that has lost its socket.
async fn reap(mut child: Child) {
    let waited = tokio::task::spawn_blocking(move || {
        let _ = child.kill();
        child.wait()
    });
    if let Ok(Err(error)) = waited.await {
        tracing::warn!(%error, "the process that connects out cannot be waited for");
    }
}

/// What the started process does: serves the socket until it closes.
pub(crate) fn run(log: &Log) -> Result<(), Problem> {
    logs::begin(log);
    let no_socket = |error: std::io::Error| {
        Problem::failed(format!(
            "`{COMMAND}` is started by `wachpost serve` alone: standard input is no socket: {error}"
        ))
    };
    let input = std::io::stdin();
    let socket = UnixStream::from(input.as_fd().try_clone_to_owned().map_err(no_socket)?);
    socket.peer_addr().map_err(no_socket)?;
    let served = runtime::build()?.block_on(Box::pin(egress::run(socket, wall_clock())));
    served.map_err(|error| Problem::failed(error.to_string()))
}
