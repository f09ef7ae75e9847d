//! DMARC aggregate reports (RFC 9990; RFC 7489 appendix C), as a view that people can read, and as the XML that is sent.
//!
//! `mail-auth` knows the XML; what others write into it is bounded before it is read.

use std::net::IpAddr;

use mail_auth::report as xml;
use serde::{Deserialize, Serialize};

use super::ReportError;
use super::letter::{Letter, Sender};

/// Octets of a report's XML.
pub(super) const XML_OCTETS_MAX: usize = 8 << 20;
/// Rows of a report. A large domain has some thousands a day.
pub(super) const ROWS_MAX: usize = 50_000;
/// Characters of one text from outside that are kept.
const TEXT_CHARACTERS_MAX: usize = 512;
/// RFC 9990 3.1.1.2: the version of the form.
const VERSION: f32 = 1.0;

/// A report: one reporter about one domain for one span of time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AggregateReport {
    /// Who reports.
    pub organization: String,
    /// Where questions go.
    pub email: String,
    /// Where to read more.
    pub contact: Option<String>,
    /// What tells the reporter's reports apart.
    pub report_id: String,
    /// Seconds since 1970 of its beginning.
    pub begin: u64,
    /// Seconds since 1970 of its end.
    pub end: u64,
    /// What went wrong while it was made.
    pub errors: Vec<String>,
    /// The policy as the reporter found it.
    pub policy: PublishedPolicy,
    /// What was seen.
    pub rows: Vec<AggregateRow>,
}

/// The policy as it was found; words as in the record, empty for what was not there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PublishedPolicy {
    /// The domain.
    pub domain: String,
    /// `p`.
    pub p: String,
    /// `sp`.
    pub sp: String,
    /// `np`.
    pub np: String,
    /// `adkim`.
    pub adkim: String,
    /// `aspf`.
    pub aspf: String,
    /// `fo`.
    pub fo: String,
    /// `t=y`.
    pub testing: bool,
}

/// Messages that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AggregateRow {
    /// The client's address.
    pub source_ip: Option<IpAddr>,
    /// How many messages.
    pub count: u64,
    /// What was done: `none`, `pass`, `quarantine` or `reject`.
    pub disposition: String,
    /// An aligned DKIM signature passed.
    pub dkim_aligned: bool,
    /// An aligned SPF check passed.
    pub spf_aligned: bool,
    /// Why something else was done than the policy says, each with a comment.
    pub overrides: Vec<(String, String)>,
    /// The domain in `From`.
    pub header_from: String,
    /// The domain of MAIL FROM.
    pub envelope_from: String,
    /// The domain of the recipient, when it is told.
    pub envelope_to: Option<String>,
    /// Signatures.
    pub dkim: Vec<DkimLine>,
    /// SPF checks.
    pub spf: Vec<SpfLine>,
}

/// One signature in a report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct DkimLine {
    /// `d=`.
    pub domain: String,
    /// `s=`.
    pub selector: String,
    /// A word of RFC 8601 2.7.1.
    pub result: String,
}

/// One SPF check in a report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct SpfLine {
    /// Whose policy was asked.
    pub domain: String,
    /// `mfrom` or `helo`.
    pub scope: String,
    /// A word of RFC 8601 2.7.2.
    pub result: String,
}

impl AggregateReport {
    /// Reads the XML.
    ///
    /// # Errors
    ///
    /// When it is too large, or no report.
    pub fn parse_xml(octets: &[u8]) -> Result<Self, ReportError> {
        if octets.len() > XML_OCTETS_MAX {
            return Err(ReportError::TooLarge);
        }
        // A row of nothing costs its sender nine octets and us some hundred.
        let rows = octets
            .windows(7)
            .filter(|window| window == b"<record")
            .count();
        if rows > ROWS_MAX {
            return Err(ReportError::TooLarge);
        }
        let report = xml::Report::parse_xml(octets)
            .map_err(|error| ReportError::Malformed(short(&error)))?;
        Ok(Self::from(&report))
    }

    /// The XML of RFC 9990 3.1.
    #[must_use]
    pub fn to_xml(&self) -> String {
        self.to_form().to_xml()
    }

    /// The report as mail (RFC 9990 3.5.2). It is to be signed like any other.
    #[must_use]
    pub fn to_mail(&self, sender: &Sender, to: &[&str]) -> Vec<u8> {
        let xml = self.to_xml();
        let domain = &self.policy.domain;
        Letter {
            subject: format!(
                "Report Domain: {domain} Submitter: {} Report-ID: <{}>",
                sender.host, self.report_id
            ),
            text: format!(
                "This is a DMARC aggregate report from {} on mail from {domain}.\r\n",
                sender.organization
            ),
            file_name: format!(
                "{}!{domain}!{}!{}.xml.gz",
                sender.host, self.begin, self.end
            ),
            media_type: "application/gzip",
            whole_type: "multipart/mixed",
            fields: String::new(),
            report: xml.as_bytes(),
        }
        .write(sender, to, self.end)
    }

