//! `ContactCard/changes` (RFC 9610 3.2).

use groupware::{CardKey, KindChanges, PeopleChanges};
use model::{AccountId, CollectionKind, NumberSet, ObjectId, PrincipalId, Seq};

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::standard::changes::{Changed, Since};
use crate::words::card_id::CardId;
use crate::words::collection_state::CollectionState;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let before = CollectionState::read(&since.state)?;
    call.state(since.account, DataType::ContactCard).await?;
    let (kind, people) = changes(&call, since.account, before, Some(since.max)).await?;
    let wire = |id: u32| CardId(CardKey::Object(ObjectId(id))).wire();
    let mut changed = Changed {
        more: kind.more,
        created: wired(&kind.created, wire),
        updated: wired(&kind.updated, wire),
        destroyed: wired(&kind.destroyed, wire),
        ..Changed::default()
    };
    let mut state = CollectionState {
        kind: kind.until.unwrap_or(before.kind),
        beside: before.beside,
    };
    let count = changed.created.len() + changed.updated.len() + changed.destroyed.len();
    let people_count = people.created.len() + people.updated.len() + people.gone.len();
    if kind.more || count > 0 && count + people_count > since.max {
        // The directory's cards are told next time.
        changed.more = true;
    } else {
        let of_directory = |ids: Vec<PrincipalId>| {
            let ids = ids.into_iter();
            ids.map(|id| CardId(CardKey::Directory(id)).wire())
        };
        changed.created.extend(of_directory(people.created));
        changed.updated.extend(of_directory(people.updated));
        changed.destroyed.extend(of_directory(people.gone));
        state.beside = people.until;
    }
    changed.state = state.text();
    changed.answer(since)
}

/// Numbers as ids.
fn wired(numbers: &NumberSet, wire: impl Fn(u32) -> String) -> Vec<String> {
    numbers.iter().map(wire).collect()
}

/// What changed in the account's address books, and in the directory if it is the caller's own account.
pub(super) async fn changes(
    call: &Call,
    account: AccountId,
    since: CollectionState,
    max: Option<usize>,
) -> Result<(KindChanges, PeopleChanges), MethodError> {
    let groupware = call.groupware();
    let kind = groupware
        .kind_changes(
            call.caller(),
            account,
            CollectionKind::AddressBook,
            since.kind,
            max,
        )
        .await?;
    let people = match account == call.visit.own_account() {
        true => {
            groupware
                .people_changes(call.caller(), since.beside)
                .await?
        }
        false if since.beside != Seq::START => return Err(MethodError::cannot_calculate_changes()),
        false => PeopleChanges::default(),
    };
    Ok((kind, people))
}
