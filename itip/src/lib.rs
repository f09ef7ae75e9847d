//! Scheduling messages: which ones a change of a calendar object asks for, and what a received one changes (RFC 5546).
//!
//! | RFC | what | spoken | file |
//! |---|---|---|---|
//! | 5546 | iTIP: all methods for events, tasks and journal entries | yes | `received.rs`, `message.rs` |
//! | 6638 3.2.1 | what an organizer's change asks for | yes | `organizer.rs` |
//! | 6638 3.2.2 | what a participant may change, and the answer | yes | `attendee.rs` |
//! | 6638 4.2 | what the other participants see of an answer | yes | `others.rs` |
//! | 6638 7 | SCHEDULE-AGENT, -STATUS, -FORCE-SEND | yes | `scheduled.rs`, `annotate.rs` |
//! | 6047 | iMIP: messages as mail | yes, but for S/MIME | `mail.rs` |
//! | 7986 6.2 | EMAIL | yes | `address.rs` |
//!
//! Pure functions over iCalendar text: no input, output or clock. Objects are kept as lines, not as values: what no rule here
//! speaks of is written as it was read (unknown properties, parameters, escapes; only folding is made anew). Time zones,
//! Windows' names among them, and recurrence come from `calcard`.
//!
//! Addresses are without `mailto:` and in lower case everywhere; times are seconds since 1970 UTC, dates and floating times
//! counted as if they were UTC. An occurrence is named by its original start.

pub mod limits;

mod fault;

mod words;

mod address;

mod line;

mod component;

mod time;

mod object;

mod occurrence;

mod zone;

mod difference;

mod message;

mod organizer;

mod answer;

mod attendee;

mod received;

mod respond;

mod others;

mod scheduled;

mod annotate;

pub mod mail;

mod fuzz;

pub use address::{Addresses, normal};
pub use annotate::{Party, schedule_statuses, set_schedule_status, set_sent_by};
pub use attendee::{Attendance, attendee_changed};
pub use fault::Fault;
pub use fuzz::fuzz;
pub use message::{Message, Plan};
pub use organizer::organizer_changed;
pub use others::answer_of_another;
pub use received::{Change, Effect, Kind, received};
pub use respond::{Answer, Proposal, Replied, counter, refresh, reply};
pub use scheduled::{Component, Organizer, Participant, Scheduled};
pub use words::{CuType, Method, PartStat, Role, ScheduleAgent};
