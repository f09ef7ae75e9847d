//! `/copy` of items (RFC 8620 5.4).

use serde_json::Value;

use super::writer::Writer;
use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::SetError;
use crate::standard::copy::{Copied, Copy};
use crate::words::item::Item;
use crate::words::item_id::ItemId;

/// JMAP Calendars draft -26 5.11.
pub(in crate::method) async fn copy<T: Item>(mut call: Call) -> Outcome {
    let copy = Copy::read(&mut call).await?;
    call.finish()?;
    let from_state = call.state(copy.from, T::TYPE).await?;
    let old = call.state(copy.account, T::TYPE).await?;
    copy.check_states(&from_state, &old)?;
    let from = Writer::<T>::new(&call, copy.from).await?;
    let to = Writer::<T>::new(&call, copy.account).await?;
    let mut copied = Copied::new(&copy, old);
    for (creation, different) in &copy.create {
        match Box::pin(copy_one(&from, &to, different.clone())).await {
            Ok((original, id, server_set)) => {
                copied.created(&call, creation, &id.wire(), &original, server_set);
            }
            Err(error) => copied.not_created(creation, error),
        }
    }
    let state = call.state(copy.account, T::TYPE).await?;
    Ok(copied.answer(&call, &copy, state, T::WORDS.set).await)
}

/// Makes an item like the other, with what is said to be different.
async fn copy_one<T: Item>(
    from: &Writer<'_, T>,
    to: &Writer<'_, T>,
    mut different: Object,
) -> Result<(String, T::Id, Object), SetError> {
    let fault = || {
        let why = format!("has to be the id of {}", T::WORDS.one);
        SetError::invalid_property("id", why)
    };
    let text = different.remove("id");
    let text = text.as_ref().and_then(Value::as_str).ok_or_else(fault)?;
    let text = text.to_owned();
    let id: T::Id = from.call.id(&text).ok_or_else(SetError::not_found)?;
    if id.instance().is_some() {
        // JMAP Calendars draft -26 5.12: an occurrence is no event of its own.
        return Err(SetError::not_found());
    }
    let (mut json, body) = from.readable(id).await?;
    for name in T::WORDS.server_set {
        json.remove(*name);
    }
    json.remove(T::WORDS.container_property);
    json.extend(different);
    let (id, server_set) = to.create_like(json, Some(&body)).await?;
    Ok((text, id, server_set))
}
