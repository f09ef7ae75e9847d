//! What a principal may do with a mailbox (RFC 8621 2 `myRights`, RFC 4314).

use serde::{Deserialize, Serialize};

/// A set of rights on one mailbox; each constant is one of RFC 4314's letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rights(pub u16);

impl Rights {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// `l`: sees that the mailbox is there.
    pub const LOOKUP: Self = Self(1);
    /// `r`: reads it.
    pub const READ: Self = Self(1 << 1);
    /// `s`: sets and clears `$seen`.
    pub const SEEN: Self = Self(1 << 2);
    /// `w`: sets and clears other keywords.
    pub const WRITE: Self = Self(1 << 3);
    /// `i`: adds emails.
    pub const INSERT: Self = Self(1 << 4);
    /// `p`: mails to its submission address.
    pub const POST: Self = Self(1 << 5);
    /// `k`: creates mailboxes below it.
    pub const CREATE: Self = Self(1 << 6);
    /// `x`: deletes or renames it.
    pub const DELETE_MAILBOX: Self = Self(1 << 7);
    /// `t`: sets and clears `$deleted`.
    pub const DELETE_EMAIL: Self = Self(1 << 8);
    /// `e`: destroys what is marked deleted.
    pub const EXPUNGE: Self = Self(1 << 9);
    /// `a`: shares it.
    pub const ADMINISTER: Self = Self(1 << 10);
    /// Everything.
    pub const ALL: Self = Self((1 << 11) - 1);

    /// RFC 4314 2.1: the letters, in the order of the bits.
    const LETTERS: &'static [u8; 11] = b"lrswipkxtea";

    /// Whether all of `other` are granted.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set less the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nothing is granted.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The letters of RFC 4314 2.1.
    pub fn letters(self) -> impl Iterator<Item = char> {
        Self::LETTERS
            .iter()
            .enumerate()
            .filter(move |(bit, _)| self.0 >> bit & 1 == 1)
            .map(|(_, letter)| char::from(*letter))
    }

    /// The right a letter stands for. RFC 4314 2.1.1: the obsolete `c` and `d` stand for what they became.
    #[must_use]
    pub fn from_letter(letter: char) -> Option<Self> {
        match letter {
            'c' => Some(Self::CREATE.with(Self::DELETE_MAILBOX)),
            'd' => Some(Self::DELETE_EMAIL.with(Self::EXPUNGE)),
            _ => Self::LETTERS
                .iter()
                .position(|known| char::from(*known) == letter)
                .map(|bit| Self(1 << bit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_bits_agree() {
        assert_eq!(Rights::ALL.letters().collect::<String>(), "lrswipkxtea");
        assert_eq!(Rights::from_letter('a'), Some(Rights::ADMINISTER));
        assert_eq!(Rights::from_letter('e'), Some(Rights::EXPUNGE));
        assert_eq!(
            Rights::from_letter('d'),
            Some(Rights::DELETE_EMAIL.with(Rights::EXPUNGE))
        );
        assert_eq!(Rights::from_letter('z'), None);
    }
}
