//! Where a message goes, and in which form.

/// A form of the message: 0 as received, from 1 on those in [`crate::Outcome::editions`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edition(pub u32);

impl Edition {
    /// The message as received.
    pub const RECEIVED: Self = Self(0);
}

/// A mailbox to file a message into.
///
/// RFC 9042 4.1, RFC 8579 4: the mailbox with the id if there is one, else the one with the special use, else the named one,
/// which is made if `create` says so. If there is none, the message belongs into the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInto {
    /// The name.
    pub mailbox: String,
    /// The id (RFC 9042).
    pub mailbox_id: Option<String>,
    /// The special use, such as `\Junk` (RFC 8579).
    pub special_use: Option<String>,
    /// Flags as IMAP writes them.
    pub flags: Vec<String>,
    /// Make the mailbox if there is none (RFC 5490 3.2).
    pub create: bool,
    /// The form that is filed; without meaning for a copy of a reply.
    pub edition: Edition,
}

/// An address to send the message on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The address, without brackets.
    pub address: String,
    /// The form that is sent.
    pub edition: Edition,
    /// `NOTIFY` of the new envelope (RFC 6009 5, RFC 3461 4.1).
    pub notify: Option<String>,
    /// `RET` of the new envelope (RFC 6009 5, RFC 3461 4.3): `FULL` or `HDRS`.
    pub ret: Option<String>,
}
