//! `Thread/get` (RFC 8621 3.1).

use std::collections::BTreeSet;

use model::{EmailId, ThreadId};
use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::limits::GET_OBJECTS_MAX;
use crate::standard::get::{Get, Got};

const PROPERTIES: [&str; 2] = ["id", "emailIds"];

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<ThreadId>::read(&mut call, &PROPERTIES).await?;
    call.finish()?;
    let state = call.state(get.account, DataType::Thread).await?;
    let catalogue = call.groupware().catalogue(call.caller(), get.account);
    let catalogue = catalogue.await?;
    let mut got = Got::new(&call, &get, state);
    let threads = match &get.ids {
        Some(ids) => ids.clone(),
        None => {
            let mut all = BTreeSet::new();
            for found in catalogue.emails() {
                all.insert(found.row.thread);
                if all.len() > GET_OBJECTS_MAX {
                    return Err(MethodError::request_too_large());
                }
            }
            all.into_iter().collect()
        }
    };
    for thread in threads {
        let emails = catalogue.thread(thread);
        if emails.is_empty() {
            got.not_found(thread.wire());
            continue;
        }
        let mut object = Object::new();
        object.insert("id".into(), thread.wire().into());
        if get.wants("emailIds") {
            let ids: Vec<Value> = emails
                .into_iter()
                .map(|email: EmailId| email.wire().into())
                .collect();
            object.insert("emailIds".into(), ids.into());
        }
        got.add(object)?;
    }
    Ok(got.into())
}
