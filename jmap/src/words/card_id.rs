//! Ids of address books and cards: those of an account by number, those of the organisation's directory with a `d` before it.
//!
//! No number begins with a letter, so the two cannot be the same.

use groupware::{AddressBook, CardKey};
use model::{CollectionId, ObjectId, PrincipalId};

use crate::codec::id::{AddressBookId, ContactCardId, WireId};

/// An address book, be it the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BookId(pub(crate) AddressBook);

/// A card, be it one of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CardId(pub(crate) CardKey);

impl BookId {
    /// One of an account.
    pub(crate) fn own(id: CollectionId) -> Self {
        Self(AddressBook::Own(id))
    }
}

impl WireId for BookId {
    const LETTER: char = AddressBookId::LETTER;

    fn from_number(number: u32) -> Self {
        Self::own(CollectionId(number))
    }

    fn number(self) -> u32 {
        match self.0 {
            AddressBook::Own(id) => id.0,
            AddressBook::Directory => 0,
        }
    }

    fn wire(self) -> String {
        match self.0 {
            AddressBook::Own(id) => AddressBookId(id).wire(),
            AddressBook::Directory => DIRECTORY.to_owned(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text == DIRECTORY {
            return Some(Self(AddressBook::Directory));
        }
        AddressBookId::parse(text).map(|id| Self::own(id.0))
    }
}

impl WireId for CardId {
    const LETTER: char = ContactCardId::LETTER;

    fn from_number(number: u32) -> Self {
        Self(CardKey::Object(ObjectId(number)))
    }

    fn number(self) -> u32 {
        match self.0 {
            CardKey::Object(id) => id.0,
            CardKey::Directory(id) => id.0,
        }
    }

    fn wire(self) -> String {
        match self.0 {
            CardKey::Object(id) => ContactCardId(id).wire(),
            CardKey::Directory(id) => format!("{DIRECTORY_CARD}{}", id.0),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some(number) = text.strip_prefix(DIRECTORY_CARD) {
            let id = PrincipalId::parse(&format!("{}{number}", PrincipalId::LETTER))?;
            return Some(Self(CardKey::Directory(id)));
        }
        ContactCardId::parse(text).map(|id| Self(CardKey::Object(id.0)))
    }
}

/// The directory as an address book.
const DIRECTORY: &str = "bd";
/// Before the number of a principal: its card.
const DIRECTORY_CARD: &str = "kd";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_and_differ() {
        let cards = [
            CardKey::Object(ObjectId(7)),
            CardKey::Directory(PrincipalId(7)),
        ];
        for (key, text) in cards.into_iter().zip(["k7", "kd7"]) {
            assert_eq!(CardId(key).wire(), text);
            assert_eq!(CardId::parse(text), Some(CardId(key)));
        }
        assert_eq!(BookId::parse("bd").map(WireId::wire).as_deref(), Some("bd"));
        assert_eq!(BookId::parse("b3"), Some(BookId::own(CollectionId(3))));
        for wrong in ["kd", "kd07", "k", "kdp7", "bd1", "kd-1"] {
            assert_eq!(CardId::parse(wrong), None, "{wrong}");
        }
        assert_eq!(BookId::parse("bd1"), None);
    }
}
