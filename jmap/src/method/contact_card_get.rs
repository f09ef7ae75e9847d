//! `ContactCard/get` (RFC 9610 3.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use groupware::{CardKey, FoundObject, Object as Kept};
use model::{CollectionKind, ObjectId, PrincipalId};

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::limits::GET_OBJECTS_MAX;
use crate::standard::get::{Get, Got};
use crate::words::card;
use crate::words::card_id::CardId;

/// Cards whose bodies are read at once.
const BODIES_AT_ONCE: usize = 256;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<CardId>::read(&mut call, &[]).await?;
    call.finish()?;
    let state = call.state(get.account, DataType::ContactCard).await?;
    let mut got = Got::new(&call, &get, state);
    let own = get.account == call.visit.own_account();
    let ids = match &get.ids {
        Some(ids) => ids.clone(),
        None => all(&call, &get).await?,
    };
    let of_directory = |id: &CardId| matches!(id.0, CardKey::Directory(_));
    let mut directory = BTreeMap::new();
    if own && ids.iter().any(of_directory) {
        let cards = call.groupware().directory_cards(call.caller()).await?;
        directory.extend(cards.into_iter().map(|card| (card.principal, card)));
    }
    for ids in ids.chunks(BODIES_AT_ONCE) {
        let objects: Vec<ObjectId> = ids.iter().filter_map(|id| object_of(*id)).collect();
        let found = call
            .groupware()
            .objects_by_id(
                call.caller(),
                get.account,
                CollectionKind::AddressBook,
                &objects,
            )
            .await?;
        let found: Vec<FoundObject> = found.into_iter().flatten().collect();
        let kept: Vec<Arc<Kept>> = found
            .iter()
            .map(|found| Arc::clone(&found.object))
            .collect();
        let bodies = call.groupware().bodies(&kept).await?;
        let mut there: BTreeMap<ObjectId, (FoundObject, Vec<u8>)> = BTreeMap::new();
        for (found, body) in found.into_iter().zip(bodies) {
            if let Some(body) = body {
                there.insert(found.object.row.object, (found, body));
            }
        }
        for id in ids {
            let object = match id.0 {
                CardKey::Object(object) => there
                    .get(&object)
                    .and_then(|(found, body)| card::object_with_blobs(get.account, found, body)),
                CardKey::Directory(principal) => {
                    directory.get(&principal).and_then(card::directory_object)
                }
            };
            match object {
                Some(mut object) => {
                    get.cut(&mut object);
                    got.add(object)?;
                }
                None => got.not_found(id.wire()),
            }
        }
    }
    Ok(got.into())
}

/// All there are.
async fn all(call: &Call, get: &Get<CardId>) -> Result<Vec<CardId>, MethodError> {
    let all = call
        .groupware()
        .query_cards(call.caller(), get.account, None, Vec::new())
        .await?;
    if all.len() > GET_OBJECTS_MAX {
        return Err(MethodError::request_too_large());
    }
    Ok(all.into_iter().map(CardId).collect())
}

fn object_of(id: CardId) -> Option<ObjectId> {
    match id.0 {
        CardKey::Object(object) => Some(object),
        CardKey::Directory(PrincipalId(_)) => None,
    }
}
