//! `VacationResponse/set` (RFC 8621 8.2).

use groupware::Error;
use model::AccountId;
use serde_json::Value;

use super::vacation_response_get::state;
use crate::call::{Call, Outcome};
use crate::codec::json::Object;
use crate::codec::patch::Patch;
use crate::error::SetError;
use crate::standard::set::{Done, Set};
use crate::words::vacation::{self, Singleton};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    call.finish()?;
    let account = set.account;
    let old = state(&call, account).await?;
    set.check_state(&old)?;
    let mut done = Done::new(&call, &set, old);
    // RFC 8620 5.3: there is one, at all times.
    for (creation, _) in std::mem::take(&mut set.create) {
        done.not_created(creation, SetError::singleton());
    }
    for update in set.updates::<Singleton>(&call, &mut done) {
        match change(&call, account, &update.patch).await {
            Ok(server_set) => done.updated_with(update.text, server_set),
            Err(error) => done.not_updated(update.text, error),
        }
    }
    for (text, Singleton) in set.destroys(&call, &mut done) {
        done.not_destroyed(text, SetError::singleton());
    }
    Ok(done.answer(state(&call, account).await?))
}

/// Changes the setting; answers what is said in place of nothing.
async fn change(call: &Call, account: AccountId, patch: &Patch) -> Result<Object, SetError> {
    let groupware = call.groupware();
    let known = groupware.vacation(call.caller(), account).await?;
    let mut object = vacation::object(&known);
    patch.apply(&mut object)?;
    let setting = vacation::read(object.clone())?;
    let mut server_set = vacation::object(&setting);
    server_set.retain(|name, value| {
        name == "textBody" && object.get(name).is_none_or(Value::is_null) && !value.is_null()
    });
    let set = groupware
        .set_vacation(call.caller(), account, &setting)
        .await;
    set.map_err(|error| match error {
        Error::Invalid { field, why } => SetError::invalid_property(
            match field {
                "text" => "textBody",
                "until" => "toDate",
                other => other,
            },
            why,
        ),
        other => other.into(),
    })?;
    Ok(server_set)
}
