//! `ContactCard/copy` (RFC 9610 3.6).

use groupware::CardKey;
use serde_json::Value;

use super::contact_card_set::{create, find};
use crate::call::{Call, Outcome};
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::SetError;
use crate::standard::copy::{Copied, Copy};
use crate::words::card;
use crate::words::card_id::CardId;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let copy = Copy::read(&mut call).await?;
    call.finish()?;
    let from_state = call.state(copy.from, DataType::ContactCard).await?;
    let old = call.state(copy.account, DataType::ContactCard).await?;
    copy.check_states(&from_state, &old)?;
    let mut copied = Copied::new(&copy, old);
    for (creation, object) in &copy.create {
        match copy_one(&call, &copy, creation, object.clone()).await {
            Ok((id, original, server_set)) => {
                let id = crate::codec::id::WireId::wire(id);
                copied.created(&call, creation, &id, &original, server_set);
            }
            Err(error) => copied.not_created(creation, error),
        }
    }
    let state = call.state(copy.account, DataType::ContactCard).await?;
    Ok(copied.answer(&call, &copy, state, "ContactCard/set").await)
}

/// Makes a card like the other, with what is said to be different (RFC 8620 5.4).
async fn copy_one(
    call: &Call,
    copy: &Copy,
    creation: &str,
    different: Object,
) -> Result<(CardId, String, Object), SetError> {
    let mut different = different;
    let id = different.remove("id");
    let text = id.as_ref().and_then(Value::as_str);
    let fault = || SetError::invalid_property("id", "has to be the id of a card");
    let text = text.ok_or_else(fault)?.to_owned();
    let id: CardId = call.id(&text).ok_or_else(SetError::not_found)?;
    let mut object = match id.0 {
        CardKey::Object(id) => {
            let found = find(call, copy.from, id).await?;
            let body = call.groupware().body(&found.object).await?;
            card::object(copy.from, &found, &body).ok_or_else(SetError::not_found)?
        }
        CardKey::Directory(principal) => {
            if copy.from != call.visit.own_account() {
                return Err(SetError::not_found());
            }
            let all = call.groupware().directory_cards(call.caller()).await?;
            let mut all = all.iter();
            let entry = all.find(|entry| entry.principal == principal);
            entry
                .and_then(card::directory_object)
                .ok_or_else(SetError::not_found)?
        }
    };
    card::without_keeping(&mut object);
    for (name, value) in different {
        object.insert(name, value);
    }
    let (id, server_set) = create(call, copy.account, creation, object).await?;
    Ok((id, text, server_set))
}
