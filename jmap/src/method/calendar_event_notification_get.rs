//! `CalendarEventNotification/get` (JMAP Calendars draft -26 6.1).

use crate::call::{Call, Outcome};
use crate::codec::id::{NotificationId, WireId};
use crate::data_type::DataType;
use crate::standard::get::{Get, Got};
use crate::words::event_notification::{PROPERTIES, notices, object};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<NotificationId>::read(&mut call, &PROPERTIES).await?;
    call.finish()?;
    let state = call
        .state(get.account, DataType::CalendarEventNotification)
        .await?;
    let notices = notices(&call, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let all: Vec<NotificationId> = notices.iter().map(|one| NotificationId(one.id)).collect();
    for id in get.ids.as_ref().unwrap_or(&all) {
        match notices.iter().find(|notice| notice.id == id.0) {
            Some(notice) => {
                let mut object = object(notice);
                get.cut(&mut object);
                got.add(object)?;
            }
            None => got.not_found(id.wire()),
        }
    }
    Ok(got.into())
}
