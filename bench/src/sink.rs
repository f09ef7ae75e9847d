//! The next server, which takes all mail and forgets it: `smtp-sink` of Postfix, counting.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// The program, in Debian's package `postfix`.
pub(crate) const PROGRAM: &str = "/usr/sbin/smtp-sink";

/// How long it may take to listen.
const START_WAIT: Duration = Duration::from_secs(10);
/// How long it may be that nothing new arrives.
const ARRIVAL_WAIT: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Connections that may wait to be taken.
const BACKLOG: &str = "1000";

/// It ends with the value.
#[derive(Debug)]
pub(crate) struct Sink {
    child: Child,
    pub(crate) address: SocketAddr,
    count: Arc<AtomicU64>,
}

impl Sink {
    pub(crate) fn start() -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(PROGRAM);
        if rustix::process::geteuid().is_root() {
            // It refuses to be root.
            command.args(["-u", "nobody"]);
        }
        command.args(["-c", &address.to_string(), BACKLOG]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {PROGRAM}"))?;
        let count = Arc::new(AtomicU64::new(0));
        if let Some(counters) = child.stdout.take() {
            let count = Arc::clone(&count);
            // It ends with the program, which closes its output then.
            std::thread::spawn(move || follow(counters, &count));
        }
        let sink = Self {
            child,
            address,
            count,
        };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            ensure!(start.elapsed() < START_WAIT, "{PROGRAM} does not listen");
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(sink)
    }

    /// How many messages it took.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits until so many are there.
    pub(crate) fn wait(&self, messages: u64) -> Result<()> {
        let (mut seen, mut since) = (self.count(), Instant::now());
        while seen < messages {
            std::thread::sleep(LOOK_EVERY);
            let now = self.count();
            if now > seen {
                (seen, since) = (now, Instant::now());
            }
            ensure!(
                since.elapsed() < ARRIVAL_WAIT,
                "of {messages} messages only {seen} got out"
            );
        }
        Ok(())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the counters, which it writes over and over: `sess=1 quit=1 mesg=2` and a carriage return.
fn follow(mut counters: ChildStdout, count: &AtomicU64) {
    let (mut buffer, mut text) = ([0; 4_096], String::new());
    while let Ok(read @ 1..) = counters.read(&mut buffer) {
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        let Some((whole, rest)) = text.rsplit_once('\r') else {
            continue;
        };
        let last = whole.rsplit_once("mesg=").map(|(_, number)| number.trim());
        if let Some(number) = last.and_then(|number| number.parse().ok()) {
            count.store(number, Ordering::Relaxed);
        }
        text = rest.to_owned();
    }
}
