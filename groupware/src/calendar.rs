//! Calendars asked: which objects match, and when somebody is busy.

mod free_busy;

mod notice;

mod participant;

mod preference;

mod query;

mod reading;

pub(crate) use free_busy::check;
pub use notice::{Deed, ItemKind, ItemNote, ItemNotice, NotedItem};
pub use participant::ParticipantIdentity;
pub use preference::{CalendarPreference, takes_invitations};
pub(crate) use query::zone_of;
pub use reading::calendar_zone;
