//! States of calendars, task lists, address books, and of what is in them: the last entry that touched them, which of them
//! are seen, and what changes beside them.

use groupware::{CollectionInfo, KindState, RecordKind};
use model::{AccountId, CollectionKind, CollectionRights, Seq};

use crate::error::MethodError;
use crate::standard::changes::read_seq;
use crate::visit::Visit;

/// A state of events or tasks.
pub(crate) fn items_state(state: KindState) -> String {
    format!("{}-{:08x}", state.seq.0, state.sight)
}

/// The state that was written so.
///
/// # Errors
/// RFC 8620 5.2 `cannotCalculateChanges`: it never was one.
pub(crate) fn read_items_state(text: &str) -> Result<KindState, MethodError> {
    let read = || {
        let (seq, sight) = text.split_once('-')?;
        let hex = sight.len() == 8 && sight.bytes().all(|octet| octet.is_ascii_hexdigit());
        let sight = u32::from_str_radix(sight, 16).ok().filter(|_| hex)?;
        let seq = read_seq(seq)?;
        Some(KindState { seq, sight })
    };
    read().ok_or_else(MethodError::cannot_calculate_changes)
}

/// A state of two things that change apart from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CollectionState {
    /// Of what is in the account.
    pub(crate) kind: KindState,
    /// Of what is not: of what the caller prefers, which is kept in their own account; of the directory's cards.
    pub(crate) beside: Seq,
}

impl CollectionState {
    /// Of the calendars or address books themselves.
    ///
    /// # Errors
    /// The caller sees nothing of the account.
    pub(crate) async fn of(
        visit: &Visit,
        account: AccountId,
        kind: CollectionKind,
    ) -> Result<Self, groupware::Error> {
        if kind == CollectionKind::AddressBook {
            sees_books(visit, account).await?;
        }
        let (groupware, caller) = (visit.groupware(), &visit.caller);
        let preferences = RecordKind::Preference;
        Ok(Self {
            beside: groupware
                .records_state(caller, visit.own_account(), preferences)
                .await?,
            kind: groupware.collections_state(caller, account, kind).await?,
        })
    }

    /// Of the cards, beside which are those of the directory in one's own account.
    ///
    /// # Errors
    /// The caller sees no address book of the account.
    pub(crate) async fn of_cards(
        visit: &Visit,
        account: AccountId,
    ) -> Result<Self, groupware::Error> {
        sees_books(visit, account).await?;
        let groupware = visit.groupware();
        let kind = CollectionKind::AddressBook;
        let own = account == visit.own_account();
        Ok(Self {
            kind: groupware
                .objects_state(&visit.caller, account, kind)
                .await?,
            beside: match own {
                true => groupware.people_state(&visit.caller).await?,
                false => Seq::START,
            },
        })
    }

    pub(crate) fn text(self) -> String {
        format!("{}-{}", items_state(self.kind), self.beside.0)
    }

    /// The state that was written so.
    ///
    /// # Errors
    /// RFC 8620 5.2 `cannotCalculateChanges`: it never was one.
    pub(crate) fn read(text: &str) -> Result<Self, MethodError> {
        let fault = MethodError::cannot_calculate_changes;
        let (kind, beside) = text.rsplit_once('-').ok_or_else(fault)?;
        Ok(Self {
            kind: read_items_state(kind)?,
            beside: read_seq(beside).ok_or_else(fault)?,
        })
    }
}

/// Succeeds where the caller sees an address book: whoever sees something else of an account sees none of its contacts.
async fn sees_books(visit: &Visit, account: AccountId) -> Result<(), groupware::Error> {
    if account == visit.own_account() {
        return Ok(());
    }
    let all = visit
        .groupware()
        .collections(&visit.caller, account)
        .await?;
    let is_book = |info: &CollectionInfo| {
        info.collection.kind == CollectionKind::AddressBook
            && info.rights.contains(CollectionRights::READ)
    };
    match all.iter().any(is_book) {
        true => Ok(()),
        false => Err(groupware::Error::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_come_back() {
        let state = CollectionState {
            kind: KindState {
                seq: Seq(12),
                sight: 0xab,
            },
            beside: Seq(7),
        };
        assert_eq!(state.text(), "12-000000ab-7");
        assert_eq!(CollectionState::read(&state.text()), Ok(state));
        for wrong in [
            "",
            "12",
            "12-000000ab",
            "12-ab-7",
            "12-000000ab-7-1",
            "x-000000ab-7",
            "1-+00000ab-1",
        ] {
            assert!(CollectionState::read(wrong).is_err(), "{wrong}");
        }
    }
}
