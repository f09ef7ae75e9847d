//! `wachpost posture`, and the hidden `probe`.

use std::net::SocketAddr;
use std::process::ExitCode;

use admin::{Client, PostureInfo, Reply, Request};
use clap::Args;

use super::context::{Context, unexpected};
use super::server::Locking;
use crate::posture::{kernel, whole};
use crate::probe::{self, Attempt, Tried};
use crate::problem::{Exit, Problem};
use crate::sandbox::Role;
use crate::show::{self, Table};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wachpost posture --try\n\n\
    Shows each layer that keeps a process of the server locked in, as the kernel enforces it: of the running server, or, if none\n\
    runs, as it would be here. With --try, processes that are locked in the same way try what an intruder would try. Ends with\n\
    3 if a layer is missing or an attempt succeeded.")]
pub(crate) struct Posture {
    /// Try what an intruder would try, in processes that are locked in as those of the server are.
    #[arg(long = "try")]
    attempt: bool,
    #[command(flatten)]
    locking: Locking,
}

impl Posture {
    pub(crate) fn run(self, context: &mut Context) -> Result<ExitCode, Problem> {
        let path = context.config_path().to_owned();
        let terms = self.locking.terms();
        if self.attempt {
            let mut tried = Vec::new();
            for role in [Role::Serve, Role::Egress, Role::Notary] {
                tried.extend(probe::try_all(&path, role, &terms)?);
            }
            show_attempts(&tried, context);
            return Ok(code(tried.iter().all(|tried| tried.as_wanted())));
        }
        let config = context.config()?;
        let running = Client::connect(&config.admin_socket()).ok().flatten();
        let mut history = None;
        let posture = match running {
            Some(mut client) => {
                if let Reply::Status(status) = client.call(&Request::Status, &mut |_| {})? {
                    history = status.history;
                }
                match client.call(&Request::Posture, &mut |_| {})? {
                    Reply::Posture(posture) => posture,
                    _ => return Err(unexpected()),
                }
            }
            None => {
                let processes = probe::postures(&path, &terms)?;
                whole(&kernel(), config.require_sandbox, processes)
            }
        };
        show_posture(&posture, context);
        if let Some(history) = history.filter(|_| !context.is_json()) {
            show::line(&history.words());
        }
        Ok(code(posture.complete))
    }
}

fn code(is_well: bool) -> ExitCode {
    match is_well {
        true => ExitCode::SUCCESS,
        false => Exit::Findings.into(),
    }
}

fn show_posture(posture: &PostureInfo, context: &Context) {
    context.show(posture, |posture| {
        show::line(&posture.kernel);
        let mut table = Table::new(&["PROCESS", "LAYER", "ON", "BY"]);
        for process in &posture.processes {
            for layer in &process.layers {
                table.row([
                    process.process.clone(),
                    layer.layer.clone(),
                    if layer.on { "yes" } else { "NO" }.to_owned(),
                    layer.detail.clone(),
                ]);
            }
        }
        table.show("no process");
        show::line(match (posture.complete, posture.required) {
            (true, true) => "no layer is missing; the server would refuse to run without",
            (true, false) => "no layer is missing",
            (false, _) => "layers are missing: a newer kernel has them",
        });
    });
}

fn show_attempts(tried: &Vec<Tried>, context: &Context) {
    context.show(tried, |tried| {
        let mut table = Table::new(&["PROCESS", "ATTEMPT", "REFUSED", "HOW"]);
        for tried in tried {
            table.row([
                tried.process.clone(),
                tried.name(),
                tried.verdict().to_owned(),
                tried.how.clone(),
            ]);
        }
        table.show("nothing was tried");
    });
}

/// Locks itself in and tries one thing, or all.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// As which process.
    #[arg(long = "as", value_name = "PROCESS")]
    role: Role,
    /// What to try; all if nothing is named, each in a process of its own.
    #[arg(long)]
    attempt: Option<Attempt>,
    /// Where somebody listens on this machine.
    #[arg(long)]
    loopback: Option<SocketAddr>,
    #[command(flatten)]
    locking: Locking,
}

impl Probe {
    pub(crate) fn run(self, context: &mut Context) -> Result<ExitCode, Problem> {
        let terms = self.locking.terms();
        let Some(attempt) = self.attempt else {
            let tried = probe::try_all(context.config_path(), self.role, &terms)?;
            show_attempts(&tried, context);
            return Ok(ExitCode::SUCCESS);
        };
        let config = context.config()?;
        probe::run(config, self.role, attempt, self.loopback, &terms)
    }
}
