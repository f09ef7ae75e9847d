//! `/query` (RFC 8620 5.5).

use model::AccountId;
use serde_json::Value;

use crate::call::{Answer, Call, Outcome};
use crate::codec::argument::Arguments;
use crate::codec::filter::{self, Comparator, Filter, FilterFault};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::limits::QUERY_OBJECTS_MAX;

/// What is looked for, and which part of it the client wants to see.
#[derive(Clone, Debug)]
pub(crate) struct Query<C> {
    pub(crate) account: AccountId,
    /// None for all there are.
    pub(crate) filter: Option<Filter<C>>,
    /// Empty for whatever order the type has.
    pub(crate) sort: Vec<Comparator>,
    pub(crate) window: Window,
    pub(crate) calculate_total: bool,
}

/// Which part of the list of all results is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    /// The first; from the end if negative. Of no account if there is an anchor.
    pub(crate) position: i64,
    /// The result that the first is counted from, as it came.
    pub(crate) anchor: Option<String>,
    pub(crate) anchor_offset: i64,
    /// How many; never more than [`QUERY_OBJECTS_MAX`].
    pub(crate) limit: usize,
    /// Whether the server set that bound, and has to say so.
    pub(crate) limit_is_ours: bool,
}

impl<C> Query<C> {
    /// Reads all arguments that are the same for every type; those of the type's own are read before [`Call::finish`].
    /// `condition` takes what it knows of a condition, and nobody knows what it leaves.
    ///
    /// # Errors
    /// RFC 8620 5.5: `unsupportedFilter`, `unsupportedSort`, `invalidArguments`.
    pub(crate) async fn read(
        call: &mut Call,
        mut condition: impl FnMut(&mut Arguments) -> Result<C, FilterFault>,
    ) -> Result<Self, MethodError> {
        let account = call.account().await?;
        let arguments = &mut call.arguments;
        let filter = arguments.object("filter")?;
        let filter = filter.map(|filter| filter::read(filter, &mut condition));
        Ok(Self {
            account,
            filter: filter.transpose()?,
            sort: filter::comparators(arguments.list("sort")?.unwrap_or_default())?,
            window: Window::read(arguments)?,
            calculate_total: arguments.flag("calculateTotal")?.unwrap_or(false),
        })
    }
}

impl<C> Query<C> {
    /// The answer where the list of all results is there as a whole.
    ///
    /// # Errors
    /// As [`Window::start`].
    pub(crate) fn answer<I: WireId>(
        &self,
        call: &Call,
        (state, can_calculate_changes): (String, bool),
        ids: &[I],
    ) -> Outcome {
        let (position, part) = self.window.part(call, ids)?;
        let found = Found {
            state,
            can_calculate_changes,
            position,
            ids: part.iter().map(|id| id.wire()).collect(),
            total: Some(ids.len()),
        };
        Ok(found.answer(self))
    }
}

impl Window {
    fn read(arguments: &mut Arguments) -> Result<Self, MethodError> {
        let limit = arguments.unsigned("limit")?;
        let asked = limit.and_then(|limit| usize::try_from(limit).ok());
        let limit = asked.unwrap_or(usize::MAX).min(QUERY_OBJECTS_MAX);
        Ok(Self {
            position: arguments.integer("position")?.unwrap_or(0),
            anchor: arguments.id("anchor")?,
            anchor_offset: arguments.integer("anchorOffset")?.unwrap_or(0),
            limit,
            limit_is_ours: asked.is_none_or(|asked| asked > limit),
        })
    }

    /// Where the part begins in a list of `total` results; `place` finds the anchor in it.
    ///
    /// # Errors
    /// RFC 8620 5.5 `anchorNotFound`.
    pub(crate) fn start(
        &self,
        total: usize,
        place: impl FnOnce(&str) -> Option<usize>,
    ) -> Result<usize, MethodError> {
        let clamp = |at: i64| usize::try_from(at.max(0)).unwrap_or(usize::MAX).min(total);
        let size = i64::try_from(total).unwrap_or(i64::MAX);
        match &self.anchor {
            Some(anchor) => {
                let at = place(anchor).ok_or_else(MethodError::anchor_not_found)?;
                let at = i64::try_from(at).unwrap_or(i64::MAX);
                Ok(clamp(at.saturating_add(self.anchor_offset)))
            }
            None if self.position < 0 => Ok(clamp(size.saturating_add(self.position))),
            None => Ok(clamp(self.position)),
        }
    }

    /// The part of a list that is there as a whole, and where it begins.
    ///
    /// # Errors
    /// As [`Window::start`].
    pub(crate) fn part<'a, I: WireId>(
        &self,
        call: &Call,
        ids: &'a [I],
    ) -> Result<(usize, &'a [I]), MethodError> {
        let place = |anchor: &str| {
            let anchor: I = call.id(anchor)?;
            ids.iter().position(|id| *id == anchor)
        };
        let start = self.start(ids.len(), place)?;
        let end = start.saturating_add(self.limit).min(ids.len());
        Ok((start, ids.get(start..end).unwrap_or_default()))
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The state of the list of all results; the type's state will do.
    pub(crate) state: String,
    /// Whether `/queryChanges` can tell what changed in it since.
    pub(crate) can_calculate_changes: bool,
    /// Where the part begins.
    pub(crate) position: usize,
    pub(crate) ids: Vec<String>,
    /// How many results there are in all, if the client wants to know.
    pub(crate) total: Option<usize>,
}

impl Found {
    /// The answer to that question.
    pub(crate) fn answer<C>(self, query: &Query<C>) -> Answer {
        let mut answer = Object::new();
        answer.insert("accountId".into(), query.account.wire().into());
        answer.insert("queryState".into(), self.state.into());
        let can = Value::Bool(self.can_calculate_changes);
        answer.insert("canCalculateChanges".into(), can);
        answer.insert("position".into(), self.position.into());
        answer.insert("ids".into(), self.ids.into());
        if let Some(total) = self.total.filter(|_| query.calculate_total) {
            answer.insert("total".into(), total.into());
        }
        if query.window.limit_is_ours {
            // RFC 8620 5.5: a bound that the server sets is named.
            answer.insert("limit".into(), query.window.limit.into());
        }
        answer.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(window: &Window) -> Result<usize, MethodError> {
        window.start(10, |anchor| (anchor == "x").then_some(4))
    }

    #[test]
    fn a_part_begins_at_a_position_or_at_an_anchor() {
        let at = |position| Window {
            position,
            ..Window::default()
        };
        assert_eq!(start(&at(3)), Ok(3));
        assert_eq!(start(&at(30)), Ok(10));
        assert_eq!(start(&at(-3)), Ok(7));
        assert_eq!(start(&at(-30)), Ok(0));
        let from = |anchor: &str, anchor_offset| Window {
            anchor: Some(anchor.into()),
            anchor_offset,
            position: 9,
            ..Window::default()
        };
        assert_eq!(start(&from("x", 0)), Ok(4));
        assert_eq!(start(&from("x", -2)), Ok(2));
        assert_eq!(start(&from("x", -9)), Ok(0));
        assert_eq!(start(&from("y", 0)), Err(MethodError::anchor_not_found()));
    }
}
