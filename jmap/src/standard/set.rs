//! `/set` (RFC 8620 5.3).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::AccountId;
use serde_json::Value;

use crate::call::{Answer, Call, Shared};
use crate::codec::argument::{Fault, is_id};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::codec::patch::Patch;
use crate::error::{MethodError, SetError};
use crate::limits::SET_OBJECTS_MAX;

/// What is to be created, changed and destroyed.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    pub(crate) account: AccountId,
    if_in_state: Option<String>,
    /// The name of each creation, and the object; what others refer to comes first.
    pub(crate) create: Vec<(String, Object)>,
    /// The id of each object as it came, and what changes.
    pub(crate) update: Vec<(String, Object)>,
    /// Ids as they came, each once.
    pub(crate) destroy: Vec<String>,
}

impl Set {
    /// Reads `accountId`, `ifInState`, `create`, `update` and `destroy`. Arguments of the type's own are read before
    /// [`Call::finish`].
    ///
    /// # Errors
    /// RFC 8620 5.3 `requestTooLarge` beyond `maxObjectsInSet`.
    pub(crate) async fn read(call: &mut Call) -> Result<Self, MethodError> {
        let account = call.account().await?;
        Self::read_in(call, account)
    }

    /// The same for types without accounts (RFC 8620 7.2).
    pub(crate) fn read_in(call: &mut Call, account: AccountId) -> Result<Self, MethodError> {
        let arguments = &mut call.arguments;
        let if_in_state = arguments.text("ifInState")?;
        let create = objects("create", arguments.object("create")?)?;
        let update = objects("update", arguments.object("update")?)?;
        let destroy: BTreeSet<String> = arguments
            .ids("destroy")?
            .unwrap_or_default()
            .into_iter()
            .collect();
        if create.len() + update.len() + destroy.len() > SET_OBJECTS_MAX {
            return Err(MethodError::request_too_large());
        }
        Ok(Self {
            account,
            if_in_state,
            create: in_order(create),
            update,
            destroy: destroy.into_iter().collect(),
        })
    }

    /// RFC 8620 5.3: nothing is done in another state than the client says it knows.
    ///
    /// # Errors
    /// `stateMismatch`.
    pub(crate) fn check_state(&self, state: &str) -> Result<(), MethodError> {
        match &self.if_in_state {
            Some(known) if known != state => Err(MethodError::state_mismatch()),
            _ => Ok(()),
        }
    }

    /// Whether the client says which state it knows.
    pub(crate) fn has_state(&self) -> bool {
        self.if_in_state.is_some()
    }

    /// Takes the updates: known ids with their patches. What cannot be one is noted in the answer.
    pub(crate) fn updates<I: WireId>(&mut self, call: &Call, done: &mut Done) -> Vec<Update<I>> {
        let destroy: BTreeSet<I> = self
            .destroy
            .iter()
            .filter_map(|text| call.id(text))
            .collect();
        let mut updates = Vec::with_capacity(self.update.len());
        for (text, patch) in std::mem::take(&mut self.update) {
            let id = call.id::<I>(&text).ok_or_else(SetError::not_found);
            let id = id.and_then(|id| match destroy.contains(&id) {
                // RFC 8620 5.3.
                true => Err(SetError::will_destroy()),
                false => Ok(id),
            });
            let update = id.and_then(|id| {
                let patch = Patch::read(patch)?;
                Ok(Update {
                    text: text.clone(),
                    id,
                    patch,
                })
            });
            match update {
                Ok(update) => updates.push(update),
                Err(error) => done.not_updated(text, error),
            }
        }
        updates
    }

    /// The ids to be destroyed. What can be nobody's is noted in the answer.
    pub(crate) fn destroys<I: WireId>(&self, call: &Call, done: &mut Done) -> Vec<(String, I)> {
        let mut destroys = Vec::with_capacity(self.destroy.len());
        for text in self.destroy.clone() {
            match call.id(&text) {
                Some(id) => destroys.push((text, id)),
                None => done.not_destroyed(text, SetError::not_found()),
            }
        }
        destroys
    }
}

