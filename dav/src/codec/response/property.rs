//! Values of live properties that have elements inside: kinds, reports, privileges, collations, components.

use super::writer::XmlWriter;
use crate::codec::namespace::{Namespace, Tag};

/// What stands in `resourcetype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceType {
    /// RFC 4918 14.3.
    Collection,
    /// RFC 3744 4.
    Principal,
    /// RFC 4791 4.2.
    Calendar,
    /// RFC 6638 2.2.
    ScheduleInbox,
    /// RFC 6638 2.1.
    ScheduleOutbox,
    /// RFC 6352 5.2.
    AddressBook,
    /// draft-daboo-carddav-directory-gateway-02 4: the organisation's directory.
    Directory,
    /// caldav-proxy 5.3: the principals with read access for somebody.
    CalendarProxyRead,
    /// caldav-proxy 5.3: the principals with write access for somebody.
    CalendarProxyWrite,
    /// caldav-sharing 4: messages about shared calendars.
    Notification,
    /// caldav-sharing 5.2.1: shared with the reader.
    Shared,
    /// caldav-sharing 5.2.1: shared by the reader.
    SharedOwner,
    /// A calendar that follows one elsewhere.
    Subscribed,
}

impl ResourceType {
    /// Its element.
    #[must_use]
    pub fn tag(self) -> Tag {
        match self {
            Self::Collection => Tag::dav("collection"),
            Self::Principal => Tag::dav("principal"),
            Self::Calendar => Tag::caldav("calendar"),
            Self::ScheduleInbox => Tag::caldav("schedule-inbox"),
            Self::ScheduleOutbox => Tag::caldav("schedule-outbox"),
            Self::AddressBook => Tag::carddav("addressbook"),
            Self::Directory => Tag::carddav("directory"),
            Self::CalendarProxyRead => Tag::calendar_server("calendar-proxy-read"),
            Self::CalendarProxyWrite => Tag::calendar_server("calendar-proxy-write"),
            Self::Notification => Tag::calendar_server("notification"),
            Self::Shared => Tag::calendar_server("shared"),
            Self::SharedOwner => Tag::calendar_server("shared-owner"),
            Self::Subscribed => Tag::calendar_server("subscribed"),
        }
    }

    /// The kind of that element.
    #[must_use]
    pub fn of(namespace: &Namespace, local: &str) -> Option<Self> {
        let all = [
            Self::Collection,
            Self::Principal,
            Self::Calendar,
            Self::ScheduleInbox,
            Self::ScheduleOutbox,
            Self::AddressBook,
            Self::Directory,
            Self::CalendarProxyRead,
            Self::CalendarProxyWrite,
            Self::Notification,
            Self::Shared,
            Self::SharedOwner,
            Self::Subscribed,
        ];
        all.into_iter().find(|kind| {
            let tag = kind.tag();
            tag.namespace == *namespace && tag.local == local
        })
    }
}

macro_rules! privileges {
    ($($name:ident $space:ident $local:literal $description:literal;)*) => {
        /// A right, as RFC 3744 3, RFC 4791 6.1 and RFC 6638 6 name them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Privilege {
            $(
                #[doc = concat!("`", $local, "`: ", $description, ".")]
                $name,
            )*
        }

        impl Privilege {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its element.
            #[must_use]
            pub const fn tag(self) -> Tag {
                match self {
                    $(Self::$name => Tag::$space($local),)*
                }
            }

            /// Words for people, in English.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$name => $description,)*
                }
            }

            /// The privilege of that element.
            #[must_use]
            pub fn of(namespace: &Namespace, local: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|privilege| {
                    let tag = privilege.tag();
                    tag.namespace == *namespace && tag.local == local
                })
            }
        }
    };
}

privileges! {
    All dav "all" "Everything";
    Read dav "read" "Read";
    Write dav "write" "Write";
    WriteProperties dav "write-properties" "Change properties";
    WriteContent dav "write-content" "Change content";
    Bind dav "bind" "Add members";
    Unbind dav "unbind" "Remove members";
    Unlock dav "unlock" "Remove the locks of others";
    ReadAcl dav "read-acl" "Read the list of rights";
    ReadCurrentUserPrivilegeSet dav "read-current-user-privilege-set" "Read one's own rights";
    WriteAcl dav "write-acl" "Change the list of rights";
    Share dav "share" "Share";
    ReadFreeBusy caldav "read-free-busy" "Read free/busy times";
    ScheduleDeliver caldav "schedule-deliver" "Deliver scheduling messages";
    ScheduleDeliverInvite caldav "schedule-deliver-invite" "Invite";
    ScheduleDeliverReply caldav "schedule-deliver-reply" "Reply to invitations";
    ScheduleQueryFreeBusy caldav "schedule-query-freebusy" "Ask for free/busy times";
    ScheduleSend caldav "schedule-send" "Send scheduling messages";
    ScheduleSendInvite caldav "schedule-send-invite" "Send invitations";
    ScheduleSendReply caldav "schedule-send-reply" "Send replies";
    ScheduleSendFreeBusy caldav "schedule-send-freebusy" "Ask others for free/busy times";
}

/// RFC 3744 5.3: a privilege and what it contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivilegeNode {
    /// The privilege.
    pub privilege: Privilege,
    /// Whether it cannot be given on its own.
    pub is_abstract: bool,
    /// What it contains.
    pub contains: Vec<Self>,
}

