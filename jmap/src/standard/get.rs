//! `/get` (RFC 8620 5.1).

use std::collections::BTreeSet;
use std::sync::Arc;

use model::AccountId;
use serde_json::Value;

use crate::call::{Answer, Call, Shared};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::limits::GET_OBJECTS_MAX;

/// What of which objects is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Get<I> {
    pub(crate) account: AccountId,
    /// Which, each once and in the order they were asked for; none for all there are.
    pub(crate) ids: Option<Vec<I>>,
    /// Which properties; none for those that are there by default. `id` is always there.
    pub(crate) properties: Option<BTreeSet<String>>,
    /// Ids that can be nobody's.
    not_found: Vec<String>,
}

impl<I: WireId> Get<I> {
    /// Reads `accountId`, `ids` and `properties`. Arguments of the type's own are read before [`Call::finish`].
    ///
    /// `known` are the properties that there are; empty to take any name.
    ///
    /// # Errors
    /// RFC 8620 5.1: `requestTooLarge` beyond `maxObjectsInGet`, `invalidArguments` for a property that is none.
    pub(crate) async fn read(call: &mut Call, known: &[&str]) -> Result<Self, MethodError> {
        let account = call.account().await?;
        let (mut ids, mut not_found) = (None, Vec::new());
        if let Some(texts) = call.arguments.ids("ids")? {
            if texts.len() > GET_OBJECTS_MAX {
                return Err(MethodError::request_too_large());
            }
            let mut seen = BTreeSet::new();
            let mut found = Vec::with_capacity(texts.len());
            for text in texts {
                match call.id::<I>(&text) {
                    // RFC 8620 5.1: an id that is asked for twice is answered once.
                    Some(id) if seen.insert(id) => found.push(id),
                    Some(_) => {}
                    None if not_found.contains(&text) => {}
                    None => not_found.push(text),
                }
            }
            ids = Some(found);
        }
        let properties = call.arguments.texts("properties")?;
        let properties = properties.map(|all| all.into_iter().collect::<BTreeSet<String>>());
        let unknown = |name: &&String| !known.is_empty() && !known.contains(&name.as_str());
        if let Some(name) = properties.iter().flatten().find(unknown) {
            let why = format!("there is no property `{name}`");
            return Err(MethodError::invalid_arguments(why));
        }
        Ok(Self {
            account,
            ids,
            properties,
            not_found,
        })
    }
}

impl<I> Get<I> {
    /// Whether that property is asked for, or nothing was said of properties.
    pub(crate) fn wants(&self, property: &str) -> bool {
        match &self.properties {
            None => true,
            Some(properties) => property == "id" || properties.contains(property),
        }
    }

    /// Takes away all properties that were not asked for.
    pub(crate) fn cut(&self, object: &mut Object) {
        object.retain(|name, _| self.wants(name));
    }
}

/// The answer to a `/get` as it grows.
#[derive(Debug)]
pub(crate) struct Got {
    shared: Arc<Shared>,
    account: AccountId,
    state: String,
    list: Vec<Value>,
    not_found: Vec<String>,
    everything: bool,
}

impl Got {
    /// The answer in that state. Ask for the state before the objects: who then is told of a change that it has seen
    /// looks once too often, the other way round it never looks.
    pub(crate) fn new<I>(call: &Call, get: &Get<I>, state: impl Into<String>) -> Self {
        Self {
            shared: Arc::clone(&call.shared),
            account: get.account,
            state: state.into(),
            list: Vec::new(),
            not_found: get.not_found.clone(),
            everything: get.ids.is_none(),
        }
    }

    /// One more object, with its `id` and nothing that was not asked for.
    ///
    /// # Errors
    /// RFC 8620 5.1 `requestTooLarge`: there are too many, or they are too large together.
    pub(crate) fn add(&mut self, object: Object) -> Result<(), MethodError> {
        if self.everything && self.list.len() == GET_OBJECTS_MAX {
            return Err(MethodError::request_too_large());
        }
        self.shared.take_room(&object)?;
        self.list.push(Value::Object(object));
        Ok(())
    }

    /// What was asked for by this id: an object with all its properties, or nothing.
    ///
    /// # Errors
    /// As [`Got::add`].
    pub(crate) fn add_found<I: WireId>(
        &mut self,
        get: &Get<I>,
        id: I,
        object: Option<Object>,
    ) -> Result<(), MethodError> {
        match object {
            Some(mut object) => {
                get.cut(&mut object);
                self.add(object)?;
            }
            None => self.not_found(id.wire()),
        }
        Ok(())
    }

    /// An object that is not there.
    pub(crate) fn not_found(&mut self, id: impl Into<String>) {
        self.not_found.push(id.into());
    }
}

impl From<Got> for Answer {
    fn from(got: Got) -> Self {
        let mut answer = Object::new();
        answer.insert("accountId".into(), got.account.wire().into());
        answer.insert("state".into(), got.state.into());
        answer.insert("list".into(), got.list.into());
        answer.insert("notFound".into(), got.not_found.into());
        answer.into()
    }
}
