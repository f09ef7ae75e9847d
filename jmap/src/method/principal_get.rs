//! `Principal/get` (RFC 9670 2.1).

use model::PrincipalId;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::principal::{PROPERTIES, Sight};
use crate::standard::get::{Get, Got};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<PrincipalId>::read(&mut call, &PROPERTIES).await?;
    call.finish()?;
    let state = call.state(get.account, DataType::Principal).await?;
    let sight = Sight::read(&call).await?;
    let mut got = Got::new(&call, &get, state);
    let people = match &get.ids {
        None => call.groupware().people(call.caller()).await?,
        Some(ids) => {
            let mut people = Vec::with_capacity(ids.len());
            for id in ids {
                let known = call.directory().principal(*id).await;
                let known = known.map_err(groupware::Error::from)?;
                match known.filter(|principal| principal.enabled) {
                    Some(principal) => people.push(principal),
                    None => got.not_found(id.wire()),
                }
            }
            people
        }
    };
    for principal in people {
        let mut object = sight.object(&principal);
        get.cut(&mut object);
        got.add(object)?;
    }
    Ok(got.into())
}
