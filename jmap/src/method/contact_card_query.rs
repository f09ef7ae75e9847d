//! `ContactCard/query` (RFC 9610 3.3).

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::standard::query::Query;
use crate::words::card_id::CardId;
use crate::words::card_query::{condition, sort, tree};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let shared = std::sync::Arc::clone(&call.shared);
    let resolve = |text: &str| WireId::parse(&shared.resolve(text)?);
    let query = Query::read(&mut call, |arguments| condition(arguments, &resolve)).await?;
    call.finish()?;
    let state = call.state(query.account, DataType::ContactCard).await?;
    let filter = query.filter.clone().map(tree);
    let sort = sort(&query.sort)?;
    let found = call
        .groupware()
        .query_cards(call.caller(), query.account, filter, sort)
        .await?;
    let ids: Vec<CardId> = found.into_iter().map(CardId).collect();
    query.answer(&call, (state, true), &ids)
}
