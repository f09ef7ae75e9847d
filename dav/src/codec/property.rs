//! Names of properties: those of the standards and of widespread clients by number, any other by its words.

use std::fmt;

use super::namespace::{Namespace, Tag};

macro_rules! properties {
    ($($space:ident { $($name:ident $local:literal)* })*) => {
        /// A property that some standard or widespread client defines.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Property {
            $($(
                #[doc = concat!("`", $local, "` of [`Namespace::", stringify!($space), "`].")]
                $name,
            )*)*
        }

        impl Property {
            /// All of them.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// Its element.
            #[must_use]
            pub const fn tag(self) -> Tag {
                match self {
                    $($(Self::$name => Tag { namespace: Namespace::$space, local: $local },)*)*
                }
            }

            /// The property of that name.
            #[must_use]
            pub fn of(namespace: &Namespace, local: &str) -> Option<Self> {
                match namespace {
                    $(Namespace::$space => match local {
                        $($local => Some(Self::$name),)*
                        _ => None,
                    },)*
                    Namespace::None
                    | Namespace::Xml
                    | Namespace::Other(_) => None,
                }
            }
        }
    };
}

properties! {
    Dav {
        // RFC 4918 15
        CreationDate "creationdate"
        DisplayName "displayname"
        GetContentLanguage "getcontentlanguage"
        GetContentLength "getcontentlength"
        GetContentType "getcontenttype"
        GetEtag "getetag"
        GetLastModified "getlastmodified"
        LockDiscovery "lockdiscovery"
        ResourceType "resourcetype"
        SupportedLock "supportedlock"
        // RFC 3253 3.1
        Comment "comment"
        CreatorDisplayName "creator-displayname"
        SupportedMethodSet "supported-method-set"
        SupportedLivePropertySet "supported-live-property-set"
        SupportedReportSet "supported-report-set"
        // RFC 3744 4, 5
        AlternateUriSet "alternate-URI-set"
        PrincipalUrl "principal-URL"
        GroupMemberSet "group-member-set"
        GroupMembership "group-membership"
        Owner "owner"
        Group "group"
        SupportedPrivilegeSet "supported-privilege-set"
        CurrentUserPrivilegeSet "current-user-privilege-set"
        Acl "acl"
        AclRestrictions "acl-restrictions"
        InheritedAclSet "inherited-acl-set"
        PrincipalCollectionSet "principal-collection-set"
        // RFC 5397 3, RFC 5842 3.1, RFC 5995 3.2, RFC 6578 4
        CurrentUserPrincipal "current-user-principal"
        ResourceId "resource-id"
        AddMember "add-member"
        SyncToken "sync-token"
        // RFC 4331 3, 4
        QuotaAvailableBytes "quota-available-bytes"
        QuotaUsedBytes "quota-used-bytes"
        // draft-pot-webdav-resource-sharing-04 4
        Invite "invite"
        ShareAccess "share-access"
        ShareResourceUri "share-resource-uri"
        // draft-pot-webdav-notifications-02 3
        NotificationUrl "notification-URL"
        NotificationType "notificationtype"
    }
    CalDav {
        // RFC 4791 5.2, 6.2, 7.5, 9.6
        CalendarDescription "calendar-description"
        CalendarTimezone "calendar-timezone"
        SupportedCalendarComponentSet "supported-calendar-component-set"
        SupportedCalendarData "supported-calendar-data"
        MaxResourceSize "max-resource-size"
        MinDateTime "min-date-time"
        MaxDateTime "max-date-time"
        MaxInstances "max-instances"
        MaxAttendeesPerInstance "max-attendees-per-instance"
        CalendarHomeSet "calendar-home-set"
        SupportedCollationSet "supported-collation-set"
        CalendarData "calendar-data"
        // RFC 6638 2, 3.2, 9; the last one from its drafts
        ScheduleOutboxUrl "schedule-outbox-URL"
        ScheduleInboxUrl "schedule-inbox-URL"
        CalendarUserAddressSet "calendar-user-address-set"
        CalendarUserType "calendar-user-type"
        ScheduleCalendarTransp "schedule-calendar-transp"
        ScheduleDefaultCalendarUrl "schedule-default-calendar-URL"
        ScheduleTag "schedule-tag"
        CalendarFreeBusySet "calendar-free-busy-set"
        // RFC 7809 5, RFC 7953 7.2
        TimezoneServiceSet "timezone-service-set"
        CalendarTimezoneId "calendar-timezone-id"
        CalendarAvailability "calendar-availability"
        // RFC 8607 6
        ManagedAttachmentsServerUrl "managed-attachments-server-URL"
        MaxAttachmentSize "max-attachment-size"
        MaxAttachmentsPerResource "max-attachments-per-resource"
        // Asked by Apple's clients; never became standards.
        SupportedCalendarComponentSets "supported-calendar-component-sets"
        DefaultAlarmVeventDatetime "default-alarm-vevent-datetime"
        DefaultAlarmVeventDate "default-alarm-vevent-date"
        DefaultAlarmVtodoDatetime "default-alarm-vtodo-datetime"
        DefaultAlarmVtodoDate "default-alarm-vtodo-date"
    }
    CardDav {
        // RFC 6352 6.2, 7.1, 8.3.1, 10.4
        AddressbookDescription "addressbook-description"
        SupportedAddressData "supported-address-data"
        CardMaxResourceSize "max-resource-size"
        AddressbookHomeSet "addressbook-home-set"
        PrincipalAddress "principal-address"
        CardSupportedCollationSet "supported-collation-set"
        AddressData "address-data"
        // draft-daboo-carddav-directory-gateway-02 4
        DirectoryGateway "directory-gateway"
    }
    CalendarServer {
        GetCtag "getctag"
        CalendarProxyReadFor "calendar-proxy-read-for"
        CalendarProxyWriteFor "calendar-proxy-write-for"
        CalendarServerAvailability "calendar-availability"
        CalendarServerInvite "invite"
        AllowedSharingModes "allowed-sharing-modes"
        SharedUrl "shared-url"
        PublishUrl "publish-url"
        PrePublishUrl "pre-publish-url"
        CalendarServerNotificationUrl "notification-URL"
        CalendarServerNotificationType "notificationtype"
        EmailAddressSet "email-address-set"
        FirstName "first-name"
        LastName "last-name"
        RecordType "record-type"
        AutoSchedule "auto-schedule"
        AutoScheduleMode "auto-schedule-mode"
        ExpandedGroupMemberSet "expanded-group-member-set"
        ExpandedGroupMembership "expanded-group-membership"
        PushTransports "push-transports"
        PushKey "pushkey"
        Source "source"
        SubscribedStripAlarms "subscribed-strip-alarms"
        SubscribedStripAttachments "subscribed-strip-attachments"
        SubscribedStripTodos "subscribed-strip-todos"
        XmppServer "xmpp-server"
        XmppUri "xmpp-uri"
        DropboxHomeUrl "dropbox-home-URL"
        ChecksumVersions "checksum-versions"
        MeCard "me-card"
        CreatedBy "created-by"
        UpdatedBy "updated-by"
        AllowedCalendarComponentSet "allowed-calendar-component-set"
        ScheduleChanges "schedule-changes"
    }
    Apple {
        CalendarColor "calendar-color"
        CalendarOrder "calendar-order"
        RefreshRate "refreshrate"
        AutoProvisioned "autoprovisioned"
        LanguageCode "language-code"
        LocationCode "location-code"
    }
    OwnCloud {
        OcId "id"
        OcFileId "fileid"
        OcPermissions "permissions"
        OcSize "size"
        OcFavorite "favorite"
        OcChecksums "checksums"
        OcShareTypes "share-types"
        OcOwnerId "owner-id"
        OcOwnerDisplayName "owner-display-name"
        OcInvite "invite"
        OcReadOnly "read-only"
        OcCalendarEnabled "calendar-enabled"
        OcEnabled "enabled"
        OcOwnerPrincipal "owner-principal"
    }
    NextCloud {
        NcOwnerDisplayName "owner-displayname"
        NcHasPreview "has-preview"
        NcMountType "mount-type"
        NcIsEncrypted "is-encrypted"
        NcCreationTime "creation_time"
        NcDeletedAt "deleted-at"
        NcTrashBinRetentionDuration "trash-bin-retention-duration"
        NcCalendarUri "calendar-uri"
    }
    Sabre {
        SabreSyncToken "sync-token"
    }
    Me {
        BulkRequests "bulk-requests"
    }
}

