//! `ParticipantIdentity/set` (JMAP Calendars draft -26 2.3): names are the user's, addresses come and go with the directory.

use model::AccountId;
use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::codec::id::ParticipantIdentityId;
use crate::data_type::DataType;
use crate::error::SetError;
use crate::standard::set::{Done, Set, Update};
use crate::words::participant_identity::{all, object};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    let default = call.arguments.id("onSuccessSetIsDefault")?;
    call.finish()?;
    let account = set.account;
    let (_, old) = all(&call, account).await?;
    set.check_state(&old)?;
    let mut done = Done::new(&call, &set, old);
    let mut failed = false;
    for (creation, _) in std::mem::take(&mut set.create) {
        // JMAP Calendars draft -26 2.3: which addresses somebody has is for the server to say.
        done.not_created(creation, SetError::forbidden());
        failed = true;
    }
    for update in set.updates::<ParticipantIdentityId>(&call, &mut done) {
        match change(&call, account, &update).await {
            Ok(()) => done.updated(update.text),
            Err(error) => {
                done.not_updated(update.text, error);
                failed = true;
            }
        }
    }
    for (text, id) in set.destroys::<ParticipantIdentityId>(&call, &mut done) {
        let (known, _) = all(&call, account).await?;
        let error = match known.iter().any(|one| one.id == id.0) {
            true => SetError::forbidden(),
            false => SetError::not_found(),
        };
        done.not_destroyed(text, error);
        failed = true;
    }
    if let Some(id) = default.and_then(|text| call.id::<ParticipantIdentityId>(&text))
        && !failed
    {
        let groupware = call.groupware();
        let preferred = groupware.prefer_participant_identity(call.caller(), account, id.0);
        match preferred.await {
            // JMAP Calendars draft -26 2.3: an id that is none is ignored.
            Ok(()) | Err(groupware::Error::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done.answer(call.state(account, DataType::ParticipantIdentity).await?))
}

async fn change(
    call: &Call,
    account: AccountId,
    update: &Update<ParticipantIdentityId>,
) -> Result<(), SetError> {
    let known = all(call, account)
        .await
        .map_err(|_| SetError::not_found())?
        .0;
    let known = known.iter().find(|one| one.id == update.id.0);
    let before = object(known.ok_or_else(SetError::not_found)?);
    let mut after = before.clone();
    update.patch.apply(&mut after)?;
    for name in update.patch.properties() {
        if name != "name" && after.get(name) != before.get(name) {
            return Err(SetError::invalid_property(name, "is set by the server"));
        }
    }
    let name = after.get("name").and_then(Value::as_str);
    let name = name.ok_or_else(|| SetError::invalid_property("name", "has to be a text"))?;
    call.groupware()
        .name_participant_identity(call.caller(), account, update.id.0, name)
        .await?;
    Ok(())
}
