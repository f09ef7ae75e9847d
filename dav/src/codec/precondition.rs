//! Preconditions and postconditions: the elements that say in an error why a request was refused.

use super::namespace::Tag;
use super::response::XmlWriter;
use super::status::Status;

macro_rules! preconditions {
    ($($(#[$doc:meta])* $name:ident = $space:ident $local:literal $status:literal;)*) => {
        /// A precondition or postcondition that a standard names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Precondition {
            $($(#[$doc])* $name,)*
        }

        impl Precondition {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its element.
            #[must_use]
            pub const fn tag(self) -> Tag {
                match self {
                    $(Self::$name => Tag::$space($local),)*
                }
            }

            /// The status that usually goes with it.
            #[must_use]
            pub const fn status(self) -> Status {
                match self {
                    $(Self::$name => Status($status),)*
                }
            }
        }
    };
}

preconditions! {
    /// RFC 4918 16: the token of the request does not name a lock of this place.
    LockTokenMatchesRequestUri = dav "lock-token-matches-request-uri" 409;
    /// RFC 4918 16: the place is locked and its token was not sent; names the locked places.
    LockTokenSubmitted = dav "lock-token-submitted" 423;
    /// RFC 4918 16: another lock stands in the way; names its place.
    NoConflictingLock = dav "no-conflicting-lock" 423;
    /// RFC 4918 16: a body with external entities.
    NoExternalEntities = dav "no-external-entities" 403;
    /// RFC 4918 16: live properties would not survive a copy or move.
    PreservedLiveProperties = dav "preserved-live-properties" 409;
    /// RFC 4918 16: PROPFIND without a limit of depth.
    PropfindFiniteDepth = dav "propfind-finite-depth" 403;
    /// RFC 4918 16: a property that only the server sets.
    CannotModifyProtectedProperty = dav "cannot-modify-protected-property" 403;
    /// RFC 3253 1.6, 3.6: a report that is not known here.
    SupportedReport = dav "supported-report" 403;
    /// RFC 3253 3.5, RFC 4791 5.3.1.1: something stands at the place already.
    ResourceMustBeNull = dav "resource-must-be-null" 403;
    /// RFC 3744 7.1.1: rights are missing; names them with their places.
    NeedPrivileges = dav "need-privileges" 403;
    /// RFC 3744 8.1.1: two entries contradict each other.
    NoAceConflict = dav "no-ace-conflict" 409;
    /// RFC 3744 8.1.1: an entry contradicts one that cannot change.
    NoProtectedAceConflict = dav "no-protected-ace-conflict" 409;
    /// RFC 3744 8.1.1: an entry contradicts one from above.
    NoInheritedAceConflict = dav "no-inherited-ace-conflict" 409;
    /// RFC 3744 8.1.1: too many entries.
    LimitedNumberOfAces = dav "limited-number-of-aces" 403;
    /// RFC 3744 8.1.1: denials stand first.
    DenyBeforeGrant = dav "deny-before-grant" 403;
    /// RFC 3744 8.1.1: rights can be given, not denied.
    GrantOnly = dav "grant-only" 403;
    /// RFC 3744 8.1.1: `invert` is not taken.
    NoInvert = dav "no-invert" 403;
    /// RFC 3744 8.1.1: a privilege that only groups others.
    NoAbstract = dav "no-abstract" 403;
    /// RFC 3744 8.1.1: a privilege that does not exist here.
    NotSupportedPrivilege = dav "not-supported-privilege" 403;
    /// RFC 3744 8.1.1: an entry that must be there is missing.
    MissingRequiredPrincipal = dav "missing-required-principal" 403;
    /// RFC 3744 8.1.1: nobody of that name.
    RecognizedPrincipal = dav "recognized-principal" 403;
    /// RFC 3744 8.1.1: a principal that cannot be given rights.
    AllowedPrincipal = dav "allowed-principal" 403;
    /// RFC 3744 8.1.1, RFC 6578 3.2: the answer would be longer than allowed.
    NumberOfMatchesWithinLimits = dav "number-of-matches-within-limits" 507;
    /// RFC 4331 6: the quota is used up.
    QuotaNotExceeded = dav "quota-not-exceeded" 507;
    /// RFC 4331 6: the disk is full.
    SufficientDiskSpace = dav "sufficient-disk-space" 507;
    /// RFC 5689 3.3: a kind of collection that cannot be made.
    ValidResourceType = dav "valid-resourcetype" 403;
    /// RFC 6578 3.2: a token that is not, or no longer, ours.
    ValidSyncToken = dav "valid-sync-token" 403;
    /// RFC 6578 3.2: a collection within that cannot be synchronised.
    SyncTraversalSupported = dav "sync-traversal-supported" 403;
    /// RFC 4791 5.3.1.1: no calendar may be made here.
    CalendarCollectionLocationOk = caldav "calendar-collection-location-ok" 403;
    /// RFC 4791 5.3.1.1, 5.3.2.1: no valid iCalendar text.
    ValidCalendarData = caldav "valid-calendar-data" 403;
    /// RFC 4791 5.3.1.1: a property could not be set on the new calendar.
    InitializeCalendarCollection = caldav "initialize-calendar-collection" 403;
    /// RFC 4791 5.3.2.1: a media type other than iCalendar.
    SupportedCalendarData = caldav "supported-calendar-data" 403;
    /// RFC 4791 5.3.2.1, 4.1: iCalendar, but not one calendar object.
    ValidCalendarObjectResource = caldav "valid-calendar-object-resource" 403;
    /// RFC 4791 5.3.2.1: a component that this calendar does not take.
    SupportedCalendarComponent = caldav "supported-calendar-component" 403;
    /// RFC 4791 5.3.2.1: the UID is used by another object; names it.
    NoUidConflict = caldav "no-uid-conflict" 403;
    /// RFC 4791 5.3.2.1: more octets than allowed.
    MaxResourceSize = caldav "max-resource-size" 403;
    /// RFC 4791 5.3.2.1: a time before the first allowed.
    MinDateTime = caldav "min-date-time" 403;
    /// RFC 4791 5.3.2.1: a time after the last allowed.
    MaxDateTime = caldav "max-date-time" 403;
    /// RFC 4791 5.3.2.1: more instances than allowed.
    MaxInstances = caldav "max-instances" 403;
    /// RFC 4791 5.3.2.1: more attendees than allowed.
    MaxAttendeesPerInstance = caldav "max-attendees-per-instance" 403;
    /// RFC 4791 7.8: a filter that says nothing sensible.
    ValidFilter = caldav "valid-filter" 403;
    /// RFC 4791 7.8: a filter on something that cannot be filtered.
    SupportedFilter = caldav "supported-filter" 403;
    /// RFC 4791 7.8: a collation that is not known here.
    SupportedCollation = caldav "supported-collation" 403;
    /// RFC 7809 5.1: a time zone that is not known here.
    ValidTimezone = caldav "valid-timezone" 403;
    /// RFC 7953 7.1: no valid availability.
    ValidAvailability = caldav "valid-availability" 403;
    /// RFC 6638 3.2.4.1: another object of this user has the UID; names it.
    UniqueSchedulingObjectResource = caldav "unique-scheduling-object-resource" 403;
    /// RFC 6638 3.2.4.2: the components name different organizers.
    SameOrganizerInAllComponents = caldav "same-organizer-in-all-components" 403;
    /// RFC 6638 3.2.4.3: a change that an organizer may not make.
    AllowedOrganizerSchedulingObjectChange = caldav "allowed-organizer-scheduling-object-change" 403;
    /// RFC 6638 3.2.4.4: a change that an attendee may not make.
    AllowedAttendeeSchedulingObjectChange = caldav "allowed-attendee-scheduling-object-change" 403;
    /// RFC 6638 5.2.1: the outbox takes only iCalendar.
    ScheduleSupportedCalendarData = caldav "supported-calendar-data" 403;
    /// RFC 6638 5.2.2: no valid scheduling message.
    ValidSchedulingMessage = caldav "valid-scheduling-message" 403;
    /// RFC 6638 5.2.3: the organizer is not the owner of the outbox.
    ValidOrganizer = caldav "valid-organizer" 403;
    /// RFC 6638 9.2: not a calendar of this user.
    ValidScheduleDefaultCalendarUrl = caldav "valid-schedule-default-calendar-URL" 403;
    /// RFC 6638 4.3: the default calendar cannot be destroyed.
    DefaultCalendarNeeded = caldav "default-calendar-needed" 403;
    /// RFC 8607 3.11: an attachment larger than allowed.
    MaxAttachmentSize = caldav "max-attachment-size" 403;
    /// RFC 8607 3.11: more attachments than allowed.
    MaxAttachmentsPerResource = caldav "max-attachments-per-resource" 403;
    /// RFC 8607 3.11: an `action` that does not exist.
    ValidAction = caldav "valid-action" 403;
    /// RFC 8607 3.11: an instance that does not exist.
    ValidRid = caldav "valid-rid" 403;
    /// RFC 8607 3.11: an attachment that does not exist.
    ValidManagedId = caldav "valid-managed-id" 403;
    /// RFC 6352 5.2: no address book may be made here.
    AddressBookCollectionLocationOk = carddav "addressbook-collection-location-ok" 403;
    /// RFC 6352 6.3.2.1: a media type or version that is not taken.
    SupportedAddressData = carddav "supported-address-data" 403;
    /// RFC 6352 6.3.2.1: no valid vCard.
    ValidAddressData = carddav "valid-address-data" 403;
    /// RFC 6352 6.3.2.1: the UID is used by another card; names it.
    CardNoUidConflict = carddav "no-uid-conflict" 403;
    /// RFC 6352 6.3.2.1: more octets than allowed.
    CardMaxResourceSize = carddav "max-resource-size" 403;
    /// RFC 6352 8.6: a filter on something that cannot be filtered.
    CardSupportedFilter = carddav "supported-filter" 403;
    /// RFC 6352 8.3: a collation that is not known here.
    CardSupportedCollation = carddav "supported-collation" 403;
    /// RFC 6352 8.6, 8.7: a card that cannot be had in the form that was asked for.
    SupportedAddressDataConversion = carddav "supported-address-data-conversion" 403;
}

/// A precondition with what stands inside its element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The empty element.
    Empty(Precondition),
    /// With links: `lock-token-submitted`, `no-conflicting-lock`, `no-uid-conflict`,
    /// `unique-scheduling-object-resource`. Percent-encoded paths.
    Hrefs(Precondition, Vec<String>),
    /// RFC 3744 7.1.1: `need-privileges`, with the place (a percent-encoded path) and the element of each privilege.
    NeedPrivileges(Vec<(String, Tag)>),
}

impl From<Precondition> for Condition {
    fn from(precondition: Precondition) -> Self {
        Self::Empty(precondition)
    }
}

impl Condition {
    /// Which precondition it is.
    #[must_use]
    pub fn precondition(&self) -> Precondition {
        match self {
            Self::Empty(precondition) | Self::Hrefs(precondition, _) => *precondition,
            Self::NeedPrivileges(_) => Precondition::NeedPrivileges,
        }
    }

    /// Writes its element.
    pub(crate) fn write(&self, xml: &mut XmlWriter) {
        let tag = self.precondition().tag();
        match self {
            Self::Empty(_) => xml.empty(&tag),
            Self::Hrefs(_, hrefs) => {
                xml.open(&tag);
                for href in hrefs {
                    xml.leaf(&Tag::dav("href"), href);
                }
                xml.close(&tag);
            }
            Self::NeedPrivileges(missing) => {
                xml.open(&tag);
                for (href, privilege) in missing {
                    xml.open(&Tag::dav("resource"));
                    xml.leaf(&Tag::dav("href"), href);
                    xml.open(&Tag::dav("privilege"));
                    xml.empty(privilege);
                    xml.close(&Tag::dav("privilege"));
                    xml.close(&Tag::dav("resource"));
                }
                xml.close(&tag);
            }
        }
    }
}
