//! `AddressBook/changes` (RFC 9610 2.2).

use model::{CollectionId, CollectionKind, NumberSet};

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::standard::changes::{Changed, Since};
use crate::words::address_book::Books;
use crate::words::card_id::BookId;
use crate::words::contact_state::ContactState;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let before = ContactState::read(&since.state)?;
    let now = call.state(since.account, DataType::AddressBook).await?;
    let now = ContactState::read(&now)?;
    let changes = call
        .groupware()
        .collection_changes(
            call.caller(),
            since.account,
            CollectionKind::AddressBook,
            before.kind,
        )
        .await?;
    let books = Books::read(&call.visit, since.account).await?;
    let wire = |id: u32| BookId::own(CollectionId(id)).wire();
    let created = wired(&changes.created, wire);
    let mut updated = wired(&changes.updated, wire);
    if before.beside != now.beside {
        // Which one is preferred, or shown, may be another one; that tells not which.
        let known: Vec<String> = books.ids().map(WireId::wire).collect();
        let new = |id: &String| !created.contains(id) && !updated.contains(id);
        let more: Vec<String> = known.into_iter().filter(new).collect();
        updated.extend(more);
    }
    let kind = changes.until.unwrap_or(now.kind);
    let changed = Changed {
        state: ContactState {
            kind,
            beside: now.beside,
        }
        .text(),
        more: changes.more,
        created,
        updated,
        destroyed: wired(&changes.destroyed, wire),
    };
    changed.answer(since)
}

/// Numbers as ids.
pub(super) fn wired(numbers: &NumberSet, wire: impl Fn(u32) -> String) -> Vec<String> {
    numbers.iter().map(wire).collect()
}
