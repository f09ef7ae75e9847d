//! Everything at once on a locked server: clients of every protocol, administrators, mail that leaves, and `verify` beside them.
//!
//! Nothing may be refused that should not be, no process may end or be started again, memory stays bounded, nothing is on no
//! list of system calls, and in the end everything is as the journal says. Takes three minutes; `cargo xtask soak` sets
//! `WACHPOST_SOAK_SECONDS` to more, and reads the report from where `WACHPOST_SOAK_REPORT` says.

mod administration;

mod filters;

mod mail;

mod web;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Options, TestServer};
use crate::stub::{Manner, Stub};

use super::look;
use super::seed::{self, Random};
use super::wire::Trouble;

/// How long, unless the environment says otherwise.
const SECONDS_DEFAULT: u64 = 180;
/// People; each kind of client has some of its own, and mail goes to all.
const PEOPLE: usize = 8;
/// KiB of memory that all processes of the server may have.
const MEMORY_KIB_MAX: u64 = 600 * 1024;
/// What they may have more in the second half than at its beginning.
const GROWTH_KIB_MAX: u64 = 200 * 1024;
/// Between two looks at memory and processes.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two lines of progress.
const TELL_EVERY: Duration = Duration::from_secs(30);

/// What all clients share.
struct World<'a> {
    server: &'a TestServer,
    is_over: AtomicBool,
    numbers: AtomicU64,
    /// Operations that came to their end, by client.
    done: Mutex<BTreeMap<&'static str, u64>>,
    wrong: Mutex<Vec<String>>,
    seed: u64,
}

impl World<'_> {
    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// Works in turns, each a conversation of its own, until time is over or something is wrong. Each turn tells how much was
    /// done in it.
    fn work(&self, name: &'static str, mut turn: impl FnMut(&mut Random) -> Result<u64, Trouble>) {
        let purpose = name.bytes().map(u64::from).sum();
        let mut random = Random::new(self.seed, purpose);
        while self.goes_on() {
            match turn(&mut random) {
                Ok(count) => *self.done.lock().unwrap().entry(name).or_default() += count,
                Err(trouble) => {
                    self.wrong
                        .lock()
                        .unwrap()
                        .push(format!("{name}: {trouble:?}"));
                    self.is_over.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "an hour without a word is long")]
fn everything_at_once_on_a_locked_server() {
    let seconds = seed::number("WACHPOST_SOAK_SECONDS", SECONDS_DEFAULT);
    let stub = Stub::start("127.0.0.1:0", &[Manner::Greylist, Manner::BreakOffInData]);
    let mut server = start(&stub);
    let before = processes(&server);
    assert_eq!(before.len(), 4, "{before:?}");
    let world = World {
        server: &server,
        is_over: AtomicBool::new(false),
        numbers: AtomicU64::new(0),
        done: Mutex::default(),
        wrong: Mutex::default(),
        seed: seed::of_this_run(),
    };
    let mut memory = Vec::new();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for client in CLIENTS {
            let world = &world;
            scope.spawn(move || client(world));
        }
        let mut told = Instant::now();
        let (_alive, never) = std::sync::mpsc::channel::<()>();
        while world.goes_on() {
            let _ = never.recv_timeout(LOOK_EVERY);
            memory.push(memory_kib(&processes(&server)));
            if processes(&server) != before {
                let now = processes(&server);
                let what = format!("the processes were {before:?} and are {now:?}");
                world.wrong.lock().unwrap().push(what);
            }
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                let done: u64 = world.done.lock().unwrap().values().sum();
                let (elapsed, mib) = (began.elapsed().as_secs(), memory.last().unwrap() / 1_024);
                println!("{elapsed} s of {seconds}: {done} operations, {mib} MiB");
            }
            let is_wrong = !world.wrong.lock().unwrap().is_empty();
            if began.elapsed() >= Duration::from_secs(seconds) || is_wrong {
                world.is_over.store(true, Ordering::Relaxed);
            }
        }
    });
    let World { done, wrong, .. } = world;
    let (done, mut wrong) = (done.into_inner().unwrap(), wrong.into_inner().unwrap());
    wrong.extend(judge_memory(&memory));
    wrong.extend(judge_log(&server.log()));
    // What the metrics counted must be read before the end.
    let metrics = administration::metrics(&server);
    let mut panics = metrics
        .lines()
        .filter(|line| line.starts_with("wachpost_panics_total"));
    if let Some(line) = panics.find(|line| !line.ends_with(" 0")) {
        wrong.push(format!("a task panicked: {line}"));
    }
    if !metrics.contains("wachpost_panics_total") {
        wrong.push(format!("no metrics: {metrics}"));
    }
    if !server.stop().success() {
        wrong.push("the server did not stop in good order".to_owned());
    }
    let verified: Value =
        serde_json::from_slice(&server.command(&["verify", "--json"]).stdout).unwrap();
    if verified["clean"] != true {
        wrong.push(format!("verify: {verified:#}"));
    }
    wrong.extend(judge_work(&done));
    let report = json!({
        "seconds": began.elapsed().as_secs(),
        "operations": done,
        "sent_outside": stub.taken().len(),
        "memory_kib": {"first": memory.first(), "largest": memory.iter().max(), "last": memory.last()},
        "verified": verified,
        "wrong": wrong,
    });
    if let Ok(path) = std::env::var("WACHPOST_SOAK_REPORT") {
        std::fs::write(path, serde_json::to_vec_pretty(&report).unwrap()).unwrap();
    }
    println!("{report:#}");
    assert!(
        wrong.is_empty(),
        "WACHPOST_SEED={}: {}",
        seed::of_this_run(),
        wrong.join("\n")
    );
}

