//! `ShareNotification/*` (RFC 9670 3), `CalendarEventNotification/*` (JMAP Calendars draft -26 6) and `TaskNotification/*` (JMAP Tasks
//! draft -06 5), which are the same but for what they say.

use std::collections::BTreeSet;

use groupware::RecordChange;
use model::AccountId;

use crate::call::{Call, Outcome};
use crate::codec::id::{NotificationId, WireId};
use crate::error::{MethodError, SetError};
use crate::standard::changes::{Since, read_seq};
use crate::standard::get::{Get, Got};
use crate::standard::query::Query;
use crate::standard::query_changes::{QueryChanged, QueryChanges};
use crate::standard::set::{Done, Set};
use crate::words::notification::{Condition, Notification, select};
use crate::words::records::{self, not_supported};

/// `/get`.
pub(super) async fn get<N: Notification>(mut call: Call) -> Outcome {
    let get = Get::<NotificationId>::read(&mut call, N::PROPERTIES).await?;
    call.finish()?;
    let state = call.state(get.account, N::TYPE).await?;
    let notices = all::<N>(&call, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let ids = || notices.iter().map(|one| NotificationId(one.id())).collect();
    for id in get.ids.clone().unwrap_or_else(ids) {
        let notice = notices.iter().find(|notice| notice.id() == id.0);
        got.add_found(&get, id, notice.map(Notification::object))?;
    }
    Ok(got.into())
}

/// `/changes`.
pub(super) async fn changes<N: Notification>(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let wire = |id| NotificationId(id).wire();
    records::changes(&call, since, N::RECORDS, wire).await
}

/// `/query`.
pub(super) async fn query<N: Notification>(mut call: Call) -> Outcome {
    let query = Query::read(&mut call, Condition::read::<N>).await?;
    call.finish()?;
    let state = call.state(query.account, N::TYPE).await?;
    let notices = all::<N>(&call, query.account).await?;
    let ids = select(notices, query.filter.as_ref(), &query.sort)?;
    query.answer(&call, (state, true), &ids)
}

/// `/queryChanges`.
pub(super) async fn query_changes<N: Notification>(mut call: Call) -> Outcome {
    let query = QueryChanges::read(&mut call, Condition::read::<N>).await?;
    call.finish()?;
    let state = call.state(query.account, N::TYPE).await?;
    let since = read_seq(&query.since).ok_or_else(MethodError::cannot_calculate_changes)?;
    let groupware = call.groupware();
    let changes = groupware
        .record_changes(call.caller(), query.account, N::RECORDS, since)
        .await
        .map_err(not_supported)?;
    let notices = all::<N>(&call, query.account).await?;
    let ids = select(notices, query.filter.as_ref(), &query.sort)?;
    let touched = [changes.created, changes.updated, changes.destroyed];
    let touched: BTreeSet<NotificationId> =
        touched.into_iter().flatten().map(NotificationId).collect();
    QueryChanged::of_touched(state, &ids, &touched).answer(&query)
}

/// `/set`: whoever has read one takes it away; nothing else can be done with it.
pub(super) async fn set<N: Notification>(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    call.finish()?;
    let state = call.state(set.account, N::TYPE).await?;
    set.check_state(&state)?;
    let account = set.account;
    let mut done = Done::new(&call, &set, state);
    for (creation, _) in std::mem::take(&mut set.create) {
        done.not_created(creation, SetError::forbidden());
    }
    for update in set.updates::<NotificationId>(&call, &mut done) {
        done.not_updated(update.text, SetError::forbidden());
    }
    let destroys = set.destroys::<NotificationId>(&call, &mut done);
    let changes: Vec<RecordChange> = destroys
        .iter()
        .map(|(_, id)| RecordChange::Destroy(id.0))
        .collect();
    if !changes.is_empty() {
        let groupware = call.groupware();
        let changed = groupware
            .change_records(call.caller(), account, N::RECORDS, None, &changes)
            .await
            .map_err(not_supported)?;
        for ((text, _), record) in destroys.into_iter().zip(changed.records) {
            match record {
                Ok(_) => done.destroyed(text),
                Err(error) => done.not_destroyed(text, error),
            }
        }
    }
    Ok(done.answer(call.state(account, N::TYPE).await?))
}

/// RFC 8620 3.6.2 `accountNotSupportedByMethod`: only the owner of an account reads them.
async fn all<N: Notification>(call: &Call, account: AccountId) -> Result<Vec<N>, MethodError> {
    N::all(call, account).await.map_err(not_supported)
}
