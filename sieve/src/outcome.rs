//! What a run came to: actions for the caller to carry out.

use crate::destination::{Edition, FileInto, Redirect};
use crate::fault::RunFault;
use crate::fingerprint::Fingerprint;
use crate::reply::{Notify, Vacation};

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In the order in which the script came to them. The implicit keep, where it was not cancelled, is the last
    /// [`Action::Keep`]. After a fault there is only the keep of the message as received.
    pub actions: Vec<Action>,
    /// Edited forms of the message that actions name.
    pub editions: Vec<Vec<u8>>,
    /// The flags that the script left the message with (RFC 5232 3); of use for events of IMAP, where they hold without an
    /// action (RFC 6785 3.8).
    pub flags: Vec<String>,
    /// Why the run ended early.
    pub fault: Option<RunFault>,
}

impl Outcome {
    /// The octets that an action means by an edition. One that there is not is the message as received.
    #[must_use]
    pub fn message<'a>(&'a self, edition: Edition, received: &'a [u8]) -> &'a [u8] {
        let place = usize::try_from(edition.0)
            .ok()
            .and_then(|place| place.checked_sub(1));
        let edited = place.and_then(|place| self.editions.get(place));
        edited.map_or(received, Vec::as_slice)
    }
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Keep the message where it arrived: the inbox, or at an event of IMAP where it is (RFC 5228 4.3).
    Keep {
        /// Flags as IMAP writes them.
        flags: Vec<String>,
        /// The form that is kept.
        edition: Edition,
    },
    /// File the message into a mailbox (RFC 5228 4.1).
    FileInto(FileInto),
    /// Send the message on (RFC 5228 4.2).
    Redirect(Redirect),
    /// The script threw the message away (RFC 5228 4.4). Nothing is to be done: there is no keep among the actions.
    Discard,
    /// Refuse the message (RFC 5429).
    Reject {
        /// The reason for the sender to read.
        reason: String,
        /// `ereject`: best refused in the session itself, so that no bounce goes to a forged sender (RFC 5429 2.1).
        at_protocol: bool,
    },
    /// Answer the sender (RFC 5230).
    Vacation(Box<Vacation>),
    /// Send a notification (RFC 5435).
    Notify(Box<Notify>),
    /// Remember a fingerprint from now on for a while, once everything else is done (RFC 7352 3).
    Remember {
        /// What is remembered.
        fingerprint: Fingerprint,
        /// For how long.
        seconds: u64,
    },
}
