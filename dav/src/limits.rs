//! Limits of this face, by name and with their units.

use std::time::Duration;

/// Octets of the body of a request that puts an object. Above what any object may have, so that the refusal names the
/// precondition.
pub(crate) const PUT_OCTETS_MAX: usize = groupware::OBJECT_OCTETS_MAX;

/// What is still read of a body that is too large, so that the client sees why: whoever stops reading in the middle of
/// a request makes many clients report a broken connection instead. What is read is thrown away.
pub(crate) const DISCARDED_OCTETS_MAX: usize = 128 * 1024 * 1024;

/// What is read of a body that nobody wanted, so that the connection can be used again. RFC 9112 9.3: a server reads the
/// whole body or ends the connection; more than this costs more than a new connection does.
pub(crate) const UNREAD_OCTETS_MAX: usize = 1024 * 1024;

/// What the HTTP shell lets through: this face sets narrower bounds and names the precondition.
pub(crate) const SHELL_BODY_OCTETS_MAX: usize = DISCARDED_OCTETS_MAX;

/// Bodies of all requests under way, unless the program hands in a budget.
pub(crate) const BODIES_OCTETS_MAX: usize = 256 * 1024 * 1024;

/// Octets taken from the budget at a time while a body of unknown length arrives.
pub(crate) const BODY_STEP_OCTETS: usize = 64 * 1024;

/// How long a connection may stay silent between two requests: clients of calendars look again and again.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// Objects whose bodies are read at a time for one answer.
pub(crate) const PORTION_OBJECTS: usize = 256;

/// Octets of bodies that are read at a time for one answer; one object is always read.
pub(crate) const PORTION_BODY_OCTETS: usize = 4 * 1024 * 1024;

/// Octets of an answer that are written before they are sent.
pub(crate) const PORTION_OCTETS: usize = 128 * 1024;

/// Resources that a PROPFIND of infinite depth may show (RFC 4918 9.1 lets a server refuse those that are too large).
pub(crate) const DEEP_RESOURCES_MAX: usize = 10_000;

/// Resources that one COPY may copy.
pub(crate) const COPIED_RESOURCES_MAX: usize = 10_000;

/// Principals that one search looks at.
pub(crate) const PRINCIPALS_LOOKED_AT_MAX: usize = 20_000;

/// Principals read from the directory at a time.
pub(crate) const PRINCIPALS_PORTION: usize = 500;

/// Principals that one search shows, unless the client wants fewer.
pub(crate) const PRINCIPALS_FOUND_MAX: usize = 200;

/// Locks of one account's collections and objects.
pub(crate) const LOCKS_PER_ACCOUNT_MAX: usize = 1_000;

/// Locks in all.
pub(crate) const LOCKS_MAX: usize = 50_000;

/// How long a lock lasts that asks for no time, in seconds.
pub(crate) const LOCK_SECONDS_DEFAULT: u32 = 30 * 60;

/// How long a lock lasts at most, in seconds (RFC 4918 6.6: the server decides); it can be renewed.
pub(crate) const LOCK_SECONDS_MAX: u32 = 24 * 60 * 60;

/// Octets of all dead properties of one resource.
pub(crate) const DEAD_OCTETS_MAX: usize = 64 * 1024;

/// Dead properties of one resource.
pub(crate) const DEAD_PROPERTIES_MAX: usize = 256;

/// Octets of a text property: name, description, colour.
pub(crate) const TEXT_OCTETS_MAX: usize = 4 * 1024;

/// Octets of a time zone or availability that a client sets.
pub(crate) const ZONE_OCTETS_MAX: usize = 64 * 1024;
