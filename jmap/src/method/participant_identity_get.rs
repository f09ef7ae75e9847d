//! `ParticipantIdentity/get` (JMAP Calendars draft -26 2.1).

use crate::call::{Call, Outcome};
use crate::codec::id::{ParticipantIdentityId, WireId};
use crate::standard::get::{Get, Got};
use crate::words::participant_identity::{PROPERTIES, all, object};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<ParticipantIdentityId>::read(&mut call, &PROPERTIES).await?;
    call.finish()?;
    let (identities, state) = all(&call, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let ids = match &get.ids {
        Some(ids) => ids.clone(),
        None => identities
            .iter()
            .map(|one| ParticipantIdentityId(one.id))
            .collect(),
    };
    for id in ids {
        match identities.iter().find(|one| one.id == id.0) {
            Some(identity) => {
                let mut object = object(identity);
                get.cut(&mut object);
                got.add(object)?;
            }
            None => got.not_found(id.wire()),
        }
    }
    Ok(got.into())
}
