//! `ContactCard/queryChanges` (RFC 9610 3.4).

use std::collections::BTreeSet;

use groupware::CardKey;
use model::ObjectId;

use super::contact_card_changes::changes;
use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::standard::query_changes::{QueryChanged, QueryChanges};
use crate::words::card_id::CardId;
use crate::words::card_query::{condition, sort, tree};
use crate::words::collection_state::CollectionState;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let shared = std::sync::Arc::clone(&call.shared);
    let resolve = |text: &str| WireId::parse(&shared.resolve(text)?);
    let query = QueryChanges::read(&mut call, |arguments| condition(arguments, &resolve)).await?;
    call.finish()?;
    let before = CollectionState::read(&query.since)?;
    let state = call.state(query.account, DataType::ContactCard).await?;
    let (kind, people) = changes(&call, query.account, before, None).await?;
    let filter = query.filter.clone().map(tree);
    let sort = sort(&query.sort)?;
    let found = call
        .groupware()
        .query_cards(call.caller(), query.account, filter, sort)
        .await?;
    // RFC 8620 5.6: whatever changed may have left the list, or its place in it; what is in it now is put in again.
    let of_account = kind
        .created
        .iter()
        .chain(kind.updated.iter())
        .chain(kind.destroyed.iter());
    let mut touched: BTreeSet<CardKey> =
        of_account.map(|id| CardKey::Object(ObjectId(id))).collect();
    let of_directory = people
        .created
        .into_iter()
        .chain(people.updated)
        .chain(people.gone);
    touched.extend(of_directory.map(CardKey::Directory));
    let places = found.iter().enumerate();
    let added = places.filter(|(_, key)| touched.contains(key));
    let changed = QueryChanged {
        state,
        total: Some(found.len()),
        added: added
            .map(|(place, key)| (CardId(*key).wire(), place))
            .collect(),
        removed: touched.iter().map(|key| CardId(*key).wire()).collect(),
    };
    changed.answer(&query)
}
