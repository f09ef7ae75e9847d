//! `/changes` (RFC 8620 5.2).

use model::{AccountId, Seq};
use serde_json::Value;

use crate::call::{Answer, Call};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::limits::CHANGES_OBJECTS_MAX;

/// Since when changes are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Since {
    pub(crate) account: AccountId,
    /// `sinceState`, as it came.
    pub(crate) state: String,
    /// Objects that the answer may name at most, never more than [`CHANGES_OBJECTS_MAX`].
    pub(crate) max: usize,
}

impl Since {
    /// Reads `accountId`, `sinceState` and `maxChanges`.
    ///
    /// # Errors
    /// RFC 8620 5.2: `maxChanges` is more than 0.
    pub(crate) async fn read(call: &mut Call) -> Result<Self, MethodError> {
        let account = call.account().await?;
        let state = call.arguments.required_text("sinceState")?;
        let asked = call.arguments.unsigned("maxChanges")?;
        if asked == Some(0) {
            return Err(MethodError::invalid_arguments(
                "`maxChanges` has to be more than 0",
            ));
        }
        let max = asked.and_then(|max| usize::try_from(max).ok());
        Ok(Self {
            account,
            state,
            max: max.unwrap_or(usize::MAX).min(CHANGES_OBJECTS_MAX),
        })
    }

    /// The entry of the journal that the state stands for, where states are nothing but such numbers.
    ///
    /// # Errors
    /// RFC 8620 5.2 `cannotCalculateChanges`: it is no state of ours.
    pub(crate) fn seq(&self) -> Result<Seq, MethodError> {
        read_seq(&self.state).ok_or_else(MethodError::cannot_calculate_changes)
    }
}

/// A state that is the number of an entry.
pub(crate) fn read_seq(state: &str) -> Option<Seq> {
    let digits = !state.is_empty() && state.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| state.parse().ok()).flatten().map(Seq)
}

/// What changed. Each id stands in one of the three lists at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    /// The state that the client has once it knows this.
    pub(crate) state: String,
    /// Whether there is more after that.
    pub(crate) more: bool,
    pub(crate) created: Vec<String>,
    pub(crate) updated: Vec<String>,
    pub(crate) destroyed: Vec<String>,
}

impl Changed {
    /// The answer to that question. Members of the type's own are put into [`Answer::arguments`] afterwards.
    ///
    /// # Errors
    /// RFC 8620 5.2 `cannotCalculateChanges`: it would name more objects than the client takes.
    pub(crate) fn answer(self, since: Since) -> Result<Answer, MethodError> {
        let count = self.created.len() + self.updated.len() + self.destroyed.len();
        if count > since.max {
            return Err(MethodError::cannot_calculate_changes());
        }
        let mut answer = Object::new();
        answer.insert("accountId".into(), since.account.wire().into());
        answer.insert("oldState".into(), since.state.into());
        answer.insert("newState".into(), self.state.into());
        answer.insert("hasMoreChanges".into(), Value::Bool(self.more));
        answer.insert("created".into(), self.created.into());
        answer.insert("updated".into(), self.updated.into());
        answer.insert("destroyed".into(), self.destroyed.into());
        Ok(answer.into())
    }
}
