//! `wachpost mailboxes`, `import`, `export`, `restore`.

use std::path::PathBuf;

use admin::{MailRequest, MailboxLine, Reply, Request};
use clap::Args;
use serde_json::json;

use super::context::{Context, MailboxPath, unexpected};
use crate::config::size::Size;
use crate::layout::Layout;
use crate::problem::{Exit, Problem};
use crate::show::{self, Table};
use crate::{export, import};

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

fn list(address: String, context: &mut Context) -> Result<Vec<MailboxLine>, Problem> {
    match context.ask(Request::Mail(MailRequest::Mailboxes { address }))? {
        Reply::Mailboxes(mailboxes) => Ok(mailboxes),
        _ => Err(unexpected()),
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wachpost import maildir ~anna/Maildir anna@example.org\n  \
    wachpost import mbox Archive.mbox anna@example.org --mailbox Archive/2019\n  \
    wachpost import eml ./messages anna@example.org\n\n\
    Folders become mailboxes; flags, keywords and times are kept as far as the layout has them. What cannot be read is\n\
    named on standard error and passed over. Running an import twice adds everything twice.")]
pub(crate) struct Import {
    /// How the mail lies there.
    layout: Layout,
    /// The file or folder.
    from: PathBuf,
    /// Into whose account.
    address: String,
    /// The mailbox that the top of it goes into.
    #[arg(long, value_name = "PATH", default_value = "INBOX")]
    mailbox: MailboxPath,
}

impl Import {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let plan = import::Plan {
            layout: self.layout,
            from: &self.from,
            top: self.mailbox.0,
        };
        let address = self.address;
        let counts = import::run(&plan, &mut |path, messages| {
            let request = MailRequest::Import {
                address: address.clone(),
                path: path.to_vec(),
                messages,
            };
            match context.ask(Request::Mail(request))? {
                Reply::Count(count) => Ok(count),
                _ => Err(unexpected()),
            }
        })?;
        let value = json!({ "imported": counts.imported, "passed_over": counts.passed_over });
        context.show(&value, |_| {
            show::line(&format!(
                "{} messages imported into `{address}`",
                counts.imported
            ));
            if counts.passed_over > 0 {
                show::line(&format!(
                    "{} could not be read and were passed over",
                    counts.passed_over
                ));
            }
        });
        Ok(())
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wachpost export maildir anna@example.org ./anna")]
pub(crate) struct Export {
    /// How the mail shall lie there.
    layout: Layout,
    /// Whose.
    address: String,
    /// The folder to write to; it must be empty or not there yet.
    to: PathBuf,
}

impl Export {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let mailboxes = list(self.address.clone(), context)?;
        let address = self.address;
        let exported = export::run(
            self.layout,
            &self.to,
            &mailboxes,
            &mut |mailbox, after_uid| {
                let request = MailRequest::Export {
                    address: address.clone(),
                    mailbox,
                    after_uid,
                };
                match context.ask(Request::Mail(request))? {
                    Reply::Exported(exported) => Ok(exported),
                    _ => Err(unexpected()),
                }
            },
        )?;
        let value = json!({ "exported": exported });
        context.show(&value, |_| {
            show::line(&format!(
                "{exported} messages written to `{}`",
                self.to.display()
            ));
        });
        Ok(())
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