    /// How many messages it is about.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.rows
            .iter()
            .map(|row| row.count)
            .fold(0, u64::saturating_add)
    }

    fn to_form(&self) -> xml::Report {
        let mut report = xml::Report::new()
            .with_version(VERSION)
            .with_org_name(clean(&self.organization))
            .with_email(clean(&self.email))
            .with_report_id(clean(&self.report_id))
            .with_date_range_begin(self.begin)
            .with_date_range_end(self.end)
            .with_generator("Wachpost")
            .with_policy_published(xml::PolicyPublished {
                domain: clean(&self.policy.domain),
                version_published: None,
                adkim: alignment(&self.policy.adkim),
                aspf: alignment(&self.policy.aspf),
                p: disposition(&self.policy.p),
                sp: disposition(&self.policy.sp),
                np: disposition(&self.policy.np),
                testing: self.policy.testing,
                discovery_method: xml::Discovery::Treewalk,
                fo: Some(clean(&self.policy.fo)).filter(|options| !options.is_empty()),
            });
        if let Some(contact) = &self.contact {
            report = report.with_extra_contact_info(clean(contact));
        }
        for error in &self.errors {
            report = report.with_error(clean(error));
        }
        for row in &self.rows {
            report.add_record(row.to_form());
        }
        report
    }
}

impl AggregateRow {
    fn to_form(&self) -> xml::Record {
        let aligned = |passed| {
            if passed {
                xml::DmarcResult::Pass
            } else {
                xml::DmarcResult::Fail
            }
        };
        let mut record = xml::Record::new()
            .with_count(u32::try_from(self.count).unwrap_or(u32::MAX))
            .with_action_disposition(action(&self.disposition))
            .with_dmarc_dkim_result(aligned(self.dkim_aligned))
            .with_dmarc_spf_result(aligned(self.spf_aligned))
            .with_header_from(clean(&self.header_from))
            .with_envelope_from(clean(&self.envelope_from));
        if let Some(ip) = self.source_ip {
            record = record.with_source_ip(ip);
        }
        for (kind, comment) in &self.overrides {
            let mut reason = xml::PolicyOverrideReason::new(policy_override(kind));
            if !comment.is_empty() {
                reason = reason.with_comment(clean(comment));
            }
            record = record.with_policy_override_reason(reason);
        }
        for line in &self.dkim {
            record = record.with_dkim_auth_result(
                xml::DKIMAuthResult::new()
                    .with_domain(clean(&line.domain))
                    .with_selector(clean(&line.selector))
                    .with_result(dkim_result(&line.result)),
            );
        }
        for line in &self.spf {
            let scope = if line.scope == "helo" {
                xml::SPFDomainScope::Helo
            } else {
                xml::SPFDomainScope::MailFrom
            };
            record = record.with_spf_auth_result(
                xml::SPFAuthResult::new()
                    .with_domain(clean(&line.domain))
                    .with_scope(scope)
                    .with_result(spf_result(&line.result)),
            );
        }
        record
    }
}

impl From<&xml::Report> for AggregateReport {
    fn from(report: &xml::Report) -> Self {
        let policy = &report.policy_published;
        Self {
            organization: short(report.org_name()),
            email: short(report.email()),
            contact: report.extra_contact_info().map(short),
            report_id: short(report.report_id()),
            begin: report.date_range_begin(),
            end: report.date_range_end(),
            errors: report.error().iter().map(|error| short(error)).collect(),
            policy: PublishedPolicy {
                domain: short(&policy.domain),
                p: word(&policy.p),
                sp: word(&policy.sp),
                np: word(&policy.np),
                adkim: letter(policy.adkim).to_owned(),
                aspf: letter(policy.aspf).to_owned(),
                fo: policy.fo.as_deref().map(short).unwrap_or_default(),
                testing: policy.testing,
            },
            rows: report.records().iter().map(AggregateRow::from).collect(),
        }
    }
}

