//! `wachpost domain`.

use admin::{DomainRequest, Reply, Request};
use clap::Subcommand;

use super::context::{Context, unexpected};
use crate::problem::Problem;
use crate::show::Table;

#[derive(Debug, Subcommand)]
pub(crate) enum Domain {
    /// Take on a domain.
    #[command(after_help = "Example:\n  wachpost domain add example.org")]
    Add {
        /// Its name.
        name: String,
    },
    /// Give up a domain that has no addresses any more.
    #[command(after_help = "Example:\n  wachpost domain remove example.org")]
    Remove {
        /// Its name.
        name: String,
    },
    /// List the domains.
    #[command(after_help = "Example:\n  wachpost domain list")]
    List,
    /// Say who gets mail for addresses that nobody has.
    #[command(after_help = "Examples:\n  \
        wachpost domain catch-all example.org anna@example.org\n  \
        wachpost domain catch-all example.org             nobody: such mail is refused")]
    CatchAll {
        /// The domain.
        name: String,
        /// Who gets it; nobody if it is left out.
        address: Option<String>,
    },
    /// Have every message that comes or is sent copied to an archive, with all its recipients.
    #[command(after_help = "Examples:\n  \
        wachpost domain archive example.org --to archive@example.org\n  \
        wachpost domain archive --all --to 4711@archive.example.net     mail of all domains\n  \
        wachpost domain archive example.org --off")]
    Archive {
        /// The domain.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        name: Option<String>,
        /// All domains.
        #[arg(long)]
        all: bool,
        /// The address that gets the copies: an account here, or elsewhere.
        #[arg(long, value_name = "ADDRESS", required_unless_present = "off")]
        to: Option<String>,
        /// No copies any more.
        #[arg(long, conflicts_with = "to")]
        off: bool,
    },
}

impl Domain {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let (request, done) = match self {
            Self::Add { name } => {
                let done = format!("mail for `{name}` is delivered here now");
                (DomainRequest::Add { name }, done)
            }
            Self::Remove { name } => {
                let done = format!("`{name}` is no domain of ours any more");
                (DomainRequest::Remove { name }, done)
            }
            Self::CatchAll { name, address } => {
                let done = match &address {
                    Some(address) => {
                        format!("mail for unknown addresses of `{name}` goes to `{address}`")
                    }
                    None => format!("mail for unknown addresses of `{name}` is refused"),
                };
                (DomainRequest::CatchAll { name, address }, done)
            }
            Self::Archive { name, to, .. } => {
                let whose = match &name {
                    Some(name) => format!("mail of `{name}`"),
                    None => "all mail".to_owned(),
                };
                let done = match &to {
                    Some(to) => format!("{whose} is copied to `{to}`"),
                    None => format!("{whose} is copied to no archive of its own any more"),
                };
                (DomainRequest::Archive { name, address: to }, done)
            }
            Self::List => return list(context),
        };
        context.ask_done(Request::Domain(request), &done)
    }
}

fn list(context: &mut Context) -> Result<(), Problem> {
    let Reply::Domains(domains) = context.ask(Request::Domain(DomainRequest::List))? else {
        return Err(unexpected());
    };
    context.show(&domains, |domains| {
        let mut table = Table::new(&["DOMAIN", "CATCH-ALL", "ARCHIVES"]);
        for domain in domains {
            table.row([
                domain.name.clone(),
                domain.catch_all.clone().unwrap_or_default(),
                domain.archives.join(", "),
            ]);
        }
        table.show("no domains: add one with `wachpost domain add`");
    });
    Ok(())
}
