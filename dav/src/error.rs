//! What went wrong in an operation, as a status and the element of the precondition that did not hold.

use std::borrow::Cow;
use std::time::Duration;

use groupware::{Error, Refusal};
use model::CollectionKind;

use crate::codec::{Condition, Fault, Precondition, Status};

/// A request that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    /// What stands in the body (RFC 4918 16).
    pub(crate) condition: Option<Box<Condition>>,
    /// For people, where there is no such element.
    pub(crate) words: Cow<'static, str>,
    /// When it is worth asking again.
    pub(crate) retry_after: Option<Duration>,
}

impl Failure {
    /// A bare status with words for people.
    pub(crate) fn new(status: Status, words: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            condition: None,
            words: words.into(),
            retry_after: None,
        }
    }

    /// A precondition with the status that goes with it.
    pub(crate) fn refused(precondition: Precondition) -> Self {
        Self::with(precondition.status(), precondition)
    }

    /// A precondition with another status.
    pub(crate) fn with(status: Status, condition: impl Into<Condition>) -> Self {
        Self {
            condition: Some(Box::new(condition.into())),
            ..Self::new(status, "")
        }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(Status::NOT_FOUND, "Nothing is here.")
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(Status::FORBIDDEN, "Not permitted.")
    }
}

impl From<Precondition> for Failure {
    fn from(precondition: Precondition) -> Self {
        Self::refused(precondition)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault.precondition() {
            Some(precondition) => Self::with(fault.status(), precondition),
            None => Self::new(fault.status(), fault.to_string()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        of(&error, None)
    }
}

/// The answer to an operation that failed on a collection of that kind, or on an object in it.
///
/// Where a `UID` is in the way, who knows the paths says where; here it is only named.
pub(crate) fn of(error: &Error, kind: Option<CollectionKind>) -> Failure {
    let cards = kind == Some(CollectionKind::AddressBook);
    let files = kind == Some(CollectionKind::Folder);
    let words = error.for_peer();
    match error {
        Error::NotFound => Failure::not_found(),
        Error::AlreadyExists => Failure::new(Status::METHOD_NOT_ALLOWED, words),
        Error::UidConflict { .. } if cards => Failure::refused(Precondition::CardNoUidConflict),
        Error::UidConflict { .. } => Failure::refused(Precondition::NoUidConflict),
        Error::Forbidden => Failure::forbidden(),
        // RFC 4331 6.
        Error::OverQuota => Failure::refused(Precondition::QuotaNotExceeded),
        Error::TooLarge if cards => Failure::refused(Precondition::CardMaxResourceSize),
        Error::TooLarge if files => Failure::new(Status::CONTENT_TOO_LARGE, words),
        Error::TooLarge => Failure::refused(Precondition::MaxResourceSize),
        Error::StateMismatch => Failure::new(Status::PRECONDITION_FAILED, words),
        Error::CannotCalculate => Failure::refused(Precondition::ValidSyncToken),
        Error::HasChildren | Error::NotEmpty => Failure::new(Status::CONFLICT, words),
        Error::Limit(limit) => Failure::new(Status::INSUFFICIENT_STORAGE, *limit),
        Error::SendingLimit { .. } => Failure::new(Status::FORBIDDEN, words),
        Error::Refused(refusal) => refused(*refusal),
        Error::Invalid { why, .. } => Failure::new(Status::FORBIDDEN, *why),
        Error::Unavailable { retry_after } => Failure {
            retry_after: Some(*retry_after),
            ..Failure::new(Status::SERVICE_UNAVAILABLE, words)
        },
        Error::Internal(incident) => Failure::new(
            Status::INTERNAL_SERVER_ERROR,
            format!("Internal error, incident {incident}."),
        ),
    }
}

/// RFC 4791 5.3.2.1, RFC 6352 6.3.2.1, RFC 6638 3.2.4, RFC 8607 3.11: which element names which rule.
fn refused(refusal: Refusal) -> Failure {
    Failure::refused(match refusal {
        Refusal::CalendarData => Precondition::ValidCalendarData,
        Refusal::CalendarObject => Precondition::ValidCalendarObjectResource,
        Refusal::CalendarComponent => Precondition::SupportedCalendarComponent,
        Refusal::ContactCard => Precondition::ValidAddressData,
        Refusal::ContactVersion => Precondition::SupportedAddressData,
        Refusal::Occurrences => Precondition::MaxInstances,
        Refusal::Participants => Precondition::MaxAttendeesPerInstance,
        Refusal::Organizer => Precondition::SameOrganizerInAllComponents,
        Refusal::ParticipantChange => Precondition::AllowedAttendeeSchedulingObjectChange,
        Refusal::OrganizerChange => Precondition::AllowedOrganizerSchedulingObjectChange,
        Refusal::Filter => Precondition::SupportedFilter,
        Refusal::AttachmentInstance => Precondition::ValidRid,
        Refusal::AttachmentId => Precondition::ValidManagedId,
        Refusal::AttachmentSize => Precondition::MaxAttachmentSize,
        Refusal::AttachmentCount => Precondition::MaxAttachmentsPerResource,
    })
}