/// One object that changes.
#[derive(Clone, Debug)]
pub(crate) struct Update<I> {
    /// Its id as it came.
    pub(crate) text: String,
    pub(crate) id: I,
    pub(crate) patch: Patch,
}

/// The answer to a `/set` as it grows.
#[derive(Debug)]
pub(crate) struct Done {
    shared: Arc<Shared>,
    account: Option<AccountId>,
    old_state: Option<String>,
    created: Object,
    updated: Object,
    destroyed: Vec<String>,
    not_created: Object,
    not_updated: Object,
    not_destroyed: Object,
}

impl Done {
    /// The answer to a call that begins in that state.
    pub(crate) fn new(call: &Call, set: &Set, old_state: impl Into<String>) -> Self {
        Self {
            account: Some(set.account),
            old_state: Some(old_state.into()),
            ..Self::without_account(call)
        }
    }

    /// The answer of a type that has neither accounts nor states (RFC 8620 7.2.2).
    pub(crate) fn without_account(call: &Call) -> Self {
        Self {
            shared: Arc::clone(&call.shared),
            account: None,
            old_state: None,
            created: Object::new(),
            updated: Object::new(),
            destroyed: Vec::new(),
            not_created: Object::new(),
            not_updated: Object::new(),
            not_destroyed: Object::new(),
        }
    }

    /// An object was created: its id, and the properties that the client did not set or that became others.
    pub(crate) fn created(&mut self, creation: &str, id: &str, mut server_set: Object) {
        server_set.insert("id".into(), id.into());
        self.shared.note_created(creation, id);
        self.created
            .insert(creation.to_owned(), Value::Object(server_set));
    }

    pub(crate) fn not_created(&mut self, creation: impl Into<String>, error: impl Into<SetError>) {
        self.not_created
            .insert(creation.into(), error.into().value());
    }

    /// An object was changed, as the client asked for it and in no other way.
    pub(crate) fn updated(&mut self, id: impl Into<String>) {
        self.updated.insert(id.into(), Value::Null);
    }

    /// An object was changed, and these properties are others than the client thinks.
    pub(crate) fn updated_with(&mut self, id: impl Into<String>, server_set: Object) {
        let value = match server_set.is_empty() {
            true => Value::Null,
            false => Value::Object(server_set),
        };
        self.updated.insert(id.into(), value);
    }

    pub(crate) fn not_updated(&mut self, id: impl Into<String>, error: impl Into<SetError>) {
        self.not_updated.insert(id.into(), error.into().value());
    }

    pub(crate) fn destroyed(&mut self, id: impl Into<String>) {
        self.destroyed.push(id.into());
    }

    pub(crate) fn not_destroyed(&mut self, id: impl Into<String>, error: impl Into<SetError>) {
        self.not_destroyed.insert(id.into(), error.into().value());
    }

    /// The answer, in the state after it.
    pub(crate) fn answer(self, new_state: impl Into<String>) -> Answer {
        let mut answer = self.lists();
        answer.insert("newState".into(), new_state.into().into());
        answer.into()
    }

    /// The answer of a type that has no states.
    pub(crate) fn answer_without_state(self) -> Answer {
        self.lists().into()
    }

    /// RFC 8620 5.3: lists that are empty are `null`.
    fn lists(self) -> Object {
        let or_null = |object: Object| match object.is_empty() {
            true => Value::Null,
            false => Value::Object(object),
        };
        let mut answer = Object::new();
        if let Some(account) = self.account {
            answer.insert("accountId".into(), account.wire().into());
        }
        if let Some(state) = self.old_state {
            answer.insert("oldState".into(), state.into());
        }
        answer.insert("created".into(), or_null(self.created));
        answer.insert("updated".into(), or_null(self.updated));
        let destroyed = match self.destroyed.is_empty() {
            true => Value::Null,
            false => self.destroyed.into(),
        };
        answer.insert("destroyed".into(), destroyed);
        answer.insert("notCreated".into(), or_null(self.not_created));
        answer.insert("notUpdated".into(), or_null(self.not_updated));
        answer.insert("notDestroyed".into(), or_null(self.not_destroyed));
        answer
    }
}

