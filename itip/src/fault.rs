//! Why a change or a message is refused, by blame.

use thiserror::Error;

/// Why a change of an object or a received message is refused. Nothing is changed and nothing is sent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Fault {
    /// The text is not an iCalendar object that can be scheduled.
    #[error("not a calendar object that can be scheduled: {0}")]
    Malformed(&'static str),
    /// A bound of this crate is exceeded.
    #[error("too large: more than {limit} {what}")]
    TooLarge {
        /// What there is too much of, with its unit.
        what: &'static str,
        /// How much is taken.
        limit: usize,
    },
    /// RFC 6638 3.2.4.2: the components of an object name different organizers.
    #[error("the components of the object name different organizers")]
    SameOrganizer,
    /// RFC 6638 3.2.4.3: an organizer's change that is not allowed.
    #[error("the organizer may not change this: {0}")]
    OrganizerChange(&'static str),
    /// RFC 6638 3.2.4.4: a participant's change that only the organizer may make.
    #[error("only the organizer may change this: {0}")]
    ParticipantChange(&'static str),
    /// The object is organized by somebody else than the one who changes it.
    #[error("the object is organized by somebody else")]
    NotOrganizer,
    /// The address stands for no participant of the object.
    #[error("no participant of the object")]
    NotParticipant,
    /// The object has no such occurrence.
    #[error("the object has no such occurrence")]
    NoInstance,
    /// RFC 5546 6.1.1, 6.1.2: the sender is not the one who may send this message.
    #[error("the sender may not send this message")]
    NotAuthorized,
}
