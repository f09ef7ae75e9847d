//! `/copy` (RFC 8620 5.4).

use model::AccountId;
use serde_json::Value;

use super::set::objects;
use crate::call::{Answer, Call};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::{MethodError, SetError};
use crate::limits::SET_OBJECTS_MAX;

/// What is to be copied from one account to another.
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    pub(crate) from: AccountId,
    pub(crate) account: AccountId,
    if_from_in_state: Option<String>,
    if_in_state: Option<String>,
    /// The name of each creation, and the object: its `id` in the other account, and what is to be different.
    pub(crate) create: Vec<(String, Object)>,
    /// Whether what was copied is destroyed where it was, by a `/set` of its own.
    pub(crate) on_success_destroy_original: bool,
    /// `ifInState` of that `/set`.
    pub(crate) destroy_from_if_in_state: Option<String>,
}

impl Copy {
    /// Reads all arguments.
    ///
    /// # Errors
    /// RFC 8620 5.4: `fromAccountNotFound`; `invalidArguments` for one and the same account; `requestTooLarge`.
    pub(crate) async fn read(call: &mut Call) -> Result<Self, MethodError> {
        let from = call.account_named("fromAccountId").await;
        let from = from.map_err(|error| match error.kind {
            "accountNotFound" => MethodError::new("fromAccountNotFound"),
            _ => error,
        })?;
        let account = call.account().await?;
        if from == account {
            let why = "`fromAccountId` and `accountId` have to be different";
            return Err(MethodError::invalid_arguments(why));
        }
        let arguments = &mut call.arguments;
        let create = objects("create", arguments.object("create")?)?;
        if create.len() > SET_OBJECTS_MAX {
            return Err(MethodError::request_too_large());
        }
        Ok(Self {
            from,
            account,
            if_from_in_state: arguments.text("ifFromInState")?,
            if_in_state: arguments.text("ifInState")?,
            create,
            on_success_destroy_original: arguments
                .flag("onSuccessDestroyOriginal")?
                .unwrap_or(false),
            destroy_from_if_in_state: arguments.text("destroyFromIfInState")?,
        })
    }

    /// RFC 8620 5.4: nothing is copied in other states than the client says it knows.
    ///
    /// # Errors
    /// `stateMismatch`.
    pub(crate) fn check_states(&self, from: &str, to: &str) -> Result<(), MethodError> {
        let same =
            |known: &Option<String>, state| known.as_deref().is_none_or(|known| known == state);
        if same(&self.if_from_in_state, from) && same(&self.if_in_state, to) {
            Ok(())
        } else {
            Err(MethodError::state_mismatch())
        }
    }
}

/// The answer to a `/copy` as it grows.
#[derive(Debug)]
pub(crate) struct Copied {
    from: AccountId,
    account: AccountId,
    old_state: String,
    created: Object,
    not_created: Object,
    originals: Vec<String>,
}

impl Copied {
    /// The answer to a call that begins in that state of the account that gets copies.
    pub(crate) fn new(copy: &Copy, old_state: impl Into<String>) -> Self {
        Self {
            from: copy.from,
            account: copy.account,
            old_state: old_state.into(),
            created: Object::new(),
            not_created: Object::new(),
            originals: Vec::new(),
        }
    }

    /// An object was copied: its new id, the id it was copied from, and what the client does not know of it.
    pub(crate) fn created(
        &mut self,
        call: &Call,
        creation: &str,
        id: &str,
        original: &str,
        mut server_set: Object,
    ) {
        server_set.insert("id".into(), id.into());
        call.shared.note_created(creation, id);
        self.originals.push(original.to_owned());
        self.created
            .insert(creation.to_owned(), Value::Object(server_set));
    }

    pub(crate) fn not_created(&mut self, creation: impl Into<String>, error: impl Into<SetError>) {
        self.not_created
            .insert(creation.into(), error.into().value());
    }

    /// The answer, in the state after it; with that of the `/set` of this name, which destroys what was copied, if the
    /// client wants that.
    pub(crate) async fn answer(
        self,
        call: &Call,
        copy: &Copy,
        new_state: impl Into<String>,
        set: &'static str,
    ) -> Answer {
        let or_null = |object: Object| match object.is_empty() {
            true => Value::Null,
            false => Value::Object(object),
        };
        let mut answer = Object::new();
        answer.insert("fromAccountId".into(), self.from.wire().into());
        answer.insert("accountId".into(), self.account.wire().into());
        answer.insert("oldState".into(), self.old_state.into());
        answer.insert("newState".into(), new_state.into().into());
        answer.insert("created".into(), or_null(self.created));
        answer.insert("notCreated".into(), or_null(self.not_created));
        let answer = Answer::from(answer);
        if !copy.on_success_destroy_original || self.originals.is_empty() {
            return answer;
        }
        let mut arguments = Object::new();
        arguments.insert("accountId".into(), self.from.wire().into());
        arguments.insert("destroy".into(), self.originals.into());
        if let Some(state) = &copy.destroy_from_if_in_state {
            arguments.insert("ifInState".into(), state.as_str().into());
        }
        let outcome = Box::pin(call.further(set, arguments)).await;
        answer.and(set, outcome)
    }
}
