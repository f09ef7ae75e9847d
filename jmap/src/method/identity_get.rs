//! `Identity/get` (RFC 8621 6.1).

use crate::call::{Call, Outcome};
use crate::codec::id::{IdentityId, WireId};
use crate::standard::get::{Get, Got};
use crate::words::identity;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<IdentityId>::read(&mut call, &identity::PROPERTIES).await?;
    call.finish()?;
    let (all, state) = identity::all(&call, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let wanted = match &get.ids {
        None => all.iter().collect(),
        Some(ids) => {
            let mut wanted = Vec::with_capacity(ids.len());
            for id in ids {
                match all.iter().find(|identity| identity.id == id.0) {
                    Some(identity) => wanted.push(identity),
                    None => got.not_found(id.wire()),
                }
            }
            wanted
        }
    };
    for identity in wanted {
        let mut object = identity::object(identity);
        get.cut(&mut object);
        got.add(object)?;
    }
    Ok(got.into())
}
