//! Access control on the wire (RFC 4314): identifiers and letters of rights.

use std::borrow::Cow;

use super::lexer::{Lexer, Parsed};
use super::mailbox::{Mailbox, mailbox};

/// `setacl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAcl<'a> {
    /// Which mailbox.
    pub mailbox: Mailbox<'a>,
    /// Whose rights; a leading `-` means negative rights (RFC 4314 2).
    pub identifier: Cow<'a, str>,
    /// What to do with the rights.
    pub change: AclChange,
    /// The rights.
    pub rights: AclRights,
}

/// What `SETACL` does with its rights (RFC 4314 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AclChange {
    /// No prefix.
    Replace,
    /// `+`.
    Add,
    /// `-`.
    Remove,
}

/// A set of rights, as letters `a` to `z` and digits; which of them exist is for the session to say.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct AclRights(u64);

impl AclRights {
    /// The rights that these letters name.
    ///
    /// # Errors
    /// A character is neither a lower case letter nor a digit (RFC 4314 7, `right`).
    pub fn from_letters(letters: &str) -> Result<Self, RightsError> {
        letters.chars().try_fold(Self::default(), |rights, letter| {
            bit(letter)
                .map(|bit| Self(rights.0 | bit))
                .ok_or(RightsError)
        })
    }

    /// Whether the right of this letter is in the set.
    #[must_use]
    pub fn contains(self, letter: char) -> bool {
        bit(letter).is_some_and(|bit| self.0 & bit != 0)
    }

    /// The letters in alphabetical order, digits last.
    pub fn letters(self) -> impl Iterator<Item = char> {
        LETTERS.chars().filter(move |letter| self.contains(*letter))
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl std::fmt::Debug for AclRights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AclRights({})", self.letters().collect::<String>())
    }
}

/// A character that cannot name a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A right is a lower case letter or a digit")]
pub struct RightsError;

/// The arguments of `SETACL`.
pub(super) fn set_acl<'a>(lexer: &mut Lexer<'a>) -> Parsed<SetAcl<'a>> {
    let (mailbox, identifier) = mailbox_and_identifier(lexer)?;
    lexer.space()?;
    let start = lexer.clone();
    let text = lexer.astring_text()?;
    let (change, letters) = match text.strip_prefix('+') {
        Some(letters) => (AclChange::Add, letters),
        None => match text.strip_prefix('-') {
            Some(letters) => (AclChange::Remove, letters),
            None => (AclChange::Replace, &*text),
        },
    };
    // RFC 4314 3.1: unknown rights are answered with BAD.
    let rights =
        AclRights::from_letters(letters).map_err(|_| start.expected("letters of rights"))?;
    Ok(SetAcl {
        mailbox,
        identifier,
        change,
        rights,
    })
}

/// `SP mailbox SP identifier`, as in `DELETEACL` and `LISTRIGHTS`.
pub(super) fn mailbox_and_identifier<'a>(
    lexer: &mut Lexer<'a>,
) -> Parsed<(Mailbox<'a>, Cow<'a, str>)> {
    lexer.space()?;
    let mailbox = mailbox(lexer)?;
    lexer.space()?;
    Ok((mailbox, lexer.astring_text()?))
}

fn bit(letter: char) -> Option<u64> {
    let at = LETTERS.find(letter)?;
    1_u64.checked_shl(u32::try_from(at).ok()?)
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
