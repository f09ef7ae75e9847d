//! `wachpost mailboxes`, `restore`.

use admin::{MailRequest, MailboxLine, Reply, Request};
use clap::Args;
use serde_json::json;

use super::context::{Context, MailboxPath, unexpected};
use crate::config::size::Size;
use crate::problem::{Exit, Problem};
use crate::show::{self, Table};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wachpost mailboxes anna@example.org")]
pub(crate) struct Mailboxes {
    /// Whose.
    address: String,
}

impl Mailboxes {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let mailboxes = list(self.address, context)?;
        context.show(&mailboxes, |mailboxes| {
            let mut table = Table::new(&["MAILBOX", "ROLE", "EMAILS", "UNSEEN", "SIZE"]);
            for mailbox in mailboxes {
                table.row([
                    mailbox.path.join("/"),
                    mailbox.role.clone().unwrap_or_default(),
                    mailbox.emails.to_string(),
                    mailbox.unseen.to_string(),
                    Size(mailbox.octets).to_string(),
                ]);
            }
            table.show("no mailboxes");
        });
        Ok(())
    }
}

pub(super) fn list(address: String, context: &mut Context) -> Result<Vec<MailboxLine>, Problem> {
    match context.ask(Request::Mail(MailRequest::Mailboxes { address }))? {
        Reply::Mailboxes(mailboxes) => Ok(mailboxes),
        _ => Err(unexpected()),
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wachpost restore anna@example.org                      list what can be restored\n  \
    wachpost restore anna@example.org 17 18                into the mailboxes they were in\n  \
    wachpost restore anna@example.org --all --into Found")]
pub(crate) struct Restore {
    /// Whose.
    address: String,
    /// Numbers of the messages, as listed.
    emails: Vec<u32>,
    /// All that can be restored.
    #[arg(long, conflicts_with = "emails")]
    all: bool,
    /// The mailbox to put them into, made if it is not there; where they were by default.
    #[arg(long, value_name = "PATH")]
    into: Option<MailboxPath>,
}

impl Restore {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let address = self.address;
        let mut emails = self.emails;
        if emails.is_empty() {
            let request = MailRequest::Destroyed {
                address: address.clone(),
            };
            let Reply::Destroyed(destroyed) = context.ask(Request::Mail(request))? else {
                return Err(unexpected());
            };
            if !self.all {
                context.show(&destroyed, |destroyed| {
                    let mut table =
                        Table::new(&["NUMBER", "DESTROYED", "RECEIVED", "SIZE", "WAS IN"]);
                    for email in destroyed {
                        table.row([
                            email.email.to_string(),
                            email.destroyed_at.clone(),
                            email.received_at.clone(),
                            Size(u64::from(email.octets)).to_string(),
                            email.mailbox.clone(),
                        ]);
                    }
                    table.show("nothing can be restored");
                });
                return Ok(());
            }
            emails = destroyed.into_iter().map(|email| email.email).collect();
            if emails.is_empty() {
                return Err(Problem::new(Exit::NotFound, "nothing can be restored"));
            }
        }
        let request = MailRequest::Restore {
            address,
            emails,
            into: self.into.map(|path| path.0),
        };
        let Reply::Count(count) = context.ask(Request::Mail(request))? else {
            return Err(unexpected());
        };
        context.show(&json!({ "restored": count }), |_| {
            show::line(&format!("{count} messages restored"));
        });
        Ok(())
    }
}
