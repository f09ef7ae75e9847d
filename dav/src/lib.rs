//! WebDAV, CalDAV and CardDAV: calendars, contacts and files over HTTP.
//!
//! [`Dav`] is the service: it hands a [`Router`](axum::Router) to the HTTP shell of `listen`, which serves it over TLS.
//! A request is read (`session.rs`), let in (`sign_in.rs`), led to what its path stands for (`resource.rs`) and answered
//! by the file of its method or report; what is allowed and what is done is `groupware`'s.
//!
//! | standard | spoken | file |
//! |---|---|---|
//! | RFC 4918 WebDAV, classes 1, 2, 3 | yes | `method/`, `lock.rs`, `conditions.rs` |
//! | RFC 3253 REPORT, expand-property | partial: nothing of versions | `report.rs`, `report/expand_property.rs` |
//! | RFC 3744 access control | yes: rights are given, not denied | `method/acl.rs`, `property/acl.rs` |
//! | RFC 4331 quota | yes | `property/webdav.rs` |
//! | RFC 4791 CalDAV | yes | `method/mkcalendar.rs`, `report/calendar_query.rs`, `property/calendar.rs` |
//! | RFC 5397 current-user-principal | yes | `property/acl.rs` |
//! | RFC 5689 extended MKCOL | yes | `method/mkcol.rs` |
//! | RFC 6352 CardDAV | yes | `report/addressbook_query.rs`, `property/address_book.rs` |
//! | RFC 6578 sync-collection | yes: one level | `report/sync_collection.rs` |
//! | RFC 6638 scheduling | yes | `property/scheduling.rs`, `method/post.rs`, `method/put.rs` |
//! | RFC 6764 well-known paths | yes | `service.rs` |
//! | RFC 7617 Basic | yes: over TLS | `session.rs`, `sign_in.rs` |
//! | RFC 6750 Bearer | no: the door is there, nobody gives tokens out | `sign_in.rs` |
//! | RFC 7809 time zones by reference | partial: names in properties and queries | `property/calendar.rs` |
//! | RFC 7953 availability | partial: `calendar-availability` of the inbox | `property/scheduling.rs` |
//! | RFC 8144 Prefer | yes | `method/propfind.rs`, `method/proppatch.rs` |
//! | RFC 8607 managed attachments | partial: occurrences with a component of their own | `method/post/attachment.rs`, `method/get.rs` |
//! | caldav-proxy, caldav-sharing, getctag (Apple) | yes: nobody has to accept a share | `property/principal.rs`, `property/sharing.rs` |
//!
//! **Does not:** keep anything but locks, decide what somebody may do, know an engine.

pub mod codec;

mod allow;

mod answer;

mod asked;

mod conditions;

mod directory_book;

mod error;

mod house;

mod limits;

mod listing;

mod lock;

mod method;

mod property;

mod report;

mod resource;

mod service;

mod session;

mod settings;

mod sign_in;

mod unread;

mod visit;

mod words;

pub use codec::fuzz;
pub use service::Dav;
pub use settings::{Settings, http_limits};
