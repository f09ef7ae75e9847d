//! What can be wrong with a command: the parser's errors by blame.

/// What was wrong with a command. The texts may be shown to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The grammar expects something else.
    #[error("Expected {expected} at octet {at}")]
    Malformed {
        /// The place in the command, from 0.
        at: usize,
        /// What the grammar expects there.
        expected: &'static str,
    },
    /// No such command.
    #[error("Unknown command")]
    UnknownCommand,
    /// More of something than the limit.
    #[error("Too many {what}, at most {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Nested deeper than the limit.
    #[error("Too deeply nested {what}, at most {limit} levels")]
    TooDeep {
        /// What is nested.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A charset that is neither US-ASCII nor UTF-8: the answer is `NO [BADCHARSET (US-ASCII UTF-8)]`.
    #[error("Unknown charset")]
    BadCharset,
    /// A mailbox name that cannot be: the answer may be `NO [CANNOT]`.
    #[error("{0}")]
    Mailbox(#[from] MailboxError),
}

/// Why a mailbox name was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailboxError {
    /// Not modified UTF-7.
    #[error("Mailbox name is not in modified UTF-7")]
    Utf7,
    /// Not UTF-8.
    #[error("Mailbox name is not in UTF-8")]
    Utf8,
    /// A control character.
    #[error("Mailbox name with control characters")]
    Control,
    /// Longer than the limit.
    #[error("Mailbox name too long")]
    TooLong,
}
