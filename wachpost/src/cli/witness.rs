//! `wachpost witness`.

use std::path::Path;
use std::sync::Arc;

use admin::{HistoryInfo, Reply, Request};
use clap::Subcommand;
use seal::Policy;
use serde_json::json;

use super::context::{Context, unexpected};
use crate::clock::wall_clock;
use crate::config::Config;
use crate::notary::Notary;
use crate::problem::{Exit, Problem};
use crate::show::{self, Table};
use crate::witness::{Standing, Tree};

#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  \
    wachpost witness show                 who cosigned our history, how far, how long ago\n  \
    wachpost witness keys                 what others need to witness us, and to believe us as their witness\n  \
    wachpost witness policy > our.policy  what others need to check our proofs without a server")]
pub(crate) enum Witness {
    /// Show up to when history is fixed, and how each witness stands.
    #[command(after_help = "Example:\n  wachpost witness show --json")]
    Show,
    /// Print the public keys of our log and of us as a witness.
    #[command(after_help = "Example:\n  wachpost witness keys")]
    Keys,
    /// Print whom somebody has to trust who checks our proofs: a file of C2SP tlog-policy.
    #[command(after_help = "Example:\n  wachpost witness policy > our.policy")]
    Policy,
}

impl Witness {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        match self {
            Self::Show => show(context),
            Self::Keys => keys(context),
            Self::Policy => policy(context),
        }
    }
}

fn show(context: &mut Context) -> Result<(), Problem> {
    let Reply::Status(status) = context.ask(Request::Status)? else {
        return Err(unexpected());
    };
    let config = context.config()?;
    let history = match status.history {
        Some(history) => Some(history),
        None => standing(config)?.map(|standing| standing.history()),
    };
    let Some(history) = history else {
        return Err(Problem::new(
            Exit::NotFound,
            "no witness is asked: name some in `[witness]` of the configuration",
        ));
    };
    context.show(&history, show_history);
    Ok(())
}

fn show_history(history: &HistoryInfo) {
    show::line(&history.words());
    let mut table = Table::new(&["WITNESS", "STATE", "ENTRIES", "SECONDS AGO", "WHERE"]);
    let number =
        |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    for witness in &history.witnesses {
        table.row([
            witness.name.clone(),
            witness.state.clone(),
            number(witness.entries),
            number(witness.seconds),
            witness.url.clone(),
        ]);
    }
    table.show("no witness");
    for witness in &history.witnesses {
        if let Some(why) = &witness.why {
            show::line(&format!("{}: {why}", witness.name));
        }
    }
}

/// How the witnesses stand, as the data folder has it; none if none is configured.
pub(super) fn standing(config: &Config) -> Result<Option<Arc<Standing>>, Problem> {
    let Some(policy) = config.witness.asked() else {
        return Ok(None);
    };
    let tree = Tree::open(&config.data)?;
    let standing = Standing::open(policy.clone(), &config.data, tree, wall_clock());
    Ok(Some(Arc::new(standing)))
}

fn keys(context: &mut Context) -> Result<(), Problem> {
    let notary = Notary::load(&context.config()?.notary_key)?;
    let log = notary.verifier().to_string();
    let witness = notary.witness_keys();
    let named: Vec<_> = witness
        .iter()
        .map(|key| json!({ "kind": key.kind().as_str(), "key": key.to_string() }))
        .collect();
    let value = json!({ "log": log, "witness": named });
    context.show(&value, |_| {
        show::line("our log; whoever witnesses us needs it:");
        show::line(&format!("  {log}"));
        show::line("we as a witness; a log that asks us needs one of them:");
        for key in &witness {
            show::line(&format!("  {key}"));
        }
    });
    Ok(())
}

fn policy(context: &mut Context) -> Result<(), Problem> {
    let config = context.config()?;
    let log = Notary::load(&config.notary_key)?.verifier();
    let asked = config.witness.policy_text().unwrap_or("quorum none\n");
    let is_named = Policy::parse(asked.as_bytes())
        .is_ok_and(|policy| policy.logs().iter().any(|known| known.key == log));
    let text = match is_named {
        true => asked.to_owned(),
        false => format!("log {log}\n{asked}"),
    };
    context.show(&json!({ "policy": text }), |_| show::line(text.trim_end()));
    Ok(())
}

/// Reads a policy file.
pub(super) fn read_policy(path: &Path) -> Result<Policy, Problem> {
    let octets = std::fs::read(path).map_err(|error| Problem::file("read", path, &error))?;
    Policy::parse(&octets)
        .map_err(|error| Problem::failed(format!("`{}` is no policy: {error}", path.display())))
}
