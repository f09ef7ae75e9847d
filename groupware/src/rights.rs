//! The one policy: who may do what with which mailbox.
//!
//! An account's own principal has all rights on it. Everybody else has, on each mailbox, what is shared with them, with
//! a group they are in, or with everybody who can sign in. Administering the directory gives no right on mail.

use std::sync::Arc;

use model::{AccountId, Keyword, MailboxId, PrincipalId, Rights};
use store::{Head, KeywordChange, Mailbox};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// An account as one caller may see it.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) head: Arc<Head>,
    pub(crate) who: Who,
}

/// As what somebody looks at an account.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// As the principal whose it is.
    Owner,
    /// As somebody else, who is in these groups.
    Guest {
        principal: PrincipalId,
        groups: Arc<[PrincipalId]>,
    },
}

impl Groupware {
    /// The account, with what decides about the caller's rights.
    pub(crate) async fn access(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<Access, Error> {
        let principal = caller.principal()?;
        if account == AccountId::DIRECTORY {
            return Err(Error::NotFound);
        }
        let owns = caller.owns(account);
        let head = match self.store.engine().head(account)? {
            Some(head) => head,
            None if owns => Arc::new(Head::new(account)),
            None => return Err(Error::NotFound),
        };
        let who = if owns {
            Who::Owner
        } else {
            let groups = self.directory.groups_of(principal).await?;
            Who::Guest { principal, groups }
        };
        Ok(Access { head, who })
    }
}

impl Access {
    /// Whether it is the caller's own account.
    pub(crate) fn is_owner(&self) -> bool {
        matches!(self.who, Who::Owner)
    }

    /// What the caller may do with the mailbox.
    pub(crate) fn rights(&self, mailbox: &Mailbox) -> Rights {
        match &self.who {
            Who::Owner => Rights::ALL,
            Who::Guest { principal, groups } => mailbox
                .shares
                .iter()
                .filter(|(to, _)| to.is_none_or(|to| to == *principal || groups.contains(&to)))
                .fold(Rights::NONE, |all, (_, rights)| all.with(*rights)),
        }
    }

    /// The mailbox, if the caller has all these rights on it.
    ///
    /// # Errors
    /// [`Error::NotFound`] to those who must not know of it, else [`Error::Forbidden`].
    pub(crate) fn require(&self, id: MailboxId, rights: Rights) -> Result<&Arc<Mailbox>, Error> {
        let mailbox = self.head.mailboxes.get(&id).ok_or(Error::NotFound)?;
        let has = self.rights(mailbox);
        if has.contains(rights) {
            Ok(mailbox)
        } else if has.contains(Rights::LOOKUP) {
            Err(Error::Forbidden)
        } else {
            // RFC 4314 6: without the right to look it up, nothing may tell that a mailbox is there.
            Err(Error::NotFound)
        }
    }

    /// Succeeds for the account's own principal.
    ///
    /// # Errors
    /// [`Error::NotFound`] to those who see nothing of the account, else [`Error::Forbidden`].
    pub(crate) fn require_owner(&self) -> Result<(), Error> {
        self.require_any()?;
        if self.is_owner() {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }

    /// Succeeds if the caller sees something of the account.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub(crate) fn require_any(&self) -> Result<(), Error> {
        if self.is_owner() || self.sees(Rights::LOOKUP) {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }

    fn sees(&self, rights: Rights) -> bool {
        self.head
            .mailboxes
            .values()
            .any(|mailbox| self.rights(mailbox).contains(rights))
    }
}

/// RFC 4314 2.1: each keyword needs the right to set it.
pub(crate) fn right_for(keyword: &Keyword) -> Rights {
    match keyword.as_str() {
        "$seen" => Rights::SEEN,
        "$deleted" => Rights::DELETE_EMAIL,
        _ => Rights::WRITE,
    }
}

/// Those rights that setting keywords may need.
pub(crate) const KEYWORD_RIGHTS: Rights =
    Rights(Rights::SEEN.0 | Rights::DELETE_EMAIL.0 | Rights::WRITE.0);

/// RFC 4314 4: of keywords that come with an email, those are left out that may not be set.
pub(crate) fn allowed(keywords: Vec<Keyword>, rights: Rights) -> Vec<Keyword> {
    keywords
        .into_iter()
        .filter(|keyword| rights.contains(right_for(keyword)))
        .collect()
}

/// RFC 4314 4: a change is done as far as it is allowed.
///
/// # Errors
/// [`Error::Forbidden`] if nothing of it is.
pub(crate) fn allowed_change(
    change: KeywordChange,
    rights: Rights,
) -> Result<KeywordChange, Error> {
    let some = |keywords: Vec<Keyword>| {
        let wanted = !keywords.is_empty();
        let left = allowed(keywords, rights);
        if wanted && left.is_empty() {
            Err(Error::Forbidden)
        } else {
            Ok(left)
        }
    };
    match change {
        KeywordChange::Add(keywords) => some(keywords).map(KeywordChange::Add),
        KeywordChange::Remove(keywords) => some(keywords).map(KeywordChange::Remove),
        // Even an empty replacement takes keywords away, so some right is needed for it.
        KeywordChange::Replace(_) if rights.0 & KEYWORD_RIGHTS.0 == 0 => Err(Error::Forbidden),
        KeywordChange::Replace(keywords) => Ok(KeywordChange::Replace(allowed(keywords, rights))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keywords(names: &[&str]) -> Vec<Keyword> {
        names
            .iter()
            .map(|name| Keyword::try_from(*name).unwrap())
            .collect()
    }

    #[test]
    fn a_change_is_cut_to_what_is_allowed() {
        let add = KeywordChange::Add(keywords(&["$seen", "$flagged"]));
        assert_eq!(
            allowed_change(add.clone(), Rights::SEEN).unwrap(),
            KeywordChange::Add(keywords(&["$seen"]))
        );
        assert_eq!(
            allowed_change(add, Rights::DELETE_EMAIL),
            Err(Error::Forbidden)
        );
        let none = KeywordChange::Replace(Vec::new());
        assert_eq!(
            allowed_change(none.clone(), Rights::READ),
            Err(Error::Forbidden)
        );
        assert_eq!(allowed_change(none.clone(), Rights::WRITE).unwrap(), none);
    }
}
