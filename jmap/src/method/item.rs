//! `CalendarEvent/*` (JMAP Calendars draft -26 5) and `Task/*` (JMAP Tasks draft -06 4), which are the same but for what
//! [`Item`](crate::words::item::Item) names.

mod changes;

mod copy;

mod get;

mod query;

mod query_changes;

mod set;

mod writer;

pub(super) use changes::changes;
pub(super) use copy::copy;
pub(super) use get::get;
pub(super) use query::query;
pub(super) use query_changes::query_changes;
pub(super) use set::{set, set_and_tell};
