//! Occurrence: one of the times at which a calendar object takes place.

mod series;

pub(crate) use series::{Spread, ends_of, visit};

use std::ops::{ControlFlow, Range};

use crate::fault::Fault;
use crate::moment::Moment;
use crate::object::CalendarObject;
use crate::zone::Zone;

/// One time at which a calendar object takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Its begin in seconds since 1970 UTC.
    pub start: i64,
    /// Its end, never before its begin.
    pub end: i64,
    /// Its begin as the calendar says it.
    pub begin: Moment,
    /// Which occurrence of the series it is: its begin by the rule, before any override.
    pub recurrence_id: Moment,
    /// The number in [`CalendarObject::tree`] of the component that describes it.
    pub component: usize,
}

impl CalendarObject {
    /// The occurrences that overlap a range of instants, by their begin; at most `limit`.
    ///
    /// Times without a zone are taken to be in `floating`. Tasks without a begin have their due time as one.
    ///
    /// # Errors
    /// [`Fault::TooManyInstances`] if there are more, or if finding them takes too much work.
    pub fn occurrences(
        &self,
        range: Range<i64>,
        floating: &Zone,
        limit: usize,
    ) -> Result<Vec<Occurrence>, Fault> {
        let mut found = Vec::new();
        visit(
            self.parts(),
            &range,
            floating,
            Spread::None,
            &mut |occurrence| {
                if !overlaps(occurrence.start, occurrence.end, &range) {
                    return ControlFlow::Continue(());
                }
                if found.len() >= limit {
                    return ControlFlow::Break(());
                }
                found.push(occurrence);
                ControlFlow::Continue(())
            },
        )
        .and_then(|flow| match flow {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Fault::TooManyInstances { limit }),
        })?;
        found.sort_by_key(|occurrence| (occurrence.start, occurrence.component));
        Ok(found)
    }
}

/// RFC 4791 9.9: what takes time overlaps if it shares some of the range; what takes none if it lies in it.
pub(crate) const fn overlaps(start: i64, end: i64, range: &Range<i64>) -> bool {
    if end > start {
        range.start < end && range.end > start
    } else {
        range.start <= start && range.end > start
    }
}

#[cfg(test)]
mod tests;
