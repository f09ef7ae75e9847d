//! Properties of WebDAV itself (RFC 4918 15), of reports (RFC 3253 3.1.5), quotas (RFC 4331) and sync (RFC 6578).

use super::{Live, Scene, display_name, in_all, live};
use crate::codec::header::VcardVersion;
use crate::codec::response::{ResourceType, Response};
use crate::codec::{Property, Tag};
use crate::conditions::sync_token;
use crate::resource::{Kinds, Proxy, What};
use crate::session::Method;

pub(super) const TABLE: &[Live] = &[
    in_all(Property::ResourceType, Kinds::ALL, resource_type),
    in_all(Property::DisplayName, NAMED, name),
    in_all(Property::CreationDate, Kinds::OBJECTS, creation_date),
    in_all(Property::GetContentLength, BODIES, content_length),
    in_all(Property::GetContentType, BODIES, content_type),
    in_all(Property::GetEtag, BODIES, etag),
    in_all(Property::GetLastModified, DATED, last_modified),
    in_all(Property::LockDiscovery, LOCKABLE, lock_discovery),
    in_all(Property::SupportedLock, LOCKABLE, supported_lock),
    live(Property::SupportedReportSet, Kinds::ALL, reports),
    live(Property::SupportedMethodSet, Kinds::ALL, methods),
    live(Property::SyncToken, SYNCED, token),
    live(Property::SabreSyncToken, SYNCED, token),
    live(Property::GetCtag, Kinds::STORED, token),
    live(Property::QuotaUsedBytes, HOLDING, quota_used),
    live(Property::QuotaAvailableBytes, HOLDING, quota_available),
];

/// Files have the name their clients give them, which is dead.
const NAMED: Kinds = Kinds(Kinds::ALL.0 & !Kinds::OBJECTS.0 & !Kinds::PLAIN.0);
const BODIES: Kinds = Kinds::OBJECTS.or(Kinds::DIRECTORY_CARD);
/// RFC 4918 15.7: file managers show when a folder changed.
const DATED: Kinds = Kinds::OBJECTS.or(Kinds::FOLDER);
const LOCKABLE: Kinds = Kinds::STORED.or(Kinds::OBJECTS);
/// What can be synchronized: not folders, since nothing is kept of folders that went out of them.
pub(crate) const SYNCED: Kinds = Kinds::CALENDAR.or(Kinds::ADDRESS_BOOK).or(Kinds::INBOX);
const HOLDING: Kinds = Kinds::STORED.or(Kinds::HOME).or(Kinds::PRINCIPAL);

fn resource_type(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let mut kinds = Vec::with_capacity(3);
    if scene.resource.is_collection() {
        kinds.push(ResourceType::Collection);
    }
    match &scene.resource.what {
        What::Principal(_) => kinds.push(ResourceType::Principal),
        What::Proxy(_, proxy) => {
            kinds.push(ResourceType::Principal);
            kinds.push(match proxy {
                Proxy::Read => ResourceType::CalendarProxyRead,
                Proxy::Write => ResourceType::CalendarProxyWrite,
            });
        }
        What::Outbox(_) => kinds.push(ResourceType::ScheduleOutbox),
        What::Notifications(_) => kinds.push(ResourceType::Notification),
        What::Directory => kinds.push(ResourceType::AddressBook),
        What::Collection(info) => {
            let kind = scene.resource.kind();
            if kind == Kinds::CALENDAR {
                kinds.push(ResourceType::Calendar);
            } else if kind == Kinds::ADDRESS_BOOK {
                kinds.push(ResourceType::AddressBook);
            } else if kind == Kinds::INBOX {
                kinds.push(ResourceType::ScheduleInbox);
            }
            if kind.meets(Kinds::CALENDAR.or(Kinds::ADDRESS_BOOK)) {
                kinds.extend(super::sharing::mark(scene.visit, info));
            }
        }
        What::Plain | What::Home(_) | What::DirectoryCard(_) | What::Object(..) => {}
    }
    if kinds.is_empty() {
        response.empty(name);
    } else {
        response.value(name, |xml| xml.resource_types(&kinds));
    }
    true
}

