//! Attempt: one message tried with the hosts of its destination, one after the other, until every recipient has a result.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use listen::Deadline;

use super::Smtp;
use super::channel::Broken;
use super::command::is_path;
use super::limits::{ADDRESSES_PER_HOST_MAX, OBSERVATIONS_MAX};
use super::pool::Key;
use super::reply::Reply;
use super::route::{self, Plan, Target};
use super::security::{self, Security, Unfit};
use super::session::{NotOpened, Opening, Seen, Session, When};
use super::transaction::{Mail, Transactions, Unsettled};
use crate::process::connect::ConnectError;
use crate::process::flaw::Flaw;
use crate::process::mta_sts::Sts;
use crate::wire::{
    Credentials, Delivered, Delivery, Failure, PolicyType, RecipientResult, Route, SmtpReply,
    TlsObservation, TlsResult, Why,
};

/// How long an attempt may take up to the end of the message, the answer to which is waited for as long again as it takes.
/// Whoever asked for the delivery waits longer than both together, since what is given up by them is uncertain.
const ATTEMPT: Duration = Duration::from_secs(25 * 60);

/// One message on its way.
pub(crate) struct Attempt<'a> {
    smtp: &'a Smtp,
    mail: Mail<'a>,
    observations: Vec<TlsObservation>,
    until: Deadline,
}

/// Why a host did not do.
#[derive(Clone, Debug)]
struct HostFailure {
    why: Why,
    permanent: bool,
    reply: Option<SmtpReply>,
    host: Option<String>,
}

impl HostFailure {
    fn for_now(why: Why, reply: Option<&Reply>) -> Self {
        Self {
            why,
            permanent: false,
            reply: reply.map(Reply::to_wire),
            host: None,
        }
    }

    /// What is told of two failures in a row: what a server said tells more than that another one was silent, and only
    /// what was never anywhere is never.
    fn after(self, earlier: Option<Self>) -> Self {
        let Some(earlier) = earlier else { return self };
        let permanent = self.permanent && earlier.permanent;
        let told = match self.reply.is_none() && earlier.reply.is_some() {
            true => earlier,
            false => self,
        };
        Self { permanent, ..told }
    }

    /// As the result for recipients that no host settled.
    fn result(self) -> RecipientResult {
        let failure = Failure {
            why: self.why,
            host: self.host,
            reply: self.reply,
            uncertain: false,
        };
        match self.permanent {
            true => RecipientResult::Permanent(failure),
            false => RecipientResult::Transient(failure),
        }
    }
}

impl<'a> Attempt<'a> {
    /// Of this message.
    pub(crate) fn new(smtp: &'a Smtp, delivery: &'a Delivery, message: &'a [u8]) -> Self {
        let usable = is_path(&delivery.reverse_path) && is_path(&delivery.helo);
        let result = |path: &str| {
            // Such a path should not have come as far as this.
            (!usable || path.is_empty() || !is_path(path))
                .then(|| RecipientResult::Permanent(Why::Internal.into()))
        };
        let recipients = delivery.recipients.iter();
        Self {
            smtp,
            mail: Mail {
                delivery,
                message,
                results: recipients.map(|one| result(&one.forward_path)).collect(),
            },
            observations: Vec::new(),
            until: Deadline::after(ATTEMPT),
        }
    }

    /// Tries.
    pub(crate) async fn run(mut self) -> Delivered {
        if !self.mail.open().is_empty() {
            let rest = self.hosts().await;
            self.mail.settle_open(&rest);
        }
        let internal = || RecipientResult::Transient(Why::Internal.into());
        let results = self.mail.results.into_iter();
        Delivered {
            results: results
                .map(|result| result.unwrap_or_else(internal))
                .collect(),
            observations: self.observations,
        }
    }

    /// Tries the hosts; the result for those recipients that none of them settled.
    async fn hosts(&mut self) -> RecipientResult {
        let smtp = self.smtp;
        let surroundings = &*smtp.surroundings;
        let delivery = self.mail.delivery;
        let plan = match route::plan(&delivery.route, &delivery.helo, smtp.port, surroundings).await
        {
            Ok(plan) => plan,
            Err(none) if none.permanent => return RecipientResult::Permanent(none.failure()),
            Err(none) => return RecipientResult::Transient(none.failure()),
        };
        let sts = self.sts(&plan).await;
        let mut told: Option<HostFailure> = None;
        for target in &plan.hosts {
            if let (true, Some(told)) = (self.late(), &mut told) {
                told.permanent = false;
                break;
            }
            match self.host(target, &plan, &sts).await {
                Ok(()) => break,
                Err(mut failure) => {
                    failure.host.get_or_insert_with(|| target.name.clone());
                    told = Some(failure.after(told));
                }
            }
        }
        told.unwrap_or_else(|| HostFailure::for_now(Why::Internal, None))
            .result()
    }

