//! `wachpost serve`, `status`, `checkpoint`, `reindex`.

use admin::{Reply, Request};
use clap::Args;

use super::context::{Context, unexpected};
use crate::config::size::Size;
use crate::config::{Log, LogFormat, LogLevel};
use crate::problem::{Exit, Problem};
use crate::show::{self, Table};
use crate::{egress, serve};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wachpost serve --config /etc/wachpost/wachpost.toml")]
pub(crate) struct Serve {
    /// Only check the configuration with the files that it names.
    #[arg(long)]
    check: bool,
}

impl Serve {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let path = context.config_path().to_owned();
        let config = context.config()?;
        if self.check {
            serve::check(config)?;
            context.say_done("the configuration can be used");
            return Ok(());
        }
        serve::run(&path, config, &|_| {})
    }
}

#[derive(Debug, Args)]
pub(crate) struct Egress {
    /// How lines of the log look.
    #[arg(long)]
    log_format: LogFormat,
    /// What the log tells.
    #[arg(long)]
    log_level: LogLevel,
}

impl Egress {
    pub(crate) fn run(self) -> Result<(), Problem> {
        egress::run(&Log {
            format: self.log_format,
            level: self.log_level,
        })
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wachpost status --json")]
pub(crate) struct Status {}

impl Status {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let Reply::Status(status) = context.ask(Request::Status)? else {
            return Err(unexpected());
        };
        context.show(&status, |status| {
            if status.serving {
                show::line(&format!(
                    "serving since {} as process {}",
                    status.started_at, status.process
                ));
            } else {
                show::line("not serving: this command opened the data folder itself");
            }
            show::line(&format!("version {}", status.version));
            show::line(&format!("{} entries in the journal", status.entries));
            let [journal, state, search] = [
                status.journal_octets,
                status.state_octets,
                status.search_octets,
            ]
            .map(Size);
            show::line(&format!(
                "on disk: journal {journal}, state {state}, search {search}"
            ));
            if status.serving {
                let mut table = Table::new(&["SERVICE", "ADDRESS"]);
                for listener in &status.listeners {
                    table.row([listener.service.clone(), listener.address.clone()]);
                }
                table.show("no listeners");
            }
        });
        Ok(())
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  wachpost checkpoint > checkpoint.txt    keep it elsewhere: it proves that the \
    journal was not rewritten"
)]
pub(crate) struct Checkpoint {}

impl Checkpoint {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let Reply::Checkpoint(checkpoint) = context.ask(Request::Checkpoint)? else {
            return Err(unexpected());
        };
        let Some(checkpoint) = checkpoint else {
            return Err(Problem::new(
                Exit::NotFound,
                "there is no checkpoint yet: the first one is made soon after the first change",
            ));
        };
        context.show(&checkpoint, |checkpoint| {
            show::line(checkpoint.note.trim_end_matches('\n'));
        });
        Ok(())
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wachpost reindex")]
pub(crate) struct Reindex {}

impl Reindex {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        context.ask_done(Request::Reindex, "the search index was made anew")
    }
}
