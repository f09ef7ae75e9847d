//! Security: what TLS is demanded of one host, by the domain's policies, the message and the configuration (RFC 7672,
//! RFC 8461, RFC 8689), and what is told about it in reports (RFC 8460).

use std::net::IpAddr;
use std::sync::Arc;

use super::limits::POLICY_OCTETS_MAX;
use super::route::{Plan, Target};
use super::session::When;
use super::tls::Demand;
use crate::process::dane::Published;
use crate::process::flaw::Flaw;
use crate::process::mta_sts::{Mode, Sts};
use crate::process::resolve::{Addresses, Unresolved};
use crate::process::surroundings::Surroundings;
use crate::wire::{
    Existence, HostTls, Kind, MessageTls, PolicyType, Question, Secure, TlsObservation, TlsResult,
    Why,
};

/// What is demanded of one host.
#[derive(Clone, Debug)]
pub(crate) struct Security {
    /// When TLS begins.
    pub(crate) when: When,
    /// What the certificate has to be.
    pub(crate) demand: Demand,
    /// Whether flaws keep us from sending, or are only reported.
    pub(crate) enforced: bool,
    /// Whether the name of the host is beyond doubt, as REQUIRETLS wants it.
    pub(crate) trustworthy: bool,
    /// A flaw that shows before any connection, and is only reported.
    pub(crate) flaw: Option<Flaw>,
    /// The policy behind it.
    pub(crate) policy: AppliedPolicy,
}

/// A policy as reports name it (RFC 8460 4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppliedPolicy {
    /// Its kind.
    pub(crate) kind: PolicyType,
    /// The domain whose policy it is; without one nothing is reported.
    pub(crate) domain: Option<String>,
    /// The policy as published.
    pub(crate) strings: Vec<String>,
    /// Patterns of mail exchangers.
    pub(crate) patterns: Vec<String>,
}

impl AppliedPolicy {
    /// What happened with one host under it.
    pub(crate) fn observation(
        &self,
        host: Option<&str>,
        receiving_ip: Option<IpAddr>,
        sending_ip: Option<IpAddr>,
        flaw: Option<&Flaw>,
    ) -> Option<TlsObservation> {
        Some(TlsObservation {
            policy_type: self.kind,
            policy_strings: bounded(&self.strings),
            policy_domain: self.domain.clone()?,
            mx_patterns: bounded(&self.patterns),
            receiving_host: host.map(str::to_owned),
            receiving_ip,
            sending_ip,
            result: flaw.map_or(TlsResult::Success, |flaw| flaw.result),
            detail: flaw.map(|flaw| flaw.detail.clone()),
        })
    }
}

/// As many of the lines as are sent on.
fn bounded(lines: &[String]) -> Vec<String> {
    let mut octets = 0;
    let fits = |line: &&String| {
        octets += line.len();
        octets <= POLICY_OCTETS_MAX
    };
    lines.iter().take_while(fits).cloned().collect()
}

/// Why a host is out of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// Why.
    pub(crate) why: Why,
    /// Whether that will not change soon.
    pub(crate) permanent: bool,
    /// What is reported, and under which policy.
    pub(crate) report: Option<(AppliedPolicy, Flaw)>,
}

impl Unfit {
    fn new(why: Why, permanent: bool) -> Self {
        Self {
            why,
            permanent,
            report: None,
        }
    }
}

impl From<Unresolved> for Unfit {
    fn from(unresolved: Unresolved) -> Self {
        match unresolved {
            Unresolved::BadName => Self::new(Why::NoAddress, true),
            Unresolved::TimedOut | Unresolved::ServerFailed => Self::new(Why::Dns, false),
        }
    }
}

/// The addresses of a host.
pub(crate) async fn addresses(
    target: &Target,
    surroundings: &dyn Surroundings,
) -> Result<Addresses, Unfit> {
    let found = surroundings.addresses(&target.name).await?;
    if found.secure == Secure::Bogus {
        return Err(Unfit::new(Why::DnssecBogus, false));
    }
    match found.existence {
        Existence::Present if !found.list.is_empty() => Ok(found),
        // RFC 5321 5.1: a mail exchanger without an address is of no use.
        Existence::Present | Existence::NoData | Existence::NoName => {
            Err(Unfit::new(Why::NoAddress, true))
        }
    }
}

/// What is demanded of a host.
pub(crate) async fn of(
    target: &Target,
    plan: &Plan,
    found: &Addresses,
    sts: &Sts,
    message_tls: MessageTls,
    surroundings: &dyn Surroundings,
) -> Result<Security, Unfit> {
    // RFC 8689 5: a message that says so is sent whatever DANE and MTA-STS of the domain demand. What is configured for a
    // host of ours still counts.
    if message_tls == MessageTls::Optional && plan.tls.is_none() {
        return Ok(as_it_comes(plan));
    }
    let mut security = match dane(target, plan, found, surroundings).await? {
        Some(security) => security,
        None => without_dane(target, plan, sts)?,
    };
    if message_tls == MessageTls::Required {
        demand_tls(&mut security)?;
    }
    Ok(security)
}

/// RFC 8689 4.2.1: verified TLS with a host whose name is beyond doubt.
fn demand_tls(security: &mut Security) -> Result<(), Unfit> {
    if !security.trustworthy || security.when == When::Never {
        return Err(Unfit::new(Why::PolicyUnmet, true));
    }
    if security.when == When::IfOffered {
        security.when = When::Always;
    }
    if matches!(security.demand, Demand::Nothing) {
        security.demand = Demand::WebPki;
    }
    security.enforced = true;
    Ok(())
}

