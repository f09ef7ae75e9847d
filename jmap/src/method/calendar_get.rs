//! `Calendar/get` (JMAP Calendars draft -26 4.1).

use crate::call::{Call, Outcome};
use crate::codec::id::{CalendarId, WireId};
use crate::data_type::DataType;
use crate::standard::get::{Get, Got};
use crate::words::calendar::Calendars;

pub(super) const PROPERTIES: [&str; 14] = [
    "id",
    "name",
    "description",
    "color",
    "sortOrder",
    "isSubscribed",
    "isVisible",
    "isDefault",
    "includeInAvailability",
    "defaultAlertsWithTime",
    "defaultAlertsWithoutTime",
    "timeZone",
    "shareWith",
    "myRights",
];

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<CalendarId>::read(&mut call, &PROPERTIES).await?;
    call.finish()?;
    let state = call.state(get.account, DataType::Calendar).await?;
    let calendars = Calendars::read(&call.visit, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let ids = match &get.ids {
        Some(ids) => ids.clone(),
        None => {
            let all = calendars.all.iter();
            all.map(|info| CalendarId(info.collection.id)).collect()
        }
    };
    for id in ids {
        match calendars.find(id) {
            Some(info) => {
                let mut object = calendars.object(info);
                get.cut(&mut object);
                got.add(object)?;
            }
            None => got.not_found(id.wire()),
        }
    }
    Ok(got.into())
}
