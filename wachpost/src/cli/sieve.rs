//! `wachpost sieve`.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use admin::{Octets, Reply, Request, SieveRequest};
use clap::Subcommand;

use super::context::{Context, unexpected};
use super::version::VersionNumber;
use crate::problem::Problem;
use crate::show::Table;

#[derive(Debug, Subcommand)]
pub(crate) enum Sieve {
    /// List the filter scripts of an account.
    #[command(after_help = "Example:\n  wachpost sieve list anna@example.org")]
    List {
        /// Whose.
        address: String,
    },
    /// Print a script; the active one if none is named.
    #[command(
        after_help = "Example:\n  wachpost sieve get anna@example.org holidays > holidays.sieve"
    )]
    Get {
        /// Whose.
        address: String,
        /// Its name.
        name: Option<String>,
    },
    /// Keep a script under a name; it is checked first.
    #[command(after_help = "Examples:\n  \
        wachpost sieve put anna@example.org main rules.sieve --activate\n  \
        wachpost sieve put anna@example.org main - < rules.sieve")]
    Put {
        /// Whose.
        address: String,
        /// Its name.
        name: String,
        /// The file with its text; `-` for standard input.
        file: PathBuf,
        /// Run it from now on.
        #[arg(long)]
        activate: bool,
    },
    /// Choose the script that is run for every mail that arrives.
    #[command(after_help = "Examples:\n  \
        wachpost sieve activate anna@example.org main\n  \
        wachpost sieve activate anna@example.org --none")]
    Activate {
        /// Whose.
        address: String,
        /// Its name.
        #[arg(required_unless_present = "none", conflicts_with = "none")]
        name: Option<String>,
        /// Run none from now on.
        #[arg(long)]
        none: bool,
    },
    /// Give a script another name.
    #[command(after_help = "Example:\n  wachpost sieve rename anna@example.org main old")]
    Rename {
        /// Whose.
        address: String,
        /// Its name.
        name: String,
        /// What it is to be called.
        new_name: String,
    },
    /// Remove a script that is not active.
    #[command(after_help = "Example:\n  wachpost sieve remove anna@example.org old")]
    Remove {
        /// Whose.
        address: String,
        /// Its name.
        name: String,
    },
    /// List scripts as they were before somebody replaced, renamed or removed them.
    #[command(after_help = "Example:\n  wachpost sieve versions anna@example.org")]
    Versions {
        /// Whose.
        address: String,
    },
    /// Bring one of them back, under its name; which script is active stays as it is.
    #[command(after_help = "Example:\n  wachpost sieve restore anna@example.org 17-203")]
    Restore {
        /// Whose.
        address: String,
        /// Which version, as `versions` lists it.
        version: VersionNumber,
    },
    /// Check a script without keeping it; no server is needed.
    #[command(after_help = "Example:\n  wachpost sieve check rules.sieve")]
    Check {
        /// The file with its text; `-` for standard input.
        file: PathBuf,
    },
}

impl Sieve {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        match self {
            Self::List { address } => list(address, context),
            Self::Get { address, name } => {
                let request = SieveRequest::Get { address, name };
                let Reply::Script(Octets(text)) = context.ask(Request::Sieve(request))? else {
                    return Err(unexpected());
                };
                let written = io::stdout().lock().write_all(&text);
                written.map_err(|error| Problem::failed(format!("cannot print it: {error}")))
            }
            Self::Put {
                address,
                name,
                file,
                activate,
            } => {
                let text = read(&file)?;
                let state = if activate { "kept and active" } else { "kept" };
                let done = format!("`{name}` is {state}");
                let request = SieveRequest::Put {
                    address,
                    name,
                    text: Octets(text),
                    activate,
                };
                context.ask_done(Request::Sieve(request), &done)
            }
            Self::Activate { address, name, .. } => {
                let done = match &name {
                    Some(name) => format!("`{name}` is active"),
                    None => "no script is active".to_owned(),
                };
                let request = SieveRequest::Activate { address, name };
                context.ask_done(Request::Sieve(request), &done)
            }
            Self::Rename {
                address,
                name,
                new_name,
            } => {
                let done = format!("`{name}` is `{new_name}` now");
                let request = SieveRequest::Rename {
                    address,
                    name,
                    new_name,
                };
                context.ask_done(Request::Sieve(request), &done)
            }
            Self::Remove { address, name } => {
                let done = format!("`{name}` is removed");
                let request = SieveRequest::Remove { address, name };
                context.ask_done(Request::Sieve(request), &done)
            }
            Self::Versions { address } => versions(address, context),
            Self::Restore { address, version } => {
                let VersionNumber { object, until } = version;
                let done = format!("{object}-{until} is back");
                let request = SieveRequest::Restore {
                    address,
                    object,
                    until,
                };
                context.ask_done(Request::Sieve(request), &done)
            }
            Self::Check { file } => {
                let checked = groupware::check_script(&read(&file)?);
                checked.map_err(|fault| Problem::failed(format!("{}: {fault}", file.display())))?;
                context.say_done("the script is good");
                Ok(())
            }
        }
    }
}

fn list(address: String, context: &mut Context) -> Result<(), Problem> {
    let Reply::Scripts(scripts) = context.ask(Request::Sieve(SieveRequest::List { address }))?
    else {
        return Err(unexpected());
    };
    context.show(&scripts, |scripts| {
        let mut table = Table::new(&["NAME", "ACTIVE", "OCTETS"]);
        for script in scripts {
            let active = if script.active { "yes" } else { "" };
            table.row([
                script.name.clone(),
                active.to_owned(),
                script.octets.to_string(),
            ]);
        }
        table.show("no scripts");
    });
    Ok(())
}

fn versions(address: String, context: &mut Context) -> Result<(), Problem> {
    let request = Request::Sieve(SieveRequest::Versions { address });
    let Reply::Versions(versions) = context.ask(request)? else {
        return Err(unexpected());
    };
    context.show(&versions, |versions| {
        let mut table = Table::new(&["VERSION", "UNTIL", "THEN", "NAME", "OCTETS"]);
        for version in versions {
            let then = if version.destroyed {
                "removed"
            } else {
                "changed"
            };
            table.row([
                format!("{}-{}", version.object, version.until),
                version.at.clone(),
                then.to_owned(),
                version.name.clone(),
                version.octets.to_string(),
            ]);
        }
        table.show("nothing was changed or removed that can be restored");
    });
    Ok(())
}

/// A script's text, and one octet more than it may have.
fn read(file: &Path) -> Result<Vec<u8>, Problem> {
    let unreadable =
        |error: io::Error| Problem::failed(format!("cannot read `{}`: {error}", file.display()));
    let limit = u64::try_from(groupware::SCRIPT_OCTETS_MAX)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let mut text = Vec::new();
    if file == Path::new("-") {
        io::stdin()
            .take(limit)
            .read_to_end(&mut text)
            .map_err(unreadable)?;
    } else {
        let opened = fs::File::open(file).map_err(unreadable)?;
        opened
            .take(limit)
            .read_to_end(&mut text)
            .map_err(unreadable)?;
    }
    Ok(text)
}
