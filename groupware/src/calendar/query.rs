//! Objects of a calendar that match a filter.

use std::sync::Arc;

use icalendar::{Filter, Tree, Zone};
use model::{AccountId, CollectionId, Properties};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::object::Object;

impl Groupware {
    /// The objects of a calendar that match (RFC 4791 7.8), by name. Times without a zone are taken to be in `floating`, or
    /// in the calendar's own zone where nothing is asked for.
    ///
    /// # Errors
    /// `READ` is needed.
    pub async fn query_calendar(
        &self,
        caller: &Caller,
        account: AccountId,
        collection: CollectionId,
        filter: &Filter,
        floating: Option<Zone>,
    ) -> Result<Vec<Arc<Object>>, Error> {
        let view = self.objects(caller, account, collection).await?;
        let floating = floating.unwrap_or_else(|| zone_of(&view.collection().properties));
        let candidates = view.iter().filter(|object| {
            object
                .summary
                .calendar()
                .is_none_or(|summary| filter.may_match(summary))
        });
        let candidates: Vec<Arc<Object>> = candidates.cloned().collect();
        let read = self.read_objects(candidates).await?;
        let matches = |(object, parsed): (Arc<Object>, Option<Arc<icalendar::CalendarObject>>)| {
            let is_match = parsed.is_some_and(|parsed| filter.matches(&parsed, &floating));
            is_match.then_some(object)
        };
        Ok(read.into_iter().filter_map(matches).collect())
    }
}

/// The zone that a calendar's floating times are in: the one its owner set, else UTC (RFC 4791 5.2.2).
pub(crate) fn zone_of(properties: &Properties) -> Zone {
    let Some(text) = &properties.time_zone else {
        return Zone::UTC;
    };
    let defined = || {
        let tree = Tree::read(text.as_bytes()).ok()?;
        let zone = tree.root().children().find(|child| child.is("VTIMEZONE"))?;
        Zone::of_component(zone)
    };
    Zone::named(text.trim())
        .or_else(defined)
        .unwrap_or(Zone::UTC)
}
