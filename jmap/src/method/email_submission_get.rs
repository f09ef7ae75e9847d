//! `EmailSubmission/get` (RFC 8621 7.1).

use crate::call::{Call, Outcome};
use crate::codec::id::{SubmissionId, WireId};
use crate::standard::get::{Get, Got};
use crate::words::records::not_supported;
use crate::words::submission;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<SubmissionId>::read(&mut call, &submission::PROPERTIES).await?;
    call.finish()?;
    let sent = call.groupware().sent(call.caller(), get.account).await;
    let (all, state) = sent.map_err(not_supported)?;
    let mut got = Got::new(&call, &get, state.0.to_string());
    let wanted = match &get.ids {
        None => all.iter().collect(),
        Some(ids) => {
            let mut wanted = Vec::with_capacity(ids.len());
            for id in ids {
                match all.binary_search_by_key(&id.0, |status| status.id) {
                    Ok(at) => wanted.extend(all.get(at)),
                    Err(_) => got.not_found(id.wire()),
                }
            }
            wanted
        }
    };
    for status in wanted {
        let mut object = submission::object(status);
        get.cut(&mut object);
        got.add(object)?;
    }
    Ok(got.into())
}
