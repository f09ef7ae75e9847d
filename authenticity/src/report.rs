//! Reports about mail in a domain's name: DMARC aggregate reports and TLS reports, counted, written and read.
//!
//! Reading bounds everything first: what a report may hold is small, and what it unpacks to is smaller than what it could.

mod aggregate;
mod letter;
mod tally;
mod tls;
mod tls_tally;
mod unpack;

pub use aggregate::{AggregateReport, AggregateRow, DkimLine, PublishedPolicy, SpfLine};
pub use letter::Sender;
pub use tally::{Applied, Arrived, Tally};
pub use tls::{TlsFailure, TlsPolicy, TlsPolicyKind, TlsPolicyReport, TlsReport};
pub use tls_tally::TlsTally;
pub use unpack::{Received, read};

/// Why something is no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// There is no report in it.
    #[error("there is no report in it")]
    None,
    /// It is larger than any report, packed or unpacked.
    #[error("it is larger than any report")]
    TooLarge,
    /// It cannot be unpacked.
    #[error("it cannot be unpacked")]
    Packed,
    /// It is not what a report looks like; with what is wrong.
    #[error("it cannot be read: {0}")]
    Malformed(String),
}

/// A moment as mail and reports write it.
fn moment(seconds: u64) -> mail_parser::DateTime {
    mail_parser::DateTime::from_timestamp(i64::try_from(seconds).unwrap_or(0))
}

/// Feeds arbitrary octets to the parsers.
pub(crate) fn fuzz(input: &[u8]) {
    let _ = read(input);
    if let Ok(report) = AggregateReport::parse_xml(input) {
        let again = AggregateReport::parse_xml(report.to_xml().as_bytes());
        assert!(again.is_ok_and(|again| again.rows.len() == report.rows.len()));
    }
    if let Ok(report) = TlsReport::parse_json(input) {
        assert_eq!(
            TlsReport::parse_json(report.to_json().as_bytes()).map(|again| again.policies.len()),
            Ok(report.policies.len())
        );
    }
}

#[cfg(test)]
mod tests;
