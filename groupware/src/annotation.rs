//! Annotations: what clients say of a mailbox, or of an account as a whole, under names of their own (RFC 5464).
//!
//! Those below `/shared` are everybody's who may read the mailbox; those below `/private` are seen by nobody but who made
//! them. They are records of the account that the mailbox is in.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{AccountId, MailboxId, ObjectId, PrincipalId, Rights};
use serde::{Deserialize, Serialize};
use store::Head;

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::record::{RecordChange, RecordKind};

/// Octets of one value. RFC 5464 4.3 lets a server have a bound of its own.
pub const ANNOTATION_OCTETS_MAX: usize = 32 * 1024;
/// Octets of a name.
pub const ANNOTATION_NAME_OCTETS_MAX: usize = 256;
/// Annotations of one mailbox, and of the account as a whole.
pub const ANNOTATIONS_MAX: usize = 100;

/// What is said under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The name in lower case, beginning with `/shared/` or `/private/`.
    pub name: String,
    /// The value.
    pub value: Vec<u8>,
}

/// As it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Of which mailbox; of the account without.
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox: Option<u32>,
    /// Whose, if it is private.
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<u32>,
    name: String,
    /// In base64.
    value: String,
}

/// Whether a name is one: RFC 5464 4.1: it begins with `/private` or `/shared`, its components are not empty, and no
/// wildcard or control stands in it.
///
/// # Errors
/// [`Error::Invalid`].
fn checked_name(name: &str) -> Result<String, Error> {
    let lower = name.to_ascii_lowercase();
    let rest = lower
        .strip_prefix("/shared/")
        .or_else(|| lower.strip_prefix("/private/"));
    let is_component = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|octet| octet.is_ascii_graphic() && !matches!(octet, b'*' | b'%'))
    };
    let is_name = rest.is_some_and(|rest| rest.split('/').all(is_component));
    if is_name && lower.len() <= ANNOTATION_NAME_OCTETS_MAX {
        Ok(lower)
    } else {
        Err(Error::Invalid {
            field: "name",
            why: "An annotation's name begins with /shared/ or /private/.",
        })
    }
}

fn is_private(name: &str) -> bool {
    name.starts_with("/private/")
}

