//! `wachpost addressbook`.

use clap::Subcommand;
use model::CollectionKind;

use super::collection::{Create, Delete, List, Rename, Share, Unshare};
use super::context::Context;
use super::version::{Restore, Versions};
use crate::problem::Problem;

const KIND: CollectionKind = CollectionKind::AddressBook;

#[derive(Debug, Subcommand)]
pub(crate) enum AddressBook {
    /// List the address books of an account, and who else sees them.
    #[command(after_help = "Example:\n  wachpost addressbook list anna@example.org")]
    List(List),
    /// Make an address book.
    #[command(after_help = "Example:\n  \
        wachpost addressbook create info@example.org suppliers --called 'Suppliers'")]
    Create(Create),
    /// Change the name that people read.
    #[command(
        after_help = "Example:\n  wachpost addressbook rename info@example.org suppliers 'Firms'"
    )]
    Rename(Rename),
    /// Let a person, a group or everybody into an address book.
    #[command(after_help = "Examples:\n  \
        wachpost addressbook share info@example.org suppliers everybody\n  \
        wachpost addressbook share info@example.org suppliers team@example.org --rights write")]
    Share(Share),
    /// Take all rights on an address book away from a person, a group or everybody.
    #[command(
        after_help = "Example:\n  wachpost addressbook unshare info@example.org suppliers everybody"
    )]
    Unshare(Unshare),
    /// Delete an address book with all that is in it.
    #[command(after_help = "Example:\n  wachpost addressbook delete info@example.org suppliers")]
    Delete(Delete),
    /// List contacts as they were before somebody changed or deleted them.
    #[command(after_help = "Example:\n  wachpost addressbook versions anna@example.org contacts")]
    Versions(Versions),
    /// Bring one of them back.
    #[command(after_help = "Example:\n  wachpost addressbook restore anna@example.org 21-340")]
    Restore(Restore),
}

impl AddressBook {
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
        }
    }
}
