//! `ParticipantIdentity/get` (JMAP Calendars draft -26 2.1).

use crate::call::{Call, Outcome};
use crate::codec::id::ParticipantIdentityId;
use crate::standard::get::{Get, Got};
use crate::words::participant_identity::{PROPERTIES, all, object};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<ParticipantIdentityId>::read(&mut call, &PROPERTIES).await?;
    call.finish()?;
    let (identities, state) = all(&call, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let ids = || {
        let all = identities.iter();
        all.map(|one| ParticipantIdentityId(one.id)).collect()
    };
    for id in get.ids.clone().unwrap_or_else(ids) {
        let identity = identities.iter().find(|one| one.id == id.0);
        got.add_found(&get, id, identity.map(object))?;
    }
    Ok(got.into())
}
