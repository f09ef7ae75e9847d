//! Why an operation was not done: whose fault it is, what the peer may know, whether to try again.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::{CollectionId, PathSegment};

use crate::refusal::Refusal;

/// When it is worth asking again while the store is not available.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// Ties the line in the log to the reply that the peer saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IncidentId(pub u32);

impl IncidentId {
    /// An id that no other incident of this run is likely to have, and that tells nothing of how many there were.
    fn new() -> Self {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let hash = KEY.hash_one(COUNT.fetch_add(1, Ordering::Relaxed));
        Self(u32::try_from(hash >> 32).unwrap_or_default())
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// Why an operation was not done. `Display` is for the operator, [`Error::for_peer`] for everybody else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not there, or the caller must not know that it is.
    #[error("what was asked for is not there")]
    NotFound,
    /// The name is taken.
    #[error("the name is taken")]
    AlreadyExists,
    /// Another object of the account has the same `UID`.
    #[error("the object `{name}` has this UID already")]
    UidConflict {
        /// Where it is.
        collection: CollectionId,
        /// Its name there.
        name: PathSegment,
    },
    /// The caller has not the right to do it.
    #[error("the caller has not the right to do this")]
    Forbidden,
    /// It would exceed the account's quota.
    #[error("the account's quota would be exceeded")]
    OverQuota,
    /// The principal has sent too much for now.
    #[error("the principal has sent too much for now")]
    SendingLimit {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The message is larger than [`crate::MESSAGE_OCTETS_MAX`].
    #[error("the message is larger than any that is taken")]
    TooLarge,
    /// The account changed since the state the operation was asked for.
    #[error("the account changed in the meantime")]
    StateMismatch,
    /// The changes since then are not known any more; the caller must look at everything.
    #[error("the changes since then are not known any more")]
    CannotCalculate,
    /// The mailbox has mailboxes below it.
    #[error("the mailbox has mailboxes below it")]
    HasChildren,
    /// The mailbox has emails in it.
    #[error("the mailbox has emails in it")]
    NotEmpty,
    /// A fixed bound would be exceeded.
    #[error("{0}")]
    Limit(&'static str),
    /// It breaks a rule of calendars, contacts or scheduling.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It cannot be done as it was asked for.
    #[error("{field}: {why}")]
    Invalid {
        /// What of it is wrong.
        field: &'static str,
        /// Why.
        why: &'static str,
    },
    /// It cannot be done at the moment.
    #[error("the store is not available")]
    Unavailable {
        /// When to ask again.
        retry_after: Duration,
    },
    /// It is our fault; the log says more.
    #[error("incident {0}")]
    Internal(IncidentId),
}

impl Error {
    /// What the peer may read: no paths, no names, no ids but the incident's (see `Internal`).
    #[must_use]
    pub fn for_peer(&self) -> &'static str {
        match self {
            Self::NotFound => "Not found.",
            Self::AlreadyExists => "The name is taken.",
            Self::Forbidden => "Not permitted.",
            Self::OverQuota => "The quota would be exceeded.",
            Self::SendingLimit { .. } => "You have sent too much mail, please try again later.",
            Self::TooLarge => "The message is too large.",
            Self::StateMismatch => "It changed in the meantime.",
            Self::CannotCalculate => "The changes since then are not known any more.",
            Self::HasChildren => "The mailbox has mailboxes below it.",
            Self::NotEmpty => "The mailbox is not empty.",
            Self::UidConflict { .. } => "Another object has this UID already.",
            Self::Refused(_) => "It breaks a rule of its format, or of scheduling.",
            Self::Limit(limit) => limit,
            Self::Invalid { why, .. } => why,
            Self::Unavailable { .. } => "Not available at the moment.",
            Self::Internal(_) => "Internal error.",
        }
    }

    /// An error of ours: notes it in the log under a new id.
    pub(crate) fn internal(error: &dyn fmt::Display) -> Self {
        let incident = IncidentId::new();
        tracing::error!(%incident, %error, "an operation failed through a fault of the server");
        Self::Internal(incident)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound(_) => Self::NotFound,
            store::Error::AlreadyExists(_) => Self::AlreadyExists,
            store::Error::UidConflict { collection, name } => {
                Self::UidConflict { collection, name }
            }
            // Whoever can tell them asks again; nobody else gets here.
            store::Error::Scheduled => Self::Refused(Refusal::ParticipantChange),
            store::Error::NotTogether => Self::internal(&error),
            store::Error::Invalid(why) => Self::Invalid {
                field: "request",
                why,
            },
            store::Error::HasChildren => Self::HasChildren,
            store::Error::NotEmpty => Self::NotEmpty,
            store::Error::OverQuota => Self::OverQuota,
            store::Error::Limit(limit) => Self::Limit(limit),
            store::Error::StateMismatch => Self::StateMismatch,
            store::Error::Unavailable(reason) => {
                tracing::warn!(%reason, "the store is not available");
                Self::Unavailable {
                    retry_after: RETRY_AFTER,
                }
            }
            store::Error::Damaged(_) => Self::internal(&error),
        }
    }
}

impl From<icalendar::Fault> for Error {
    fn from(fault: icalendar::Fault) -> Self {
        match fault {
            icalendar::Fault::TooLarge { .. } => Self::TooLarge,
            icalendar::Fault::Data { .. } => Refusal::CalendarData.into(),
            icalendar::Fault::Object { .. } => Refusal::CalendarObject.into(),
            icalendar::Fault::Component => Refusal::CalendarComponent.into(),
            icalendar::Fault::TooManyInstances { .. } => Refusal::Occurrences.into(),
        }
    }
}

impl From<icalendar::AttachmentFault> for Error {
    fn from(fault: icalendar::AttachmentFault) -> Self {
        match fault {
            icalendar::AttachmentFault::Text(fault) => fault.into(),
            icalendar::AttachmentFault::Instance => Refusal::AttachmentInstance.into(),
            icalendar::AttachmentFault::ManagedId => Refusal::AttachmentId.into(),
        }
    }
}

impl From<vcard::Fault> for Error {
    fn from(fault: vcard::Fault) -> Self {
        match fault.precondition() {
            vcard::Precondition::ValidAddressData => Refusal::ContactCard.into(),
            vcard::Precondition::SupportedAddressData => Refusal::ContactVersion.into(),
            vcard::Precondition::MaxResourceSize => Self::TooLarge,
        }
    }
}

impl From<directory::Error> for Error {
    fn from(error: directory::Error) -> Self {
        match error {
            directory::Error::Store(error) => error.into(),
            directory::Error::NotFound(_) => Self::NotFound,
            directory::Error::Busy => Self::Unavailable {
                retry_after: RETRY_AFTER,
            },
            other => Self::internal(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_becomes_an_incident_and_tells_the_peer_nothing() {
        let error = Error::from(store::Error::Damaged("/var/lib/secret is torn".into()));
        assert!(matches!(error, Error::Internal(_)));
        assert!(!error.to_string().contains("secret"));
        assert_eq!(error.for_peer(), "Internal error.");
        assert_ne!(IncidentId::new(), IncidentId::new());
    }
}
