//! TLS reports (RFC 8460 4): how often mail could be sent to a domain as its policy wants.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::ReportError;
use super::aggregate::XML_OCTETS_MAX;
use super::letter::{Letter, Sender};
use super::moment;

/// Policies of one report, and kinds of failures of one policy.
const ENTRIES_MAX: usize = 10_000;

/// A report: one sender about one domain for one span of time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TlsReport {
    /// Who reports.
    #[serde(default)]
    pub organization_name: String,
    /// The span of time.
    pub date_range: DateRange,
    /// Where questions go.
    #[serde(default)]
    pub contact_info: String,
    /// What tells the reporter's reports apart.
    #[serde(default)]
    pub report_id: String,
    /// By policy.
    #[serde(default)]
    pub policies: Vec<TlsPolicyReport>,
}

/// A span of time as RFC 3339 has moments.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DateRange {
    /// Its beginning.
    pub start_datetime: String,
    /// Its end.
    pub end_datetime: String,
}

/// What was seen under one policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TlsPolicyReport {
    /// The policy.
    pub policy: TlsPolicy,
    /// The counts.
    #[serde(default)]
    pub summary: Summary,
    /// What failed.
    #[serde(default)]
    pub failure_details: Vec<TlsFailure>,
}

/// Sessions that were as the policy wants, and that were not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// As the policy wants.
    #[serde(default)]
    pub total_successful_session_count: u64,
    /// Not so.
    #[serde(default)]
    pub total_failure_session_count: u64,
}

/// RFC 8460 4.2 `policy-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsPolicyKind {
    /// DANE.
    Tlsa,
    /// MTA-STS.
    Sts,
    /// Neither was found.
    #[default]
    NoPolicyFound,
    /// One that the standard does not know.
    #[serde(other)]
    Other,
}

/// A policy as it was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TlsPolicy {
    /// Which kind.
    pub policy_type: TlsPolicyKind,
    /// Its lines, or TLSA records.
    #[serde(default)]
    pub policy_string: Vec<String>,
    /// The domain it is for.
    #[serde(default)]
    pub policy_domain: String,
    /// The hosts it names.
    #[serde(default, deserialize_with = "one_or_many")]
    pub mx_host: Vec<String>,
}

/// Sessions that failed alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TlsFailure {
    /// A word of RFC 8460 4.3.
    pub result_type: String,
    /// The address that sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending_mta_ip: Option<IpAddr>,
    /// The host that received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiving_mx_hostname: Option<String>,
    /// Its name in its greeting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiving_mx_helo: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiving_ip: Option<IpAddr>,
    /// How many.
    #[serde(default)]
    pub failed_session_count: u64,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_information: Option<String>,
    /// What the programs say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason_code: Option<String>,
}

/// RFC 8460 4.2 wants a list of hosts; its example, and some senders, have one text.
fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Hosts {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Hosts::deserialize(deserializer)? {
        Hosts::One(host) => vec![host],
        Hosts::Many(hosts) => hosts,
    })
}

impl DateRange {
    pub(super) fn of(begin: u64, end: u64) -> Self {
        Self {
            start_datetime: moment(begin).to_rfc3339(),
            end_datetime: moment(end).to_rfc3339(),
        }
    }
}

impl TlsReport {
    /// Reads the JSON.
    ///
    /// # Errors
    ///
    /// When it is too large, or no report.
    pub fn parse_json(octets: &[u8]) -> Result<Self, ReportError> {
        if octets.len() > XML_OCTETS_MAX {
            return Err(ReportError::TooLarge);
        }
        // An empty entry costs its sender three octets and us some hundred.
        if octets.iter().filter(|octet| **octet == b'{').count() > 4 * ENTRIES_MAX {
            return Err(ReportError::TooLarge);
        }
        serde_json::from_slice(octets).map_err(|error| ReportError::Malformed(error.to_string()))
    }

    /// The JSON of RFC 8460 4.4.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Maps with keys that are no text are the only failure, and there are none.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The report as mail about `domain` (RFC 8460 5.3). It is to be signed with a key of the host's domain that says `s=tlsrpt` or nothing.
    #[must_use]
    pub fn to_mail(
        &self,
        sender: &Sender,
        domain: &str,
        to: &[&str],
        begin: u64,
        end: u64,
    ) -> Vec<u8> {
        let json = self.to_json();
        Letter {
            subject: format!(
                "Report Domain: {domain} Submitter: {} Report-ID: <{}>",
                sender.host, self.report_id
            ),
            text: format!(
                "This is a report about TLS from {} on mail sent to {domain}.\r\n",
                sender.organization
            ),
            // RFC 8460 5.1.
            file_name: format!("{}!{domain}!{begin}!{end}.json.gz", sender.host),
            media_type: "application/tlsrpt+gzip",
            whole_type: "multipart/report; report-type=\"tlsrpt\"",
            // RFC 8460 5.3; RFC 8689 5: it must arrive most of all where TLS does not work.
            fields: format!(
                "TLS-Report-Domain: {domain}\r\nTLS-Report-Submitter: {}\r\nTLS-Required: No\r\n",
                sender.host
            ),
            report: json.as_bytes(),
        }
        .write(sender, to, end)
    }
}
