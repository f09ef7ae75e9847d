//! The starter: a small process that starts the notary and the process that connects out, again when they end, and does
//! nothing else.
//!
//! The serving process may start no program once it is locked in. So before that it starts this one, which is this program once
//! more, and asks it over a socket: one octet names what to start, and no argument, path or variable can be said with it. What
//! comes back is a socket to what was started. When the serving process is gone, however it ended, so is its socket, and the
//! starter ends those that it started and itself.

pub(crate) mod frame;

mod hello;

mod process;

use std::io::{IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use admin::{LayerInfo, ProcessPosture};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use seal::VerifierKey;

use crate::config::Log;
use crate::logs;
use crate::problem::Problem;
use crate::sandbox::{Role, Terms};

pub(crate) use hello::{Hello, Introduction, Opening};
pub(crate) use process::run;

/// The hidden command.
pub(crate) const COMMAND: &str = "starter";
/// This program, whatever has become of its file since.
const THIS_PROGRAM: &str = "/proc/self/exe";
/// What it is called in lists of processes.
const NAME: &str = "wachpost";
/// What the allocator takes of the address space at a time, with the books that it keeps about it: the processes beside the
/// server need little, and a sixteenth of its usual measure has fewer books.
const ALLOCATOR_STEP: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "64MiB");
/// How long the starter may take to end.
const END_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two looks whether it has.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
/// What stands before the socket that comes back.
const DONE: u8 = b'+';

/// What the starter can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// The process that connects out.
    Egress,
    /// The notary.
    Notary,
    /// Nothing more: this is the end.
    Farewell,
}

impl Ask {
    const ALL: [Self; 3] = [Self::Egress, Self::Notary, Self::Farewell];

    fn octet(self) -> u8 {
        match self {
            Self::Egress => b'e',
            Self::Notary => b'n',
            Self::Farewell => b'.',
        }
    }

    fn of(octet: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|ask| ask.octet() == octet)
    }

    fn role(self) -> Option<Role> {
        match self {
            Self::Egress => Some(Role::Egress),
            Self::Notary => Some(Role::Notary),
            Self::Farewell => None,
        }
    }
}

/// The files of the notary.
#[derive(Clone, Debug)]
pub(crate) struct Papers {
    /// Its key.
    pub(crate) key: PathBuf,
    /// What it signed last.
    pub(crate) memory: PathBuf,
    /// What it cosigned last of other logs.
    pub(crate) witnessed: PathBuf,
    /// The keys of the logs that it witnesses.
    pub(crate) logs: Vec<VerifierKey>,
}

/// What is started, and how.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) log: Log,
    /// None where no notary is needed.
    pub(crate) papers: Option<Papers>,
    pub(crate) terms: Terms,
}

/// The starter, as its one asker sees it.
#[derive(Debug)]
pub(crate) struct Starter {
    asking: Mutex<UnixStream>,
    child: Mutex<Option<Child>>,
    postures: Mutex<Vec<ProcessPosture>>,
}

impl Starter {
    /// Starts it; before the asker is locked in.
    pub(crate) fn begin(plan: &Plan) -> Result<Self, Problem> {
        let (ours, theirs) = UnixStream::pair().map_err(|error| cannot_start(&error))?;
        let child = again(COMMAND, plan, theirs).map_err(|error| cannot_start(&error))?;
        let postures = match Hello::receive(&ours) {
            Ok(opening) => vec![posture(Role::Starter, opening.layers)],
            Err(problem) => {
                drop(ours);
                let mut child = child;
                let _ = child.kill();
                let _ = child.wait();
                return Err(problem);
            }
        };
        Ok(Self {
            asking: Mutex::new(ours),
            child: Mutex::new(Some(child)),
            postures: Mutex::new(postures),
        })
    }

    /// Starts a process, in the place of the one before; waits until it says that it works.
    pub(crate) fn start(&self, ask: Ask) -> Result<(UnixStream, Opening), Problem> {
        let role = ask
            .role()
            .ok_or_else(|| Problem::failed("nothing is to be started"))?;
        let socket = {
            let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
            (&*asking)
                .write_all(&[ask.octet()])
                .and_then(|()| receive_socket(&asking))
                .map_err(|error| cannot_start(&error))?
        };
        let opening = Hello::receive(&socket)?;
        let mut postures = self.postures.lock().unwrap_or_else(PoisonError::into_inner);
        postures.retain(|posture| posture.process != role.name());
        postures.push(posture(role, opening.layers.clone()));
        Ok((socket, opening))
    }

    /// How the started processes are locked in, and the starter.
    pub(crate) fn postures(&self) -> Vec<ProcessPosture> {
        let postures = self.postures.lock().unwrap_or_else(PoisonError::into_inner);
        postures.clone()
    }
}

