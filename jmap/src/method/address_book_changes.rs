//! `AddressBook/changes` (RFC 9610 2.2).

use model::CollectionKind;

use super::container::told;
use crate::call::{Call, Outcome};
use crate::standard::changes::Since;
use crate::words::address_book::Books;
use crate::words::card_id::BookId;
use crate::words::collection_state::CollectionState;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let before = CollectionState::read(&since.state)?;
    let account = since.account;
    let known = async {
        let books = Books::read(&call.visit, account).await?;
        Ok(books.ids().collect::<Vec<BookId>>())
    };
    told(&call, since, (CollectionKind::AddressBook, before), known).await
}
