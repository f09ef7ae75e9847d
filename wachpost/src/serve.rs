//! `wachpost serve`: opens, binds, serves, and ends in good order.
//!
//! Everything that needs rights is done first, by one thread: the processes beside it are started, what is listened on is bound.
//! Then the process is locked in, the data folder opened, and only then the first client let in.
//! On SIGTERM or SIGINT nobody new is let in, sessions finish the command they are in, and the store writes down its state. On SIGHUP
//! certificates are read again.

mod administration;

mod counts;

mod faces;

mod housekeeping;

mod listeners;

mod measured;

mod prepare;

mod sign_in;

mod tlog;

mod web;

mod well_known;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ::egress::Egress;
use admin::Services;
use jmap::VapidKey;
use listen::{Budget, Gate, TlsConfig};
use store::Engine;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use transport::{Keeper, Keeping, Learning, Outside, Queue, SenderLimits};

use crate::acme::{self, Renewal, Tokens};
use crate::config::Config;
use crate::dkim::{Keys, Signers};
use crate::keeper::Files;
use crate::notary::Notary;
use crate::open::House;
use crate::posture::Locks;
use crate::problem::Problem;
use crate::sandbox::{Role, Terms};
use crate::{egress, logs, notary, push, runtime, sandbox};
use counts::CommitCounts;
use faces::{Faces, MailFaces};
use listeners::Bound;
use prepare::Prepared;

/// Time for sessions to finish what they are doing.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
/// Time for blocking work that nobody waits for any more.
const RUNTIME_STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Called once everything is bound and open, with what serves.
pub(crate) type OnReady<'a> = &'a dyn Fn(&Ready<'_>);

/// What is being served, for whoever wants to tell people.
pub(crate) struct Ready<'a> {
    pub(crate) listeners: &'a [admin::ListenerInfo],
}

/// Serves until a signal ends it.
pub(crate) fn run(config: &Config, terms: &Terms, ready: OnReady<'_>) -> Result<(), Problem> {
    let began = Instant::now();
    logs::begin(&config.log);
    let prepared = prepare::prepare(config, terms)?;
    let runtime = runtime::build()?;
    let result = runtime.block_on(Box::pin(serve(config, prepared, began, ready)));
    runtime.shutdown_timeout(RUNTIME_STOP_TIMEOUT);
    result
}

/// Whether everything that the configuration names can be used; changes nothing.
pub(crate) fn check(config: &Config) -> Result<(), Problem> {
    Notary::load(&config.notary_key)?;
    load_tls(config).map(drop)
}

fn load_tls(config: &Config) -> Result<Option<TlsConfig>, Problem> {
    if let Some(acme) = &config.acme {
        acme::ensure(acme, &config.hostname.0)?;
    }
    if config.certificate_files().is_empty() {
        return Ok(None);
    }
    Ok(Some(TlsConfig::load(config.certificate_files(), &[])?))
}

/// What ends the server, and what wakes it.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn take() -> Result<Self, Problem> {
        let take = |kind| {
            signal(kind).map_err(|error| Problem::failed(format!("cannot handle signals: {error}")))
        };
        Ok(Self {
            terminate: take(SignalKind::terminate())?,
            interrupt: take(SignalKind::interrupt())?,
            hang_up: take(SignalKind::hangup())?,
        })
    }
}

