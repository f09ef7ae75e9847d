//! DMARC reports to other domains: what came in their name is counted for a day and sent to those who ask for it in the DNS
//! (RFC 7489 7.2, RFC 9990).
//!
//! Counts are kept over a restart ([`crate::Keeping`]).

use authenticity::report::{AggregateReport, Applied, Arrived, Tally};
use authenticity::{ReportAddress, report_addresses};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::daily::{Countable, Daily};
use crate::kept::Keepsake;
use crate::post::{DAY_S, Post};
use crate::reception::{Judged, Observer, Override};

/// Addresses of one domain that are served. RFC 7489 6.2: two at least.
const ADDRESSES_MAX: usize = 4;

/// What is counted until it is reported.
#[derive(Debug, Default)]
pub struct DmarcReports(Daily<Tally>);

impl Countable for Tally {
    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    // Its rows are found by many words: no text has such names.
    fn encoded<S: Serialize>(value: &S) -> Option<Vec<u8>> {
        postcard::to_stdvec(value).ok()
    }

    fn decoded<D: DeserializeOwned>(octets: &[u8]) -> Option<D> {
        match postcard::take_from_bytes(octets) {
            Ok((value, [])) => Some(value),
            _ => None,
        }
    }
}

impl Keepsake for DmarcReports {
    fn changed(&self) -> Option<Vec<u8>> {
        self.0.changed()
    }

    fn restore(&self, octets: &[u8], now_s: i64) -> bool {
        self.0.restore(octets, now_s)
    }
}

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
        self.0
            .note(|tally| tally.note(judged.verdict, arrived, applied));
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
    /// Reports day by day, without end.
    pub(crate) async fn run(&self, post: Post<'_>, random: impl Fn() -> u32) {
        loop {
            while let Some(due) = self.0.due() {
                post.turn(random()).await;
                let end = due.end_s;
                for (report, addresses) in due.tally.reports(post.sender, end - DAY_S, end) {
                    let domain = &report.policy.domain;
                    if !due.sent.contains(domain) {
                        post.dmarc(&report, &addresses).await;
                        self.0.sent(domain);
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
