//! A message on its way into accounts, with its envelope and what is known of how it came.

use std::net::IpAddr;

use model::{Actor, PrincipalId};

use crate::email::Prepared;

/// A message on its way into accounts.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    /// Who brings it.
    pub(crate) actor: Actor,
    /// The reverse path, empty for notifications.
    pub(crate) reverse_path: String,
    /// The message with its trace fields.
    pub(crate) message: Prepared,
    /// How it came.
    pub(crate) arrival: Arrival,
    /// Whether nothing is written in answer to it: an account of this house could not take an answer.
    pub(crate) is_mute: bool,
}

/// An account that gets a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Whose account.
    pub principal: PrincipalId,
    /// The forward path as it was given; empty for the account's main address. Filters see it.
    pub forward_path: String,
}

impl From<PrincipalId> for Recipient {
    fn from(principal: PrincipalId) -> Self {
        Self {
            principal,
            forward_path: String::new(),
        }
    }
}

/// How a message came, and what was found in it; the default is a message that nobody judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Whether it was judged unwanted: then it goes among the unwanted mail, unless a filter files it elsewhere, and
    /// nothing is answered.
    pub junk: bool,
    /// How likely it is unwanted, 0 to 100 per cent (RFC 5235 3.2); none if nobody looked.
    pub spam_percent: Option<u8>,
    /// How likely it is infected, 1 to 5 (RFC 5235 3.4); none if nobody looked.
    pub virus: Option<u8>,
    /// Where it came from.
    pub remote_address: Option<IpAddr>,
    /// The name of that address, confirmed.
    pub remote_name: Option<String>,
    /// Whether the domain of its only author vouches for it (RFC 7489 3.1: an identifier in alignment).
    pub author_is_proven: bool,
    /// Whether that domain publishes how its mail is recognised, and this is not (RFC 7489 6.6.2: the result is fail).
    pub author_is_forged: bool,
    /// Whether the peer hears what is said of this one recipient, so that a filter may refuse the message.
    pub may_refuse: bool,
}

/// What became of a message for a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It was taken: stored, or what the recipient's filter wanted.
    Done,
    /// The recipient's filter refuses it; only where [`Arrival::may_refuse`].
    Refused {
        /// What the recipient says to that, any text.
        why: String,
    },
}