fn name(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(text) = display_name(scene.resource) else {
        return false;
    };
    response.text(name, &text);
    true
}

fn creation_date(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let What::Object(_, object) = &scene.resource.what else {
        return false;
    };
    response.date(name, object.row.created_at.seconds());
    true
}

fn last_modified(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let modified = match &scene.resource.what {
        What::Object(_, object) => Some(object.row.modified_at),
        What::Collection(info) => scene.facts.changed_at(info),
        _ => None,
    };
    let Some(modified) = modified else {
        return false;
    };
    response.http_date(name, modified.seconds());
    true
}

fn content_length(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let octets = match &scene.resource.what {
        What::Object(_, object) => u64::from(object.row.size),
        What::DirectoryCard(entry) => entry.card.len() as u64,
        _ => return false,
    };
    response.number(name, octets);
    true
}

fn content_type(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(media_type) = super::data::media_type(scene.resource, None::<VcardVersion>) else {
        return false;
    };
    response.text(name, &media_type);
    true
}

fn etag(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(tag) = scene.resource.etag() else {
        return false;
    };
    response.text(name, &tag.to_string());
    true
}

fn lock_discovery(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(spot) = scene.facts.spot(scene.resource) else {
        return false;
    };
    let now = scene.visit.now();
    let locks = scene.visit.house.locks.on(&spot, now);
    let active: Vec<_> = locks.iter().map(|lock| lock.active(now)).collect();
    response.value(name, |xml| xml.active_locks(&active));
    true
}

fn supported_lock(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.value(name, |xml| xml.supported_locks());
    true
}

fn reports(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let reports = reports_on(scene.resource.kind());
    response.value(name, |xml| xml.reports(&reports));
    true
}

/// The reports that can be asked for at resources of a kind.
pub(crate) fn reports_on(kind: Kinds) -> Vec<Tag> {
    let mut reports = vec![
        Tag::dav("expand-property"),
        Tag::dav("principal-property-search"),
        Tag::dav("principal-search-property-set"),
        Tag::dav("principal-match"),
        Tag::dav("acl-principal-prop-set"),
        Tag::calendar_server("calendarserver-principal-search"),
    ];
    if kind.meets(SYNCED) {
        reports.push(Tag::dav("sync-collection"));
    }
    let calendars = Kinds::CALENDAR.or(Kinds::INBOX).or(Kinds::HOME);
    // RFC 4791 7, RFC 6352 8: also on single objects.
    if kind.meets(calendars.or(Kinds::EVENT)) {
        reports.extend([
            Tag::caldav("calendar-query"),
            Tag::caldav("calendar-multiget"),
        ]);
    }
    if kind.meets(Kinds::CALENDAR) {
        reports.push(Tag::caldav("free-busy-query"));
    }
    let books = Kinds::ADDRESS_BOOK.or(Kinds::DIRECTORY);
    if kind.meets(books.or(Kinds::CARD)) {
        reports.extend([
            Tag::carddav("addressbook-query"),
            Tag::carddav("addressbook-multiget"),
        ]);
    }
    reports
}

/// RFC 3253 3.1.3.
fn methods(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let methods = crate::allow::allowed(&scene.resource.place);
    response.value(name, |xml| {
        for method in methods.into_iter().map(Method::as_str) {
            xml.empty_with(&Tag::dav("supported-method"), &[("name", method)]);
        }
    });
    true
}

fn token(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let What::Collection(info) = &scene.resource.what else {
        return false;
    };
    response.text(name, &sync_token(info).to_uri());
    true
}

fn quota_used(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let account = scene.resource.account();
    let Some(quota) = account.and_then(|account| scene.facts.quota(account)) else {
        return false;
    };
    response.number(name, quota.used_octets);
    true
}

fn quota_available(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let account = scene.resource.account();
    let quota = account.and_then(|account| scene.facts.quota(account));
    // RFC 4331 3: where there is no limit there is no such property.
    let Some((limit, used)) =
        quota.and_then(|quota| Some((quota.limit_octets?, quota.used_octets)))
    else {
        return false;
    };
    response.number(name, limit.saturating_sub(used));
    true
}