    /// Keeps what was seen of TLS.
    fn observe(&mut self, observation: Option<TlsObservation>) {
        let room = OBSERVATIONS_MAX.saturating_sub(self.observations.len());
        self.observations.extend(observation.into_iter().take(room));
    }

    /// Whether there is no time for one more host.
    fn late(&self) -> bool {
        self.until <= Deadline::after(Duration::ZERO)
    }

    /// The policy of the domain, and what is to be reported about it.
    async fn sts(&mut self, plan: &Plan) -> Sts {
        let (Some(domain), false) = (&plan.domain, plan.exchangers.is_empty()) else {
            return Sts::Nothing;
        };
        let sts = self
            .smtp
            .policies
            .of(domain, &*self.smtp.surroundings)
            .await;
        if let Sts::Broken(flaw) = &sts {
            self.observe(Some(TlsObservation {
                policy_type: PolicyType::Sts,
                policy_strings: Vec::new(),
                policy_domain: domain.clone(),
                mx_patterns: Vec::new(),
                receiving_host: None,
                receiving_ip: None,
                sending_ip: None,
                result: flaw.result,
                detail: Some(flaw.detail.clone()),
            }));
        }
        sts
    }

    /// Tries one host.
    async fn host(&mut self, target: &Target, plan: &Plan, sts: &Sts) -> Result<(), HostFailure> {
        let surroundings = &*self.smtp.surroundings;
        let message_tls = self.mail.delivery.message_tls;
        let prepared = async {
            let found = security::addresses(target, surroundings).await?;
            let security =
                security::of(target, plan, &found, sts, message_tls, surroundings).await?;
            Ok((found.list, security))
        };
        let (addresses, security) = match prepared.await {
            Ok(prepared) => prepared,
            Err(unfit) => return Err(self.unfit(target, &unfit)),
        };
        let key = Key::new(
            &target.name,
            target.port,
            &self.mail.delivery.helo,
            self.credentials()
                .map(|credentials| credentials.user.as_str()),
            &security,
        );
        let _permit = self.smtp.pool.permit(&key).await;
        while let Some(mut session) = self.smtp.pool.take(&key, surroundings.now()) {
            if !session.channel.is_quiet().await {
                continue;
            }
            session.channel.use_until(self.until);
            match self.transact(&mut session, target).await {
                // The server has given up the connection meanwhile.
                Err(Unsettled::Broken { early: true, .. }) => continue,
                Err(Unsettled::Closing(_)) if session.messages > 0 => break,
                ended => return self.ended(ended, &key, session),
            }
        }
        let mut told: Option<HostFailure> = None;
        for address in addresses.iter().take(ADDRESSES_PER_HOST_MAX) {
            if told.is_some() && self.late() {
                break;
            }
            match self.address(*address, target, &security).await {
                Ok(mut session) => {
                    let ended = self.transact(&mut session, target).await;
                    return self.ended(ended, &key, session);
                }
                Err(failure) => told = Some(failure.after(told)),
            }
        }
        Err(told.unwrap_or_else(|| HostFailure::for_now(Why::Unreachable, None)))
    }

    fn unfit(&mut self, target: &Target, unfit: &Unfit) -> HostFailure {
        if let Some((policy, flaw)) = &unfit.report {
            let observation = policy.observation(Some(&target.name), None, None, Some(flaw));
            self.observe(observation);
        }
        HostFailure {
            why: unfit.why,
            permanent: unfit.permanent,
            reply: None,
            host: None,
        }
    }

