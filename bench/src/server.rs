//! A mail server under measurement: its folder, its ports, its processes from start to stop.
//!
//! Everything is on 127.0.0.1 and in one folder that goes away afterwards. Durability is at each server's default.

mod dovecot;

mod postfix;

mod radicale;

mod wachpost;

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::imap::Imap;
use crate::processes;
use crate::smtp::Sender;

/// How long a server may take until it greets.
const START_WAIT: Duration = Duration::from_secs(60);

/// How long a server may take to end.
const STOP_WAIT: Duration = Duration::from_secs(30);

/// How often it is looked whether it greets or has ended.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// The domain of all accounts.
const DOMAIN: &str = "example.test";

/// The password of all accounts, which exist for minutes on this machine only.
pub(crate) const PASSWORD: &str = "loopback-Only-4711";

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Wachpost,
    /// With the mailbox format.
    Dovecot(dovecot::Format),
    /// Calendars only.
    Radicale,
    /// Relaying only.
    Postfix(postfix::Signing),
}

impl Kind {
    /// As it comes.
    pub(crate) const DOVECOT: Self = Self::Dovecot(dovecot::Format::Maildir);
    /// As it comes.
    pub(crate) const POSTFIX: Self = Self::Postfix(postfix::Signing::Nobody);
    /// With DKIM.
    pub(crate) const POSTFIX_SIGNING: Self = Self::Postfix(postfix::Signing::OpenDkim);
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "wachpost" => Ok(Self::Wachpost),
            "dovecot" => Ok(Self::Dovecot(dovecot::Format::Maildir)),
            "dovecot:sdbox" => Ok(Self::Dovecot(dovecot::Format::Sdbox)),
            "radicale" => Ok(Self::Radicale),
            "postfix" => Ok(Self::POSTFIX),
            "postfix:opendkim" => Ok(Self::POSTFIX_SIGNING),
            _ => Err(
                "write `wachpost`, `dovecot`, `dovecot:sdbox`, `radicale`, `postfix` or `postfix:opendkim`"
                    .to_owned(),
            ),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wachpost => "wachpost",
            Self::Dovecot(dovecot::Format::Maildir) => "dovecot",
            Self::Dovecot(dovecot::Format::Sdbox) => "dovecot:sdbox",
            Self::Radicale => "radicale",
            Self::Postfix(postfix::Signing::Nobody) => "postfix",
            Self::Postfix(postfix::Signing::OpenDkim) => "postfix:opendkim",
        })
    }
}

/// What a server does beside keeping mail: it takes mail by SMTP and sends it on.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    /// Where all mail for elsewhere goes.
    pub(crate) next: Option<SocketAddr>,
    /// Seconds after which a next server that did not take mail is tried again.
    pub(crate) retry_s: u32,
    /// Whether what leaves is signed with DKIM, where the server can.
    pub(crate) signs: bool,
    /// Who is asked about names.
    pub(crate) name_server: Option<SocketAddr>,
    /// Whether SPF, DKIM and DMARC of mail from strangers are checked.
    pub(crate) checks: bool,
}

impl Default for Transport {
    fn default() -> Self {
        Self {
            next: None,
            retry_s: 60,
            signs: false,
            name_server: None,
            checks: false,
        }
    }
}

/// What to set up.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) kind: Kind,
    /// Where a new folder is made.
    pub(crate) folder: &'a Path,
    /// Accounts: the parts of their addresses before the sign.
    pub(crate) users: &'a [String],
    /// The program of Wachpost.
    pub(crate) wachpost: &'a Path,
    /// None for a server that only keeps mail.
    pub(crate) transport: Option<&'a Transport>,
}

/// A server that is set up and does not run.
#[derive(Debug)]
pub(crate) struct Site {
    kind: Kind,
    folder: tempfile::TempDir,
    command: Vec<OsString>,
    /// What counts as its octets on disk.
    data: PathBuf,
    pub(crate) imap: SocketAddr,
    pub(crate) lmtp: SocketAddr,
    pub(crate) http: SocketAddr,
    mx: SocketAddr,
    submission: SocketAddr,
}

