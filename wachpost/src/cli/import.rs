//! `wachpost import`.

use std::path::PathBuf;

use admin::{CollectionName, MailRequest, ObjectRequest, Reply, Request};
use clap::{Args, Subcommand};
use serde_json::json;

use super::context::{Context, MailboxPath, unexpected};
use crate::import;
use crate::import::objects::{ObjectCounts, ObjectPlan};
use crate::layout::{Format, Layout};
use crate::problem::Problem;
use crate::show;

/// What holds for all imports of mail, with an example.
fn mail_help(example: &str) -> String {
    format!(
        "Example:\n  {example}\n\n\
         Folders become mailboxes; flags, keywords and times are kept as far as the layout has them. What cannot be read is\n\
         named on standard error and passed over. Running an import twice adds everything twice."
    )
}

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Mail from a Maildir with Maildir++ subfolders, or from folders of Maildirs.
    #[command(after_help = mail_help("wachpost import maildir ~anna/Maildir anna@example.org"))]
    Maildir(Mail),
    /// Mail from an mbox file (RFC 4155), or from folders of such files.
    #[command(after_help = mail_help("wachpost import mbox Archive.mbox anna@example.org --mailbox Archive/2019"))]
    Mbox(Mail),
    /// Mail from files with one message each, or from folders of such files.
    #[command(after_help = mail_help("wachpost import eml ./messages anna@example.org"))]
    Eml(Mail),
    /// Events, tasks and journal entries from an iCalendar file, or from a folder of such files.
    #[command(after_help = "Examples:\n  \
        wachpost import ics calendar.ics anna@example.org\n  \
        wachpost import ics ./old-calendars anna@example.org --calendar archive\n  \
        wachpost import ics calendar.ics raum204@example.org --replace\n\n\
        A file of many events is taken apart by their UIDs. What has the UID of something that is there already is left out,\n\
        unless --replace is given; so an import can be repeated. Nobody is invited or told of anything. What breaks a rule of\n\
        its format is named on standard error, with the rule, and passed over.")]
    Ics(Ics),
    /// Contacts from a vCard file, or from a folder of such files.
    #[command(after_help = "Examples:\n  \
        wachpost import vcf contacts.vcf anna@example.org\n  \
        wachpost import vcf suppliers.vcf anna@example.org --address-book suppliers\n\n\
        A file of many cards is taken apart. Versions 3.0 and 4.0 are kept byte for byte, 2.1 (Outlook) becomes 3.0. What has\n\
        the UID of a card that is there already is left out, unless --replace is given. What breaks a rule of its format is\n\
        named on standard error, with the rule, and passed over.")]
    Vcf(Vcf),
}

#[derive(Debug, Args)]
pub(crate) struct Mail {
    /// The file or folder.
    from: PathBuf,
    /// Into whose account.
    address: String,
    /// The mailbox that the top of it goes into.
    #[arg(long, value_name = "PATH", default_value = "INBOX")]
    mailbox: MailboxPath,
}

#[derive(Debug, Args)]
pub(crate) struct Ics {
    /// The file or folder.
    from: PathBuf,
    /// Into whose account.
    address: String,
    /// The calendar, by its short name; made if it is not there.
    #[arg(long, value_name = "NAME", default_value = "calendar")]
    calendar: String,
    /// Let what is imported take the place of what has the same UID.
    #[arg(long)]
    replace: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Vcf {
    /// The file or folder.
    from: PathBuf,
    /// Into whose account.
    address: String,
    /// The address book, by its short name; made if it is not there.
    #[arg(long, value_name = "NAME", default_value = "contacts")]
    address_book: String,
    /// Let what is imported take the place of what has the same UID.
    #[arg(long)]
    replace: bool,
}

impl Import {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        match self {
            Self::Maildir(mail) => mail.run(Layout::Maildir, context),
            Self::Mbox(mail) => mail.run(Layout::Mbox, context),
            Self::Eml(mail) => mail.run(Layout::Eml, context),
            Self::Ics(Ics {
                from,
                address,
                calendar,
                replace,
            }) => Objects {
                format: Format::Ics,
                from,
                address,
                name: calendar,
                replace,
            }
            .run(context),
            Self::Vcf(Vcf {
                from,
                address,
                address_book,
                replace,
            }) => Objects {
                format: Format::Vcf,
                from,
                address,
                name: address_book,
                replace,
            }
            .run(context),
        }
    }
}

impl Mail {
    fn run(self, layout: Layout, context: &mut Context) -> Result<(), Problem> {
        let plan = import::Plan {
            layout,
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

/// Calendars or contacts.
struct Objects {
    format: Format,
    from: PathBuf,
    address: String,
    name: String,
    replace: bool,
}

impl Objects {
    fn run(self, context: &mut Context) -> Result<(), Problem> {
        let plan = ObjectPlan {
            format: self.format,
            from: &self.from,
        };
        let collection = CollectionName {
            address: self.address,
            kind: self.format.kind(),
            name: self.name,
        };
        let counts = import::objects::run(&plan, &mut |objects| {
            let request = ObjectRequest::Import {
                collection: collection.clone(),
                objects,
                replace: self.replace,
            };
            match context.ask(Request::Object(request))? {
                Reply::ObjectsImported(outcomes) => Ok(outcomes),
                _ => Err(unexpected()),
            }
        })?;
        context.show(&counts, |counts| show_counts(counts, &collection));
        Ok(())
    }
}

fn show_counts(counts: &ObjectCounts, into: &CollectionName) {
    let CollectionName { address, name, .. } = into;
    show::line(&format!(
        "{} objects added to `{name}` of `{address}`",
        counts.added
    ));
    for (count, words) in [
        (counts.replaced, "took the place of what was there"),
        (
            counts.kept,
            "were there already and stay as they are (`--replace` gives them the file's text)",
        ),
        (
            counts.refused.len() as u64,
            "were refused and passed over: see above",
        ),
    ] {
        if count > 0 {
            show::line(&format!("{count} {words}"));
        }
    }
}
