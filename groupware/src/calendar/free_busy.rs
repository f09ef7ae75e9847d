//! When somebody is busy: without saying what with.

use std::ops::Range;
use std::sync::Arc;

use icalendar::{Busy, CalendarObject, Kind, merge, unavailable};
use model::{AccountId, CollectionId, CollectionKind, CollectionRights};
use store::Collection;

use super::query::zone_of;
use crate::Groupware;
use crate::caller::Caller;
use crate::collection::inbox;
use crate::error::Error;
use crate::object::Object;
use crate::refusal::Refusal;

/// How much time one question may span, in seconds: ten years.
const RANGE_SECONDS_MAX: i64 = 3_660 * 86_400;

impl Groupware {
    /// When the objects of one calendar make their owner busy in a range of time (RFC 4791 7.10), merged and in order.
    ///
    /// # Errors
    /// `FREE_BUSY` is needed. [`Error::Refused`] if the range is too long or there are too many occurrences in it.
    pub async fn free_busy(
        &self,
        caller: &Caller,
        account: AccountId,
        collection: CollectionId,
        range: Range<i64>,
    ) -> Result<Vec<Busy>, Error> {
        check(&range)?;
        let access = self.collection_access(caller, account).await?;
        let calendar = access.require(collection, CollectionRights::FREE_BUSY)?;
        if calendar.kind != CollectionKind::Calendar {
            return Err(Error::NotFound);
        }
        let calendar = Arc::clone(calendar);
        let busy = self
            .busy_in(&access.head, &calendar, &range, None, None)
            .await?;
        Ok(merge(busy))
    }

    /// When the owner of an account is busy: by all calendars that take up their time and that the caller may ask, and by
    /// the times at which they can be met (RFC 6638 5, RFC 7953 4). `masked` is a `UID` that does not count.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller may not know it of any calendar. [`Error::Refused`] as for
    /// [`Groupware::free_busy`].
    pub async fn free_busy_of(
        &self,
        caller: &Caller,
        account: AccountId,
        range: Range<i64>,
        masked: Option<&str>,
    ) -> Result<Vec<Busy>, Error> {
        check(&range)?;
        self.ensure_collections(account.into()).await?;
        let access = self.collection_access(caller, account).await?;
        let owner = self.directory.principal(account.into()).await?;
        let address = owner.as_ref().map(|owner| owner.address.as_str());
        let calendars: Vec<Arc<Collection>> = access
            .visible()
            .filter(|info| {
                info.collection.kind == CollectionKind::Calendar
                    && info.rights.contains(CollectionRights::FREE_BUSY)
            })
            .map(|info| info.collection)
            .collect();
        if calendars.is_empty() {
            return Err(Error::NotFound);
        }
        let mut busy = Vec::new();
        // RFC 6638 9.1: a calendar can be kept for information only.
        for calendar in calendars
            .iter()
            .filter(|calendar| !calendar.properties.transparent)
        {
            busy.extend(
                self.busy_in(&access.head, calendar, &range, address, masked)
                    .await?,
            );
        }
        let availability = inbox(&access.head)
            .and_then(|inbox| inbox.properties.availability.as_deref())
            .and_then(|text| CalendarObject::read(text.as_bytes()).ok());
        if let Some(availability) = availability {
            let zone = calendars.first().map_or(icalendar::Zone::UTC, |calendar| {
                zone_of(&calendar.properties)
            });
            busy.extend(unavailable(&[availability], range, &zone)?);
        }
        Ok(merge(busy))
    }

    async fn busy_in(
        &self,
        head: &Arc<store::Head>,
        calendar: &Collection,
        range: &Range<i64>,
        whom: Option<&str>,
        masked: Option<&str>,
    ) -> Result<Vec<Busy>, Error> {
        let view = self.object_view(head, calendar.id).await?;
        let takes_time = |object: &&Arc<Object>| {
            Some(object.row.uid.as_str()) != masked
                && object.summary.calendar().is_none_or(|summary| {
                    matches!(summary.kind, Kind::Event | Kind::FreeBusy)
                        && summary.may_overlap(range)
                })
        };
        let candidates: Vec<Arc<Object>> = view.iter().filter(takes_time).cloned().collect();
        let zone = zone_of(&calendar.properties);
        let mut busy = Vec::new();
        for (_, object) in self.read_objects(candidates).await? {
            if let Some(object) = object {
                busy.extend(object.busy(range.clone(), &zone, whom)?);
            }
        }
        Ok(busy)
    }
}

/// Refuses a range that is empty, or too long to be looked at.
pub(crate) fn check(range: &Range<i64>) -> Result<(), Error> {
    let length = range.end.checked_sub(range.start);
    if length.is_some_and(|length| length > 0 && length <= RANGE_SECONDS_MAX) {
        Ok(())
    } else {
        Err(Refusal::Occurrences.into())
    }
}
