//! Fault: why a text cannot be taken as what it claims to be, told apart by the precondition of RFC 4791 it breaks.

use thiserror::Error;

/// Why a calendar object, a question or an expansion is refused.
///
/// RFC 4791 1.3, 5.3.2.1: each variant stands for one precondition that a face names in its answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// `max-resource-size`: the text is longer than this crate reads.
    #[error("the calendar object is longer than {octets_max} octets")]
    TooLarge {
        /// The bound in octets.
        octets_max: usize,
    },
    /// `valid-calendar-data`: the text is not iCalendar as RFC 5545 has it.
    #[error("line {line} of the calendar data: {why}")]
    Data {
        /// The content line at fault, counted from 1 after unfolding; 0 where it is the text as a whole.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// `valid-calendar-object-resource`: iCalendar, but not one calendar object resource (RFC 4791 4.1).
    #[error("not a calendar object resource: {why}")]
    Object {
        /// What is wrong.
        why: &'static str,
    },
    /// `supported-calendar-component`: no component of a kind that can be stored.
    #[error(
        "the calendar object holds no event, task, journal entry, free/busy time or availability"
    )]
    Component,
    /// `max-instances`: more occurrences, or more work to find them, than are allowed.
    #[error("more than {limit} occurrences")]
    TooManyInstances {
        /// The bound that was met.
        limit: usize,
    },
}

impl Fault {
    /// The name of the precondition in the namespace of CalDAV (RFC 4791 5.3.2.1).
    #[must_use]
    pub const fn precondition(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "max-resource-size",
            Self::Data { .. } => "valid-calendar-data",
            Self::Object { .. } => "valid-calendar-object-resource",
            Self::Component => "supported-calendar-component",
            Self::TooManyInstances { .. } => "max-instances",
        }
    }

    pub(crate) const fn data(line: usize, why: &'static str) -> Self {
        Self::Data { line, why }
    }

    pub(crate) const fn object(why: &'static str) -> Self {
        Self::Object { why }
    }
}
