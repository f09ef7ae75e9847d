//! The tally of TLS sessions by domain and policy (RFC 8460 4): bounded, kept until it is reported.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::letter::Sender;
use super::tls::{DateRange, Summary, TlsFailure, TlsPolicy, TlsPolicyReport, TlsReport};

/// Domains of one tally.
const DOMAINS_MAX: usize = 20_000;
/// Policies of one domain: each change within a day, and each host's TLSA records.
const POLICIES_MAX: usize = 20;
/// Kinds of failures under one policy.
const FAILURES_MAX: usize = 200;

/// Counts of sessions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TlsTally {
    domains: BTreeMap<String, Vec<Counted>>,
    /// Sessions that found no room.
    pub left_out: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Counted {
    policy: TlsPolicy,
    successes: u64,
    failures: Vec<TlsFailure>,
    /// Failures that found no room among the kinds.
    others: u64,
}

impl TlsTally {
    /// Counts one session with a host of a recipients' domain; a failure says what it was, its count does not matter.
    pub fn note(&mut self, domain: &str, policy: &TlsPolicy, failure: Option<&TlsFailure>) {
        let is_full = self.domains.len() >= DOMAINS_MAX && !self.domains.contains_key(domain);
        let policies = if is_full {
            None
        } else {
            Some(self.domains.entry(domain.to_owned()).or_default())
        };
        let Some(counted) = policies.and_then(|policies| place(policies, policy)) else {
            self.left_out += 1;
            return;
        };
        match failure {
            None => counted.successes += 1,
            Some(failure) => counted.fail(failure),
        }
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.domains.is_empty()
    }

    /// The domains with their reports for a span of time. Where they go stands in the DNS (RFC 8460 3).
    #[must_use]
    pub fn reports(&self, sender: &Sender, begin: u64, end: u64) -> Vec<(String, TlsReport)> {
        let report = |(domain, policies): (&String, &Vec<Counted>)| {
            let report = TlsReport {
                organization_name: sender.organization.clone(),
                date_range: DateRange::of(begin, end),
                contact_info: sender.address.clone(),
                report_id: format!("{begin}.{end}.{domain}@{}", sender.host),
                policies: policies.iter().map(Counted::told).collect(),
            };
            (domain.clone(), report)
        };
        self.domains.iter().map(report).collect()
    }
}

fn place<'a>(policies: &'a mut Vec<Counted>, policy: &TlsPolicy) -> Option<&'a mut Counted> {
    let known = policies.iter().position(|known| known.policy == *policy);
    let at = match known {
        Some(at) => at,
        None if policies.len() >= POLICIES_MAX => return None,
        None => {
            policies.push(Counted {
                policy: policy.clone(),
                successes: 0,
                failures: Vec::new(),
                others: 0,
            });
            policies.len() - 1
        }
    };
    policies.get_mut(at)
}

impl Counted {
    fn fail(&mut self, failure: &TlsFailure) {
        let alike = |known: &&mut TlsFailure| {
            let count = known.failed_session_count;
            **known
                == TlsFailure {
                    failed_session_count: count,
                    ..failure.clone()
                }
        };
        if let Some(known) = self.failures.iter_mut().find(alike) {
            known.failed_session_count += 1;
        } else if self.failures.len() < FAILURES_MAX {
            self.failures.push(TlsFailure {
                failed_session_count: 1,
                ..failure.clone()
            });
        } else {
            self.others += 1;
        }
    }

    fn told(&self) -> TlsPolicyReport {
        let failed: u64 = self
            .failures
            .iter()
            .map(|failure| failure.failed_session_count)
            .sum();
        TlsPolicyReport {
            policy: self.policy.clone(),
            summary: Summary {
                total_successful_session_count: self.successes,
                total_failure_session_count: failed + self.others,
            },
            failure_details: self.failures.clone(),
        }
    }
}
