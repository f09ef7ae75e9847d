//! The probe: locks itself in as a process of the house does, and tries what an intruder in it would try.
//!
//! Each attempt runs in a process of its own, since many end with the kernel ending it. The lock is the very one that the server
//! uses, so that what is shown here on a machine is what holds there.

use std::fs;
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use admin::{LayerInfo, ProcessPosture};
use clap::ValueEnum;
use rustix::fs::{MemfdFlags, memfd_create};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::problem::Problem;
use crate::sandbox::{Grant, Role, Terms, refuse_calls, shut_in};
use crate::starter::posture;
use crate::{grants, notary};

/// How long a connection may take to be refused by the kernel, or not.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
/// An address of a private network: whoever is there is not to be reached.
const PRIVATE: &str = "10.255.255.1:445";
/// A program that is on every system.
const PROGRAM: &str = "/bin/true";
/// What a probe says before the reason.
const REFUSED: &str = "refused: ";

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Attempt {
    /// Nothing: work that is allowed goes on.
    Nothing,
    /// Runs a program.
    RunProgram,
    /// Runs this program's own file.
    RunItself,
    /// Runs a program that lies in memory.
    RunMemory,
    /// Makes memory executable.
    ExecutableMemory,
    /// Traces another process.
    Trace,
    /// Makes itself traceable.
    BeTraced,
    /// Reads the memory of another process.
    ReadMemory,
    /// Ends another process.
    Signal,
    /// Writes a file where it has none.
    WriteOutside,
    /// Reads a file that is not its own.
    ReadOutside,
    /// Opens the notary's key.
    OpenNotaryKey,
    /// Changes what the notary remembers.
    ChangeNotaryMemory,
    /// Connects to this machine.
    ConnectLoopback,
    /// Connects to a private network.
    ConnectPrivate,
    /// Connects to this machine where the web is.
    ConnectLoopbackWeb,
    /// Connects to a private network where the web is.
    ConnectPrivateWeb,
    /// Listens on a port of its own.
    Listen,
    /// Connects to an abstract socket.
    AbstractSocket,
    /// Mounts a file system.
    Mount,
    /// Writes a program into its data folder and runs it.
    PlantProgram,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tried {
    pub(crate) process: String,
    pub(crate) attempt: Attempt,
    /// Whether the kernel kept it from being done.
    pub(crate) refused: bool,
    /// How.
    pub(crate) how: String,
}

impl Tried {
    /// As it is written on the command line.
    pub(crate) fn name(&self) -> String {
        let value = self.attempt.to_possible_value();
        value
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    /// Whether the kernel is known not to refuse it: who connects out does just that. Ports can be told apart by the kernel,
    /// addresses by the policy of that process alone.
    fn is_allowed(&self) -> bool {
        let connects = matches!(
            self.attempt,
            Attempt::ConnectLoopbackWeb | Attempt::ConnectPrivateWeb
        );
        self.attempt == Attempt::Nothing || (connects && self.process == Role::Egress.name())
    }

    /// Whether it is as it should be.
    pub(crate) fn as_wanted(&self) -> bool {
        match self.attempt {
            Attempt::Nothing => self.how == "works",
            _ => self.refused || self.is_allowed(),
        }
    }

    pub(crate) fn verdict(&self) -> &'static str {
        match (self.refused, self.is_allowed()) {
            (true, _) => "yes",
            (false, true) => "allowed",
            (false, false) => "NO",
        }
    }
}

/// What the attempts are made on.
#[derive(Clone, Debug)]
struct Targets {
    data: PathBuf,
    notary_key: PathBuf,
    notary_memory: PathBuf,
    loopback: SocketAddr,
    abstract_name: String,
    parent: u32,
}

/// How each process would be locked in here, without a server.
pub(crate) fn postures(config: &Path, terms: &Terms) -> Result<Vec<ProcessPosture>, Problem> {
    [Role::Serve, Role::Egress, Role::Notary]
        .into_iter()
        .map(|role| {
            let output = child(config, role, Attempt::Nothing, terms, None)?;
            let layers: Vec<LayerInfo> = serde_json::from_slice(&output.stdout)
                .map_err(|error| Problem::failed(format!("a probe says nothing: {error}")))?;
            Ok(posture(role, layers))
        })
        .collect()
}

/// Tries everything as this process.
pub(crate) fn try_all(config: &Path, role: Role, terms: &Terms) -> Result<Vec<Tried>, Problem> {
    let failed = |error: io::Error| Problem::failed(format!("cannot try anything: {error}"));
    // Somebody is there, so that a refusal is the kernel's own.
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let mut tried = Vec::new();
    for attempt in Attempt::value_variants() {
        let output = child(config, role, *attempt, terms, Some(address))?;
        let how = match (output.status.code(), output.status.signal()) {
            (_, Some(libc::SIGSYS)) => "ended by the kernel (seccomp)".to_owned(),
            (Some(0), _) if *attempt == Attempt::Nothing => "works".to_owned(),
            (Some(0), _) => {
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                // What a program says that could be run stands in the place of our own words.
                let why = said.trim().strip_prefix(REFUSED);
                why.unwrap_or("done").to_owned()
            }
            // A program was run, and was not content.
            _ => "done".to_owned(),
        };
        tried.push(Tried {
            process: role.name().to_owned(),
            attempt: *attempt,
            refused: !matches!(how.as_str(), "works" | "done"),
            how,
        });
    }
    Ok(tried)
}

fn child(
    config: &Path,
    role: Role,
    attempt: Attempt,
    terms: &Terms,
    loopback: Option<SocketAddr>,
) -> Result<std::process::Output, Problem> {
    let value = |value: &dyn Fn() -> Option<clap::builder::PossibleValue>| {
        value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    };
    let program = std::env::current_exe()
        .map_err(|error| Problem::failed(format!("this program is not to be found: {error}")))?;
    let mut command = Command::new(program);
    command
        .arg("probe")
        .args(["--as", role.name()])
        .args(["--attempt", &value(&|| attempt.to_possible_value())])
        .arg("--config")
        .arg(config);
    if let Some(loopback) = loopback {
        command.args(["--loopback", &loopback.to_string()]);
    }
    for layer in &terms.missing {
        command.args(["--without-layer", layer.name()]);
    }
    command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Problem::failed(format!("a probe does not start: {error}")))
}