    fn credentials(&self) -> Option<&'a Credentials> {
        match &self.mail.delivery.route {
            Route::Host(host) => host.credentials.as_ref(),
            Route::Domain(_) => None,
        }
    }

    async fn transact(&mut self, session: &mut Session, target: &Target) -> Result<(), Unsettled> {
        Transactions {
            session,
            mail: &mut self.mail,
            host: &target.name,
            timeouts: &self.smtp.timeouts,
        }
        .run()
        .await
    }

    /// What became of the recipients with one session, and what becomes of the session.
    fn ended(
        &self,
        ended: Result<(), Unsettled>,
        key: &Key,
        session: Session,
    ) -> Result<(), HostFailure> {
        self.smtp
            .pool
            .put(key, session, self.smtp.surroundings.now());
        match ended {
            Ok(()) => Ok(()),
            Err(Unsettled::Broken { broken, .. }) => Err(HostFailure::for_now(broken.why(), None)),
            Err(Unsettled::Closing(Some(reply))) => {
                Err(HostFailure::for_now(Why::Reply, Some(&reply)))
            }
            Err(Unsettled::Closing(None)) => Err(HostFailure::for_now(Why::Dropped, None)),
            Err(Unsettled::Lacks(needed)) => Err(HostFailure {
                why: Why::NotOffered(needed),
                permanent: true,
                reply: None,
                host: None,
            }),
        }
    }

    /// A new session with one address of a host.
    async fn address(
        &mut self,
        address: IpAddr,
        target: &Target,
        security: &Security,
    ) -> Result<Session, HostFailure> {
        let mut when = security.when;
        loop {
            let socket = SocketAddr::new(address, target.port);
            let connect = self.smtp.timeouts.connect;
            let connected = match self.smtp.surroundings.connect(socket, connect).await {
                Ok(connected) => connected,
                Err(error) => return Err(not_connected(&error)),
            };
            let opening = Opening {
                helo: &self.mail.delivery.helo,
                name: &target.name,
                stranger: matches!(self.mail.delivery.route, Route::Domain(_)),
                when,
                demand: &security.demand,
                enforced: security.enforced,
                credentials: self.credentials(),
                timeouts: &self.smtp.timeouts,
                checks: &self.smtp.checks,
                until: self.until,
            };
            let report = |flaw: Option<&Flaw>| {
                let host = Some(target.name.as_str());
                security
                    .policy
                    .observation(host, Some(address), connected.local, flaw)
            };
            let opened = Session::open(connected.stream, &opening).await;
            let (observation, result) = match opened {
                Ok((session, seen)) => {
                    let observation = match (&seen, when == security.when) {
                        // What failed before was reported when it failed.
                        (_, false) => None,
                        (Seen::Plain, true) if when == When::Never => None,
                        (Seen::Plain, true) => report(Some(&no_start_tls(None))),
                        (Seen::Tls(flaw), true) => report(flaw.as_ref().or(security.flaw.as_ref())),
                    };
                    (observation, Ok(session))
                }
                Err(NotOpened::Tls(no_tls)) => {
                    let observation = report(Some(no_tls.flaw()));
                    if when == When::IfOffered {
                        // RFC 7435 3: rather in the clear than not at all, where nobody demands more.
                        tracing::debug!(host = %target.name, flaw = ?no_tls.flaw(), "no TLS, going on without");
                        self.observe(observation);
                        when = When::Never;
                        continue;
                    }
                    let failure = HostFailure::for_now(tls_failed(no_tls.flaw()), None);
                    (observation, Err(failure))
                }
                Err(NotOpened::NoStartTls(reply)) => {
                    let observation = report(Some(&no_start_tls(reply.as_ref())));
                    let failure = HostFailure::for_now(Why::TlsRequired, reply.as_ref());
                    (observation, Err(failure))
                }
                Err(NotOpened::Broken(broken)) => {
                    (None, Err(HostFailure::for_now(broken.why(), None)))
                }
                Err(NotOpened::Ourselves) => {
                    let failure = HostFailure {
                        permanent: true,
                        ..HostFailure::for_now(Why::Loop, None)
                    };
                    (None, Err(failure))
                }
                Err(NotOpened::Refused(reply)) => (None, Err(refused(&reply))),
                Err(NotOpened::SignIn(reply)) => {
                    let failure = HostFailure::for_now(Why::SignIn, reply.as_ref());
                    (None, Err(failure))
                }
            };
            self.observe(observation);
            return result;
        }
    }
}

fn not_connected(error: &ConnectError) -> HostFailure {
    let why = match error {
        ConnectError::Refused => Why::AddressRefused,
        ConnectError::TimedOut => Why::TimedOut,
        ConnectError::Failed(_) | ConnectError::NoAddress => Why::Unreachable,
    };
    HostFailure::for_now(why, None)
}

fn no_start_tls(reply: Option<&Reply>) -> Flaw {
    let detail = reply.map_or_else(
        || "STARTTLS is not offered".to_owned(),
        |reply| format!("STARTTLS: {} {}", reply.code, reply.text),
    );
    Flaw::new(TlsResult::StarttlsNotSupported, detail)
}

/// Whether the certificate or the handshake is to blame.
fn tls_failed(flaw: &Flaw) -> Why {
    match flaw.result {
        TlsResult::CertificateExpired
        | TlsResult::CertificateHostMismatch
        | TlsResult::CertificateNotTrusted => Why::PolicyUnmet,
        _ => Why::TlsFailed,
    }
}

/// The greeting or the answer to our name is a no.
fn refused(reply: &Reply) -> HostFailure {
    HostFailure {
        // RFC 7504 3, 4: 521 says that this host never takes mail; 554 may be about us, and may pass.
        permanent: reply.code == 521,
        ..HostFailure::for_now(Why::Reply, Some(reply))
    }
}

impl From<Broken> for HostFailure {
    fn from(broken: Broken) -> Self {
        Self::for_now(broken.why(), None)
    }
}
