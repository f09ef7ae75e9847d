//! `AddressBook/get` (RFC 9610 2.1).

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::standard::get::{Get, Got};
use crate::words::address_book::Books;
use crate::words::card_id::BookId;

/// RFC 9610 2.
const PROPERTIES: [&str; 8] = [
    "id",
    "name",
    "description",
    "sortOrder",
    "isDefault",
    "isSubscribed",
    "shareWith",
    "myRights",
];

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<BookId>::read(&mut call, &PROPERTIES).await?;
    call.finish()?;
    let state = call.state(get.account, DataType::AddressBook).await?;
    let books = Books::read(&call.visit, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let ids = match &get.ids {
        Some(ids) => ids.clone(),
        None => books.ids().collect(),
    };
    for id in ids {
        match books.object(id) {
            Some(mut object) => {
                get.cut(&mut object);
                got.add(object)?;
            }
            None => got.not_found(id.wire()),
        }
    }
    Ok(got.into())
}
