//! `wachpost calendar`.

use admin::{CollectionRequest, Reply, Request};
use clap::Subcommand;
use model::{CollectionKind, CollectionRights};

use super::collection::{Create, Delete, List, Rename, Rights, Share, Unshare, rights_word};
use super::context::{Context, unexpected};
use super::version::{Restore, Versions};
use crate::problem::Problem;
use crate::show::Table;

const KIND: CollectionKind = CollectionKind::Calendar;

#[derive(Debug, Subcommand)]
pub(crate) enum Calendar {
    /// List the calendars of an account, and who else sees them.
    #[command(after_help = "Example:\n  wachpost calendar list anna@example.org")]
    List(List),
    /// Make a calendar.
    #[command(after_help = "Example:\n  \
        wachpost calendar create info@example.org team --called 'Team Bauamt' --color '#0b7a75'")]
    Create(Create),
    /// Change the name that people read.
    #[command(
        after_help = "Example:\n  wachpost calendar rename info@example.org team 'Team Tiefbau'"
    )]
    Rename(Rename),
    /// Let a person, a group or everybody into a calendar.
    #[command(after_help = "Examples:\n  \
        wachpost calendar share info@example.org team bauamt@example.org --rights write\n  \
        wachpost calendar share anna@example.org calendar everybody --rights free-busy")]
    Share(Share),
    /// Take all rights on a calendar away from a person, a group or everybody.
    #[command(
        after_help = "Example:\n  wachpost calendar unshare info@example.org team ben@example.org"
    )]
    Unshare(Unshare),
    /// Delete a calendar with all that is in it.
    #[command(
        after_help = "Example:\n  wachpost calendar delete anna@example.org old-projects\n\n\
        The calendar `calendar` stays: it is where invitations go."
    )]
    Delete(Delete),
    /// List events and tasks as they were before somebody changed or deleted them.
    #[command(after_help = "Examples:\n  \
        wachpost calendar versions anna@example.org\n  \
        wachpost calendar versions anna@example.org calendar")]
    Versions(Versions),
    /// Bring one of them back; who takes part is told.
    #[command(after_help = "Examples:\n  \
        wachpost calendar restore anna@example.org 17-203\n  \
        wachpost calendar restore anna@example.org 17-203 --into calendar")]
    Restore(Restore),
    /// Those who keep somebody's calendars in their place, as Exchange calls delegates.
    #[command(subcommand)]
    Deputy(Deputy),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Deputy {
    /// Let somebody act in the place of an account's owner, in all its calendars and address books.
    #[command(after_help = "Examples:\n  \
        wachpost calendar deputy add anna@example.org clara@example.org\n  \
        wachpost calendar deputy add anna@example.org office@example.org --rights read\n\n\
        What a deputy does shows: meetings name them beside the owner, and so does the journal.")]
    Add {
        /// In whose place.
        address: String,
        /// The person or group.
        deputy: String,
        /// What they may do.
        #[arg(long, value_enum, default_value_t = Rights::Write)]
        rights: Rights,
    },
    /// End it.
    #[command(
        after_help = "Example:\n  wachpost calendar deputy remove anna@example.org clara@example.org"
    )]
    Remove {
        /// In whose place.
        address: String,
        /// The person or group.
        deputy: String,
    },
    /// List those who act in the place of an account's owner.
    #[command(after_help = "Example:\n  wachpost calendar deputy list anna@example.org")]
    List {
        /// In whose place.
        address: String,
    },
}

impl Calendar {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        match self {
            Self::List(list) => list.run(KIND, context),
            Self::Create(create) => create.run(KIND, context),
            Self::Rename(rename) => rename.run(KIND, context),
            Self::Share(share) => share.run(KIND, context),
            Self::Unshare(unshare) => unshare.run(KIND, context),
            Self::Delete(delete) => delete.run(KIND, context),
            Self::Versions(versions) => versions.run(KIND, context),
            Self::Restore(restore) => restore.run(KIND, context),
            Self::Deputy(deputy) => deputy.run(context),
        }
    }
}

impl Deputy {
    fn run(self, context: &mut Context) -> Result<(), Problem> {
        let (request, done) = match self {
            Self::List { address } => return list(address, context),
            Self::Add {
                address,
                deputy,
                rights,
            } => {
                let done = format!("`{deputy}` acts in the place of `{address}`");
                (set(address, deputy, rights.into()), done)
            }
            Self::Remove { address, deputy } => {
                let done = format!("`{deputy}` acts no more in the place of `{address}`");
                (set(address, deputy, CollectionRights::NONE), done)
            }
        };
        context.ask_done(Request::Collection(request), &done)
    }
}

fn set(address: String, deputy: String, rights: CollectionRights) -> CollectionRequest {
    CollectionRequest::SetDeputy {
        address,
        deputy,
        rights,
    }
}

fn list(address: String, context: &mut Context) -> Result<(), Problem> {
    let request = CollectionRequest::Deputies { address };
    let Reply::Deputies(deputies) = context.ask(Request::Collection(request))? else {
        return Err(unexpected());
    };
    context.show(&deputies, |deputies| {
        let mut table = Table::new(&["DEPUTY", "MAY"]);
        for deputy in deputies {
            table.row([
                deputy.deputy.clone(),
                rights_word(&deputy.rights).to_owned(),
            ]);
        }
        table.show("nobody");
    });
    Ok(())
}
