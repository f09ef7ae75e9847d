//! Calendars asked: which objects match, and when somebody is busy.

mod free_busy;

pub(crate) use free_busy::check;

mod query;

pub(crate) use query::zone_of;
