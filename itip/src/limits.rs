//! The bounds of what this crate reads and makes.

/// Octets of a stored object. RFC 4791 5.2.5: a server names the largest object it takes; this is above every real one.
pub const OBJECT_OCTETS_MAX: usize = 10 * 1024 * 1024;

/// Octets of a scheduling message that arrives or is sent. RFC 5546 names no bound; a message travels by mail.
pub const MESSAGE_OCTETS_MAX: usize = 1024 * 1024;

/// Content lines of an object, counted before anything is parsed.
pub const LINES_MAX: usize = 200_000;

/// Octets of the name of a component or property. RFC 5545 3.1: an iana-token or an x-name, of any length.
pub const NAME_OCTETS_MAX: usize = 256;

/// Components inside components. RFC 5545 3.6 and RFC 9073 7 need four (calendar, event, participant, location).
pub const NESTING_MAX: usize = 6;

/// Events, tasks or journal entries of one object: a series and its overrides (RFC 4791 5.2.8: max-instances).
pub const INSTANCES_MAX: usize = 3_000;

/// Components of all kinds in one object, alarms and time zones included.
pub const COMPONENTS_MAX: usize = 20_000;

/// Participants of one component. RFC 4791 5.2.9: max-attendees-per-instance.
pub const PARTICIPANTS_MAX: usize = 1_000;

/// Octets of all distinct messages that one change asks for.
pub const PLAN_OCTETS_MAX: usize = 64 * 1024 * 1024;

/// Octets of a comment that is sent with a reply.
pub const COMMENT_OCTETS_MAX: usize = 4_096;

/// Steps in which an occurrence of a series is looked for: a daily series of 50 years.
pub const OCCURRENCES_MAX: usize = 20_000;
