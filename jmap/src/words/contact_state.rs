//! States of address books and cards: two things that change apart from each other, in one text.

use groupware::{CollectionInfo, KindState, RecordKind};
use model::{AccountId, CollectionKind, CollectionRights, Seq};

use crate::error::MethodError;
use crate::standard::changes::read_seq;
use crate::visit::Visit;

/// How address books, or the cards in them, stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContactState {
    /// Of what is in the account.
    pub(crate) kind: KindState,
    /// Of what is not: of the directory's cards in one's own account; of what the caller prefers among address books.
    pub(crate) beside: Seq,
}

impl ContactState {
    pub(crate) fn text(self) -> String {
        let KindState { seq, sight } = self.kind;
        format!("{}-{sight:08x}-{}", seq.0, self.beside.0)
    }

    /// As [`crate::state::state`] tells it: none where the caller sees nothing of the account.
    ///
    /// # Errors
    /// It is not known at the moment.
    pub(crate) fn told(
        state: Result<Self, groupware::Error>,
    ) -> Result<Option<String>, MethodError> {
        match state {
            Ok(state) => Ok(Some(state.text())),
            Err(groupware::Error::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// # Errors
    /// RFC 8620 5.2 `cannotCalculateChanges`: it is no state of ours.
    pub(crate) fn read(text: &str) -> Result<Self, MethodError> {
        let mut parts = text.split('-');
        let mut next = || parts.next();
        let read = || {
            let seq = read_seq(next()?)?;
            let sight = next()?;
            let hex = sight.len() == 8 && sight.bytes().all(|octet| octet.is_ascii_hexdigit());
            let sight = u32::from_str_radix(sight, 16).ok().filter(|_| hex)?;
            let beside = read_seq(next()?)?;
            next().is_none().then_some(Self {
                kind: KindState { seq, sight },
                beside,
            })
        };
        let mut read = read;
        read().ok_or_else(MethodError::cannot_calculate_changes)
    }

    /// Of the cards.
    ///
    /// # Errors
    /// The caller sees nothing of the account.
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

    /// Of the address books.
    ///
    /// # Errors
    /// As for [`ContactState::of_cards`].
    pub(crate) async fn of_books(
        visit: &Visit,
        account: AccountId,
    ) -> Result<Self, groupware::Error> {
        sees_books(visit, account).await?;
        let groupware = visit.groupware();
        let kind = CollectionKind::AddressBook;
        let own = visit.own_account();
        let preferences = groupware
            .records(&visit.caller, own, RecordKind::Preference)
            .await?;
        Ok(Self {
            kind: groupware
                .collections_state(&visit.caller, account, kind)
                .await?,
            beside: preferences.until,
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
    fn a_state_comes_back() {
        let state = ContactState {
            kind: KindState {
                seq: Seq(12),
                sight: 0xab,
            },
            beside: Seq(7),
        };
        assert_eq!(state.text(), "12-000000ab-7");
        assert_eq!(ContactState::read(&state.text()), Ok(state));
        for wrong in [
            "",
            "12",
            "12-000000ab",
            "12-ab-7",
            "12-000000ab-7-1",
            "x-000000ab-7",
            "1-+00000ab-1",
        ] {
            assert!(ContactState::read(wrong).is_err(), "{wrong}");
        }
    }
}
