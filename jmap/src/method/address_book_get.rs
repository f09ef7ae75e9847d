//! `AddressBook/get` (RFC 9610 2.1).

use crate::call::{Call, Outcome};
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
    for id in get.ids.clone().unwrap_or_else(|| books.ids().collect()) {
        got.add_found(&get, id, books.object(id))?;
    }
    Ok(got.into())
}
