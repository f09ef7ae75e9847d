//! `Principal/query` (RFC 9670 2.4).

use crate::call::{Call, Outcome};
use crate::data_type::DataType;
use crate::principal::{Condition, select};
use crate::standard::query::Query;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let query = Query::read(&mut call, Condition::read).await?;
    call.finish()?;
    let state = call.state(query.account, DataType::Principal).await?;
    let people = call.groupware().people(call.caller()).await?;
    let ids = select(people, query.filter.as_ref(), &query.sort)?;
    query.answer(&call, (state, true), &ids)
}
