//! Layouts in which mail lies in files.

use clap::ValueEnum;

/// How mail lies in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    /// A Maildir with Maildir++ subfolders, or folders of Maildirs.
    Maildir,
    /// One file per mailbox (RFC 4155), or folders of such files.
    Mbox,
    /// One file per message, or folders of such files.
    Eml,
}
