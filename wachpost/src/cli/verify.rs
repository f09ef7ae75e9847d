//! `wachpost verify`.
//!
//! Always reads the data folder itself, in a process of its own: a server that was tampered with is not asked.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use admin::Progress;
use clap::Args;
use serde_json::json;
use store_local::VerifyReport;

use super::context::Context;
use crate::notary::Notary;
use crate::problem::{Exit, Problem};
use crate::progress::ProgressLine;
use crate::show;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wachpost verify --json > report.json\n\n\
    Checks the chain of each account, the tree against the signed checkpoints, every message's bytes, and the state\n\
    against one that is made anew from the journal. Changes nothing; the server may run. Ends with 3 if it finds\n\
    something.")]
pub(crate) struct Verify {
    /// An empty folder with room for a second state; one in the data folder by default, removed afterwards.
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
}

impl Verify {
    pub(crate) fn run(self, context: &mut Context) -> Result<ExitCode, Problem> {
        let config = context.config()?;
        let key = Notary::load(&config.notary_key)?.verifier();
        let data = config.data.clone();
        let own = data.join(format!("verify-{}", std::process::id()));
        let scratch = self.scratch.clone().unwrap_or_else(|| own.clone());
        fs::create_dir_all(&scratch)
            .map_err(|error| Problem::file("make the folder", &scratch, &error))?;
        let mut line = ProgressLine::new();
        let report = store_local::verify(&data, &scratch, Some(&key), &mut |what, done, total| {
            line.show(&Progress {
                what: what.to_owned(),
                done,
                total,
            });
        });
        drop(line);
        if self.scratch.is_none() {
            let _ = fs::remove_dir_all(&own);
        }
        let report = report?;
        show_report(&report, context);
        Ok(if report.is_clean() {
            ExitCode::SUCCESS
        } else {
            Exit::Findings.into()
        })
    }
}

fn show_report(report: &VerifyReport, context: &Context) {
    let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    let value = json!({
        "clean": report.is_clean(),
        "entries": report.entries,
        "messages": report.messages,
        "objects": report.objects,
        "checkpoints": report.checkpoints,
        "findings": findings,
        "more_findings": report.more_findings,
    });
    context.show(&value, |_| {
        show::line(&format!(
            "checked {} entries, {} messages, {} events, contacts and files, {} checkpoints",
            report.entries, report.messages, report.objects, report.checkpoints
        ));
        for finding in &findings {
            show::line(&format!("FOUND {finding}"));
        }
        if report.more_findings > 0 {
            show::line(&format!("and {} more findings", report.more_findings));
        }
        if report.is_clean() {
            show::line("everything is as the journal says");
        } else {
            show::line(
                "what is stored is not what was committed: keep a copy of the data folder for those who will look into \
                 it, before anything else is done",
            );
        }
    });
}
