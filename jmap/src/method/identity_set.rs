//! `Identity/set` (RFC 8621 6.3).

use groupware::IdentityFault;
use model::AccountId;
use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::codec::id::{IdentityId, WireId};
use crate::codec::json::Object;
use crate::codec::patch::Patch;
use crate::data_type::DataType;
use crate::error::SetError;
use crate::standard::set::{Done, Set};
use crate::words::identity;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    call.finish()?;
    let account = set.account;
    let (_, old) = identity::all(&call, account).await?;
    set.check_state(&old)?;
    let mut done = Done::new(&call, &set, old);
    for (creation, object) in std::mem::take(&mut set.create) {
        match create(&call, account, object).await {
            Ok((id, server_set)) => done.created(&creation, &id.wire(), server_set),
            Err(error) => done.not_created(creation, error),
        }
    }
    for update in set.updates::<IdentityId>(&call, &mut done) {
        match change(&call, account, update.id, &update.patch).await {
            Ok(()) => done.updated(update.text),
            Err(error) => done.not_updated(update.text, error),
        }
    }
    let groupware = call.groupware();
    for (text, id) in set.destroys::<IdentityId>(&call, &mut done) {
        let destroyed = groupware.destroy_identity(call.caller(), account, id.0);
        match destroyed.await {
            Ok(()) => done.destroyed(text),
            Err(error) => done.not_destroyed(text, error),
        }
    }
    Ok(done.answer(call.state(account, DataType::Identity).await?))
}

async fn create(
    call: &Call,
    account: AccountId,
    object: Object,
) -> Result<(IdentityId, Object), SetError> {
    let given: Vec<String> = object.keys().cloned().collect();
    let text = identity::read(object)?;
    let made = call
        .groupware()
        .create_identity(call.caller(), account, text)
        .await;
    let made = made.map_err(|fault| match fault {
        // RFC 8621 6.3.
        IdentityFault::ForbiddenFrom => SetError::new("forbiddenFrom"),
        IdentityFault::Failed(error) => error.into(),
    })?;
    let mut server_set = identity::object(&made);
    server_set.retain(|name, _| !given.contains(name));
    Ok((IdentityId(made.id), server_set))
}

async fn change(
    call: &Call,
    account: AccountId,
    id: IdentityId,
    patch: &Patch,
) -> Result<(), SetError> {
    // RFC 8621 6: these never change.
    let fixed = ["id", "email", "mayDelete", identity::SENDS];
    let known = call
        .groupware()
        .identity(call.caller(), account, id.0)
        .await?;
    let before = identity::object(&known);
    let mut object = before.clone();
    patch.apply(&mut object)?;
    if let Some(name) = fixed
        .iter()
        .find(|name| object.get(**name) != before.get(**name))
    {
        return Err(SetError::invalid_property(name, "It never changes."));
    }
    for server_set in ["id", "mayDelete", identity::SENDS] {
        object.remove(server_set);
    }
    for text in ["name", "textSignature", "htmlSignature"] {
        // RFC 8621 6: the default of these is no text.
        object.entry(text).or_insert_with(|| Value::from(""));
    }
    let text = identity::read(object)?;
    let groupware = call.groupware();
    Ok(groupware
        .update_identity(call.caller(), account, id.0, text)
        .await?)
}
