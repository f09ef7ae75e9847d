//! JMAP (RFC 8620): mail, calendars, contacts and sharing as one API over HTTP.
//!
//! A request is let in, read (`codec/`), and its calls are done one after the other (`api.rs`) by the
//! file of each method (`method/`), which reads its arguments, asks `groupware`, and encodes what it gets. What is the
//! same for all types stands in `standard/`.
//!
//! | standard | spoken | file |
//! |---|---|---|
//! | RFC 8620 core, requests and results | yes | `api.rs`, `codec/`, `standard/`, `method/core_echo.rs` |
//! | RFC 8620 2 session | yes | `session.rs` |
//! | RFC 8620 6 binary data | yes | `blob.rs`, `method/blob_copy.rs` |
//! | RFC 8620 7 push | yes | `push.rs` |
//! | RFC 8621 mail | yes: an email is in one mailbox | `method/email_set.rs` and its neighbours |
//! | RFC 8887 WebSocket | yes | `push/web_socket.rs` |
//! | RFC 9007 MDN | yes | `method/mdn_send.rs`, `method/mdn_parse.rs` |
//! | RFC 9404 blobs | yes | `method/blob_upload.rs`, `method/blob_get.rs`, `method/blob_lookup.rs` |
//! | RFC 9425 quotas | yes: one of octets | `words/quota.rs` |
//! | RFC 9610 contacts | yes: a card is in one address book | `method/contact_card_set.rs` |
//! | RFC 9661 Sieve | yes | `method/sieve_script_set.rs` |
//! | RFC 9670 sharing | yes | `method/principal_get.rs`, `method/notification.rs`, `words/share_with.rs` |
//! | RFC 9749 VAPID | yes | `subscription/vapid.rs` |
//! | JMAP Calendars draft -26 | partial | `method/item.rs`, `method/container.rs`, `words/calendar_event.rs`, `jscalendar.rs` |
//! | JMAP Tasks draft -06 | partial | the same, `words/task.rs`, `words/task_list.rs` |
//!
//! **Does not:** keep anything, decide what somebody may do, know an engine.

mod codec;

mod answer;

mod api;

mod blob;

mod call;

mod capability;

mod data_type;

mod draft;

mod error;

mod fuzz;

mod house;

mod jscalendar;

mod limits;

mod method;

mod principal;

mod push;

mod pushes;

mod received;

mod service;

mod session;

mod sessions;

mod settings;

mod sign_in;

mod standard;

mod state;

mod subscription;

mod turns;

mod visit;

mod words;

pub use fuzz::fuzz;
pub use jscalendar::fuzz as fuzz_event;
pub use method::methods;
pub use service::Jmap;
pub use settings::{Settings, http_limits};
pub use subscription::{NoKey, Push, PushSender, Pushed, VapidKey};
