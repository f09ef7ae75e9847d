//! Rules of calendars, contacts and scheduling that an operation can be refused for.

/// Which rule it was. Faces have words of their own for most (RFC 4791 5.3.2.1, RFC 6352 6.3.2.1, RFC 6638 3.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The text is no iCalendar.
    #[error("the text is not valid iCalendar")]
    CalendarData,
    /// It is iCalendar, but not one calendar object.
    #[error("the iCalendar text is not one calendar object")]
    CalendarObject,
    /// The calendar does not take this kind of object.
    #[error("the calendar does not take this kind of object")]
    CalendarComponent,
    /// The text is no vCard.
    #[error("the text is not one valid vCard")]
    ContactCard,
    /// The vCard is of a version nobody reads any more.
    #[error("only vCard 3.0 and 4.0 are kept")]
    ContactVersion,
    /// The rule of recurrence makes more occurrences than are looked at.
    #[error("the recurrence makes too many occurrences")]
    Occurrences,
    /// The object has more participants than are taken.
    #[error("the object has too many participants")]
    Participants,
    /// All instances of an object must have the same organizer.
    #[error("all parts of the object must have the same organizer")]
    Organizer,
    /// A participant may not change what the organizer decides.
    #[error("only the organizer can change this")]
    ParticipantChange,
    /// An organizer may not change it in this way.
    #[error("the organizer cannot change this")]
    OrganizerChange,
    /// The filter asks for something that is not searched.
    #[error("the filter is not supported")]
    Filter,
    /// The object has no component for the occurrence that an attachment is meant for.
    #[error("the object has no component for this occurrence")]
    AttachmentInstance,
    /// The object names no such attachment.
    #[error("the object names no such attachment")]
    AttachmentId,
    /// The attachment is larger than [`crate::ATTACHMENT_OCTETS_MAX`].
    #[error("the attachment is larger than any that is taken")]
    AttachmentSize,
    /// The object has [`crate::ATTACHMENTS_PER_OBJECT_MAX`] attachments already.
    #[error("the object has too many attachments")]
    AttachmentCount,
}
