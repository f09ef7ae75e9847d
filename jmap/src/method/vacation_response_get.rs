//! `VacationResponse/get` (RFC 8621 8.1).

use model::AccountId;

use crate::call::{Call, Outcome};
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::standard::get::{Get, Got};
use crate::words::records::not_supported;
use crate::words::vacation::{self, Singleton};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<Singleton>::read(&mut call, &vacation::PROPERTIES).await?;
    call.finish()?;
    let state = state(&call, get.account).await?;
    let setting = call.groupware().vacation(call.caller(), get.account).await;
    let setting = setting.map_err(not_supported)?;
    let mut got = Got::new(&call, &get, state);
    if get.ids.as_ref().is_none_or(|ids| !ids.is_empty()) {
        let mut object = vacation::object(&setting);
        get.cut(&mut object);
        got.add(object)?;
    }
    Ok(got.into())
}

pub(super) async fn state(call: &Call, account: AccountId) -> Result<String, MethodError> {
    call.state(account, DataType::VacationResponse).await
}
