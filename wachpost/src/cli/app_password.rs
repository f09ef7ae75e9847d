//! `wachpost app-password`.

use admin::{AppPasswordRequest, Reply, Request};
use clap::{Subcommand, ValueEnum};
use model::{Protocols, Timestamp};

use super::context::{Context, parse_moment, unexpected};
use crate::problem::Problem;
use crate::show::{self, Table};

#[derive(Debug, Subcommand)]
pub(crate) enum AppPassword {
    /// Make a password for one program of a person.
    #[command(after_help = "Examples:\n  \
        wachpost app-password add anna@example.org 'Thunderbird at home' --for imap --for submission\n  \
        wachpost app-password add anna@example.org Phone --for imap --for submission --for dav\n  \
        wachpost app-password add anna@example.org scanner --for submission --expires 2027-01-01")]
    Add {
        /// Whose.
        address: String,
        /// What it is called, such as the program or the device.
        label: String,
        /// What it is good for; can be given several times.
        #[arg(long = "for", value_enum, value_name = "PROTOCOL", required = true)]
        protocols: Vec<Protocol>,
        /// From when on it is good for nothing.
        #[arg(long, value_name = "MOMENT", value_parser = parse_moment)]
        expires: Option<Timestamp>,
    },
    /// List a person's app passwords.
    #[command(after_help = "Example:\n  wachpost app-password list anna@example.org")]
    List {
        /// Whose.
        address: String,
    },
    /// Remove an app password; it is good for nothing from now on.
    #[command(after_help = "Example:\n  wachpost app-password remove anna@example.org 12")]
    Remove {
        /// Whose.
        address: String,
        /// Its number, as `list` shows it.
        id: u32,
    },
}

/// What an app password can be good for; what is not spoken yet is not offered.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Protocol {
    /// Reading mail.
    Imap,
    /// Sending mail.
    Submission,
    /// Calendars, contacts and files.
    Dav,
    /// Filters.
    Managesieve,
    /// Mail, calendars and contacts over JMAP.
    Jmap,
}

impl From<Protocol> for Protocols {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Imap => Self::IMAP,
            Protocol::Submission => Self::SUBMISSION,
            Protocol::Dav => Self::DAV,
            Protocol::Managesieve => Self::MANAGESIEVE,
            Protocol::Jmap => Self::JMAP,
        }
    }
}

impl AppPassword {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        match self {
            Self::Add {
                address,
                label,
                protocols,
                expires,
            } => {
                let bits = protocols.into_iter().map(|one| Protocols::from(one).0);
                let request = AppPasswordRequest::Add {
                    address,
                    label,
                    protocols: Protocols(bits.fold(0, |all, one| all | one)),
                    expires_at: expires,
                };
                add(request, context)
            }
            Self::List { address } => list(address, context),
            Self::Remove { address, id } => {
                let done = format!("app password {id} of `{address}` is removed");
                let request = AppPasswordRequest::Remove { address, id };
                context.ask_done(Request::AppPassword(request), &done)
            }
        }
    }
}

fn add(request: AppPasswordRequest, context: &mut Context) -> Result<(), Problem> {
    let Reply::AppPassword { id, password } = context.ask(Request::AppPassword(request))? else {
        return Err(unexpected());
    };
    let value = serde_json::json!({ "id": id, "password": password });
    context.show(&value, |_| {
        show::line(&format!(
            "app password {id}: {} (shown only now)",
            password.expose()
        ));
    });
    Ok(())
}

fn list(address: String, context: &mut Context) -> Result<(), Problem> {
    let request = AppPasswordRequest::List { address };
    let Reply::AppPasswords(known) = context.ask(Request::AppPassword(request))? else {
        return Err(unexpected());
    };
    context.show(&known, |known| {
        let mut table = Table::new(&["NUMBER", "LABEL", "BEGINS", "FOR", "SINCE", "EXPIRES"]);
        for app in known {
            table.row([
                app.id.to_string(),
                app.label.clone(),
                app.begins.clone(),
                app.protocols.join(", "),
                app.created_at.clone(),
                app.expires_at.clone().unwrap_or_else(|| "never".to_owned()),
            ]);
        }
        table.show("no app passwords");
    });
    Ok(())
}
