//! Deciding about mailboxes.

use model::{
    AccountId, CreateMailbox, MailboxId, MailboxName, Mutation, NumberSet, PrincipalId, Rights,
    Role, UidValidity,
};

use super::Deciding;
use crate::change::Outcome;
use crate::error::Error;

/// Mailboxes one account can have.
const MAILBOXES_PER_ACCOUNT_MAX: usize = 10_000;
/// Levels of mailboxes within mailboxes (RFC 8621 1.3.1 `maxMailboxDepth`).
const MAILBOX_DEPTH_MAX: usize = 20;
/// Principals one mailbox can be shared with, and principals that can subscribe to it.
const SHARES_PER_MAILBOX_MAX: usize = 1_000;
/// The name that stands for the inbox at the top, in any case (RFC 9051 5.1).
const INBOX: &str = "inbox";

impl Deciding<'_> {
    pub(super) fn create_mailbox(
        &mut self,
        parent: Option<MailboxId>,
        name: &MailboxName,
        role: Option<Role>,
    ) -> Result<Outcome, Error> {
        if self.head.account == AccountId::DIRECTORY {
            return Err(Error::Invalid("the directory has no mailboxes"));
        }
        if self.head.mailboxes.len() >= MAILBOXES_PER_ACCOUNT_MAX {
            return Err(Error::Limit(
                "the account has as many mailboxes as it can have",
            ));
        }
        self.check_place(None, parent, name, role)?;
        let mailbox = self.head.next_mailbox;
        // RFC 9051 2.3.1.1: the time makes a UIDVALIDITY that no earlier mailbox of this name had.
        let now = u32::try_from(self.at.seconds()).unwrap_or(1);
        let uid_validity = UidValidity(now.max(self.head.last_uid_validity.0.saturating_add(1)));
        self.push(Mutation::CreateMailbox(CreateMailbox {
            mailbox,
            parent,
            name: name.clone(),
            role,
            uid_validity,
        }))?;
        Ok(Outcome::Mailbox(mailbox))
    }

    pub(super) fn update_mailbox(
        &mut self,
        id: MailboxId,
        parent: Option<MailboxId>,
        name: &MailboxName,
        role: Option<Role>,
    ) -> Result<Outcome, Error> {
        let mailbox = self.head.mailbox(id)?;
        if (mailbox.parent, &mailbox.name, mailbox.role) == (parent, name, role) {
            return Ok(Outcome::Done);
        }
        if mailbox.role == Some(Role::Inbox) && role != Some(Role::Inbox) {
            return Err(Error::Invalid("the inbox stays the inbox"));
        }
        self.check_place(Some(id), parent, name, role)?;
        self.push(Mutation::UpdateMailbox {
            mailbox: id,
            parent,
            name: name.clone(),
            role,
        })?;
        Ok(Outcome::Done)
    }

    pub(super) fn destroy_mailbox(
        &mut self,
        id: MailboxId,
        with_emails: bool,
    ) -> Result<Outcome, Error> {
        let mailbox = self.head.mailbox(id)?;
        if mailbox.role == Some(Role::Inbox) {
            return Err(Error::Invalid("the inbox cannot be deleted"));
        }
        if self
            .head
            .mailboxes
            .values()
            .any(|other| other.parent == Some(id))
        {
            return Err(Error::HasChildren);
        }
        if mailbox.totals.emails > 0 {
            if !with_emails {
                return Err(Error::NotEmpty);
            }
            self.destroy_emails(id, &NumberSet::range(1, u32::MAX), false)?;
            if self.head.mailbox(id)?.totals.emails > 0 {
                return Err(Error::Invalid(
                    "the request puts emails into the mailbox it destroys",
                ));
            }
        }
        self.push(Mutation::DestroyMailbox { mailbox: id })?;
        Ok(Outcome::Done)
    }

    pub(super) fn set_subscribed(
        &mut self,
        id: MailboxId,
        principal: PrincipalId,
        subscribed: bool,
    ) -> Result<Outcome, Error> {
        let subscribers = &self.head.mailbox(id)?.subscribers;
        if subscribers.contains(&principal) != subscribed {
            if subscribed && subscribers.len() >= SHARES_PER_MAILBOX_MAX {
                return Err(Error::Limit(
                    "the mailbox has as many subscribers as it can have",
                ));
            }
            self.push(Mutation::SetSubscribed {
                mailbox: id,
                principal,
                subscribed,
            })?;
        }
        Ok(Outcome::Done)
    }

    pub(super) fn set_share(
        &mut self,
        id: MailboxId,
        principal: Option<PrincipalId>,
        rights: Rights,
    ) -> Result<Outcome, Error> {
        if principal == Some(PrincipalId(0)) {
            return Err(Error::Invalid("no principal has the number 0"));
        }
        let shares = &self.head.mailbox(id)?.shares;
        let known = shares
            .iter()
            .find(|(known, _)| *known == principal)
            .map(|(_, rights)| *rights);
        if known.unwrap_or(Rights::NONE) != rights {
            if known.is_none() && shares.len() >= SHARES_PER_MAILBOX_MAX {
                return Err(Error::Limit(
                    "the mailbox is shared with as many principals as it can be",
                ));
            }
            self.push(Mutation::SetShare {
                mailbox: id,
                principal,
                rights,
            })?;
        }
        Ok(Outcome::Done)
    }

    /// Whether a mailbox can be in this place with this name and role.
    fn check_place(
        &self,
        id: Option<MailboxId>,
        parent: Option<MailboxId>,
        name: &MailboxName,
        role: Option<Role>,
    ) -> Result<(), Error> {
        let is_inbox = role == Some(Role::Inbox);
        if parent.is_none() && name.as_str().eq_ignore_ascii_case(INBOX) && !is_inbox {
            return Err(Error::AlreadyExists("the inbox"));
        }
        if is_inbox && !(parent.is_none() && name.as_str().eq_ignore_ascii_case(INBOX)) {
            return Err(Error::Invalid(
                "the inbox stays at the top and keeps its name",
            ));
        }
        if self
            .head
            .child(parent, name.as_str())
            .is_some_and(|other| Some(other.id) != id)
        {
            return Err(Error::AlreadyExists("the mailbox"));
        }
        let same_role = role.and_then(|role| self.head.with_role(role));
        if same_role.is_some_and(|other| Some(other.id) != id) {
            return Err(Error::AlreadyExists("a mailbox with this role"));
        }
        let mut above = parent;
        for _ in 0..MAILBOX_DEPTH_MAX {
            let Some(current) = above else { return Ok(()) };
            if Some(current) == id {
                return Err(Error::Invalid("a mailbox cannot be inside itself"));
            }
            above = self.head.mailbox(current)?.parent;
        }
        Err(Error::Limit("mailboxes are nested too deep"))
    }
}
