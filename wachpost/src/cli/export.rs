//! `wachpost export`.

use std::path::PathBuf;

use admin::{CollectionRequest, MailRequest, ObjectRequest, Reply, Request};
use clap::{Args, Subcommand};
use serde_json::json;

use super::context::{Context, unexpected};
use super::mail;
use crate::export;
use crate::export::objects::Files;
use crate::layout::{Format, Layout};
use crate::problem::{Exit, Problem};
use crate::show;

#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// Mail as a Maildir with Maildir++ subfolders.
    #[command(after_help = "Example:\n  wachpost export maildir anna@example.org ./anna")]
    Maildir(Mail),
    /// Mail as one mbox file for each mailbox.
    #[command(after_help = "Example:\n  wachpost export mbox anna@example.org ./anna")]
    Mbox(Mail),
    /// Mail as one file for each message.
    #[command(after_help = "Example:\n  wachpost export eml anna@example.org ./anna")]
    Eml(Mail),
    /// Calendars as one iCalendar file each.
    #[command(after_help = "Examples:\n  \
        wachpost export ics anna@example.org ./anna\n  \
        wachpost export ics anna@example.org ./anna --calendar team\n  \
        wachpost export ics anna@example.org ./anna --separate        each object byte for byte as it is kept")]
    Ics(Ics),
    /// Address books as one vCard file each.
    #[command(after_help = "Examples:\n  \
        wachpost export vcf anna@example.org ./anna\n  \
        wachpost export vcf anna@example.org ./anna --address-book suppliers --separate")]
    Vcf(Vcf),
}

#[derive(Debug, Args)]
pub(crate) struct Mail {
    /// Whose.
    address: String,
    /// The folder to write to; it must be empty or not there yet.
    to: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Ics {
    /// Whose.
    address: String,
    /// The folder to write to; it must be empty or not there yet.
    to: PathBuf,
    /// Only this calendar, by its short name.
    #[arg(long, value_name = "NAME")]
    calendar: Option<String>,
    /// Write one file for each object, byte for byte as it is kept.
    #[arg(long)]
    separate: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Vcf {
    /// Whose.
    address: String,
    /// The folder to write to; it must be empty or not there yet.
    to: PathBuf,
    /// Only this address book, by its short name.
    #[arg(long, value_name = "NAME")]
    address_book: Option<String>,
    /// Write one file for each card, byte for byte as it is kept.
    #[arg(long)]
    separate: bool,
}

impl Export {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let (objects, separate) = match self {
            Self::Maildir(mail) => return mail.run(Layout::Maildir, context),
            Self::Mbox(mail) => return mail.run(Layout::Mbox, context),
            Self::Eml(mail) => return mail.run(Layout::Eml, context),
            Self::Ics(ics) => (
                Objects {
                    format: Format::Ics,
                    address: ics.address,
                    to: ics.to,
                    name: ics.calendar,
                },
                ics.separate,
            ),
            Self::Vcf(vcf) => (
                Objects {
                    format: Format::Vcf,
                    address: vcf.address,
                    to: vcf.to,
                    name: vcf.address_book,
                },
                vcf.separate,
            ),
        };
        let files = if separate {
            Files::Separate
        } else {
            Files::Together
        };
        objects.run(files, context)
    }
}

impl Mail {
    fn run(self, layout: Layout, context: &mut Context) -> Result<(), Problem> {
        let mailboxes = mail::list(self.address.clone(), context)?;
        let address = self.address;
        let exported = export::run(layout, &self.to, &mailboxes, &mut |mailbox, after_uid| {
            let request = MailRequest::Export {
                address: address.clone(),
                mailbox,
                after_uid,
            };
            match context.ask(Request::Mail(request))? {
                Reply::Exported(exported) => Ok(exported),
                _ => Err(unexpected()),
            }
        })?;
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

/// Calendars or address books.
struct Objects {
    format: Format,
    address: String,
    to: PathBuf,
    name: Option<String>,
}

impl Objects {
    fn run(self, files: Files, context: &mut Context) -> Result<(), Problem> {
        let Self {
            format,
            address,
            to,
            name,
        } = self;
        let list = CollectionRequest::List {
            address: address.clone(),
            kind: format.kind(),
        };
        let Reply::Collections(mut collections) = context.ask(Request::Collection(list))? else {
            return Err(unexpected());
        };
        if let Some(name) = name {
            collections.retain(|collection| collection.name == name);
            if collections.is_empty() {
                let message = format!("`{address}` has no `{name}`: list what there is");
                return Err(Problem::new(Exit::NotFound, message));
            }
        }
        let exported = export::objects::run(
            format,
            files,
            &to,
            &collections,
            &mut |collection, after| {
                let request = ObjectRequest::Export {
                    address: address.clone(),
                    collection,
                    after,
                };
                match context.ask(Request::Object(request))? {
                    Reply::ObjectsExported(exported) => Ok(exported),
                    _ => Err(unexpected()),
                }
            },
        )?;
        context.show(&json!({ "exported": exported }), |_| {
            show::line(&format!("{exported} objects written to `{}`", to.display()));
        });
        Ok(())
    }
}
