//! Notifications: what somebody is told that others did (RFC 9670 3, JMAP Calendars draft -26 6, JMAP Tasks draft -06 5), as far as
//! they are alike.

use groupware::{Error, RecordKind};
use model::{AccountId, ObjectId, Timestamp};

use crate::call::Call;
use crate::codec::argument::Arguments;
use crate::codec::filter::{Comparator, Filter, FilterFault};
use crate::codec::id::NotificationId;
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::MethodError;

/// A notification.
pub(crate) trait Notification: Sized + Send + Sync + 'static {
    const TYPE: DataType;
    /// What they are kept as.
    const RECORDS: RecordKind;
    const PROPERTIES: &'static [&'static str];

    /// What notifications are asked for, beside when they were made.
    type Condition: Send + Sync;

    /// All that lie in an account.
    ///
    /// # Errors
    /// Only its owner reads them.
    fn all(
        call: &Call,
        account: AccountId,
    ) -> impl Future<Output = Result<Vec<Self>, Error>> + Send;

    fn id(&self) -> ObjectId;

    /// When it was made.
    fn at(&self) -> Timestamp;

    /// It on the wire.
    fn object(&self) -> Object;

    /// Reads a condition.
    ///
    /// # Errors
    /// A member has a value that it cannot have.
    fn condition(from: &mut Arguments) -> Result<Self::Condition, FilterFault>;

    /// Whether a condition holds.
    fn meets(&self, condition: &Self::Condition) -> bool;
}

/// A condition (RFC 9670 3.4, JMAP Calendars draft -26 6.4); all that it says must hold.
#[derive(Clone, Debug)]
pub(crate) struct Condition<C> {
    after: Option<Timestamp>,
    before: Option<Timestamp>,
    own: C,
}

impl<C> Condition<C> {
    /// Reads it.
    ///
    /// # Errors
    /// A member has a value that it cannot have.
    pub(crate) fn read<N: Notification<Condition = C>>(
        from: &mut Arguments,
    ) -> Result<Self, FilterFault> {
        Ok(Self {
            after: from.date("after")?,
            before: from.date("before")?,
            own: N::condition(from)?,
        })
    }

    fn holds<N: Notification<Condition = C>>(&self, notice: &N) -> bool {
        self.after.is_none_or(|after| notice.at() >= after)
            && self.before.is_none_or(|before| notice.at() < before)
            && notice.meets(&self.own)
    }
}

/// Those that a filter takes in, in their order.
///
/// # Errors
/// RFC 9670 3.4 `unsupportedSort`: notifications are sorted by `created` alone.
pub(crate) fn select<N: Notification>(
    mut notices: Vec<N>,
    filter: Option<&Filter<Condition<N::Condition>>>,
    sort: &[Comparator],
) -> Result<Vec<NotificationId>, MethodError> {
    if let Some(one) = sort.iter().find(|one| one.property != "created") {
        let why = format!("notices cannot be sorted by `{}`", one.property);
        return Err(MethodError::unsupported_sort(why));
    }
    notices.retain(|notice| {
        filter.is_none_or(|filter| filter.holds(&mut |one: &Condition<_>| one.holds(notice)))
    });
    notices.sort_by_key(|notice| (notice.at(), notice.id()));
    if sort.first().is_some_and(|one| !one.ascending) {
        notices.reverse();
    }
    let ids = notices.iter().map(|notice| NotificationId(notice.id()));
    Ok(ids.collect())
}