/// Locks this process in, and makes one attempt; it says what came of it.
pub(crate) fn run(
    config: &Config,
    role: Role,
    attempt: Attempt,
    loopback: Option<SocketAddr>,
    terms: &Terms,
) -> Result<ExitCode, Problem> {
    let targets = Targets {
        data: config.data.clone(),
        notary_key: config.notary_key.clone(),
        notary_memory: notary::memory_of(config),
        loopback: loopback.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 9))),
        abstract_name: format!("wachpost-probe-{}", std::process::id()),
        parent: std::os::unix::process::parent_id(),
    };
    let listening = abstract_listener(attempt, &targets);
    let grants: Vec<Grant> = match role {
        Role::Serve => grants::of(config),
        Role::Egress | Role::Notary | Role::Starter => Vec::new(),
    };
    let terms = Terms {
        ports: config.ports_outside(),
        ..terms.clone()
    };
    let mut layers = shut_in(role, &grants, &terms);
    layers.push(refuse_calls(role, &terms));
    let done = match attempt {
        Attempt::Nothing => {
            say(&serde_json::to_string(&layers).unwrap_or_default());
            return Ok(ExitCode::SUCCESS);
        }
        attempt => make(attempt, &targets),
    };
    drop(listening);
    match done {
        Ok(()) => say("done"),
        Err(error) => say(&format!("{REFUSED}{error}")),
    }
    Ok(ExitCode::SUCCESS)
}

fn say(text: &str) {
    // Standard output may be closed; then nobody wants to know.
    let _ = writeln!(io::stdout(), "{text}");
}

/// One that an abstract socket is tried on; made before the lock, so that it is outside.
fn abstract_listener(
    attempt: Attempt,
    targets: &Targets,
) -> Option<std::os::unix::net::UnixListener> {
    use std::os::linux::net::SocketAddrExt as _;
    if attempt != Attempt::AbstractSocket {
        return None;
    }
    let address =
        std::os::unix::net::SocketAddr::from_abstract_name(&targets.abstract_name).ok()?;
    std::os::unix::net::UnixListener::bind_addr(&address).ok()
}