impl Site {
    pub(crate) fn set_up(plan: &Plan<'_>) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(&format!("{FOLDER_PREFIX}{}-", std::process::id()))
            .permissions(Permissions::from_mode(0o755))
            .tempdir_in(plan.folder)
            .with_context(|| format!("cannot make a folder in `{}`", plan.folder.display()))?;
        let path = std::path::absolute(folder.path())?;
        let ports = Ports::free()?;
        let (command, data) = match plan.kind {
            Kind::Wachpost => wachpost::set_up(&path, &ports, plan)?,
            Kind::Dovecot(format) => dovecot::set_up(&path, &ports, plan.users, format)?,
            Kind::Radicale => radicale::set_up(&path, &ports, plan.users)?,
            Kind::Postfix(signing) => {
                let next = plan.transport.and_then(|transport| transport.next);
                postfix::set_up(&path, &ports, next, signing)?
            }
        };
        Ok(Self {
            kind: plan.kind,
            folder,
            command,
            data,
            imap: ports.imap,
            lmtp: ports.lmtp,
            http: ports.http,
            mx: ports.mx,
            submission: ports.submission,
        })
    }

    pub(crate) fn start(&self) -> Result<Running<'_>> {
        let log_path = self.log_path();
        let log = File::options().create(true).append(true).open(&log_path)?;
        let start = Instant::now();
        let mut command = Command::new(&self.command[0]);
        if matches!(self.kind, Kind::Postfix(_)) {
            // Its first process ends the others of its group, and would end us.
            command.process_group(0);
        }
        let child = command
            .args(&self.command[1..])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.kind))?;
        let mut running = Running {
            site: self,
            child,
            greeted_after: Duration::ZERO,
        };
        loop {
            let greets = match self.kind {
                Kind::Radicale => TcpStream::connect(self.http).is_ok(),
                Kind::Postfix(_) => Sender::smtp(self.submission, "client.example.test").is_ok(),
                Kind::Wachpost | Kind::Dovecot(_) => Imap::connect(self.imap).is_ok(),
            };
            if greets {
                running.greeted_after = start.elapsed();
                return Ok(running);
            }
            if let Some(status) = running.child.try_wait()? {
                let log = fs::read_to_string(&log_path).unwrap_or_default();
                bail!(
                    "{} ended with {status} and said:\n{}",
                    self.kind,
                    last_lines(&log)
                );
            }
            if start.elapsed() > START_WAIT {
                bail!("{} did not greet within {START_WAIT:?}", self.kind);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// Which server it is.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Adds a room, where there are such things; the server does not run.
    pub(crate) fn add_room(&self, name: &str) -> Result<()> {
        match self.kind {
            Kind::Wachpost => wachpost::tell(&self.command, &["room", "add", &address(name)], ""),
            Kind::Dovecot(_) | Kind::Radicale | Kind::Postfix(_) => Ok(()),
        }
    }

    /// Keeps and activates a filter, where there are such things.
    pub(crate) fn filter(&self, user: &str, script: &str) -> Result<()> {
        match self.kind {
            Kind::Wachpost => {
                let put = ["sieve", "put", &address(user), "main", "-", "--activate"];
                wachpost::tell(&self.command, &put, script)
            }
            Kind::Dovecot(_) | Kind::Radicale | Kind::Postfix(_) => Ok(()),
        }
    }

    /// Where its data lies.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Octets on the disk.
    pub(crate) fn disk_octets(&self) -> u64 {
        rustix::fs::sync();
        processes::disk_octets(&self.data)
    }
}

/// A server that runs; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    site: &'a Site,
    child: Child,
    /// From its start to the greeting.
    pub(crate) greeted_after: Duration,
}

