//! `SieveScript/set` (RFC 9661 2.4).

use groupware::{Error, NumberedScript, SCRIPT_OCTETS_MAX};
use model::AccountId;
use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::codec::argument::Arguments;
use crate::codec::id::{SieveScriptId, WireId};
use crate::codec::json::Object;
use crate::codec::patch::Patch;
use crate::error::{MethodError, SetError};
use crate::standard::set::{Done, Set};
use crate::words::{bytes, sieve};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    let activate = call.arguments.id("onSuccessActivateScript")?;
    let deactivate = call.arguments.flag("onSuccessDeactivateScript")?;
    call.finish()?;
    let account = set.account;
    let (_, old) = sieve::all(&call, account).await?;
    set.check_state(&old)?;
    let mut done = Done::new(&call, &set, old);
    let mut is_done = true;
    for (creation, object) in std::mem::take(&mut set.create) {
        match create(&call, account, object).await {
            Ok((id, server_set)) => done.created(&creation, &id.wire(), server_set),
            Err(error) => {
                is_done = false;
                done.not_created(creation, error);
            }
        }
    }
    let wanted = set.update.len();
    let updates = set.updates::<SieveScriptId>(&call, &mut done);
    is_done &= updates.len() == wanted;
    for update in updates {
        match change(&call, account, update.id, &update.patch).await {
            Ok(server_set) => done.updated_with(update.text, server_set),
            Err(error) => {
                is_done = false;
                done.not_updated(update.text, error);
            }
        }
    }
    let wanted = set.destroy.len();
    let destroys = set.destroys::<SieveScriptId>(&call, &mut done);
    is_done &= destroys.len() == wanted;
    for (text, id) in destroys {
        match destroy(&call, account, id).await {
            Ok(()) => done.destroyed(text),
            Err(error) => {
                is_done = false;
                done.not_destroyed(text, error);
            }
        }
    }
    if is_done && let Some(wish) = wish(&call, activate.as_deref(), deactivate)? {
        let changed = activated(&call, account, wish).await?;
        for (id, is_active) in changed {
            let mut server_set = Object::new();
            server_set.insert("isActive".into(), Value::Bool(is_active));
            done.updated_with(id.wire(), server_set);
        }
    }
    let (_, new) = sieve::all(&call, account).await?;
    Ok(done.answer(new))
}

/// A script as it is after its properties were read: a name, and the blob of its text.
async fn text(call: &Call, account: AccountId, blob: &str) -> Result<Vec<u8>, SetError> {
    let octets = bytes::octets(call, account, blob, SCRIPT_OCTETS_MAX).await?;
    octets.ok_or_else(|| SetError::new("blobNotFound").with("notFound", vec![blob]))
}

async fn create(
    call: &Call,
    account: AccountId,
    object: Object,
) -> Result<(SieveScriptId, Object), SetError> {
    let mut object = Arguments(object);
    let name = object.text("name")?;
    let blob = object.id("blobId")?;
    let blob = blob.ok_or_else(|| SetError::invalid_property("blobId", "has to be there"))?;
    object.finish()?;
    let text = text(call, account, &blob).await?;
    let all = scripts(call, account).await?;
    let given = name.is_some();
    let name = name.unwrap_or_else(|| free_name(&all));
    let made = call
        .groupware()
        .create_script(call.caller(), account, &name, text)
        .await;
    let id = made.map_err(|error| sieve::set_error(error, &all, &name))?;
    let all = scripts(call, account).await?;
    let mut server_set = match all.iter().find(|script| script.id == id) {
        Some(made) => sieve::object(made),
        None => return Err(SetError::not_found()),
    };
    server_set.retain(|property, _| property != "name" || !given);
    Ok((SieveScriptId(id), server_set))
}

/// RFC 9661 2: a script that gets no name gets one that no other has.
fn free_name(all: &[NumberedScript]) -> String {
    let is_free = |name: &String| !all.iter().any(|script| script.name == *name);
    let mut names = (1..=all.len() + 1).map(|number| format!("script {number}"));
    names.find(is_free).unwrap_or_default()
}

