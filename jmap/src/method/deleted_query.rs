//! `Deleted/query`: deleted things that can be brought back, the last deleted first. An extension of ours.

use groupware::{DeletedFilter, HistoryFilter};
use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::codec::argument::{Arguments, Fault};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::limits::QUERY_OBJECTS_MAX;
use crate::words::history::{deleted_id, deleted_kind};
use crate::words::records::not_supported;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let mut filter = DeletedFilter::default();
    if let Some(object) = call.arguments.object("filter")? {
        let mut condition = Arguments(object);
        filter = read(&mut condition)?;
        condition.finish()?;
    }
    let position = call.arguments.unsigned("position")?.unwrap_or(0);
    let limit = call.arguments.unsigned("limit")?;
    call.finish()?;
    let position = usize::try_from(position).unwrap_or(usize::MAX);
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(QUERY_OBJECTS_MAX).min(QUERY_OBJECTS_MAX);
    let (groupware, caller) = (call.groupware(), call.caller());
    let now = groupware.history(caller, account, HistoryFilter::default(), None, 1);
    let state = now.await.map_err(not_supported)?.last;
    let all = groupware.deleted(caller, account, &filter).await;
    let all = all.map_err(not_supported)?;
    let part = all.iter().skip(position).take(limit);
    let ids: Vec<Value> = part.map(|id| deleted_id(*id).into()).collect();
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("queryState".into(), state.0.to_string().into());
    answer.insert("canCalculateChanges".into(), false.into());
    answer.insert("position".into(), position.into());
    answer.insert("ids".into(), ids.into());
    answer.insert("total".into(), all.len().into());
    Ok(answer.into())
}

fn read(condition: &mut Arguments) -> Result<DeletedFilter, Fault> {
    let mut kinds = Vec::new();
    for word in condition.texts("kinds")?.unwrap_or_default() {
        let kind = deleted_kind(&word);
        kinds.push(kind.ok_or_else(|| Fault::new("kinds", "has to name kinds of things"))?);
    }
    Ok(DeletedFilter {
        kinds,
        is_earlier: condition.flag("isEarlier")?,
        text: condition.text("text")?.filter(|text| !text.is_empty()),
        since: condition.date("after")?,
        until: condition.date("before")?,
    })
}
