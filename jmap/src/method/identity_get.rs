//! `Identity/get` (RFC 8621 6.1).

use crate::call::{Call, Outcome};
use crate::codec::id::IdentityId;
use crate::standard::get::{Get, Got};
use crate::words::identity;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<IdentityId>::read(&mut call, &identity::PROPERTIES).await?;
    call.finish()?;
    let (all, state) = identity::all(&call, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let ids = || all.iter().map(|one| IdentityId(one.id)).collect();
    for id in get.ids.clone().unwrap_or_else(ids) {
        let found = all.iter().find(|one| one.id == id.0);
        got.add_found(&get, id, found.map(identity::object))?;
    }
    Ok(got.into())
}
