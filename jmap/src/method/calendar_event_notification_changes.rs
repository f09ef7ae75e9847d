//! `CalendarEventNotification/changes` (JMAP Calendars draft -26 6.2).

use groupware::RecordKind;

use crate::call::{Call, Outcome};
use crate::codec::id::{NotificationId, WireId};
use crate::standard::changes::Since;
use crate::words::records::changes;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let wire = |id| NotificationId(id).wire();
    changes(&call, since, RecordKind::EventNotification, wire).await
}
