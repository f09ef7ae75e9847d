//! DMARC reports to other domains: what came in their name is counted for a day and sent to those who ask for it in the DNS
//! (RFC 7489 7.2, RFC 9990).
//!
//! Counts live in memory: a restart loses those of the day.

use std::sync::{Mutex, PoisonError};

use authenticity::report::{AggregateReport, Applied, Arrived, Tally};
use authenticity::{ReportAddress, report_addresses};

use crate::post::{DAY_S, Post};
use crate::reception::{Judged, Observer, Override};

/// Addresses of one domain that are served. RFC 7489 6.2: two at least.
const ADDRESSES_MAX: usize = 4;

/// What is counted until it is reported.
#[derive(Debug, Default)]
pub struct DmarcReports(Mutex<Tally>);

impl Observer for DmarcReports {
    fn judged(&self, judged: &Judged<'_>) {
        // A report is about addresses.
        let Some(ip) = judged.envelope.client_ip else {
            return;
        };
        let arrived = Arrived {
            ip,
            reverse_path: &judged.envelope.reverse_path,
        };
        let applied = Applied {
            disposition: judged.applied,
            reason: judged.overridden.map(|why| (word(why), "")),
        };
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.note(judged.verdict, arrived, applied);
    }
}

/// RFC 7489 appendix C, `PolicyOverrideType`.
fn word(why: Override) -> &'static str {
    match why {
        Override::Forwarded => "forwarded",
        Override::MailingList => "mailing_list",
        Override::LocalPolicy => "local_policy",
        Override::TrustedForwarder => "trusted_forwarder",
    }
}

impl DmarcReports {
    fn take(&self) -> Tally {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *tally)
    }

    /// Reports day by day, without end.
    pub(crate) async fn run(&self, post: Post<'_>, random: impl Fn() -> u32) {
        loop {
            let end = post.day_is_over().await;
            let tally = self.take();
            if tally.is_empty() {
                continue;
            }
            post.turn(random()).await;
            for (report, addresses) in tally.reports(post.sender, end - DAY_S, end) {
                post.dmarc(&report, &addresses).await;
            }
        }
    }
}

impl Post<'_> {
    async fn dmarc(&self, report: &AggregateReport, addresses: &[ReportAddress]) {
        let domain = &report.policy.domain;
        // RFC 9990 4: an address elsewhere gets reports only if that domain agrees.
        let allowed = match report_addresses(self, domain, addresses).await {
            Ok(allowed) => allowed,
            Err(error) => {
                tracing::info!(%domain, %error, "it is not known where a DMARC report goes");
                return;
            }
        };
        for address in allowed.iter().take(ADDRESSES_MAX) {
            let message = report.to_mail(self.sender, &[&address.address]);
            let octets = u64::try_from(message.len()).unwrap_or(u64::MAX);
            // RFC 7489 6.2: who cannot take more gets none.
            if address.octets_max.is_some_and(|most| octets > most) {
                tracing::info!(%domain, octets, "a DMARC report is larger than wanted");
                continue;
            }
            self.mail(domain, &address.address, message).await;
        }
    }
}
