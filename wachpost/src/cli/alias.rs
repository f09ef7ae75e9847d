//! `wachpost alias`.

use admin::{AliasRequest, Reply, Request};
use clap::Subcommand;

use super::context::{Context, unexpected};
use crate::problem::Problem;
use crate::show::Table;

#[derive(Debug, Subcommand)]
pub(crate) enum Alias {
    /// Give an account or group a further address.
    #[command(after_help = "Example:\n  wachpost alias add a.amsel@example.org anna@example.org")]
    Add {
        /// The further address.
        alias: String,
        /// An address of whom it shall belong to.
        address: String,
    },
    /// Take a further address away.
    #[command(after_help = "Example:\n  wachpost alias remove a.amsel@example.org")]
    Remove {
        /// Which.
        alias: String,
    },
    /// List the further addresses of an account or group.
    #[command(after_help = "Example:\n  wachpost alias list anna@example.org")]
    List {
        /// Whose.
        address: String,
    },
}

impl Alias {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        match self {
            Self::Add { alias, address } => {
                let done = format!("mail for `{alias}` goes to `{address}`");
                let request = AliasRequest::Add { alias, address };
                context.ask_done(Request::Alias(request), &done)
            }
            Self::Remove { alias } => {
                let done = format!("`{alias}` is removed");
                context.ask_done(Request::Alias(AliasRequest::Remove { alias }), &done)
            }
            Self::List { address } => {
                let request = AliasRequest::List { address };
                let Reply::Aliases(aliases) = context.ask(Request::Alias(request))? else {
                    return Err(unexpected());
                };
                context.show(&aliases, |aliases| {
                    let mut table = Table::new(&["ALIAS", "OF"]);
                    for alias in aliases {
                        table.row([alias.alias.clone(), alias.address.clone()]);
                    }
                    table.show("no aliases");
                });
                Ok(())
            }
        }
    }
}