impl Drop for Starter {
    /// Ends it with all that it started.
    fn drop(&mut self) {
        let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = (&*asking).write_all(&[Ask::Farewell.octet()]);
        let _ = asking.shutdown(std::net::Shutdown::Both);
        let child = self
            .child
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(mut child) = child else { return };
        let began = Instant::now();
        while began.elapsed() < END_TIMEOUT {
            match child.try_wait() {
                Ok(None) => std::thread::sleep(LOOK_AGAIN),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        tracing::warn!("the process that starts others does not end");
    }
}

pub(crate) fn posture(role: Role, layers: Vec<LayerInfo>) -> ProcessPosture {
    ProcessPosture {
        process: role.name().to_owned(),
        layers,
    }
}

fn cannot_start(error: &std::io::Error) -> Problem {
    Problem::failed(format!("a process of the house cannot be started: {error}"))
}

/// The socket that comes behind one octet.
fn receive_socket(asking: &UnixStream) -> std::io::Result<UnixStream> {
    let mut octet = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [IoSliceMut::new(&mut octet)];
    let received = recvmsg(asking, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    if received.bytes == 0 {
        return Err(std::io::Error::other(
            "the process that starts others has ended",
        ));
    }
    let socket = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut sockets) => sockets.next(),
        _ => None,
    });
    match (socket, octet) {
        (Some(socket), [DONE]) => Ok(UnixStream::from(socket)),
        _ => Err(std::io::Error::other("it was not started: see the log")),
    }
}

/// Starts this program once more, with a socket as its standard input and nothing else of ours but the log.
fn again(command: &str, plan: &Plan, socket: UnixStream) -> std::io::Result<Child> {
    let mut program = Command::new(THIS_PROGRAM);
    program
        .arg0(NAME)
        .arg(command)
        .args(["--log-format", plan.log.format.as_str()])
        .args(["--log-level", plan.log.level.as_str()]);
    if plan.terms.required {
        program.arg("--require-sandbox");
    }
    for layer in &plan.terms.missing {
        program.args(["--without-layer", layer.name()]);
    }
    for port in plan.terms.ports.iter().flatten() {
        program.args(["--connect-port", &port.to_string()]);
    }
    let needs_papers = command == COMMAND || command == Role::Notary.name();
    if let Some(papers) = plan.papers.as_ref().filter(|_| needs_papers) {
        let path = |option: &str, path: &Path, program: &mut Command| {
            program.arg(option).arg(path);
        };
        path("--notary-key", &papers.key, &mut program);
        path("--notary-memory", &papers.memory, &mut program);
        for log in &papers.logs {
            program.args(["--witness-log", &log.to_string()]);
        }
    }
    program
        .env_clear()
        .env(ALLOCATOR_STEP.0, ALLOCATOR_STEP.1)
        .envs(std::env::var_os(logs::LEVEL).map(|level| (logs::LEVEL, level)))
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(socket)))
        .stdout(Stdio::null())
        .spawn()
}

/// The socket that a process of the house has as its standard input.
pub(crate) fn own_socket(command: &str) -> Result<UnixStream, Problem> {
    use std::os::fd::AsFd as _;
    let no_socket = |error: std::io::Error| {
        Problem::failed(format!(
            "`{command}` is started by `wachpost serve` alone: standard input is no socket: {error}"
        ))
    };
    let input = std::io::stdin();
    let socket = UnixStream::from(input.as_fd().try_clone_to_owned().map_err(no_socket)?);
    socket.peer_addr().map_err(no_socket)?;
    // It was started by the name of a link to it.
    let _ = rustix::thread::set_name(c"wachpost");
    Ok(socket)
}

/// One octet of what is asked; none at the end.
fn next_ask(asking: &UnixStream) -> std::io::Result<Option<u8>> {
    let mut octet = [0];
    loop {
        match (&*asking).read(&mut octet) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(octet[0])),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_octets_can_be_said() {
        let known: Vec<u8> = (0..=u8::MAX)
            .filter(|octet| Ask::of(*octet).is_some())
            .collect();
        assert_eq!(known, b".en");
        for ask in Ask::ALL {
            assert_eq!(Ask::of(ask.octet()), Some(ask));
        }
    }

    #[test]
    fn a_socket_comes_with_its_octet_or_not_at_all() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (&theirs).write_all(b"-").unwrap();
        assert!(receive_socket(&ours).is_err());
        (&theirs).write_all(b"+").unwrap();
        assert!(receive_socket(&ours).is_err(), "no socket with it");
        drop(theirs);
        assert!(receive_socket(&ours).is_err());
    }
}
