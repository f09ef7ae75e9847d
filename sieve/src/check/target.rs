//! Where something is filed: the tags of `fileinto`, and of `:fcc` (RFC 8580).

use super::arguments::{Arguments, Tag};
use super::{Checker, Result};
use crate::fault::Position;
use crate::grammar::Literal;
use crate::program::Target;
use crate::text::Text;

/// The tags that were read.
#[derive(Default)]
pub(super) struct TargetTags {
    flags: Option<Box<[Text]>>,
    create: bool,
    special_use: Option<Text>,
    mailbox_id: Option<Text>,
    /// The first of them, for the complaint that they stand alone.
    first: Option<Position>,
}

impl TargetTags {
    /// Takes a tag with its argument; says whether it is one of these.
    pub(super) fn take(
        &mut self,
        tag: &Tag,
        arguments: &mut Arguments<'_, '_>,
        checker: &mut Checker,
    ) -> Result<bool> {
        match tag.name.as_str() {
            "flags" => {
                checker.need("imap4flags", ":flags", tag.at)?;
                self.flags = Some(checker.texts(arguments.texts("flags")?)?);
            }
            "create" => {
                checker.need("mailbox", ":create", tag.at)?;
                self.create = true;
            }
            "specialuse" => {
                checker.need("special-use", ":specialuse", tag.at)?;
                self.special_use =
                    Some(checker.text(arguments.text("a special use such as \"\\\\Junk\"")?)?);
            }
            "mailboxid" => {
                checker.need("mailboxid", ":mailboxid", tag.at)?;
                self.mailbox_id = Some(checker.text(arguments.text("the id of a mailbox")?)?);
            }
            _ => return Ok(false),
        }
        self.first.get_or_insert(tag.at);
        Ok(true)
    }

    /// With the mailbox they belong to.
    pub(super) fn target(
        self,
        mailbox: &Literal,
        copy: bool,
        checker: &mut Checker,
    ) -> Result<Target> {
        let text = checker.text(mailbox)?;
        checker.needs_mailbox(text.constant());
        if let Some(name) = text.constant()
            && !is_mailbox_name(name)
        {
            return Err(mailbox
                .at
                .error("the name of a mailbox is not empty and has no controls"));
        }
        Ok(Target {
            mailbox: text,
            mailbox_id: self.mailbox_id,
            special_use: self.special_use,
            flags: self.flags,
            create: self.create,
            copy,
        })
    }

    /// With the mailbox of `:fcc`, if there is one (RFC 8580 3).
    pub(super) fn fcc(
        self,
        fcc: Option<&Literal>,
        checker: &mut Checker,
    ) -> Result<Option<Target>> {
        match (fcc, self.first) {
            (None, Some(at)) => Err(at.error("this stands with `:fcc` only")),
            (None, None) => Ok(None),
            (Some(mailbox), _) => self.target(mailbox, false, checker).map(Some),
        }
    }
}

/// Whether a text can be the name of a mailbox.
pub(crate) fn is_mailbox_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(char::is_control)
}
