//! Capabilities (RFC 8620 2): what a server can do, and what a request says that it uses.

/// A capability of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Capability {
    /// RFC 8620.
    Core,
    /// RFC 8621 1.3.1.
    Mail,
    /// RFC 8621 1.3.2.
    Submission,
    /// RFC 8621 1.3.3.
    VacationResponse,
    /// RFC 8887 3.
    WebSocket,
    /// RFC 9007 1.3.
    Mdn,
    /// RFC 9404 3.
    Blob,
    /// RFC 9425 2.
    Quota,
    /// RFC 9610 1.4.
    Contacts,
    /// JMAP Calendars draft -26 1.5.1.
    Calendars,
    /// JMAP Calendars draft -26 1.5.
    CalendarsParse,
    /// JMAP Tasks draft -06 1.6.1.
    Tasks,
    /// Ours: files with contacts, read and written.
    ContactFiles,
    /// RFC 9670 1.5.1.
    Principals,
    /// RFC 9670 1.5.2.
    PrincipalsOwner,
    /// JMAP Calendars draft -26 1.5.
    PrincipalsAvailability,
    /// RFC 9661 1.3.
    Sieve,
    /// RFC 9749 3.
    WebPushVapid,
    /// Ours: what was done in an account, and what can be brought back.
    History,
}

impl Capability {
    /// All of them.
    pub(crate) const ALL: [Self; 19] = [
        Self::Core,
        Self::Mail,
        Self::Submission,
        Self::VacationResponse,
        Self::WebSocket,
        Self::Mdn,
        Self::Blob,
        Self::Quota,
        Self::Contacts,
        Self::Calendars,
        Self::CalendarsParse,
        Self::Tasks,
        Self::ContactFiles,
        Self::Principals,
        Self::PrincipalsOwner,
        Self::PrincipalsAvailability,
        Self::Sieve,
        Self::WebPushVapid,
        Self::History,
    ];

    /// Its URI.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Core => "urn:ietf:params:jmap:core",
            Self::Mail => "urn:ietf:params:jmap:mail",
            Self::Submission => "urn:ietf:params:jmap:submission",
            Self::VacationResponse => "urn:ietf:params:jmap:vacationresponse",
            Self::WebSocket => "urn:ietf:params:jmap:websocket",
            Self::Mdn => "urn:ietf:params:jmap:mdn",
            Self::Blob => "urn:ietf:params:jmap:blob",
            Self::Quota => "urn:ietf:params:jmap:quota",
            Self::Contacts => "urn:ietf:params:jmap:contacts",
            Self::Calendars => "urn:ietf:params:jmap:calendars",
            Self::CalendarsParse => "urn:ietf:params:jmap:calendars:parse",
            Self::Tasks => "urn:ietf:params:jmap:tasks",
            Self::ContactFiles => "https://wachpost.example/jmap/contact-files",
            Self::Principals => "urn:ietf:params:jmap:principals",
            Self::PrincipalsOwner => "urn:ietf:params:jmap:principals:owner",
            Self::PrincipalsAvailability => "urn:ietf:params:jmap:principals:availability",
            Self::Sieve => "urn:ietf:params:jmap:sieve",
            Self::WebPushVapid => "urn:ietf:params:jmap:webpush-vapid",
            Self::History => "https://wachpost.example/jmap/history",
        }
    }

    /// The capability of that URI.
    pub(crate) fn parse(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == uri)
    }
}