/// The members of an argument that maps ids to objects.
pub(crate) fn objects(
    name: &str,
    members: Option<Object>,
) -> Result<Vec<(String, Object)>, MethodError> {
    let member = |(id, value): (String, Value)| match value {
        Value::Object(object) if is_id(&id) => Ok((id, object)),
        _ => Err(Fault::new(name, "has to map ids to objects")),
    };
    let members = members.unwrap_or_default().into_iter();
    Ok(members.map(member).collect::<Result<_, _>>()?)
}

/// RFC 8620 5.3: what refers to another creation of the same call (`#x`) comes after it. Circles stay as they are, and
/// fail where they are not resolved.
pub(crate) fn in_order(create: Vec<(String, Object)>) -> Vec<(String, Object)> {
    let names: BTreeSet<&str> = create.iter().map(|(name, _)| name.as_str()).collect();
    let mut waits_for: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, object) in &create {
        let mut found = BTreeSet::new();
        references_in(object, &names, &mut found);
        found.remove(name);
        waits_for.insert(name.clone(), found);
    }
    if waits_for.values().all(BTreeSet::is_empty) {
        return create;
    }
    let mut left: BTreeMap<String, Object> = create.into_iter().collect();
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let ready = |name: &&String| {
            let waits = waits_for.get(*name);
            waits.is_none_or(|waits| !waits.iter().any(|other| left.contains_key(other)))
        };
        let mut next: Vec<String> = left.keys().filter(ready).cloned().collect();
        if next.is_empty() {
            next = left.keys().cloned().collect();
        }
        for name in next {
            if let Some(object) = left.remove(&name) {
                ordered.push((name, object));
            }
        }
    }
    ordered
}

/// Which of the names the object refers to: as a value, or as the name of a member (`mailboxIds`).
fn references_in(object: &Object, names: &BTreeSet<&str>, found: &mut BTreeSet<String>) {
    for (name, value) in object {
        note_reference(name, names, found);
        references_of(value, names, found);
    }
}

/// The same of a value; how deep values lie was bounded when they were read.
fn references_of(value: &Value, names: &BTreeSet<&str>, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => note_reference(text, names, found),
        Value::Array(values) => values
            .iter()
            .for_each(|value| references_of(value, names, found)),
        Value::Object(inner) => references_in(inner, names, found),
        _ => {}
    }
}

fn note_reference(text: &str, names: &BTreeSet<&str>, found: &mut BTreeSet<String>) {
    let creation = text.strip_prefix('#').filter(|name| names.contains(name));
    found.extend(creation.map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(create: Value) -> Vec<String> {
        let Value::Object(create) = create else {
            panic!("{create} is no object");
        };
        let create = objects("create", Some(create)).unwrap();
        in_order(create).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn creations_come_after_what_they_refer_to() {
        let create = json!({"a": {"parentId": "#b"}, "b": {"parentId": "#c"}, "c": {"parentId": null}, "d": {}});
        assert_eq!(order(create), ["c", "d", "b", "a"]);
        let members = json!({"a": {"mailboxIds": {"#z": true}}, "z": {}});
        assert_eq!(order(members), ["z", "a"]);
        let deep = json!({"a": {"data": [{"blobId": "#z"}]}, "z": {}});
        assert_eq!(order(deep), ["z", "a"]);
        let circle = json!({"a": {"x": "#b"}, "b": {"x": ["#a"]}});
        assert_eq!(order(circle), ["a", "b"]);
    }

    #[test]
    fn only_objects_under_ids_are_created() {
        let read = |value: Value| match value {
            Value::Object(object) => objects("create", Some(object)),
            _ => Ok(Vec::new()),
        };
        assert!(read(json!({"a b": {}})).is_err());
        assert!(read(json!({"a": null})).is_err());
    }
}