impl Groupware {
    /// What is said of a mailbox, or of the account without one, as far as the caller may know; by name.
    ///
    /// # Errors
    /// RFC 5464 5: the right to look the mailbox up and to read it or more; of an account, to see something of it.
    pub async fn annotations(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: Option<MailboxId>,
    ) -> Result<Vec<Annotation>, Error> {
        let head = self
            .annotated(caller, account, mailbox, Rights::READ)
            .await?;
        let principal = caller.principal()?;
        let mut found: Vec<Annotation> = self
            .kept_annotations(&head)
            .await?
            .into_iter()
            .filter(|(_, kept)| kept.is_of(mailbox) && kept.is_for(principal))
            .map(|(_, kept)| kept.read())
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Says something, or takes it back (without a value), all in one write.
    ///
    /// # Errors
    /// RFC 5464 5: what is shared needs the right to change the mailbox, and of an account to own it; what is private the
    /// right to read. [`Error::Invalid`] for what is no name; [`Error::Limit`].
    pub async fn annotate(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: Option<MailboxId>,
        wanted: &[(&str, Option<&[u8]>)],
    ) -> Result<(), Error> {
        let principal = caller.principal()?;
        let mut names = Vec::with_capacity(wanted.len());
        for (name, value) in wanted {
            if value.is_some_and(|value| value.len() > ANNOTATION_OCTETS_MAX) {
                return Err(Error::Limit("octets of an annotation"));
            }
            names.push((checked_name(name)?, *value));
        }
        let shared = names.iter().any(|(name, _)| !is_private(name));
        let right = if shared { Rights::WRITE } else { Rights::READ };
        let head = self.annotated(caller, account, mailbox, right).await?;
        if shared && mailbox.is_none() && !caller.owns(account) {
            return Err(Error::Forbidden);
        }
        let there = self.kept_annotations(&head).await?;
        let mut count = there.iter().filter(|(_, it)| it.is_of(mailbox)).count();
        let mut changes = Vec::with_capacity(names.len());
        for (name, value) in names {
            let owner = is_private(&name).then_some(principal.0);
            let known = there.iter().find(|(_, kept)| {
                kept.is_of(mailbox) && kept.principal == owner && kept.name == name
            });
            let text = value.map(|value| Kept {
                mailbox: mailbox.map(|mailbox| mailbox.0),
                principal: owner,
                name,
                value: STANDARD.encode(value),
            });
            changes.push(match (known, text) {
                (Some((id, _)), Some(text)) => RecordChange::Update(*id, text.write()?),
                (Some((id, _)), None) => RecordChange::Destroy(*id),
                (None, Some(text)) => {
                    count += 1;
                    RecordChange::Create(text.write()?)
                }
                (None, None) => continue,
            });
        }
        if count > ANNOTATIONS_MAX {
            return Err(Error::Limit("annotations of a mailbox"));
        }
        if changes.is_empty() {
            return Ok(());
        }
        // What was decided on is right only in this state.
        let state = Some(RecordKind::Annotation.changed(&head));
        let done = self
            .write_records(
                &caller.actor,
                account,
                RecordKind::Annotation,
                state,
                &changes,
            )
            .await?;
        done.records
            .into_iter()
            .find_map(Result::err)
            .map_or(Ok(()), Err)
    }

    /// What is said to everybody under a name, of the mailbox, else of the account.
    pub(crate) async fn shared_annotation(
        &self,
        head: &Arc<Head>,
        mailbox: MailboxId,
        name: &str,
    ) -> Result<Option<Vec<u8>>, Error> {
        let all = self.kept_annotations(head).await?;
        let of = |mailbox: Option<MailboxId>| {
            let is_it =
                |kept: &Kept| kept.is_of(mailbox) && kept.principal.is_none() && kept.name == name;
            all.iter().find(|(_, kept)| is_it(kept))
        };
        let found = of(Some(mailbox)).or_else(|| of(None));
        Ok(found.map(|(_, kept)| kept.value()))
    }

    async fn annotated(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: Option<MailboxId>,
        right: Rights,
    ) -> Result<Arc<Head>, Error> {
        let access = self.access(caller, account).await?;
        match mailbox {
            Some(mailbox) => access.require(mailbox, right).map(drop)?,
            None => access.require_any()?,
        }
        Ok(access.head)
    }

    /// All of them; costs a look at the head where there never were any.
    async fn kept_annotations(&self, head: &Arc<Head>) -> Result<Vec<(ObjectId, Kept)>, Error> {
        let records = self.records_in(head, RecordKind::Annotation).await?;
        let read = |text: &str| serde_json::from_str::<Kept>(text).ok();
        Ok(records
            .all
            .into_iter()
            .filter_map(|record| Some((record.id, read(&record.text)?)))
            .filter(|(_, kept)| {
                // A mailbox takes what was said of it along when it goes.
                kept.mailbox
                    .is_none_or(|mailbox| head.mailboxes.contains_key(&MailboxId(mailbox)))
            })
            .collect())
    }
}

impl Kept {
    fn is_of(&self, mailbox: Option<MailboxId>) -> bool {
        self.mailbox == mailbox.map(|mailbox| mailbox.0)
    }

    fn is_for(&self, principal: PrincipalId) -> bool {
        self.principal.is_none_or(|owner| owner == principal.0)
    }

    fn value(&self) -> Vec<u8> {
        STANDARD.decode(&self.value).unwrap_or_default()
    }

    fn read(self) -> Annotation {
        Annotation {
            value: self.value(),
            name: self.name,
        }
    }

    fn write(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::internal(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_compared_without_case() {
        assert_eq!(checked_name("/Shared/Comment").unwrap(), "/shared/comment");
        assert!(checked_name("/private/vendor/x/y").is_ok());
        for wrong in [
            "",
            "comment",
            "/shared",
            "/shared/",
            "/shared//x",
            "/shared/a*",
            "/other/x",
        ] {
            assert!(checked_name(wrong).is_err(), "{wrong}");
        }
    }
}
