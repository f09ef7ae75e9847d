//! `HistoryEntry/query`: what was done in an account, newest first. An extension of ours.
//!
//! There is no position: whoever wants more names the entry to go on before, which the answer told.

use groupware::{HISTORY_PAGE_MAX, HistoryFilter};
use model::{CredentialId, PrincipalId, SessionId};
use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::codec::argument::{Arguments, Fault};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::words::history::{entry_id, face, read_entry_id, topic};
use crate::words::records::not_supported;

/// Entries that are answered where nothing was said.
const LIMIT_DEFAULT: u64 = 50;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let mut filter = HistoryFilter::default();
    if let Some(object) = call.arguments.object("filter")? {
        let mut condition = Arguments(object);
        filter = read(&mut condition)?;
        condition.finish()?;
    }
    let before = match call.arguments.id("before")? {
        None => None,
        Some(text) => Some(read_entry_id(&text).ok_or_else(|| {
            MethodError::invalid_arguments("`before` has to be the id of an entry")
        })?),
    };
    let limit = call.arguments.unsigned("limit")?.unwrap_or(LIMIT_DEFAULT);
    call.finish()?;
    let limit = usize::try_from(limit).unwrap_or(HISTORY_PAGE_MAX);
    let page = call
        .groupware()
        .history(call.caller(), account, filter, before, limit)
        .await;
    let page = page.map_err(not_supported)?;
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("queryState".into(), page.last.0.to_string().into());
    let ids: Vec<Value> = page
        .entries
        .iter()
        .map(|seq| entry_id(*seq).into())
        .collect();
    answer.insert("ids".into(), ids.into());
    answer.insert("before".into(), page.next.map(entry_id).into());
    Ok(answer.into())
}

fn read(condition: &mut Arguments) -> Result<HistoryFilter, Fault> {
    let mut filter = HistoryFilter {
        since: condition.date("after")?,
        until: condition.date("before")?,
        ..HistoryFilter::default()
    };
    if let Some(id) = condition.id("principalId")? {
        let id = PrincipalId::parse(&id);
        let id = id.ok_or_else(|| Fault::new("principalId", "has to be a principal's id"))?;
        filter.who = Some(Some(id));
    }
    if condition.flag("isNobody")? == Some(true) {
        filter.who = Some(None);
    }
    if let Some(session) = condition.text("session")? {
        let read = u64::from_str_radix(&session, 16);
        let read = read.map_err(|_| Fault::new("session", "has to be a session of an entry"))?;
        filter.session = Some(SessionId(read));
    }
    if let Some(credential) = condition.unsigned("credentialId")? {
        let fault = |_| Fault::new("credentialId", "has to be a credential's number");
        let credential = u32::try_from(credential).map_err(fault)?;
        filter.credential = Some(CredentialId(credential));
    }
    for word in condition.texts("faces")?.unwrap_or_default() {
        let known = face(&word).ok_or_else(|| Fault::new("faces", "has to name doors"))?;
        filter.faces.push(known);
    }
    for word in condition.texts("topics")?.unwrap_or_default() {
        let known = topic(&word).ok_or_else(|| Fault::new("topics", "has to name topics"))?;
        filter.topics.push(known);
    }
    Ok(filter)
}
