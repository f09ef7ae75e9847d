//! What stands in the session under each capability, for the server and for each account.

use groupware::VisibleAccount;
use serde_json::{Value, json};

use super::Origin;
use crate::capability::Capability;
use crate::codec::id::WireId;
use crate::data_type::LOOKUP_TYPES;
use crate::draft::ATTACHMENTS_OCTETS_MAX;
use crate::limits::{
    BLOB_SET_OCTETS_MAX, BLOB_SOURCES_MAX, CALLS_MAX, GET_OBJECTS_MAX, REQUEST_OCTETS_MAX,
    REQUESTS_AT_ONCE_MAX, SET_OBJECTS_MAX, UPLOAD_OCTETS_MAX, UPLOADS_AT_ONCE_MAX,
};
use crate::pushes::WEB_SOCKET_PATH;
use crate::settings::Settings;
use crate::visit::Visit;
use crate::words::email_query::SORT_OPTIONS;
use crate::words::{email_query, sieve, submission};

/// RFC 8621 1.3.1 `maxSizeMailboxName`, in octets.
const MAILBOX_NAME_OCTETS_MAX: usize = 255;

/// What the server says of a capability; none if it does not say that it has it.
pub(super) fn of_server(
    capability: Capability,
    origin: &Origin,
    settings: &Settings,
) -> Option<Value> {
    Some(match capability {
        // RFC 8620 2.
        Capability::Core => json!({
            "maxSizeUpload": UPLOAD_OCTETS_MAX,
            "maxConcurrentUpload": UPLOADS_AT_ONCE_MAX,
            "maxSizeRequest": REQUEST_OCTETS_MAX,
            "maxConcurrentRequests": REQUESTS_AT_ONCE_MAX,
            "maxCallsInRequest": CALLS_MAX,
            "maxObjectsInGet": GET_OBJECTS_MAX,
            "maxObjectsInSet": SET_OBJECTS_MAX,
            "collationAlgorithms": email_query::COLLATIONS,
        }),
        // RFC 8887 3.1.
        Capability::WebSocket => json!({
            "url": format!("{}{WEB_SOCKET_PATH}", origin.web_socket),
            "supportsPush": true,
        }),
        // RFC 9749 3.
        Capability::WebPushVapid => {
            json!({"applicationServerKey": settings.vapid.as_ref()?.public_text()})
        }
        _ => json!({}),
    })
}

/// What the server says of a capability in an account; none if the account has it not.
pub(super) fn of_account(
    capability: Capability,
    account: &VisibleAccount,
    visit: &Visit,
) -> Option<Value> {
    let own_only = |value: Value| account.own.then_some(value);
    match capability {
        Capability::Core => Some(json!({})),
        Capability::WebSocket | Capability::WebPushVapid => None,
        // RFC 8621 1.3.1.
        Capability::Mail => account.mail.then(|| {
            json!({
                "maxMailboxesPerEmail": 1,
                "maxMailboxDepth": null,
                "maxSizeMailboxName": MAILBOX_NAME_OCTETS_MAX,
                "maxSizeAttachmentsPerEmail": ATTACHMENTS_OCTETS_MAX,
                "emailQuerySortOptions": SORT_OPTIONS,
                "mayCreateTopLevelMailbox": account.own,
            })
        }),
        // RFC 8621 1.3.2.
        Capability::Submission => own_only(submission::capability(visit.now())),
        Capability::VacationResponse | Capability::Mdn => own_only(json!({})),
        // RFC 9404 3.1.
        Capability::Blob => Some(json!({
            "maxSizeBlobSet": BLOB_SET_OCTETS_MAX,
            "maxDataSources": BLOB_SOURCES_MAX,
            "supportedTypeNames": LOOKUP_TYPES,
            "supportedDigestAlgorithms": ["sha", "sha-256", "sha-512"],
        })),
        Capability::Quota => Some(json!({})),
        // RFC 9610 1.4.1.
        Capability::Contacts => account
            .contacts
            .then(|| json!({"maxAddressBooksPerCard": 1, "mayCreateAddressBook": account.own})),
        Capability::ContactFiles => account.contacts.then(|| json!({})),
        // JMAP Calendars draft -26 1.5.1.
        Capability::Calendars => account.calendars.then(|| {
            json!({
                "maxCalendarsPerEvent": 1,
                "minDateTime": "1900-01-01T00:00:00Z",
                "maxDateTime": "2100-01-01T00:00:00Z",
                "maxExpandedQueryDuration": "P1Y",
                "maxParticipantsPerEvent": null,
                "mayCreateCalendar": account.own,
            })
        }),
        Capability::CalendarsParse => account.calendars.then(|| json!({})),
        // JMAP Tasks draft -06 1.6.1.
        Capability::Tasks => account.calendars.then(|| {
            json!({
                "shareesActAs": "self",
                "minDateTime": "1900-01-01T00:00:00",
                "maxDateTime": "2100-01-01T00:00:00",
                "mayCreateTaskList": account.own,
            })
        }),
        // RFC 9670 1.5.1.
        Capability::Principals => own_only(json!({
            "currentUserPrincipalId": visit.principal.id.wire(),
        })),
        // RFC 9670 1.5.2.
        Capability::PrincipalsOwner => Some(json!({
            "accountIdForPrincipal": visit.own_account().wire(),
            "principalId": account.principal.id.wire(),
        })),
        // JMAP Calendars draft -26 1.5.
        Capability::PrincipalsAvailability => own_only(json!({"maxAvailabilityDuration": "P1Y"})),
        // RFC 9661 1.2.1.
        Capability::Sieve => own_only(sieve::capability()),
        Capability::History => own_only(json!({})),
    }
}
