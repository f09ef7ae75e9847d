//! `Principal/queryChanges` (RFC 9670 2.5).

use std::collections::BTreeSet;

use crate::call::{Call, Outcome};
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::principal::{Condition, select};
use crate::standard::changes::read_seq;
use crate::standard::query_changes::{QueryChanged, QueryChanges};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let query = QueryChanges::read(&mut call, Condition::read).await?;
    call.finish()?;
    let state = call.state(query.account, DataType::Principal).await?;
    let since = read_seq(&query.since).ok_or_else(MethodError::cannot_calculate_changes)?;
    let changes = call
        .groupware()
        .people_changes(call.caller(), since)
        .await?;
    let people = call.groupware().people(call.caller()).await?;
    let ids = select(people, query.filter.as_ref(), &query.sort)?;
    let touched = [changes.created, changes.updated, changes.gone];
    let touched: BTreeSet<_> = touched.into_iter().flatten().collect();
    QueryChanged::of_touched(state, &ids, &touched).answer(&query)
}
