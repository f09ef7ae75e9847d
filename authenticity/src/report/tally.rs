//! The tally of what came in the name of each domain that wants to know (RFC 9990 3.1): bounded, kept until it is reported.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::aggregate::{AggregateReport, AggregateRow, DkimLine, PublishedPolicy, SpfLine};
use super::letter::Sender;
use crate::verdict::{DmarcRecord, DmarcResult, Policy, ReportAddress, Verdict};

/// Domains of one tally.
const DOMAINS_MAX: usize = 20_000;
/// Rows of all domains together; one takes about 600 octets.
const ROWS_MAX: usize = 100_000;
/// Rows of one domain: a stranger who makes up addresses fills his victim's report, not the others'.
const DOMAIN_ROWS_MAX: usize = 10_000;
/// Signatures told of one message; RFC 9990 3.1.1 wants at most 100.
const SIGNATURES_MAX: usize = 10;

/// How a message came, as far as reports tell it.
#[derive(Debug, Clone, Copy)]
pub struct Arrived<'a> {
    /// The client's address.
    pub ip: IpAddr,
    /// MAIL FROM; empty for a notification.
    pub reverse_path: &'a str,
}

/// What was done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied<'a> {
    /// Nothing, junk, or refused.
    pub disposition: Policy,
    /// Why that is not what the policy says: a word of RFC 9990 3.1.1 such as `local_policy`, and a comment.
    pub reason: Option<(&'a str, &'a str)>,
}

/// Counts of messages by domain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    domains: BTreeMap<String, DomainTally>,
    rows: usize,
    /// Messages that found no room.
    pub left_out: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct DomainTally {
    record: DmarcRecord,
    rows: BTreeMap<Row, u64>,
    left_out: u64,
}

/// Messages that are alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Row {
    ip: IpAddr,
    disposition: String,
    dkim_aligned: bool,
    spf_aligned: bool,
    reason: Option<(String, String)>,
    header_from: String,
    envelope_from: String,
    dkim: Vec<DkimLine>,
    spf: SpfLine,
}

impl Tally {
    /// Counts a message, when its domain wants reports.
    pub fn note(&mut self, verdict: &Verdict, arrived: Arrived<'_>, applied: Applied<'_>) {
        let dmarc = &verdict.dmarc;
        let Some(record) = dmarc
            .record
            .as_ref()
            .filter(|record| !record.rua.is_empty())
        else {
            return;
        };
        // RFC 9990 3.1: messages that were evaluated.
        if !matches!(dmarc.result, DmarcResult::Pass | DmarcResult::Fail) {
            return;
        }
        if !self.domains.contains_key(&record.domain) && self.domains.len() >= DOMAINS_MAX {
            self.left_out += 1;
            return;
        }
        let domain = self
            .domains
            .entry(record.domain.clone())
            .or_insert_with(|| DomainTally {
                record: record.clone(),
                rows: BTreeMap::new(),
                left_out: 0,
            });
        // The newest policy is the one that is told.
        domain.record.clone_from(record);
        let row = Row::of(verdict, arrived, applied);
        if let Some(count) = domain.rows.get_mut(&row) {
            *count += 1;
        } else if self.rows < ROWS_MAX && domain.rows.len() < DOMAIN_ROWS_MAX {
            domain.rows.insert(row, 1);
            self.rows += 1;
        } else {
            domain.left_out += 1;
            self.left_out += 1;
        }
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.domains.is_empty()
    }

    /// The reports of a span of time, each with where it is to go; whether an address outside the domain agrees is still to be asked
    /// ([`report_addresses`](crate::report_addresses), RFC 9990 4).
    #[must_use]
    pub fn reports(
        &self,
        sender: &Sender,
        begin: u64,
        end: u64,
    ) -> Vec<(AggregateReport, Vec<ReportAddress>)> {
        let report = |(name, domain): (&String, &DomainTally)| {
            let errors = match domain.left_out {
                0 => Vec::new(),
                left_out => vec![format!(
                    "{left_out} more messages found no room in this report"
                )],
            };
            let report = AggregateReport {
                organization: sender.organization.clone(),
                email: sender.address.clone(),
                contact: None,
                report_id: format!("{begin}.{end}.{name}@{}", sender.host),
                begin,
                end,
                errors,
                policy: published(&domain.record),
                rows: domain
                    .rows
                    .iter()
                    .map(|(row, count)| row.told(*count))
                    .collect(),
            };
            (report, domain.record.rua.clone())
        };
        self.domains.iter().map(report).collect()
    }
}

impl Row {
    fn of(verdict: &Verdict, arrived: Arrived<'_>, applied: Applied<'_>) -> Self {
        let dmarc = &verdict.dmarc;
        let signatures = verdict.dkim.signatures.iter().take(SIGNATURES_MAX);
        let mut dkim: Vec<DkimLine> = signatures
            .map(|signature| DkimLine {
                domain: signature.domain.clone(),
                selector: signature.selector.clone(),
                result: signature.result.as_str().to_owned(),
            })
            .collect();
        dkim.sort();
        Self {
            ip: arrived.ip.to_canonical(),
            disposition: match dmarc.result {
                // RFC 9990 3.1.1 knows `pass` as well; RFC 7489 appendix C, and most readers, do not.
                DmarcResult::Pass => Policy::None.as_str(),
                _ => applied.disposition.as_str(),
            }
            .to_owned(),
            dkim_aligned: dmarc.dkim_aligned,
            spf_aligned: dmarc.spf_aligned,
            reason: applied
                .reason
                .map(|(kind, comment)| (kind.to_owned(), comment.to_owned())),
            header_from: dmarc.domain.clone(),
            envelope_from: crate::domain::of_address(arrived.reverse_path)
                .and_then(crate::domain::normal)
                .unwrap_or_default(),
            dkim,
            // RFC 9990 3.1.1: of the MAIL FROM identity, which is postmaster at the HELO name for notifications (RFC 7208 2.4).
            spf: SpfLine {
                domain: verdict.spf.domain.clone(),
                scope: "mfrom".to_owned(),
                result: verdict.spf.result.as_str().to_owned(),
            },
        }
    }

    fn told(&self, count: u64) -> AggregateRow {
        AggregateRow {
            source_ip: Some(self.ip),
            count,
            disposition: self.disposition.clone(),
            dkim_aligned: self.dkim_aligned,
            spf_aligned: self.spf_aligned,
            overrides: self.reason.iter().cloned().collect(),
            header_from: self.header_from.clone(),
            envelope_from: self.envelope_from.clone(),
            envelope_to: None,
            dkim: self.dkim.clone(),
            spf: vec![self.spf.clone()],
        }
    }
}

fn published(record: &DmarcRecord) -> PublishedPolicy {
    let word = |policy: Option<Policy>| {
        policy.map_or_else(String::new, |policy| policy.as_str().to_owned())
    };
    PublishedPolicy {
        domain: record.domain.clone(),
        p: record.p.unwrap_or_default().as_str().to_owned(),
        sp: word(record.sp),
        np: word(record.np),
        adkim: record.adkim.as_str().to_owned(),
        aspf: record.aspf.as_str().to_owned(),
        fo: record.fo.clone(),
        testing: record.testing,
    }
}
