//! Types of data (RFC 8620 1.6.3): what has a state, and what clients are told changes of.

/// Types that blobs are looked up in (RFC 9404 4.3); the session names them.
pub(crate) const LOOKUP_TYPES: [&str; 3] = ["Email", "Mailbox", "Thread"];

/// A type of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum DataType {
    Mailbox,
    Thread,
    Email,
    /// RFC 8621 1.5: changes only when an email arrives.
    EmailDelivery,
    Identity,
    EmailSubmission,
    VacationResponse,
    SieveScript,
    Quota,
    AddressBook,
    ContactCard,
    Calendar,
    CalendarEvent,
    CalendarEventNotification,
    ParticipantIdentity,
    TaskList,
    Task,
    TaskNotification,
    Principal,
    ShareNotification,
    PushSubscription,
}

impl DataType {
    /// All of them.
    pub(crate) const ALL: [Self; 21] = [
        Self::Mailbox,
        Self::Thread,
        Self::Email,
        Self::EmailDelivery,
        Self::Identity,
        Self::EmailSubmission,
        Self::VacationResponse,
        Self::SieveScript,
        Self::Quota,
        Self::AddressBook,
        Self::ContactCard,
        Self::Calendar,
        Self::CalendarEvent,
        Self::CalendarEventNotification,
        Self::ParticipantIdentity,
        Self::TaskList,
        Self::Task,
        Self::TaskNotification,
        Self::Principal,
        Self::ShareNotification,
        Self::PushSubscription,
    ];

    /// Its name on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Mailbox => "Mailbox",
            Self::Thread => "Thread",
            Self::Email => "Email",
            Self::EmailDelivery => "EmailDelivery",
            Self::Identity => "Identity",
            Self::EmailSubmission => "EmailSubmission",
            Self::VacationResponse => "VacationResponse",
            Self::SieveScript => "SieveScript",
            Self::Quota => "Quota",
            Self::AddressBook => "AddressBook",
            Self::ContactCard => "ContactCard",
            Self::Calendar => "Calendar",
            Self::CalendarEvent => "CalendarEvent",
            Self::CalendarEventNotification => "CalendarEventNotification",
            Self::ParticipantIdentity => "ParticipantIdentity",
            Self::TaskList => "TaskList",
            Self::Task => "Task",
            Self::TaskNotification => "TaskNotification",
            Self::Principal => "Principal",
            Self::ShareNotification => "ShareNotification",
            Self::PushSubscription => "PushSubscription",
        }
    }
}