/// By TLSA records, if the host has any that count.
async fn dane(
    target: &Target,
    plan: &Plan,
    found: &Addresses,
    surroundings: &dyn Surroundings,
) -> Result<Option<Security>, Unfit> {
    let wanted = !matches!(plan.tls, Some(HostTls::Plain));
    // RFC 7672 2.2.1: without signed MX records there is no DANE; 2.2.2: nor is TLSA asked for where the addresses of the
    // host are not signed, since some name servers fail at such questions.
    let named = target.name.parse::<IpAddr>().is_err();
    if !wanted || !named || !plan.names_secure || found.secure != Secure::Secure {
        return Ok(None);
    }
    // RFC 7672 2.2.3: the name behind the alias is tried first, then the name itself.
    let mut bases = vec![found.canonical_name.as_str(), target.name.as_str()];
    bases.dedup();
    for base in bases {
        let question = Question {
            name: format!("_{}._tcp.{base}", target.port),
            kind: Kind::Tlsa,
        };
        let policy = |strings| AppliedPolicy {
            kind: PolicyType::Tlsa,
            domain: plan.domain.clone(),
            strings,
            patterns: plan.exchangers.clone(),
        };
        let answer = match surroundings.lookup(&question).await {
            Ok(answer) if answer.secure != Secure::Bogus => answer,
            // RFC 7672 2.1.2: without knowing the host cannot be used: somebody may be hiding the records.
            failed => {
                let why = match failed {
                    Ok(_) => Why::DnssecBogus,
                    Err(_) => Why::Dns,
                };
                let detail = "no answer about TLSA records that holds";
                let flaw = Flaw::new(TlsResult::DnssecInvalid, detail);
                return Err(Unfit {
                    report: Some((policy(Vec::new()), flaw)),
                    ..Unfit::new(why, false)
                });
            }
        };
        if answer.secure != Secure::Secure {
            continue;
        }
        let names = names(base, target, plan);
        let (demand, strings, flaw) = match Published::of(&answer.records, names) {
            Published::Nothing => continue,
            Published::Usable(dane) => {
                let strings = dane.policy_strings();
                (Demand::Dane(Arc::new(dane)), strings, None)
            }
            Published::Unusable(strings) => {
                let detail = "no usable TLSA record";
                let flaw = Flaw::new(TlsResult::TlsaInvalid, detail);
                (Demand::Nothing, strings, Some(flaw))
            }
        };
        return Ok(Some(Security {
            when: match plan.tls {
                Some(HostTls::Implicit) => When::AtOnce,
                _ => When::Always,
            },
            // A configured host is never trusted for less than it was configured with.
            demand: match (demand, plan.tls) {
                (Demand::Nothing, Some(HostTls::Required | HostTls::Implicit)) => Demand::WebPki,
                (demand, _) => demand,
            },
            enforced: true,
            trustworthy: true,
            flaw,
            policy: policy(strings),
        }));
    }
    Ok(None)
}

/// RFC 7672 3.2.2: names that a certificate below DANE-TA may be for: the TLSA base domain, the name of the mail exchanger,
/// and the domain that mail goes to.
fn names(base: &str, target: &Target, plan: &Plan) -> Vec<String> {
    let mut names = vec![base.to_owned(), target.name.clone()];
    names.extend(plan.domain.clone());
    names.dedup();
    names
}

/// TLS if it is offered, with whatever certificate (RFC 7435).
fn as_it_comes(plan: &Plan) -> Security {
    Security {
        when: When::IfOffered,
        demand: Demand::Nothing,
        enforced: false,
        trustworthy: plan.names_secure,
        flaw: None,
        policy: AppliedPolicy {
            kind: PolicyType::NoPolicyFound,
            domain: plan.domain.clone(),
            strings: Vec::new(),
            patterns: plan.exchangers.clone(),
        },
    }
}

/// By MTA-STS or the configuration, else as it comes.
fn without_dane(target: &Target, plan: &Plan, sts: &Sts) -> Result<Security, Unfit> {
    let opportunistic = as_it_comes(plan);
    if let Some(tls) = plan.tls {
        let (when, demand) = match tls {
            HostTls::Plain => (When::Never, Demand::Nothing),
            HostTls::Opportunistic => (When::IfOffered, Demand::Nothing),
            HostTls::Required => (When::Always, Demand::WebPki),
            HostTls::Implicit => (When::AtOnce, Demand::WebPki),
        };
        return Ok(Security {
            when,
            demand,
            enforced: true,
            ..opportunistic
        });
    }
    let Sts::Policy(policy) = sts else {
        return Ok(opportunistic);
    };
    let applied = AppliedPolicy {
        kind: PolicyType::Sts,
        domain: plan.domain.clone(),
        strings: policy.strings(),
        patterns: policy.patterns.clone(),
    };
    let allowed = policy.allows(&target.name);
    let detail = "the policy does not name this mail exchanger";
    let flaw = (!allowed).then(|| Flaw::new(TlsResult::ValidationFailure, detail));
    match (policy.mode, flaw) {
        (Mode::None, _) => Ok(opportunistic),
        // RFC 8461 4.1, 5: in the mode enforce no other host gets mail.
        (Mode::Enforce, Some(flaw)) => Err(Unfit {
            report: Some((applied, flaw)),
            ..Unfit::new(Why::PolicyUnmet, false)
        }),
        (Mode::Enforce, None) => Ok(Security {
            when: When::Always,
            demand: Demand::WebPki,
            enforced: true,
            trustworthy: true,
            flaw: None,
            policy: applied,
        }),
        (Mode::Testing, flaw) => Ok(Security {
            when: When::IfOffered,
            demand: Demand::WebPki,
            enforced: false,
            trustworthy: plan.names_secure || allowed,
            flaw,
            policy: applied,
        }),
    }
}
