//! `/queryChanges` (RFC 8620 5.6).

use std::collections::BTreeSet;

use model::AccountId;
use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::codec::argument::Arguments;
use crate::codec::filter::{self, Comparator, Filter, FilterFault};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::limits::CHANGES_OBJECTS_MAX;

/// Since when changes in a list of results are asked for.
#[derive(Clone, Debug)]
pub(crate) struct QueryChanges<C> {
    pub(crate) account: AccountId,
    pub(crate) filter: Option<Filter<C>>,
    pub(crate) sort: Vec<Comparator>,
    /// `sinceQueryState`, as it came.
    pub(crate) since: String,
    /// Objects that the answer may name at most.
    pub(crate) max: usize,
    /// The last result that the client holds, as it came.
    pub(crate) up_to: Option<String>,
    pub(crate) calculate_total: bool,
}

impl<C> QueryChanges<C> {
    /// Reads all arguments that are the same for every type, as [`super::query::Query::read`].
    pub(crate) async fn read(
        call: &mut Call,
        mut condition: impl FnMut(&mut Arguments) -> Result<C, FilterFault>,
    ) -> Result<Self, MethodError> {
        let account = call.account().await?;
        let arguments = &mut call.arguments;
        let filter = arguments.object("filter")?;
        let filter = filter.map(|filter| filter::read(filter, &mut condition));
        let max = arguments.unsigned("maxChanges")?;
        let max = max.and_then(|max| usize::try_from(max).ok());
        Ok(Self {
            account,
            filter: filter.transpose()?,
            sort: filter::comparators(arguments.list("sort")?.unwrap_or_default())?,
            since: arguments.required_text("sinceQueryState")?,
            max: max.unwrap_or(usize::MAX).min(CHANGES_OBJECTS_MAX),
            up_to: arguments.id("upToId")?,
            calculate_total: arguments.flag("calculateTotal")?.unwrap_or(false),
        })
    }

    /// The answer where nothing changed since; what a type says that cannot tell changes of its lists.
    ///
    /// # Errors
    /// RFC 8620 5.6 `cannotCalculateChanges`: it is in another state. `total` is only asked for in the same one.
    pub(crate) fn only_if_unchanged(
        &self,
        state: &str,
        total: impl FnOnce() -> Option<usize>,
    ) -> Result<Answer, MethodError> {
        if self.since != state {
            return Err(MethodError::cannot_calculate_changes());
        }
        let changed = QueryChanged {
            state: state.to_owned(),
            total: self.calculate_total.then(total).flatten(),
            ..QueryChanged::default()
        };
        changed.answer(self)
    }
}

/// What changed in a list of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueryChanged {
    /// The state of the list now.
    pub(crate) state: String,
    /// How many results there are, if the client wants to know.
    pub(crate) total: Option<usize>,
    /// What is to be taken out of the old list; more than that is no harm.
    pub(crate) removed: Vec<String>,
    /// What is then to be put in, each at its place in the new list, by rising place.
    pub(crate) added: Vec<(String, usize)>,
}

impl QueryChanged {
    /// What changed where only these objects were touched: whatever was there of them goes, and what is there now comes
    /// to its place among `ids`, the list now.
    pub(crate) fn of_touched<I: WireId>(state: String, ids: &[I], touched: &BTreeSet<I>) -> Self {
        let places = ids.iter().enumerate();
        let added = places.filter(|(_, id)| touched.contains(id));
        Self {
            state,
            total: Some(ids.len()),
            added: added.map(|(place, id)| (id.wire(), place)).collect(),
            removed: touched.iter().map(|id| id.wire()).collect(),
        }
    }

    /// The answer to that question.
    ///
    /// # Errors
    /// RFC 8620 5.6 `tooManyChanges`.
    pub(crate) fn answer<C>(self, query: &QueryChanges<C>) -> Result<Answer, MethodError> {
        if self.removed.len() + self.added.len() > query.max {
            return Err(MethodError::new("tooManyChanges"));
        }
        let added = self.added.into_iter();
        let added: Vec<Value> = added
            .map(|(id, index)| json!({"id": id, "index": index}))
            .collect();
        let mut answer = Object::new();
        answer.insert("accountId".into(), query.account.wire().into());
        answer.insert("oldQueryState".into(), query.since.as_str().into());
        answer.insert("newQueryState".into(), self.state.into());
        if let Some(total) = self.total.filter(|_| query.calculate_total) {
            answer.insert("total".into(), total.into());
        }
        answer.insert("removed".into(), self.removed.into());
        answer.insert("added".into(), added.into());
        Ok(answer.into())
    }
}
