//! Ids on the wire (RFC 8620 1.2): a letter that says what it is, and the number that the model knows it by.

use model::{AccountId, CollectionId, EmailId, MailboxId, ObjectId, PrincipalId, ThreadId};

/// An id that the model knows as a number.
pub(crate) trait WireId: Copy + Ord {
    /// The letter it begins with.
    const LETTER: char;

    /// The id with this number.
    fn from_number(number: u32) -> Self;

    /// Its number.
    fn number(self) -> u32;

    /// How it is written.
    fn wire(self) -> String {
        format!("{}{}", Self::LETTER, self.number())
    }

    /// The id that is written so. Each has one way to be written: `m3`, never `m03`.
    fn parse(text: &str) -> Option<Self> {
        parse_number(Self::LETTER, text).map(Self::from_number)
    }
}

/// The number behind that letter.
pub(crate) fn parse_number(letter: char, text: &str) -> Option<u32> {
    let digits = text.strip_prefix(letter)?;
    let plain = !digits.is_empty()
        && !digits.starts_with('0')
        && digits.bytes().all(|octet| octet.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// A calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CalendarId(pub(crate) CollectionId);

/// An address book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AddressBookId(pub(crate) CollectionId);

/// A contact card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ContactCardId(pub(crate) ObjectId);

/// A task list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TaskListId(pub(crate) CollectionId);

/// An identity (RFC 8621 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct IdentityId(pub(crate) ObjectId);

/// A submission (RFC 8621 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SubmissionId(pub(crate) ObjectId);

/// A Sieve script (RFC 9661).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SieveScriptId(pub(crate) ObjectId);

/// A subscription to push (RFC 8620 7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PushSubscriptionId(pub(crate) ObjectId);

/// Who takes part in events as whom (JMAP Calendars).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ParticipantIdentityId(pub(crate) ObjectId);

/// Something that happened to a share or an event (RFC 9670 3.2, JMAP Calendars).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NotificationId(pub(crate) ObjectId);

impl WireId for AccountId {
    const LETTER: char = 'a';

    fn from_number(number: u32) -> Self {
        Self(number)
    }

    fn number(self) -> u32 {
        self.0
    }
}

impl WireId for PrincipalId {
    const LETTER: char = 'p';

    fn from_number(number: u32) -> Self {
        Self(number)
    }

    fn number(self) -> u32 {
        self.0
    }
}

impl WireId for MailboxId {
    const LETTER: char = 'm';

    fn from_number(number: u32) -> Self {
        Self(number)
    }

    fn number(self) -> u32 {
        self.0
    }
}

impl WireId for EmailId {
    const LETTER: char = 'e';

    fn from_number(number: u32) -> Self {
        Self(number)
    }

    fn number(self) -> u32 {
        self.0
    }
}

impl WireId for ThreadId {
    const LETTER: char = 't';

    fn from_number(number: u32) -> Self {
        Self(number)
    }

    fn number(self) -> u32 {
        self.0
    }
}

/// Ids that wrap a number of the model. Those of events (`v`) and tasks (`d`) stand where occurrences are known.
macro_rules! wrapped {
    ($($name:ident, $inner:ident, $letter:literal;)*) => {$(
        impl WireId for $name {
            const LETTER: char = $letter;

            fn from_number(number: u32) -> Self {
                Self($inner(number))
            }

            fn number(self) -> u32 {
                self.0.0
            }
        }
    )*};
}

wrapped! {
    CalendarId, CollectionId, 'c';
    AddressBookId, CollectionId, 'b';
    TaskListId, CollectionId, 'l';
    ContactCardId, ObjectId, 'k';
    IdentityId, ObjectId, 'i';
    SubmissionId, ObjectId, 's';
    SieveScriptId, ObjectId, 'y';
    PushSubscriptionId, ObjectId, 'h';
    ParticipantIdentityId, ObjectId, 'r';
    NotificationId, ObjectId, 'n';
}

/// # Panics
/// If an id that is read is written in another way.
pub(crate) fn fuzz(text: &str) {
    fn round_trip<I: WireId>(text: &str) {
        if let Some(id) = I::parse(text) {
            assert_eq!(id.wire(), text);
        }
    }
    round_trip::<AccountId>(text);
    round_trip::<EmailId>(text);
    round_trip::<CalendarId>(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_way_to_be_written() {
        assert_eq!(MailboxId::parse("m3"), Some(MailboxId(3)));
        assert_eq!(MailboxId(3).wire(), "m3");
        for wrong in ["", "m", "m03", "m0", "e3", "m-1", "m4294967296", "m3 "] {
            assert_eq!(MailboxId::parse(wrong), None, "{wrong}");
        }
        assert_eq!(CalendarId::parse("c2"), Some(CalendarId(CollectionId(2))));
    }
}
