//! Identities: with which addresses somebody writes, under which names, and with what below (RFC 8621 6).
//!
//! Each address that a person may send with has one by itself, made when identities are first looked at; it stays as long
//! as the address does. More can be made, with the same addresses under other names. All are records of the account.

use std::collections::{BTreeMap, BTreeSet};

use model::{AccountId, ObjectId, PrincipalKind, SendRight, Seq};
use serde::{Deserialize, Serialize};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::record::{Record, RecordChange, RecordKind};

/// Octets of a signature.
pub const IDENTITY_TEXT_OCTETS_MAX: usize = 24 * 1024;
/// Octets of a name.
const NAME_OCTETS_MAX: usize = 512;
/// Addresses in one list.
const ADDRESSES_MAX: usize = 50;

/// An address with a name (RFC 8621 4.1.2.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedAddress {
    /// The name.
    pub name: Option<String>,
    /// The address.
    pub email: String,
}

/// What an identity says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityText {
    /// The address it writes with; it never changes.
    pub email: String,
    /// The name before it.
    pub name: String,
    /// Where answers go; none for the address itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Vec<NamedAddress>>,
    /// Who gets blind copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bcc: Option<Vec<NamedAddress>>,
    /// What stands below plain texts.
    #[serde(default)]
    pub text_signature: String,
    /// What stands below HTML.
    #[serde(default)]
    pub html_signature: String,
    /// Whether it is there because its address is.
    #[serde(default)]
    pub is_given: bool,
}

/// An identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its number.
    pub id: ObjectId,
    /// What it says.
    pub text: IdentityText,
    /// How the caller may write with it: as the address it has, or on its behalf.
    pub right: SendRight,
}

/// Why an identity was not made or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFault {
    /// The caller may not send with that address.
    #[error("the caller may not send with this address")]
    ForbiddenFrom,
    /// For another reason.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Identity {
    /// Whether it can be destroyed: one that an address brings comes back with it.
    #[must_use]
    pub fn may_delete(&self) -> bool {
        !self.text.is_given
    }
}