async fn serve(
    config: &Config,
    prepared: Prepared,
    began: Instant,
    ready: OnReady<'_>,
) -> Result<(), Problem> {
    let signals = Signals::take()?;
    let Prepared {
        terms,
        tls,
        setup,
        bound,
        locks,
        starter,
        seal,
        notary,
        cosigner,
        way_out,
        vapid,
    } = prepared;
    let house = House::open(config, seal)?;
    let served = Served {
        config,
        tls: tls.clone(),
        gate: Gate::new(listeners::limits(config)),
        budget: Budget::new(config.limits.memory.octets()),
        counts: CommitCounts::watch(&*house.engine),
        egress: Egress::new(),
        way_out: TaskTracker::new(),
        closing: CancellationToken::new(),
        stopping: CancellationToken::new(),
        tracker: TaskTracker::new(),
        locks: Arc::clone(&locks),
        notary,
        cosigner,
        vapid,
        keeper: Arc::new(Files::of(&config.data)),
        keeping: OnceLock::new(),
    };
    let closing = served.closing.clone();
    let given = egress::Given {
        setup,
        keeper: Some(Arc::clone(&served.keeper)),
    };
    let way_out = egress::keep(
        served.egress.clone(),
        given,
        starter,
        Some(way_out),
        closing,
    );
    served.way_out.spawn(way_out);
    // From here on, in all threads; nobody was let in so far.
    locks.add(sandbox::refuse_calls(Role::Serve, &terms));
    if let Err(problem) = terms.accept(Role::Serve, &locks.of_serve()) {
        served.stop(house).await;
        return Err(problem);
    }
    locks.log();
    let listeners = listeners::describe(&bound);
    for listener in &listeners {
        tracing::info!(
            listener = listener.service,
            address = listener.address,
            "listening"
        );
    }
    let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    served.start(bound, &house, &listeners)?;
    tracing::info!(elapsed_ms, "serving");
    ready(&Ready {
        listeners: &listeners,
    });
    wait_for_the_end(signals, config, tls.as_ref()).await;
    served.stop(house).await;
    Ok(())
}

/// Waits for a signal that ends the server; reads certificates again when asked to.
async fn wait_for_the_end(mut signals: Signals, config: &Config, tls: Option<&TlsConfig>) {
    loop {
        // All branches are cancellation-safe.
        let name = tokio::select! {
            _ = signals.terminate.recv() => "SIGTERM",
            _ = signals.interrupt.recv() => "SIGINT",
            _ = signals.hang_up.recv() => {
                reload(config, tls);
                continue;
            }
        };
        tracing::info!(reason = name, "stopping");
        return;
    }
}

/// Takes the certificates that lie now where the configuration said at the start: others cannot be read any more.
fn reload(config: &Config, tls: Option<&TlsConfig>) {
    let Some(tls) = tls else {
        return tracing::warn!("no certificates are configured: nothing to read again");
    };
    match tls.reload_from(config.certificate_files()) {
        Ok(()) => tracing::info!("certificates read again"),
        Err(error) => tracing::error!(%error, "the certificates stay as they are"),
    }
}

/// What all services have in common.
struct Served<'a> {
    config: &'a Config,
    tls: Option<TlsConfig>,
    gate: Gate,
    budget: Budget,
    counts: Arc<CommitCounts>,
    egress: Egress,
    /// The task that keeps the way out open, which ends after all others: they may need it to the end.
    way_out: TaskTracker,
    closing: CancellationToken,
    stopping: CancellationToken,
    tracker: TaskTracker,
    locks: Arc<Locks>,
    notary: Arc<notary::Counts>,
    /// Cosigns other logs.
    cosigner: Arc<notary::Client>,
    /// The key by which push services know us.
    vapid: Option<VapidKey>,
    /// Where it is kept what transport counts.
    keeper: Arc<dyn Keeper>,
    /// Who keeps it, once there is something to count.
    keeping: OnceLock<Keeping>,
}