/// Each works in a thread of its own.
const CLIENTS: [fn(&World<'_>); 10] = [
    mail::imap,
    mail::lmtp,
    mail::reception,
    mail::submission,
    web::jmap,
    web::dav,
    web::sign_in,
    filters::managesieve,
    administration::requests,
    administration::commands,
];

fn start(stub: &Stub) -> TestServer {
    let port = stub.port();
    let sections = format!(
        "[egress]\nallowed = [\"127.0.0.1:{port}\"]\n[outgoing]\nretry_seconds = [1]\n\
         [outgoing.smart_host]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
         [outgoing.limits]\nrecipients_per_hour = 1000000\nrecipients_per_day = 1000000\n\
         messages_per_hour = 1000000\nmessages_per_day = 1000000\nunusual_recipients_min = 1000000\n"
    );
    let options = Options {
        top: "require_sandbox = true\n".to_owned(),
        sections,
        ..Options::default()
    };
    look::with_people(options, PEOPLE)
}

/// The server's own process and all below it that have not ended.
fn processes(server: &TestServer) -> BTreeSet<u32> {
    let mut parents = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // proc_pid_stat(5): the name stands in parentheses, then state and parent.
        let mut words = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_ascii_whitespace();
        if let (Some(state), Some(parent)) = (words.next(), words.next())
            && state != "Z"
        {
            parents.insert(pid, parent.parse::<u32>().unwrap());
        }
    }
    let mut found = BTreeSet::from([server.process()]);
    loop {
        let below = parents.iter().filter(|(_, parent)| found.contains(parent));
        let below: Vec<u32> = below.map(|(pid, _)| *pid).collect();
        let known = found.len();
        found.extend(below);
        if found.len() == known {
            return found;
        }
    }
}

/// KiB of memory that these processes have for themselves (Linux: PSS of all mappings), or resident where that is not told:
/// they are locked, and not everybody may look.
fn memory_kib(processes: &BTreeSet<u32>) -> u64 {
    let of = |pid: &u32| {
        let field = |file: &str, name: &str| {
            let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name))?
                .trim()
                .to_owned();
            line.trim_end_matches(" kB").trim().parse::<u64>().ok()
        };
        field("smaps_rollup", "Pss:")
            .or_else(|| field("status", "VmRSS:"))
            .unwrap_or(0)
    };
    processes.iter().map(of).sum()
}

fn judge_memory(memory: &[u64]) -> Option<String> {
    let largest = memory.iter().copied().max()?;
    let middle = memory.get(memory.len() / 2).copied()?;
    let later = memory[memory.len() / 2..].iter().copied().max()?;
    if largest > MEMORY_KIB_MAX {
        return Some(format!("{largest} KiB of memory"));
    }
    let grown = later.saturating_sub(middle);
    (grown > GROWTH_KIB_MAX).then(|| format!("memory grew by {grown} KiB in the second half"))
}

fn judge_log(log: &str) -> Vec<String> {
    let bad = [
        "ERROR",
        "panicked",
        "the kernel has ended",
        "was started again",
        "refuses to sign",
    ];
    let lines = log
        .lines()
        .filter(|line| bad.iter().any(|bad| line.contains(bad)));
    lines.take(5).map(|line| format!("log: {line}")).collect()
}

/// Whether each did something.
fn judge_work(done: &BTreeMap<&'static str, u64>) -> Option<String> {
    (done.len() != CLIENTS.len() || done.values().any(|count| *count == 0))
        .then(|| format!("somebody did nothing: {done:?}"))
}