/// Whom an entry of an access control list is about (RFC 3744 5.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcePrincipal {
    /// A principal, by its path or URI.
    Href(String),
    /// Everybody.
    All,
    /// Everybody who is signed in.
    Authenticated,
    /// Everybody who is not.
    Unauthenticated,
    /// Whoever a property of the place names: `owner`.
    Property(crate::codec::PropertyName),
    /// The principal at the place.
    This,
}

/// An entry of an access control list that gives rights (RFC 3744 5.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ace {
    /// To whom.
    pub principal: AcePrincipal,
    /// Which.
    pub privileges: Vec<Privilege>,
    /// Whether it cannot be changed.
    pub protected: bool,
    /// From which place it comes, a percent-encoded path.
    pub inherited: Option<String>,
}

impl XmlWriter {
    /// The value of `resourcetype`.
    pub fn resource_types(&mut self, kinds: &[ResourceType]) {
        for kind in kinds {
            self.empty(&kind.tag());
        }
    }

    /// The value of `supported-report-set` (RFC 3253 3.1.5).
    pub fn reports(&mut self, reports: &[Tag]) {
        for report in reports {
            self.open(&Tag::dav("supported-report"));
            self.open(&Tag::dav("report"));
            self.empty(report);
            self.close(&Tag::dav("report"));
            self.close(&Tag::dav("supported-report"));
        }
    }

    /// The value of `current-user-privilege-set` (RFC 3744 5.4).
    pub fn privileges(&mut self, privileges: &[Privilege]) {
        for privilege in privileges {
            self.open(&Tag::dav("privilege"));
            self.empty(&privilege.tag());
            self.close(&Tag::dav("privilege"));
        }
    }

    /// The value of `supported-privilege-set` (RFC 3744 5.3).
    pub fn supported_privileges(&mut self, nodes: &[PrivilegeNode]) {
        let tag = Tag::dav("supported-privilege");
        for node in nodes {
            self.open(&tag);
            self.privileges(&[node.privilege]);
            if node.is_abstract {
                self.empty(&Tag::dav("abstract"));
            }
            self.open_with(&Tag::dav("description"), &[("xml:lang", "en")]);
            self.text(node.privilege.description());
            self.close(&Tag::dav("description"));
            self.supported_privileges(&node.contains);
            self.close(&tag);
        }
    }

    /// The value of `acl` (RFC 3744 5.5).
    pub fn acl(&mut self, entries: &[Ace]) {
        for entry in entries {
            self.open(&Tag::dav("ace"));
            self.ace_principal(&entry.principal);
            self.open(&Tag::dav("grant"));
            self.privileges(&entry.privileges);
            self.close(&Tag::dav("grant"));
            if entry.protected {
                self.empty(&Tag::dav("protected"));
            }
            if let Some(place) = &entry.inherited {
                self.open(&Tag::dav("inherited"));
                self.href(place);
                self.close(&Tag::dav("inherited"));
            }
            self.close(&Tag::dav("ace"));
        }
    }

    fn ace_principal(&mut self, principal: &AcePrincipal) {
        let tag = Tag::dav("principal");
        self.open(&tag);
        match principal {
            AcePrincipal::Href(href) => self.href(href),
            AcePrincipal::All => self.empty(&Tag::dav("all")),
            AcePrincipal::Authenticated => self.empty(&Tag::dav("authenticated")),
            AcePrincipal::Unauthenticated => self.empty(&Tag::dav("unauthenticated")),
            AcePrincipal::This => self.empty(&Tag::dav("self")),
            AcePrincipal::Property(name) => {
                self.open(&Tag::dav("property"));
                self.property(name);
                self.close(&Tag::dav("property"));
            }
        }
        self.close(&tag);
    }

    /// The value of `acl-restrictions` (RFC 3744 5.6): rights can be given, not denied, and not by inversion.
    pub fn acl_restrictions(&mut self) {
        self.empty(&Tag::dav("grant-only"));
        self.empty(&Tag::dav("no-invert"));
    }

    /// The value of `supported-calendar-component-set` (RFC 4791 5.2.3): `VEVENT`, `VTODO`.
    pub fn components(&mut self, names: &[&str]) {
        for name in names {
            self.empty_with(&Tag::caldav("comp"), &[("name", name)]);
        }
    }

    /// The value of `supported-calendar-data` (RFC 4791 5.2.4).
    pub fn calendar_data_types(&mut self) {
        let tag = Tag::caldav("calendar-data");
        self.empty_with(
            &tag,
            &[("content-type", "text/calendar"), ("version", "2.0")],
        );
    }

    /// The value of `supported-address-data` (RFC 6352 6.2.2), the preferred version first.
    pub fn address_data_types(&mut self, versions: &[&str]) {
        let tag = Tag::carddav("address-data-type");
        for version in versions {
            self.empty_with(
                &tag,
                &[("content-type", "text/vcard"), ("version", version)],
            );
        }
    }

    /// The value of `supported-collation-set` in CalDAV (RFC 4791 7.5.1) or CardDAV (RFC 6352 8.3.1).
    pub fn collations(&mut self, namespace: Namespace, names: &[&str]) {
        let tag = Tag {
            namespace,
            local: "supported-collation",
        };
        for name in names {
            self.leaf(&tag, name);
        }
    }

    /// The value of `schedule-calendar-transp` (RFC 6638 9.1).
    pub fn transparency(&mut self, transparent: bool) {
        self.empty(&Tag::caldav(if transparent {
            "transparent"
        } else {
            "opaque"
        }));
    }
}
