//! Calendar objects as they were read, for those who show them.

use std::sync::Arc;

use icalendar::{CalendarObject, Zone};
use model::Properties;

use crate::Groupware;
use crate::error::Error;
use crate::object::Object;

/// Objects whose bodies are read at once.
const OBJECTS_AT_ONCE: usize = 256;

impl Groupware {
    /// The readings of calendar objects from a view, in their order; none where a body cannot be read. Those that were
    /// read a short while ago are at hand.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn calendar_objects(
        &self,
        objects: &[Arc<Object>],
    ) -> Result<Vec<Option<Arc<CalendarObject>>>, Error> {
        let mut read = Vec::with_capacity(objects.len());
        for some in objects.chunks(OBJECTS_AT_ONCE) {
            let some = self.read_objects(some.to_vec()).await?;
            read.extend(some.into_iter().map(|(_, parsed)| parsed));
        }
        Ok(read)
    }
}

/// The zone that a calendar's floating times are in: the one its owner set, else UTC (RFC 4791 5.2.2).
#[must_use]
pub fn calendar_zone(properties: &Properties) -> Zone {
    super::query::zone_of(properties)
}
