//! `wachpost serve`, `status`, `checkpoint`, `reindex`.

use std::path::PathBuf;

use admin::{Reply, Request};
use clap::Args;
use seal::VerifierKey;

use super::context::{Context, unexpected};
use crate::config::size::Size;
use crate::config::{Log, LogFormat, LogLevel};
use crate::problem::{Exit, Problem};
use crate::sandbox::{Layer, Terms};
use crate::show::{self, Table};
use crate::starter::{Papers, Plan};
use crate::{egress, logs, notary, serve, starter};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wachpost serve --config /etc/wachpost/wachpost.toml")]
pub(crate) struct Serve {
    /// Only check the configuration with the files that it names.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    locking: Locking,
}

/// How the processes are locked in.
#[derive(Debug, Args)]
pub(crate) struct Locking {
    /// Refuse to run where the kernel cannot lock the processes in, as with `require_sandbox` in the configuration.
    #[arg(long)]
    require_sandbox: bool,
    /// Does without a layer, as a kernel that has none, for tests.
    #[arg(long, hide = true, value_name = "LAYER")]
    without_layer: Vec<Layer>,
    /// TCP ports that may be connected to; what `serve` tells the process that connects out.
    #[arg(long, hide = true, value_name = "PORT")]
    connect_port: Vec<u16>,
}

impl Locking {
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            required: self.require_sandbox,
            missing: self.without_layer.clone(),
            ports: (!self.connect_port.is_empty()).then(|| self.connect_port.clone()),
        }
    }
}

impl Serve {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let config = context.config()?;
        if self.check {
            serve::check(config)?;
            context.say_done("the configuration can be used");
            return Ok(());
        }
        let mut terms = self.locking.terms();
        terms.required |= config.require_sandbox;
        terms.ports = config.ports_outside();
        serve::run(config, &terms, &|_| {})
    }
}

/// What the processes beside the server are told.
#[derive(Debug, Args)]
pub(crate) struct Beside {
    /// How lines of the log look.
    #[arg(long)]
    log_format: LogFormat,
    /// What the log tells.
    #[arg(long)]
    log_level: LogLevel,
    /// The notary's key.
    #[arg(long, requires = "notary_memory")]
    notary_key: Option<PathBuf>,
    /// The notary's memory.
    #[arg(long)]
    notary_memory: Option<PathBuf>,
    /// The key of a log that the notary witnesses.
    #[arg(long, value_name = "KEY")]
    witness_log: Vec<VerifierKey>,
    #[command(flatten)]
    locking: Locking,
}

impl Beside {
    fn plan(self) -> Plan {
        let papers = self.notary_key.zip(self.notary_memory);
        Plan {
            log: Log {
                format: self.log_format,
                level: self.log_level,
            },
            papers: papers.map(|(key, memory)| Papers {
                key,
                witnessed: notary::witnessed_of(&memory),
                memory,
                logs: self.witness_log,
            }),
            terms: self.locking.terms(),
        }
    }

    pub(crate) fn run_starter(self) -> Result<(), Problem> {
        starter::run(&self.plan())
    }

    pub(crate) fn run_egress(self) -> Result<(), Problem> {
        let plan = self.plan();
        logs::begin(&plan.log);
        egress::run(starter::own_socket("egress")?, &plan.terms)
    }

    pub(crate) fn run_notary(self) -> Result<(), Problem> {
        let plan = self.plan();
        logs::begin(&plan.log);
        let socket = starter::own_socket("notary")?;
        let papers = plan
            .papers
            .ok_or_else(|| Problem::failed("`notary` needs `--notary-key`"))?;
        notary::process::run(&socket, &papers, &plan.terms)
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
            if let Some(history) = &status.history {
                show::line(&history.words());
            }
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