/// Does it, if nothing keeps it from being done.
fn make(attempt: Attempt, targets: &Targets) -> io::Result<()> {
    match attempt {
        Attempt::Nothing => Ok(()),
        Attempt::RunProgram => Err(Command::new(PROGRAM).exec()),
        Attempt::RunItself => Err(Command::new("/proc/self/exe").arg("--version").exec()),
        Attempt::RunMemory => run_memory(),
        Attempt::ExecutableMemory => {
            let memory = memmap2::MmapMut::map_anon(4_096)?;
            memory.make_exec().map(drop)
        }
        Attempt::Trace => {
            let parent = nix::unistd::Pid::from_raw(i32::try_from(targets.parent).unwrap_or(1));
            nix::sys::ptrace::attach(parent).map_err(io::Error::from)?;
            nix::sys::ptrace::detach(parent, None).map_err(io::Error::from)
        }
        Attempt::BeTraced => nix::sys::ptrace::traceme().map_err(io::Error::from),
        Attempt::ReadMemory => fs::File::open(format!("/proc/{}/mem", targets.parent)).map(drop),
        Attempt::Signal => {
            let parent = i32::try_from(targets.parent).unwrap_or(1);
            let parent = rustix::process::Pid::from_raw(parent)
                .ok_or_else(|| io::Error::other("no parent"))?;
            rustix::process::test_kill_process(parent).map_err(io::Error::from)
        }
        Attempt::WriteOutside => {
            let path = std::env::temp_dir().join(format!("wachpost-probe-{}", std::process::id()));
            fs::write(&path, b"planted")?;
            fs::remove_file(&path)
        }
        Attempt::ReadOutside => fs::read("/etc/passwd").map(drop),
        Attempt::OpenNotaryKey => fs::read(&targets.notary_key).map(drop),
        Attempt::ChangeNotaryMemory => fs::File::options()
            .write(true)
            .open(&targets.notary_memory)
            .map(drop),
        Attempt::ConnectLoopback => {
            TcpStream::connect_timeout(&targets.loopback, CONNECT_TIMEOUT).map(drop)
        }
        Attempt::ConnectPrivate => is_let_through(PRIVATE),
        Attempt::ConnectLoopbackWeb => is_let_through("127.0.0.1:443"),
        Attempt::ConnectPrivateWeb => is_let_through("10.255.255.1:443"),
        Attempt::Listen => TcpListener::bind("127.0.0.1:0").map(drop),
        Attempt::AbstractSocket => {
            use std::os::linux::net::SocketAddrExt as _;
            let name = &targets.abstract_name;
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
            std::os::unix::net::UnixStream::connect_addr(&address).map(drop)
        }
        Attempt::Mount => rustix::mount::mount_bind("/", "/mnt").map_err(io::Error::from),
        Attempt::PlantProgram => {
            use std::os::unix::fs::PermissionsExt as _;
            let path = targets.data.join(format!("planted-{}", std::process::id()));
            fs::write(&path, "#!/bin/sh\n")?;
            let planted = fs::File::open(&path)?;
            planted.set_permissions(fs::Permissions::from_mode(0o700))?;
            // It is gone before it could be run again; what is open can still be run.
            fs::remove_file(&path)?;
            Err(Command::new(format!("/proc/self/fd/{}", planted.as_raw_fd())).exec())
        }
    }
}

fn run_memory() -> io::Result<()> {
    let file = fs::File::from(memfd_create("program", MemfdFlags::empty())?);
    let mut program = fs::File::open(PROGRAM)?;
    io::copy(&mut program, &mut &file)?;
    Err(Command::new(format!("/proc/self/fd/{}", file.as_raw_fd())).exec())
}

/// That nobody answers there is no refusal by the kernel.
fn is_let_through(address: &str) -> io::Result<()> {
    let address: SocketAddr = address
        .parse()
        .map_err(|_| io::Error::other("no address"))?;
    match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(error),
        _ => Ok(()),
    }
}
