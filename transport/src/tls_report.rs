//! TLS reports to other domains: what was seen of TLS on the way to them is counted for a day and sent to those who ask
//! for it in the DNS (RFC 8460).
//!
//! Counts are kept over a restart ([`crate::Keeping`]).

mod destination;

use authenticity::report::{TlsFailure, TlsPolicy, TlsPolicyKind, TlsReport, TlsTally};
use bytes::Bytes;
use egress::wire::{
    HttpRequest, Kind, Method, PolicyType, Question, Record, Redirects, TlsObservation, TlsResult,
};

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::destination::Destination;
use crate::daily::{Countable, Daily};
use crate::kept::Keepsake;
use crate::post::{DAY_S, Post};

/// Destinations of one domain's reports that are served.
const DESTINATIONS_MAX: usize = 4;
/// How long a web server may take for a report, in milliseconds.
const POST_TIME_MS_MAX: u32 = 60_000;
/// Octets of its answer that are read.
const ANSWER_OCTETS_MAX: u32 = 16 * 1024;

/// What is counted until it is reported.
#[derive(Debug, Default)]
pub(crate) struct TlsReports(Daily<TlsTally>);

impl Countable for TlsTally {
    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    // Parts of it are made for JSON, with fields that may be missing.
    fn encoded<S: Serialize>(value: &S) -> Option<Vec<u8>> {
        serde_json::to_vec(value).ok()
    }

    fn decoded<D: DeserializeOwned>(octets: &[u8]) -> Option<D> {
        serde_json::from_slice(octets).ok()
    }
}

impl Keepsake for TlsReports {
    fn changed(&self) -> Option<Vec<u8>> {
        self.0.changed()
    }

    fn restore(&self, octets: &[u8], now_s: i64) -> bool {
        self.0.restore(octets, now_s)
    }
}

impl TlsReports {
    /// Counts what was seen on the way of one delivery.
    pub(crate) fn note(&self, observations: &[TlsObservation]) {
        if observations.is_empty() {
            return;
        }
        self.0.note(|tally| {
            for seen in observations {
                tally.note(&seen.policy_domain, &policy(seen), failure(seen).as_ref());
            }
        });
    }

    /// Reports day by day, without end.
    pub(crate) async fn run(&self, post: Post<'_>, random: impl Fn() -> u32) {
        loop {
            while let Some(due) = self.0.due() {
                post.turn(random()).await;
                let end = due.end_s;
                for (domain, report) in due.tally.reports(post.sender, end - DAY_S, end) {
                    if !due.sent.contains(&domain) {
                        post.tls(&domain, &report, end).await;
                        self.0.sent(&domain);
                    }
                }
                self.0.done();
            }
            let end = post.midnight();
            self.0.count_until(end);
            post.day_is_over(end).await;
            self.0.close(end);
        }
    }
}

impl Post<'_> {
    /// Sends a report wherever its domain wants it, if anywhere.
    async fn tls(&self, domain: &str, report: &TlsReport, end: u64) {
        for destination in self.destinations(domain).await {
            match destination {
                Destination::Mail(to) => {
                    let message = report.to_mail(self.sender, domain, &[&to], end - DAY_S, end);
                    self.mail(domain, &to, message).await;
                }
                Destination::Web(url) => self.post(domain, report, url).await,
            }
        }
    }

    async fn destinations(&self, domain: &str) -> Vec<Destination> {
        // RFC 8460 3: the record of the policy domain.
        let question = Question {
            name: format!("_smtp._tls.{domain}"),
            kind: Kind::Txt,
        };
        let answer = match self.egress.lookup(question).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::info!(%domain, %error, "it is not known where a TLS report goes");
                return Vec::new();
            }
        };
        let texts: Vec<Vec<u8>> = answer
            .records
            .into_iter()
            .filter_map(|record| match record {
                Record::Txt(text) => Some(text),
                _ => None,
            })
            .collect();
        let mut destinations = destination::read(&texts);
        destinations.truncate(DESTINATIONS_MAX);
        destinations
    }

    async fn post(&self, domain: &str, report: &TlsReport, url: String) {
        // RFC 8460 5.4: POST with the media type of the report.
        let request = HttpRequest {
            method: Method::Post,
            url,
            headers: vec![(
                "content-type".to_owned(),
                "application/tlsrpt+json".to_owned(),
            )],
            redirects: Redirects::None,
            body_octets_max: ANSWER_OCTETS_MAX,
            time_ms_max: POST_TIME_MS_MAX,
        };
        let body = Bytes::from(report.to_json());
        match self.egress.fetch(request, body).await {
            Ok((response, _)) if (200..300).contains(&response.status) => {
                tracing::info!(%domain, "TLS report sent");
            }
            Ok((response, _)) => {
                tracing::info!(%domain, status = response.status, "a TLS report was not taken");
            }
            Err(error) => tracing::info!(%domain, %error, "a TLS report could not be sent"),
        }
    }
}

/// For fuzzing: any record of a domain.
pub(crate) fn fuzz(input: &[u8]) {
    let _ = destination::read(&[input.to_vec()]);
}

fn policy(seen: &TlsObservation) -> TlsPolicy {
    TlsPolicy {
        policy_type: match seen.policy_type {
            PolicyType::Tlsa => TlsPolicyKind::Tlsa,
            PolicyType::Sts => TlsPolicyKind::Sts,
            PolicyType::NoPolicyFound => TlsPolicyKind::NoPolicyFound,
        },
        policy_string: seen.policy_strings.clone(),
        policy_domain: seen.policy_domain.clone(),
        mx_host: seen.mx_patterns.clone(),
    }
}

/// None for a session as the policy wants it.
fn failure(seen: &TlsObservation) -> Option<TlsFailure> {
    Some(TlsFailure {
        result_type: word(seen.result)?.to_owned(),
        sending_mta_ip: seen.sending_ip,
        receiving_mx_hostname: seen.receiving_host.clone(),
        receiving_mx_helo: None,
        receiving_ip: seen.receiving_ip,
        failed_session_count: 1,
        additional_information: None,
        failure_reason_code: seen.detail.clone(),
    })
}

/// RFC 8460 4.3.
fn word(result: TlsResult) -> Option<&'static str> {
    Some(match result {
        TlsResult::Success => return None,
        TlsResult::StarttlsNotSupported => "starttls-not-supported",
        TlsResult::CertificateHostMismatch => "certificate-host-mismatch",
        TlsResult::CertificateExpired => "certificate-expired",
        TlsResult::CertificateNotTrusted => "certificate-not-trusted",
        TlsResult::ValidationFailure => "validation-failure",
        TlsResult::TlsaInvalid => "tlsa-invalid",
        TlsResult::DnssecInvalid => "dnssec-invalid",
        TlsResult::DaneRequired => "dane-required",
        TlsResult::StsPolicyFetchError => "sts-policy-fetch-error",
        TlsResult::StsPolicyInvalid => "sts-policy-invalid",
        TlsResult::StsWebpkiInvalid => "sts-webpki-invalid",
    })
}
