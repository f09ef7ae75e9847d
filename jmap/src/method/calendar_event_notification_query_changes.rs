//! `CalendarEventNotification/queryChanges` (JMAP Calendars draft -26 6.5).

use std::collections::BTreeSet;

use groupware::RecordKind;

use crate::call::{Call, Outcome};
use crate::codec::id::{NotificationId, WireId};
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::standard::changes::read_seq;
use crate::standard::query_changes::{QueryChanged, QueryChanges};
use crate::words::event_notification::{Condition, notices, select};
use crate::words::records::not_supported;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let query = QueryChanges::read(&mut call, Condition::read).await?;
    call.finish()?;
    let state = call
        .state(query.account, DataType::CalendarEventNotification)
        .await?;
    let since = read_seq(&query.since).ok_or_else(MethodError::cannot_calculate_changes)?;
    let kind = RecordKind::EventNotification;
    let groupware = call.groupware();
    let changes = groupware
        .record_changes(call.caller(), query.account, kind, since)
        .await
        .map_err(not_supported)?;
    let notices = notices(&call, query.account).await?;
    let ids = select(notices, query.filter.as_ref(), &query.sort)?;
    let touched = changes
        .created
        .into_iter()
        .chain(changes.updated)
        .chain(changes.destroyed);
    let touched: BTreeSet<NotificationId> = touched.map(NotificationId).collect();
    let places = ids.iter().enumerate();
    let changed = QueryChanged {
        state,
        total: Some(ids.len()),
        added: places
            .filter(|(_, id)| touched.contains(id))
            .map(|(place, id)| (id.wire(), place))
            .collect(),
        removed: touched.iter().map(|id| id.wire()).collect(),
    };
    changed.answer(&query)
}