impl From<&xml::Record> for AggregateRow {
    fn from(record: &xml::Record) -> Self {
        let reasons = record.policy_override_reason().iter();
        Self {
            source_ip: record.source_ip(),
            count: record.count().into(),
            disposition: word(&record.action_disposition()),
            dkim_aligned: record.dmarc_dkim_result() == xml::DmarcResult::Pass,
            spf_aligned: record.dmarc_spf_result() == xml::DmarcResult::Pass,
            overrides: reasons
                .map(|reason| {
                    (
                        override_word(reason.policy_override()).to_owned(),
                        reason.comment().map(short).unwrap_or_default(),
                    )
                })
                .collect(),
            header_from: short(record.header_from()),
            envelope_from: short(record.envelope_from()),
            envelope_to: record.envelope_to().map(short),
            dkim: record
                .dkim_auth_result()
                .iter()
                .map(|line| DkimLine {
                    domain: short(line.domain()),
                    selector: short(line.selector()),
                    result: word(&line.result()),
                })
                .collect(),
            spf: record
                .spf_auth_result()
                .iter()
                .map(|line| SpfLine {
                    domain: short(line.domain()),
                    scope: match line.scope() {
                        xml::SPFDomainScope::Helo => "helo".to_owned(),
                        xml::SPFDomainScope::MailFrom => "mfrom".to_owned(),
                        xml::SPFDomainScope::Unspecified => String::new(),
                    },
                    result: word(&line.result()),
                })
                .collect(),
        }
    }
}

/// An enum's word as reports write it: its name in lower case; nothing for what was not said.
fn word(value: &impl std::fmt::Debug) -> String {
    let name = format!("{value:?}").to_ascii_lowercase();
    if name == "unspecified" {
        String::new()
    } else {
        name
    }
}

fn letter(alignment: xml::Alignment) -> &'static str {
    match alignment {
        xml::Alignment::Relaxed => "r",
        xml::Alignment::Strict => "s",
        xml::Alignment::Unspecified => "",
    }
}

fn alignment(word: &str) -> xml::Alignment {
    match word {
        "r" => xml::Alignment::Relaxed,
        "s" => xml::Alignment::Strict,
        _ => xml::Alignment::Unspecified,
    }
}

fn disposition(word: &str) -> xml::Disposition {
    match word {
        "none" => xml::Disposition::None,
        "quarantine" => xml::Disposition::Quarantine,
        "reject" => xml::Disposition::Reject,
        _ => xml::Disposition::Unspecified,
    }
}

fn action(word: &str) -> xml::ActionDisposition {
    match word {
        "none" => xml::ActionDisposition::None,
        "pass" => xml::ActionDisposition::Pass,
        "quarantine" => xml::ActionDisposition::Quarantine,
        "reject" => xml::ActionDisposition::Reject,
        _ => xml::ActionDisposition::Unspecified,
    }
}

fn policy_override(word: &str) -> xml::PolicyOverride {
    match word {
        "local_policy" => xml::PolicyOverride::LocalPolicy,
        "mailing_list" => xml::PolicyOverride::MailingList,
        "policy_test_mode" => xml::PolicyOverride::PolicyTestMode,
        "trusted_forwarder" => xml::PolicyOverride::TrustedForwarder,
        _ => xml::PolicyOverride::Other,
    }
}

fn override_word(kind: xml::PolicyOverride) -> &'static str {
    match kind {
        xml::PolicyOverride::LocalPolicy => "local_policy",
        xml::PolicyOverride::MailingList => "mailing_list",
        xml::PolicyOverride::PolicyTestMode => "policy_test_mode",
        xml::PolicyOverride::TrustedForwarder => "trusted_forwarder",
        xml::PolicyOverride::Other => "other",
    }
}

fn dkim_result(word: &str) -> xml::DkimResult {
    match word {
        "pass" => xml::DkimResult::Pass,
        "fail" => xml::DkimResult::Fail,
        "policy" => xml::DkimResult::Policy,
        "neutral" => xml::DkimResult::Neutral,
        "temperror" => xml::DkimResult::TempError,
        "permerror" => xml::DkimResult::PermError,
        _ => xml::DkimResult::None,
    }
}

fn spf_result(word: &str) -> xml::SpfResult {
    match word {
        "neutral" => xml::SpfResult::Neutral,
        "pass" => xml::SpfResult::Pass,
        "fail" => xml::SpfResult::Fail,
        "softfail" => xml::SpfResult::SoftFail,
        "temperror" => xml::SpfResult::TempError,
        "permerror" => xml::SpfResult::PermError,
        _ => xml::SpfResult::None,
    }
}

/// A text from outside, without what XML 1.0 2.2 does not allow and terminals obey.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|character| {
            !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}')
        })
        .collect()
}

/// The same, and short.
fn short(text: &str) -> String {
    clean(text).chars().take(TEXT_CHARACTERS_MAX).collect()
}