/// Changes name or text; answers what the client does not know.
async fn change(
    call: &Call,
    account: AccountId,
    id: SieveScriptId,
    patch: &Patch,
) -> Result<Object, SetError> {
    let all = scripts(call, account).await?;
    let known = all.iter().find(|script| script.id == id.0);
    let known = known.ok_or_else(SetError::not_found)?;
    let before = sieve::object(known);
    let mut after = before.clone();
    patch.apply(&mut after)?;
    for fixed in ["id", "isActive"] {
        if after.get(fixed) != before.get(fixed) {
            return Err(SetError::invalid_property(fixed, "It is not changed so."));
        }
    }
    let mut after = Arguments(after);
    let name = after.required_text("name")?;
    let blob = after.required_text("blobId")?;
    after
        .0
        .retain(|property, _| property != "id" && property != "isActive");
    after.finish()?;
    let groupware = call.groupware();
    let changes_text = before.get("blobId").and_then(Value::as_str) != Some(blob.as_str());
    let new_text = match changes_text {
        true => Some(text(call, account, &blob).await?),
        false => None,
    };
    if name != known.name {
        let renamed = groupware
            .rename_script(call.caller(), account, &known.name, &name)
            .await;
        renamed.map_err(|error| sieve::set_error(error, &all, &name))?;
    }
    if let Some(text) = new_text {
        let put = groupware
            .put_script(call.caller(), account, &name, text)
            .await;
        put.map_err(|error| sieve::set_error(error, &all, &name))?;
    }
    let all = scripts(call, account).await?;
    let now = all.iter().find(|script| script.id == id.0);
    let mut server_set = now.map(sieve::object).unwrap_or_default();
    // The text has a blob of its own, whatever it was made of.
    server_set
        .retain(|property, value| property == "blobId" && value.as_str() != Some(blob.as_str()));
    Ok(server_set)
}

async fn destroy(call: &Call, account: AccountId, id: SieveScriptId) -> Result<(), SetError> {
    let all = scripts(call, account).await?;
    let known = all.iter().find(|script| script.id == id.0);
    let name = &known.ok_or_else(SetError::not_found)?.name;
    let destroyed = call
        .groupware()
        .destroy_script(call.caller(), account, name)
        .await;
    destroyed.map_err(|error| sieve::set_error(error, &all, name))
}

/// The script that is to be the active one, or that none is to be.
fn wish(
    call: &Call,
    activate: Option<&str>,
    deactivate: Option<bool>,
) -> Result<Option<Option<SieveScriptId>>, MethodError> {
    match (activate, deactivate) {
        (Some(id), _) => {
            let id = call.id::<SieveScriptId>(id);
            // RFC 9661 2.4: an id that is nobody's is as if nothing was said.
            Ok(id.map(Some))
        }
        (None, Some(true)) => Ok(Some(None)),
        (None, _) => Ok(None),
    }
}

/// Makes a script the active one, or none; answers those of which that changed.
async fn activated(
    call: &Call,
    account: AccountId,
    wish: Option<SieveScriptId>,
) -> Result<Vec<(SieveScriptId, bool)>, MethodError> {
    let (all, _) = sieve::all(call, account).await?;
    let active = |id: SieveScriptId| all.iter().find(|script| script.id == id.0);
    let wanted = wish.and_then(active);
    if wish.is_some() && wanted.is_none() {
        return Ok(Vec::new());
    }
    let name = wanted.map(|script| script.name.as_str());
    let done = call
        .groupware()
        .activate_script(call.caller(), account, name)
        .await;
    match done {
        Ok(()) => {}
        Err(groupware::ScriptError::Failed(Error::NotFound)) => return Ok(Vec::new()),
        Err(groupware::ScriptError::Failed(error)) => return Err(error.into()),
        Err(_) => return Err(MethodError::server_fail()),
    }
    let is_wanted = |script: &NumberedScript| name == Some(script.name.as_str());
    let changed = all
        .iter()
        .filter(|script| script.is_active != is_wanted(script));
    Ok(changed
        .map(|script| (SieveScriptId(script.id), is_wanted(script)))
        .collect())
}

/// The scripts that there are.
async fn scripts(call: &Call, account: AccountId) -> Result<Vec<NumberedScript>, SetError> {
    let all = sieve::all(call, account).await;
    let (all, _) = all.map_err(|error| SetError::new(error.kind))?;
    Ok(all)
}
