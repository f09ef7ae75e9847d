//! Idling: how fast a server starts, what it needs with nothing to do and with clients that only wait.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Place, Workload};
use crate::processes::{Used, memory_kib};
use crate::report::{Figure, Goal, Sample, median};
use crate::server::Site;

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// How many connections wait in IDLE.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) idle_connections: usize,
}

/// How often the server is started; the median counts.
const STARTS: usize = 5;

/// The accounts of the connections.
const USERS: usize = 20;

/// How long it is watched while all wait.
const WATCH: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Idle {
    connections: usize,
}

impl Idle {
    pub(crate) fn new(size: &Size, quick: bool) -> Self {
        Self {
            connections: if quick {
                size.idle_connections.min(200)
            } else {
                size.idle_connections
            },
        }
    }
}

impl Workload for Idle {
    type Prepared = Site;

    fn title(&self) -> String {
        format!(
            "idling, with nothing to do and with {} connections",
            self.connections
        )
    }

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new("start_ms", "start until greeting, ms", Goal::AtMost(50.0)),
            Figure::new(
                "memory_mib",
                "memory with nothing to do, MiB",
                Goal::AtMost(25.0),
            ),
            Figure::new(
                "memory_idling_mib",
                "memory with all connections, MiB",
                Goal::None,
            ),
            Figure::new(
                "connection_kib",
                "memory of a connection in IDLE, KiB",
                Goal::None,
            ),
            Figure::new(
                "sign_ins_per_s",
                "sign-ins/s, with SELECT and IDLE",
                Goal::None,
            ),
            Figure::new("sign_in_cpu_ms", "CPU of one, ms", Goal::None),
            Figure::new(
                "idling_cpu_ms_per_s",
                "CPU while all wait, ms per s",
                Goal::None,
            ),
        ]
    }

    fn users(&self) -> Vec<String> {
        (1..=USERS).map(|number| format!("u{number}")).collect()
    }

    fn prepare(&self, place: &Place<'_>) -> Result<Site> {
        place.set_up()
    }

    fn round(&self, _: &Place<'_>, site: &mut Site) -> Result<Sample> {
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            let running = site.start()?;
            starts.push(running.greeted_after.as_secs_f64() * 1e3);
            running.stop()?;
        }
        starts.sort_by(f64::total_cmp);
        let running = site.start()?;
        let users = self.users();
        // One client comes and goes, so that what is made on first use counts as there already.
        let mut client = running.sign_in(&users[0])?;
        client.drain("SELECT INBOX")?;
        client.sign_out()?;
        running.settle();
        std::thread::sleep(Duration::from_secs(2));
        let memory = memory_kib(running.process()) as f64;
        let (before, start) = (Used::by(running.process()), Instant::now());
        let mut clients = Vec::new();
        for number in 0..self.connections {
            let mut client = running.sign_in(&users[number % users.len()])?;
            client.drain("SELECT INBOX")?;
            client.idle()?;
            clients.push(client);
        }
        let signing_s = start.elapsed().as_secs_f64();
        let signing = Used::by(running.process()).since(before);
        running.settle();
        let memory_idling = memory_kib(running.process()) as f64;
        let before = Used::by(running.process());
        std::thread::sleep(WATCH);
        let idling = Used::by(running.process()).since(before);
        drop(clients);
        running.stop()?;
        let connections = self.connections as f64;
        let values = [
            ("start_ms", median(&starts).unwrap_or(0.0)),
            ("memory_mib", memory / 1024.0),
            ("memory_idling_mib", memory_idling / 1024.0),
            ("connection_kib", (memory_idling - memory) / connections),
            ("sign_ins_per_s", connections / signing_s),
            ("sign_in_cpu_ms", signing.cpu_s / connections * 1e3),
            (
                "idling_cpu_ms_per_s",
                idling.cpu_s / WATCH.as_secs_f64() * 1e3,
            ),
        ];
        Ok(values
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect())
    }
}
