//! `Calendar/*` (JMAP Calendars draft -26 4) and `TaskList/*` (JMAP Tasks draft -06 3), which are the same but for their words; and
//! what address books have in common with them.

use groupware::{CollectionInfo, Error, NewCollection};
use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, PathSegment, PrincipalId, Properties,
};
use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::{MethodError, SetError};
use crate::standard::changes::{Changed, Since};
use crate::standard::get::{Get, Got};
use crate::standard::set::{Done, Set, Update};
use crate::words::collection_state::CollectionState;
use crate::words::container::{Container, Containers, Said, id_of};

/// Names that are tried for the place of a new collection.
const NAMES_TRIED_MAX: usize = 100;

/// `/get`.
pub(super) async fn get<T: Container>(mut call: Call) -> Outcome {
    let get = Get::<T::Id>::read(&mut call, T::PROPERTIES).await?;
    call.finish()?;
    let state = call.state(get.account, T::TYPE).await?;
    let containers = Containers::<T>::read(&call.visit, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let all = || containers.ids().collect();
    for id in get.ids.clone().unwrap_or_else(all) {
        let object = containers.find(id).map(|info| containers.object(info));
        got.add_found(&get, id, object)?;
    }
    Ok(got.into())
}

/// `/changes`.
pub(super) async fn changes<T: Container>(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let before = CollectionState::read(&since.state)?;
    let account = since.account;
    let known = async {
        let containers = Containers::<T>::read(&call.visit, account).await?;
        Ok(containers.ids().collect::<Vec<_>>())
    };
    told(&call, since, (CollectionKind::Calendar, before), known).await
}

/// The answer to a `/changes` of collections, of which the caller sees those that `known` finds; it is asked last.
pub(super) async fn told<I: WireId>(
    call: &Call,
    since: Since,
    (kind, before): (CollectionKind, CollectionState),
    known: impl Future<Output = Result<Vec<I>, MethodError>>,
) -> Outcome {
    let now = CollectionState::of(&call.visit, since.account, kind).await?;
    let changes = call
        .groupware()
        .collection_changes(call.caller(), since.account, kind, before.kind)
        .await?;
    let known = known.await?;
    let seen = |id: &I| known.contains(id);
    let created: Vec<I> = changes
        .created
        .iter()
        .map(I::from_number)
        .filter(seen)
        .collect();
    let updated: Vec<I> = match before.beside == now.beside {
        true => changes
            .updated
            .iter()
            .map(I::from_number)
            .filter(seen)
            .collect(),
        // What is preferred may be another thing now; that tells not of which.
        false => {
            let others = known.iter().filter(|id| !created.contains(id));
            others.copied().collect()
        }
    };
    let wire = |ids: Vec<I>| ids.into_iter().map(WireId::wire).collect();
    let changed = Changed {
        state: now.text(),
        more: false,
        created: wire(created),
        updated: wire(updated),
        destroyed: wire(changes.destroyed.iter().map(I::from_number).collect()),
    };
    changed.answer(since)
}

/// `/set`.
pub(super) async fn set<T: Container>(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    let with_contents = call.arguments.flag(T::REMOVES)?.unwrap_or(false);
    // JMAP Calendars draft -26 4.3: what the server does not permit is ignored. Invitations go to one calendar here.
    let _ = call.arguments.id("onSuccessSetIsDefault")?;
    call.finish()?;
    let old = call.state(set.account, T::TYPE).await?;
    set.check_state(&old)?;
    let account = set.account;
    let mut done = Done::new(&call, &set, old);
    for (creation, object) in std::mem::take(&mut set.create) {
        match create::<T>(&call, account, object).await {
            Ok((id, server_set)) => done.created(&creation, &id.wire(), server_set),
            Err(error) => done.not_created(creation, error),
        }
    }
    for update in set.updates::<T::Id>(&call, &mut done) {
        match change::<T>(&call, account, &update).await {
            Ok(()) => done.updated(update.text),
            Err(error) => done.not_updated(update.text, error),
        }
    }
    for (text, id) in set.destroys::<T::Id>(&call, &mut done) {
        match destroy::<T>(&call, account, id, with_contents).await {
            Ok(()) => done.destroyed(text),
            Err(error) => done.not_destroyed(text, error),
        }
    }
    Ok(done.answer(call.state(account, T::TYPE).await?))
}

async fn create<T: Container>(
    call: &Call,
    account: AccountId,
    wanted: Object,
) -> Result<(T::Id, Object), SetError> {
    let mut said = Said::nothing::<T>(account == call.visit.own_account());
    if !wanted.contains_key("name") {
        return Err(SetError::invalid_property("name", "has to be there"));
    }
    for (name, value) in &wanted {
        said.set::<T>(name, value)?;
    }
    let new = New {
        kind: CollectionKind::Calendar,
        properties: said.properties,
        otherwise_called: T::OTHERWISE_CALLED,
        shares: said.shares.unwrap_or_default(),
    };
    let id = make(call, account, &new).await?;
    call.groupware()
        .set_calendar_preference(call.caller(), account, id, &said.preference)
        .await?;
    let id = id_of::<T>(id);
    let containers = Containers::<T>::read(&call.visit, account).await;
    let mut object = containers
        .ok()
        .and_then(|all| all.find(id).map(|info| all.object(info)))
        .ok_or_else(SetError::not_found)?;
    object.retain(|name, value| wanted.get(name) != Some(value));
    Ok((id, object))
}

async fn change<T: Container>(
    call: &Call,
    account: AccountId,
    update: &Update<T::Id>,
) -> Result<(), SetError> {
    let containers = Containers::<T>::read(&call.visit, account).await;
    let containers = containers.map_err(|_| SetError::not_found())?;
    let info = containers.find(update.id).ok_or_else(SetError::not_found)?;
    let before = containers.object(info);
    let mut after = before.clone();
    update.patch.apply(&mut after)?;
    let mut said = containers.said(info);
    for name in update.patch.properties() {
        let value = after.get(name).unwrap_or(&Value::Null);
        if before.get(name) != Some(value) {
            said.set::<T>(name, value)?;
        }
    }
    let (groupware, id) = (call.groupware(), info.collection.id);
    if said.properties != *info.collection.properties {
        groupware
            .set_collection_properties(call.caller(), account, id, said.properties)
            .await?;
    }
    if let Some(shares) = said.shares {
        share(call, account, info, &shares).await?;
    }
    groupware
        .set_calendar_preference(call.caller(), account, id, &said.preference)
        .await?;
    Ok(())
}

async fn destroy<T: Container>(
    call: &Call,
    account: AccountId,
    id: T::Id,
    with_contents: bool,
) -> Result<(), SetError> {
    let containers = Containers::<T>::read(&call.visit, account).await;
    let containers = containers.map_err(|_| SetError::not_found())?;
    let info = containers.find(id).ok_or_else(SetError::not_found)?;
    if T::is_more(info) {
        return Err(SetError::forbidden());
    }
    if info.collection.objects > 0 && !with_contents {
        return Err(SetError::new(T::NOT_EMPTY));
    }
    call.groupware()
        .destroy_collection(call.caller(), account, info.collection.id)
        .await?;
    Ok(())
}

/// A collection to be made.
pub(super) struct New {
    pub(super) kind: CollectionKind,
    pub(super) properties: Properties,
    /// What it is called in paths where the name that people read has no letters.
    pub(super) otherwise_called: &'static str,
    pub(super) shares: Vec<(PrincipalId, CollectionRights)>,
}

/// Makes a collection and shares it. RFC 8620 5.3: a creation is done as a whole or not at all.
pub(super) async fn make(
    call: &Call,
    account: AccountId,
    new: &New,
) -> Result<CollectionId, SetError> {
    let id = make_named(call, account, new).await?;
    let (groupware, caller) = (call.groupware(), call.caller());
    for (principal, rights) in &new.shares {
        let shared = groupware.share_collection(caller, account, id, Some(*principal), *rights);
        if let Err(error) = shared.await {
            groupware.destroy_collection(caller, account, id).await?;
            return Err(of_share(error));
        }
    }
    Ok(id)
}

/// Makes it under a name for paths that is made from the one people read.
async fn make_named(call: &Call, account: AccountId, new: &New) -> Result<CollectionId, SetError> {
    let display_name = new.properties.display_name.as_deref();
    let base = slug(display_name.unwrap_or_default(), new.otherwise_called);
    for number in 1..=NAMES_TRIED_MAX {
        let name = match number {
            1 => base.clone(),
            _ => format!("{base}-{number}"),
        };
        let new = NewCollection {
            parent: None,
            kind: new.kind,
            name: PathSegment::try_from(name)
                .map_err(|_| SetError::invalid_property("name", "is too long"))?,
            properties: new.properties.clone(),
        };
        let groupware = call.groupware();
        match groupware
            .create_collection(call.caller(), account, new)
            .await
        {
            Ok(id) => return Ok(id),
            Err(Error::AlreadyExists) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(SetError::invalid_property("name", "is taken too often"))
}

/// A name for a path.
fn slug(name: &str, otherwise: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|character: char| !character.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let joined: String = words.join("-").chars().take(40).collect();
    match joined.is_empty() {
        true => otherwise.to_owned(),
        false => joined,
    }
}

/// Makes the shares with principals be those. RFC 9670 4: what is not named any more ends.
pub(super) async fn share(
    call: &Call,
    account: AccountId,
    info: &CollectionInfo,
    shares: &[(PrincipalId, CollectionRights)],
) -> Result<(), SetError> {
    let known = info.collection.shares.iter();
    let known: Vec<_> = known
        .filter_map(|(to, rights)| Some(((*to)?, *rights)))
        .collect();
    let ended = known
        .iter()
        .filter(|(to, _)| !shares.iter().any(|(kept, _)| kept == to))
        .map(|(to, _)| (*to, CollectionRights::NONE));
    let changed = shares
        .iter()
        .filter(|share| !known.contains(share))
        .copied();
    for (principal, rights) in ended.chain(changed) {
        // JMAP Calendars draft -26 4.3: nobody gives what they have not.
        let had = known.iter().find(|(to, _)| *to == principal);
        let had = had.map_or(CollectionRights::NONE, |(_, rights)| *rights);
        if !info.rights.with(had).contains(rights) {
            return Err(SetError::forbidden());
        }
        let (groupware, id) = (call.groupware(), info.collection.id);
        groupware
            .share_collection(call.caller(), account, id, Some(principal), rights)
            .await
            .map_err(of_share)?;
    }
    Ok(())
}

/// A principal that is not there is a property that is wrong.
fn of_share(error: Error) -> SetError {
    match error {
        Error::NotFound => {
            SetError::invalid_property("shareWith", "names a principal that is not there")
        }
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_for_paths_are_made_from_names_for_people() {
        assert_eq!(
            slug("Müller & Söhne: Termine!", "x"),
            "müller-söhne-termine"
        );
        assert_eq!(slug("///", "calendar-of-mine"), "calendar-of-mine");
        assert!(slug(&"ä".repeat(300), "x").len() <= 255);
    }
}
