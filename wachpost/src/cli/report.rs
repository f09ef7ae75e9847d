//! `wachpost report`.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use authenticity::report::{AggregateReport, Received, TlsReport, read};
use clap::Args;

use super::context::Context;
use crate::problem::Problem;
use crate::show::{self, Table, mark};

/// Octets of a file with a report.
const FILE_OCTETS_MAX: u64 = 32 << 20;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  wachpost report google.com!example.org!1700000000!1700086399.zip\n  wachpost report mail.eml --json\n\n\
    Reads DMARC aggregate reports and TLS reports: XML or JSON, bare, in gzip or ZIP, or within the mail that brought them."
)]
pub(crate) struct Report {
    /// The file; `-` for standard input.
    file: PathBuf,
}

impl Report {
    pub(crate) fn run(self, context: &Context) -> Result<(), Problem> {
        let octets = load(&self.file)?;
        let received =
            read(&octets).map_err(|error| Problem::file("read the report", &self.file, &error))?;
        context.show(&received, |received| match received {
            Received::Dmarc(report) => show_dmarc(report),
            Received::Tls(report) => show_tls(report),
        });
        Ok(())
    }
}

fn load(path: &Path) -> Result<Vec<u8>, Problem> {
    let wrong = |error: io::Error| Problem::file("read", path, &error);
    let mut octets = Vec::new();
    let mut source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(wrong)?)
    };
    (&mut source)
        .take(FILE_OCTETS_MAX + 1)
        .read_to_end(&mut octets)
        .map_err(wrong)?;
    Ok(octets)
}

fn show_dmarc(report: &AggregateReport) {
    show::line(&format!(
        "{} ({}) about mail from {}, {} to {}: {} messages",
        report.organization,
        report.email,
        report.policy.domain,
        moment(report.begin),
        moment(report.end),
        report.messages()
    ));
    show::line(&format!(
        "policy found: p={} sp={} adkim={} aspf={}",
        report.policy.p, report.policy.sp, report.policy.adkim, report.policy.aspf
    ));
    for error in &report.errors {
        show::line(&format!("the reporter says: {error}"));
    }
    let mut table = Table::new(&[
        "MESSAGES",
        "FROM ADDRESS",
        "DONE",
        "DKIM",
        "SPF",
        "FROM",
        "SIGNED BY",
        "MAIL FROM",
    ]);
    for row in &report.rows {
        let signers: Vec<String> = row
            .dkim
            .iter()
            .map(|line| format!("{} ({})", line.domain, line.result))
            .collect();
        let spf = row
            .spf
            .first()
            .map(|line| format!("{} ({})", line.domain, line.result));
        table.row([
            row.count.to_string(),
            row.source_ip.map(|ip| ip.to_string()).unwrap_or_default(),
            row.disposition.clone(),
            mark(row.dkim_aligned, "pass"),
            mark(row.spf_aligned, "pass"),
            row.header_from.clone(),
            signers.join(", "),
            spf.unwrap_or_else(|| row.envelope_from.clone()),
        ]);
    }
    table.show("no messages");
}

fn show_tls(report: &TlsReport) {
    show::line(&format!(
        "{} ({}), {} to {}",
        report.organization_name,
        report.contact_info,
        report.date_range.start_datetime,
        report.date_range.end_datetime
    ));
    let mut table = Table::new(&["SESSIONS", "RESULT", "DOMAIN", "HOST", "DETAIL"]);
    for policy in &report.policies {
        let domain = &policy.policy.policy_domain;
        table.row([
            policy.summary.total_successful_session_count.to_string(),
            "success".to_owned(),
            domain.clone(),
            String::new(),
            String::new(),
        ]);
        for failure in &policy.failure_details {
            table.row([
                failure.failed_session_count.to_string(),
                failure.result_type.clone(),
                domain.clone(),
                failure.receiving_mx_hostname.clone().unwrap_or_default(),
                failure.failure_reason_code.clone().unwrap_or_default(),
            ]);
        }
    }
    table.show("no sessions");
}

fn moment(seconds: u64) -> String {
    let ms = i64::try_from(seconds).unwrap_or(0).saturating_mul(1_000);
    admin::moment::to_text(model::Timestamp(ms))
}