impl Groupware {
    /// The caller's identities by number, and their state. Addresses that have none get one; those that the caller may not
    /// send with any more are left out.
    ///
    /// # Errors
    /// As [`Groupware::records`].
    pub async fn identities(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<(Vec<Identity>, Seq), Error> {
        let kind = RecordKind::Identity;
        let mut records = self.records(caller, account, kind).await?;
        let known: BTreeSet<String> = read_all(&records.all)
            .filter(|(_, text)| text.is_given)
            .map(|(_, text)| text.email)
            .collect();
        let allowed = self.own_addresses(caller, account).await?;
        let missing = allowed
            .iter()
            .filter(|(email, _)| !known.contains(email.as_str()));
        let mut changes = Vec::new();
        for (email, (name, _)) in missing {
            changes.push(RecordChange::Create(text(&IdentityText {
                email: email.clone(),
                name: name.clone(),
                is_given: true,
                ..IdentityText::default()
            })?));
        }
        if !changes.is_empty() {
            // Who looks at the same time makes them, too: only one of both counts.
            let state = Some(records.until);
            let made = self
                .change_records(caller, account, kind, state, &changes)
                .await;
            match made {
                Ok(_) | Err(Error::StateMismatch) => {}
                Err(error) => return Err(error),
            }
            records = self.records(caller, account, kind).await?;
        }
        let mut identities = Vec::with_capacity(records.all.len());
        for (id, text) in read_all(&records.all) {
            let right = match allowed.get(&text.email) {
                Some((_, right)) => Some(*right),
                None => self.send_right(caller, &text.email).await?,
            };
            identities.extend(right.map(|right| Identity { id, text, right }));
        }
        Ok((identities, records.until))
    }

    /// An identity that the caller may send with.
    ///
    /// # Errors
    /// [`Error::NotFound`]; as [`Groupware::records`].
    pub async fn identity(
        &self,
        caller: &Caller,
        account: AccountId,
        id: ObjectId,
    ) -> Result<Identity, Error> {
        let (identities, _) = self.identities(caller, account).await?;
        let found = identities.into_iter().find(|identity| identity.id == id);
        found.ok_or(Error::NotFound)
    }

    /// Makes an identity.
    ///
    /// # Errors
    /// [`IdentityFault::ForbiddenFrom`]; [`Error::Invalid`] names what of it cannot be.
    pub async fn create_identity(
        &self,
        caller: &Caller,
        account: AccountId,
        new: IdentityText,
    ) -> Result<Identity, IdentityFault> {
        let new = IdentityText {
            is_given: false,
            ..new
        };
        new.check()?;
        let right = match new.email.is_empty() {
            true => None,
            false => self.send_right(caller, &new.email).await?,
        };
        let right = right.ok_or(IdentityFault::ForbiddenFrom)?;
        let create = RecordChange::Create(text(&new)?);
        Ok(Identity {
            id: self.change_identity(caller, account, create).await?,
            text: new,
            right,
        })
    }

    /// Changes an identity; its address stays what it is.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] names what of it cannot be.
    pub async fn update_identity(
        &self,
        caller: &Caller,
        account: AccountId,
        id: ObjectId,
        changed: IdentityText,
    ) -> Result<(), Error> {
        changed.check()?;
        let known = self.identity(caller, account, id).await?;
        let changed = IdentityText {
            email: known.text.email,
            is_given: known.text.is_given,
            ..changed
        };
        let update = RecordChange::Update(known.id, text(&changed)?);
        self.change_identity(caller, account, update)
            .await
            .map(drop)
    }

    /// Destroys an identity.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] for one that an address brings.
    pub async fn destroy_identity(
        &self,
        caller: &Caller,
        account: AccountId,
        id: ObjectId,
    ) -> Result<(), Error> {
        let known = self.identity(caller, account, id).await?;
        if !known.may_delete() {
            return Err(Error::Forbidden);
        }
        let destroy = RecordChange::Destroy(id);
        self.change_identity(caller, account, destroy)
            .await
            .map(drop)
    }

    async fn change_identity(
        &self,
        caller: &Caller,
        account: AccountId,
        change: RecordChange,
    ) -> Result<ObjectId, Error> {
        let kind = RecordKind::Identity;
        let changes = [change];
        let mut done = self
            .change_records(caller, account, kind, None, &changes)
            .await?;
        done.records.pop().unwrap_or(Err(Error::NotFound))
    }

    /// The addresses that the caller writes with: its own, those of groups it is in and of accounts it shares, as far as it
    /// may; each with the name of whoever has it, and how the caller may write with it.
    async fn own_addresses(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<BTreeMap<String, (String, SendRight)>, Error> {
        let own = self.directory.principal(account.into()).await?;
        let own = own.ok_or(Error::NotFound)?;
        let mut addresses = BTreeMap::new();
        let as_itself = (own.name.clone(), SendRight::As);
        addresses.insert(own.address.clone(), as_itself.clone());
        for alias in self.directory.aliases(own.id).await? {
            addresses.insert(alias, as_itself.clone());
        }
        if own.kind == PrincipalKind::Shared {
            return Ok(addresses);
        }
        let groups = self.directory.groups_of(own.id).await?;
        let shared = self.accounts(caller).await?;
        let others = shared.into_iter().map(|shared| shared.principal.id);
        for id in groups.iter().copied().chain(others) {
            let Some(other) = self.directory.principal(id).await? else {
                continue;
            };
            if let Some(right) = self.send_right(caller, &other.address).await? {
                addresses.insert(other.address.clone(), (other.name.clone(), right));
            }
        }
        Ok(addresses)
    }
}

impl IdentityText {
    fn check(&self) -> Result<(), Error> {
        let invalid = |field, why| Err(Error::Invalid { field, why });
        if self.name.len() > NAME_OCTETS_MAX || self.name.chars().any(char::is_control) {
            return invalid("name", "A name is one line of 512 octets at most.");
        }
        if self.text_signature.len() > IDENTITY_TEXT_OCTETS_MAX {
            return invalid("textSignature", "The signature is too long.");
        }
        if self.html_signature.len() > IDENTITY_TEXT_OCTETS_MAX {
            return invalid("htmlSignature", "The signature is too long.");
        }
        let is_long = |list: &Option<Vec<NamedAddress>>| {
            let octets =
                |it: &NamedAddress| it.email.len() + it.name.as_ref().map_or(0, String::len);
            list.as_ref().is_some_and(|list| {
                list.len() > ADDRESSES_MAX || list.iter().any(|it| octets(it) > NAME_OCTETS_MAX)
            })
        };
        if is_long(&self.reply_to) {
            return invalid(
                "replyTo",
                "There are too many addresses, or one is too long.",
            );
        }
        if is_long(&self.bcc) {
            return invalid("bcc", "There are too many addresses, or one is too long.");
        }
        Ok(())
    }
}

fn text(identity: &IdentityText) -> Result<String, Error> {
    serde_json::to_string(identity).map_err(|error| Error::internal(&error))
}

fn read_all(records: &[Record]) -> impl Iterator<Item = (ObjectId, IdentityText)> + '_ {
    records.iter().filter_map(|record| {
        let text = serde_json::from_str(&record.text);
        let text = text.inspect_err(|error| tracing::error!(%error, "an identity cannot be read"));
        Some((record.id, text.ok()?))
    })
}