/// The name of a property: a namespace and a local name.
///
/// Names of the same text are always equal: what is in [`Property`] never stands in [`Self::Other`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PropertyName {
    /// One that this server has heard of.
    Known(Property),
    /// Any other.
    Other(OtherName),
}

/// The name of a property nobody here has heard of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OtherName {
    namespace: Namespace,
    local: Box<str>,
}

impl PropertyName {
    /// The name of those words.
    #[must_use]
    pub fn new(namespace: Namespace, local: &str) -> Self {
        match Property::of(&namespace, local) {
            Some(property) => Self::Known(property),
            None => Self::Other(OtherName {
                namespace,
                local: local.into(),
            }),
        }
    }

    /// Reads `{namespace}local`, as [`Display`](fmt::Display) writes it; none if it has another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (namespace, local) = text.strip_prefix('{')?.rsplit_once('}')?;
        (!local.is_empty()).then(|| Self::new(Namespace::of(namespace), local))
    }

    /// Its number, if it is known.
    #[must_use]
    pub fn known(&self) -> Option<Property> {
        match self {
            Self::Known(property) => Some(*property),
            Self::Other(_) => None,
        }
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(&self) -> Namespace {
        match self {
            Self::Known(property) => property.tag().namespace,
            Self::Other(other) => other.namespace.clone(),
        }
    }

    /// Its local name.
    #[must_use]
    pub fn local(&self) -> &str {
        match self {
            Self::Known(property) => property.tag().local,
            Self::Other(other) => &other.local,
        }
    }
}

impl From<Property> for PropertyName {
    fn from(property: Property) -> Self {
        Self::Known(property)
    }
}

impl fmt::Display for PropertyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}{}", self.namespace().uri(), self.local())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_property_is_found_by_its_name() {
        for property in Property::ALL {
            let tag = property.tag();
            assert_eq!(Property::of(&tag.namespace, tag.local), Some(*property));
            let written = PropertyName::Known(*property).to_string();
            assert_eq!(PropertyName::parse(&written), Some((*property).into()));
        }
    }

    #[test]
    fn other_properties_keep_their_words() {
        let name = PropertyName::parse("{http://example.org/{odd}}x").unwrap();
        assert_eq!(name.known(), None);
        assert_eq!(name.local(), "x");
        assert_eq!(name.to_string(), "{http://example.org/{odd}}x");
        assert_eq!(
            PropertyName::parse("{}x").unwrap().namespace(),
            Namespace::None
        );
        for wrong in ["x", "{DAV:}", "DAV:}x"] {
            assert_eq!(PropertyName::parse(wrong), None, "{wrong}");
        }
    }
}