impl Served<'_> {
    /// Starts a task for each listener, and the housekeeping.
    fn start(
        &self,
        bound: Vec<Bound>,
        house: &House,
        listeners: &[admin::ListenerInfo],
    ) -> Result<(), Problem> {
        let mut arranged = Vec::new();
        for Bound { kind, listener } in bound {
            arranged.push((kind, listener, listeners::service(kind, self)?));
        }
        let counters = arranged
            .iter()
            .map(|(kind, _, service)| (kind.name(), Arc::clone(&service.counters)));
        let queue = self.send_what_waits(house)?;
        let mail = MailFaces::new(self, house, &queue);
        self.push_changes(&mail);
        let waiting = queue.counters();
        let locks = (Arc::clone(&self.locks), Arc::clone(&self.notary));
        let counters = counters.collect();
        let witnessing = tlog::begin(self, house)?;
        let metrics = measured::metrics(
            &counters,
            &mail,
            house,
            &self.counts,
            waiting,
            &locks,
            &witnessing,
        );
        let tokens = Tokens::default();
        let well_known = well_known::router(self.config, &house.groupware, tokens.clone());
        self.renew_certificates(tokens, house);
        let locks = Arc::clone(&self.locks) as Arc<dyn admin::Locks>;
        let services = Services {
            surroundings: Some(administration::surroundings(self, house)),
            witnesses: witnessing.witnesses(),
            ..house.services(listeners.to_vec(), Some(locks))
        };
        let administration = administration::router(self, house, services.clone());
        let faces = Faces::new(
            mail,
            services,
            metrics,
            well_known,
            administration,
            &witnessing,
        );
        for (kind, listener, service) in arranged {
            faces.attend(kind, listener, service, self);
        }
        let (groupware, retention) = (house.groupware.clone(), self.config.retention());
        let stopping = self.stopping.clone();
        self.tracker
            .spawn(housekeeping::run(groupware, retention, stopping));
        Ok(())
    }

    /// Starts to write to the addresses that clients named.
    fn push_changes(&self, mail: &MailFaces) {
        let sender = Arc::new(push::WayOut(self.egress.clone()));
        let pushing = mail.jmap.clone().push(sender, self.stopping.clone());
        self.tracker.spawn(pushing);
    }

    /// Has certificates issued and renewed, where that is configured.
    fn renew_certificates(&self, tokens: Tokens, house: &House) {
        let (Some(acme), Some(tls)) = (&self.config.acme, &self.tls) else {
            return;
        };
        let renewal = Renewal {
            config: self.config.clone(),
            acme: acme.clone(),
            egress: self.egress.clone(),
            tls: tls.clone(),
            tokens,
            clock: house.groupware.clock().clone(),
        };
        self.tracker.spawn(renewal.run(self.stopping.clone()));
    }

    /// Starts to send what is queued.
    fn send_what_waits(&self, house: &House) -> Result<Queue, Problem> {
        let config = self.config;
        let limits = Arc::new(SenderLimits::new(config.outgoing.sender_limits()));
        let outside = Outside {
            groupware: house.groupware.clone(),
            egress: self.egress.clone(),
            signer: Arc::new(Signers::open(Keys::of(config), &config.hostname.0)?),
            random: house.random.clone(),
        };
        let settings = config.outgoing.settings(&config.hostname.0)?;
        let queue = Queue::new(outside, settings);
        // What was counted before is there before anybody can send.
        let keeping = Keeping::begin(
            Arc::clone(&self.keeper),
            Arc::clone(&limits),
            queue.clone(),
            self.egress.clone(),
        );
        house.groupware.set_sending_limits(limits);
        let keeping = self.keeping.get_or_init(|| keeping).clone();
        self.tracker.spawn(keeping.run(self.stopping.clone()));
        let learning = Learning::new(house.groupware.clone(), self.egress.clone());
        self.tracker.spawn(learning.run(self.stopping.clone()));
        self.tracker.spawn(queue.clone().run(self.stopping.clone()));
        Ok(queue)
    }

    /// Lets nobody in, waits for those inside, and closes the store.
    async fn stop(self, house: House) {
        self.stopping.cancel();
        self.tracker.close();
        if tokio::time::timeout(STOP_TIMEOUT, self.tracker.wait())
            .await
            .is_err()
        {
            tracing::warn!("some sessions did not end in time and are cut off");
        }
        if let Some(keeping) = self.keeping.get().cloned() {
            // Nobody counts any more. A panic in there is in the log already.
            let _ = tokio::task::spawn_blocking(move || keeping.finish()).await;
        }
        self.closing.cancel();
        self.way_out.close();
        self.way_out.wait().await;
        close(house).await;
    }
}

/// Lets the store write down its state.
async fn close(house: House) {
    match tokio::task::spawn_blocking(move || house.engine.stop()).await {
        Ok(()) => tracing::info!("stopped"),
        Err(error) => tracing::error!(%error, "the store did not close in good order"),
    }
}
