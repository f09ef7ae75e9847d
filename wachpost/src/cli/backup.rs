//! `wachpost backup`, `restore-from`.

use std::path::PathBuf;

use admin::{Client, Progress};
use clap::Args;
use model::Timestamp;
use serde_json::json;
use store_local::{BackupReport, Until};

use super::context::{Context, parse_moment};
use crate::clock::wall_clock;
use crate::notary;
use crate::open::{Seal, options};
use crate::problem::{Exit, Problem};
use crate::progress::ProgressLine;
use crate::show;

/// What a folder that is in use has: such a one is not restored into.
const JOURNAL_FILE: &str = "journal.db";

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wachpost backup /mnt/backup/wachpost\n\n\
    The first time everything is copied, then only what is new. The server may run. Keep copies of the\n\
    configuration's folder too: the notary's key and the certificates are there, and not in the backup.")]
pub(crate) struct Backup {
    /// The backup's folder.
    target: PathBuf,
}

impl Backup {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let data = context.config()?.data.clone();
        let mut line = ProgressLine::new();
        let report = store_local::backup(&data, &self.target, &mut |done, total| {
            line.show(&entries(done, total));
        })?;
        drop(line);
        show_report(&report, "backed up", context);
        Ok(())
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wachpost restore-from /mnt/backup/wachpost\n  \
    wachpost restore-from /mnt/backup/wachpost --until 2026-11-22T08:00:00+01:00\n\n\
    The data folder must have no journal, and no server may run on it: move the old folder away first.")]
pub(crate) struct RestoreFrom {
    /// The backup's folder.
    source: PathBuf,
    /// Only what was committed until this moment.
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment)]
    until: Option<Timestamp>,
}

impl RestoreFrom {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let config = context.config()?;
        let data = config.data.clone();
        if matches!(Client::connect(&config.admin_socket()), Ok(Some(_))) {
            return Err(Problem::new(
                Exit::Unavailable,
                format!("a server runs on `{}`: stop it first", data.display()),
            ));
        }
        let until = self.until.map_or(Until::End, Until::Moment);
        // What is restored may be less than what was signed: the notary begins anew with it, and what it knew is kept aside.
        if !data.join(JOURNAL_FILE).exists() {
            notary::forget(config, wall_clock().now().seconds())?;
        }
        let seal = Seal::in_this_process(config)?;
        let options = options(Some(seal.signer), wall_clock());
        let mut line = ProgressLine::new();
        let report =
            store_local::restore(&self.source, &data, until, options, &mut |done, total| {
                line.show(&entries(done, total));
            })?;
        drop(line);
        show_report(&report, "restored", context);
        Ok(())
    }
}

fn entries(done: u64, total: u64) -> Progress {
    Progress {
        what: "entries copied".to_owned(),
        done,
        total,
    }
}

fn show_report(report: &BackupReport, done: &str, context: &Context) {
    let value = json!({
        "entries": report.entries,
        "new_entries": report.new_entries,
        "new_messages": report.new_blobs,
        "dropped_messages": report.dropped_blobs,
        "lost_emails": report.lost_emails,
        "lost_objects": report.lost_objects,
    });
    context.show(&value, |_| {
        show::line(&format!(
            "{done}: {} entries, of them {} new, with {} new messages",
            report.entries, report.new_entries, report.new_blobs
        ));
        for (lost, what) in [
            (report.lost_emails, "emails"),
            (report.lost_objects, "calendar entries, contacts and files"),
        ] {
            if lost > 0 {
                show::line(&format!(
                    "{lost} {what} are gone: they were removed for good after that moment"
                ));
            }
        }
    });
}
