//! Layouts in which mail lies in files, and formats of files with calendars and contacts.

use model::CollectionKind;

/// How mail lies in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A Maildir with Maildir++ subfolders, or folders of Maildirs.
    Maildir,
    /// One file per mailbox (RFC 4155), or folders of such files.
    Mbox,
    /// One file per message, or folders of such files.
    Eml,
}

/// How calendars and contacts lie in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Events, tasks and journal entries (RFC 5545).
    Ics,
    /// Contacts (RFC 6350, RFC 2426).
    Vcf,
}

impl Format {
    /// What a file's name ends with, behind a dot.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Ics => "ics",
            Self::Vcf => "vcf",
        }
    }

    /// Where its objects are kept.
    pub(crate) fn kind(self) -> CollectionKind {
        match self {
            Self::Ics => CollectionKind::Calendar,
            Self::Vcf => CollectionKind::AddressBook,
        }
    }
}
