//! `SieveScript/get` (RFC 9661 2.3).

use crate::call::{Call, Outcome};
use crate::codec::id::{SieveScriptId, WireId};
use crate::standard::get::{Get, Got};
use crate::words::sieve;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<SieveScriptId>::read(&mut call, &sieve::PROPERTIES).await?;
    call.finish()?;
    let (all, state) = sieve::all(&call, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let wanted = match &get.ids {
        None => all.iter().collect(),
        Some(ids) => {
            let mut wanted = Vec::with_capacity(ids.len());
            for id in ids {
                match all.iter().find(|script| script.id == id.0) {
                    Some(script) => wanted.push(script),
                    None => got.not_found(id.wire()),
                }
            }
            wanted
        }
    };
    for script in wanted {
        let mut object = sieve::object(script);
        get.cut(&mut object);
        got.add(object)?;
    }
    Ok(got.into())
}
