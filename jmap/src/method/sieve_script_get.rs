//! `SieveScript/get` (RFC 9661 2.3).

use crate::call::{Call, Outcome};
use crate::codec::id::SieveScriptId;
use crate::standard::get::{Get, Got};
use crate::words::sieve;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<SieveScriptId>::read(&mut call, &sieve::PROPERTIES).await?;
    call.finish()?;
    let (all, state) = sieve::all(&call, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let ids = || all.iter().map(|one| SieveScriptId(one.id)).collect();
    for id in get.ids.clone().unwrap_or_else(ids) {
        let found = all.iter().find(|one| one.id == id.0);
        got.add_found(&get, id, found.map(sieve::object))?;
    }
    Ok(got.into())
}