impl Running<'_> {
    /// The root of its processes.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn sign_in(&self, user: &str) -> Result<Imap> {
        Imap::sign_in(self.site.imap, &address(user), PASSWORD)
    }

    /// The end of what it said.
    pub(crate) fn said(&self) -> String {
        let log = fs::read_to_string(self.site.log_path()).unwrap_or_default();
        format!("it said:\n{}", last_lines(&log))
    }

    /// A connection for mail of this user to elsewhere; whoever knows its users wants them to sign in.
    pub(crate) fn submit(&self, user: &str) -> Result<Sender> {
        let mut sender = Sender::smtp(self.site.submission, "client.example.test")?;
        if self.site.kind == Kind::Wachpost {
            sender.sign_in(&address(user), PASSWORD)?;
        }
        Ok(sender)
    }

    /// A connection of a stranger who greets by this name.
    pub(crate) fn stranger(&self, name: &str) -> Result<Sender> {
        Sender::smtp(self.site.mx, name)
    }

    /// A connection for LMTP.
    pub(crate) fn lmtp(&self) -> Result<Sender> {
        Sender::lmtp(self.site.lmtp)
    }

    /// Waits until it has nothing left to do, such as indexing, but not for ever.
    pub(crate) fn settle(&self) {
        const LOOK_EVERY: Duration = Duration::from_millis(500);
        const WAIT_MAX: Duration = Duration::from_secs(120);
        // Two ticks of the meter: a server at rest has timers.
        const CPU_AT_REST_S: f64 = 0.021;
        let start = Instant::now();
        let mut before = processes::Used::by(self.process());
        while start.elapsed() < WAIT_MAX {
            std::thread::sleep(LOOK_EVERY);
            let now = processes::Used::by(self.process());
            if now.since(before).cpu_s < CPU_AT_REST_S {
                return;
            }
            before = now;
        }
    }

    pub(crate) fn stop(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        let all = processes::tree(self.child.id());
        kill(self.child.id(), Signal::TERM)?;
        let start = Instant::now();
        let mut graceful = true;
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > STOP_WAIT {
                graceful = false;
                self.child.kill()?;
                self.child.wait()?;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        for process in all {
            // Its children end when it does, a moment later.
            if process != self.child.id()
                && !processes::ends_within(process, Duration::from_secs(2))
            {
                kill(process, Signal::KILL)?;
            }
        }
        if graceful {
            Ok(())
        } else {
            Err(anyhow!(
                "{} did not end within {STOP_WAIT:?} and was killed",
                self.site.kind
            ))
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("{}: {error}", self.site.kind);
        }
    }
}

/// The address of an account, which is also the name to sign in with.
pub(crate) fn address(user: &str) -> String {
    format!("{user}@{DOMAIN}")
}

/// Why this server cannot be measured here, if so.
pub(crate) fn missing(kind: Kind, wachpost: &Path) -> Option<String> {
    match kind {
        Kind::Wachpost if wachpost.is_file() => None,
        Kind::Wachpost => Some(format!(
            "`{}` is not there: build it with `cargo build --release -p wachpost`, or name it with `--wachpost`",
            wachpost.display()
        )),
        Kind::Dovecot(_) => dovecot::missing(),
        Kind::Radicale => radicale::missing(),
        Kind::Postfix(signing) => postfix::missing(signing),
    }
}

/// Removes what measurements that were killed left in a folder.
pub(crate) fn remove_leftovers(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("`{}`", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(rest) = name
            .to_str()
            .and_then(|name| name.strip_prefix(FOLDER_PREFIX))
        else {
            continue;
        };
        let process = rest.split('-').next().unwrap_or_default();
        if !Path::new("/proc").join(process).exists() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// What folders are called, before the number of the process that made them.
const FOLDER_PREFIX: &str = "bench-";

/// Ports that were free a moment ago.
#[derive(Debug)]
struct Ports {
    imap: SocketAddr,
    lmtp: SocketAddr,
    http: SocketAddr,
    mx: SocketAddr,
    submission: SocketAddr,
}

impl Ports {
    fn free() -> Result<Self> {
        let bind = || TcpListener::bind(LOOPBACK);
        let (imap, lmtp, http) = (bind()?, bind()?, bind()?);
        let (mx, submission) = (bind()?, bind()?);
        Ok(Self {
            imap: imap.local_addr()?,
            lmtp: lmtp.local_addr()?,
            http: http.local_addr()?,
            mx: mx.local_addr()?,
            submission: submission.local_addr()?,
        })
    }
}

const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

fn kill(process: u32, signal: Signal) -> Result<()> {
    let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) else {
        return Ok(());
    };
    match kill_process(process, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Runs a program to its end, with something on its standard input; what it says goes into the error.
fn run(command: &mut Command, input: &str) -> Result<()> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {command:?}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!(
            "{command:?} said: {}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(())
}

fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
