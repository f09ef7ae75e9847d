//! The queue: sends what waits, and settles what came of it.
//!
//! [`Queue::run`] is one loop. It hears of commits that touch the queue, keeps the [`agenda`], and starts a task for
//! each job; a task asks `Egress` to deliver ([`attempt`]), concludes what that means for recipients and sender
//! ([`conclude`]), and hands the settlement to one settler ([`settler`]), which writes as many as are waiting at once.
//! At the start, and whenever notices were lost, it goes through the whole queue once, page by page, while it works.
//!
//! Dropping the future of `run` ends everything at once, as a crash would; nothing but attempts that are under way is lost.

mod agenda;

mod attempt;

mod conclude;

mod counters;

mod delays;

mod fresh;

mod message_tls;

mod runner;

mod settler;

mod survey;

mod workshop;

use std::sync::Arc;

use authenticity::report::Sender;
use directory::Random;
use egress::Egress;
use groupware::Groupware;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::dmarc_report::DmarcReports;
use crate::post::Post;
use crate::route::RouteTable;
use crate::settings::Settings;
use crate::signer::Signer;
use crate::tls_report::TlsReports;

pub use counters::{Counters, Reading};
use delays::Delays;
use workshop::Workshop;

/// What the queue works with.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Where the queue is kept.
    pub groupware: Groupware,
    /// The way out.
    pub egress: Egress,
    /// Signs what leaves.
    pub signer: Arc<dyn Signer>,
    /// Chance for jitter and ids.
    pub random: Random,
}

/// A cheap handle to the queue.
#[derive(Clone, Debug)]
pub struct Queue {
    shared: Arc<Shared>,
}

/// What loop and tasks share.
#[derive(Debug)]
struct Shared {
    outside: Outside,
    settings: Settings,
    routes: RouteTable,
    counters: Arc<Counters>,
    tls_reports: TlsReports,
    dmarc_reports: Arc<DmarcReports>,
    delays: Delays,
    /// Room for messages in memory, in units of [`OCTETS_PER_UNIT`].
    room: Semaphore,
    /// Where messages are read and signed.
    workshop: Arc<Workshop>,
}

/// Octets that are counted as one: a semaphore counts in 32 bits.
const OCTETS_PER_UNIT: u32 = 1_024;

impl Queue {
    /// The queue of this server; nothing happens before [`Queue::run`].
    #[must_use]
    pub fn new(outside: Outside, settings: Settings) -> Self {
        let units = settings.concurrency.octets_max / OCTETS_PER_UNIT;
        Self {
            shared: Arc::new(Shared {
                routes: RouteTable::new(&settings.routes),
                counters: Arc::default(),
                tls_reports: TlsReports::default(),
                dmarc_reports: Arc::default(),
                delays: Delays::default(),
                room: Semaphore::new(units.max(1) as usize),
                workshop: Arc::default(),
                outside,
                settings,
            }),
        }
    }

    /// What it has done.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        &self.shared.counters
    }

    /// What is reported to domains of the mail that came in their name: an observer for [`crate::Reception`]. Sent while the
    /// queue runs, if there is a [`crate::Reporter`].
    #[must_use]
    pub fn dmarc_reports(&self) -> &Arc<DmarcReports> {
        &self.shared.dmarc_reports
    }

    pub(crate) fn tls_reports(&self) -> &TlsReports {
        &self.shared.tls_reports
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.shared.outside.groupware.clock().now().seconds()
    }

    /// Sends until it is to stop; then begins nothing more, and waits a while for what is under way.
    pub async fn run(self, stopping: CancellationToken) {
        runner::run(self.shared, stopping).await;
    }
}

impl Shared {
    fn now_s(&self) -> u32 {
        seconds(self.outside.groupware.clock().now())
    }

    /// Sends reports on TLS and DMARC day by day, if that is wanted.
    async fn report_to_domains(self: Arc<Self>) {
        let Some(reporter) = &self.settings.reporter else {
            return;
        };
        let sender = Sender {
            organization: reporter.organization.clone(),
            address: reporter.address.clone(),
            host: self.settings.host.clone(),
        };
        let post = || Post {
            groupware: &self.outside.groupware,
            egress: &self.outside.egress,
            sender: &sender,
        };
        tokio::join!(
            self.tls_reports.run(post(), || self.random()),
            self.dmarc_reports.run(post(), || self.random()),
        );
    }

    fn random(&self) -> u32 {
        u32::from_le_bytes(self.outside.random.bytes())
    }
}

/// Seconds since 1970, which fit until 2106.
fn seconds(at: model::Timestamp) -> u32 {
    u32::try_from(at.seconds().max(0)).unwrap_or(u32::MAX)
}
