//! Limits: the bounds of everything that is read, counted or worked out here.

/// Octets of one calendar object. RFC 4791 5.2.5 lets the server choose; 10 MiB carry a few embedded attachments.
pub const OBJECT_OCTETS_MAX: usize = 10 * 1024 * 1024;
/// Octets of one content line after unfolding. RFC 5545 3.1 sets none; an embedded attachment is one line.
pub const LINE_OCTETS_MAX: usize = OBJECT_OCTETS_MAX;
/// Content lines of one object.
pub const LINES_MAX: usize = 200_000;
/// Components of one object, alerts and time zone rules included.
pub const COMPONENTS_MAX: usize = 20_000;
/// Components within each other: RFC 9073 needs four.
pub const DEPTH_MAX: usize = 8;
/// Overrides of one series.
pub const OVERRIDES_MAX: usize = 5_000;
/// Overrides of one series that hold for all later occurrences: each is a decision of somebody.
pub const FUTURE_OVERRIDES_MAX: usize = 100;
/// Alerts of one component that are looked at one by one.
pub const ALERTS_MAX: usize = 50;
/// VAVAILABILITY and AVAILABLE components of one object.
pub const AVAILABLE_MAX: usize = 100;
/// Dates added to or taken from one series (RDATE, EXDATE).
pub const DATES_MAX: usize = 20_000;
/// Recurrence rules of one component. RFC 5545 3.8.5.3: there should be one.
pub const RULES_MAX: usize = 8;
/// Values in one list of a recurrence rule: BYSECOND, BYMINUTE and BYYEARDAY have the most.
pub const RULE_VALUES_MAX: usize = 800;
/// Periods looked at to find where a rule with COUNT ends. RFC 4791 5.2.8 lets the server bound occurrences.
pub const COUNT_STEPS_MAX: usize = 100_000;
/// Periods without any occurrence after which a rule is taken to have ended: no Gregorian pattern rests longer.
pub const EMPTY_STEPS_MAX: usize = 10_000;
/// Steps of one expansion, a few milliseconds; a month of a rule for every minute fits.
pub const STEPS_MAX: usize = 50_000;
/// Participants kept in a summary; the object itself keeps them all.
pub const SUMMARY_PARTICIPANTS_MAX: usize = 1_000;
/// Octets of the title kept in a summary.
pub const SUMMARY_TEXT_OCTETS_MAX: usize = 200;
/// Octets of one address kept in a summary: RFC 5321 4.5.3.1.3 allows 256 for a path.
pub const ADDRESS_OCTETS_MAX: usize = 320;
/// Transitions of a time zone that is defined in an object.
pub const TRANSITIONS_MAX: usize = 2_000;
/// Onset rules of one time zone that is defined in an object.
pub const OBSERVANCES_MAX: usize = 500;
/// Busy periods handed out at once.
pub const BUSY_PERIODS_MAX: usize = 50_000;
/// Participants that one request for free/busy times may ask for.
pub const REQUEST_PARTICIPANTS_MAX: usize = 500;
/// Octets of a file with a whole calendar that is taken apart: one of many years.
pub const BUNDLE_OCTETS_MAX: usize = 512 * 1024 * 1024;
/// Objects of such a file.
pub const BUNDLE_OBJECTS_MAX: usize = 1_000_000;
