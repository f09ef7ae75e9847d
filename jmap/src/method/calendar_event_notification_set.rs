//! `CalendarEventNotification/set` (JMAP Calendars draft -26 6.3): whoever has read one takes it away; nothing else can be done with it.

use groupware::{RecordChange, RecordKind};

use crate::call::{Call, Outcome};
use crate::codec::id::NotificationId;
use crate::data_type::DataType;
use crate::error::SetError;
use crate::standard::set::{Done, Set};
use crate::words::records::not_supported;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    call.finish()?;
    let state = call
        .state(set.account, DataType::CalendarEventNotification)
        .await?;
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
        let kind = RecordKind::EventNotification;
        let groupware = call.groupware();
        let changed = groupware
            .change_records(call.caller(), account, kind, None, &changes)
            .await
            .map_err(not_supported)?;
        for ((text, _), record) in destroys.into_iter().zip(changed.records) {
            match record {
                Ok(_) => done.destroyed(text),
                Err(error) => done.not_destroyed(text, error),
            }
        }
    }
    Ok(done.answer(
        call.state(account, DataType::CalendarEventNotification)
            .await?,
    ))
}
