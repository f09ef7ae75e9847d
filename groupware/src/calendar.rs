//! Calendars asked: which objects match, and when somebody is busy.

mod free_busy;

mod query;
