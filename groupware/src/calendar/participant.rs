//! Participant identities: with which addresses somebody takes part in events (JMAP Calendars).
//!
//! Each address of an account's owner is one by itself, made when they are first looked at; it stays as long as the address
//! does. What people call themselves there, and which one they prefer, is theirs to say. All are records of the account.

use std::collections::BTreeSet;

use model::{AccountId, ObjectId, Seq};
use serde::{Deserialize, Serialize};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::record::{RecordChange, RecordKind};

/// Octets of a name.
const NAME_OCTETS_MAX: usize = 512;

/// An address to take part with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantIdentity {
    /// Its number.
    pub id: ObjectId,
    /// The address, in small letters.
    pub address: String,
    /// The name beside it.
    pub name: String,
    /// Whether it is the one that is taken where nobody says another.
    pub is_default: bool,
}

/// As it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    address: String,
    name: String,
    #[serde(default)]
    preferred: bool,
}

impl Groupware {
    /// The participant identities of an account by number, and their state. Addresses that have none get one.
    ///
    /// # Errors
    /// As [`Groupware::records`].
    pub async fn participant_identities(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<(Vec<ParticipantIdentity>, Seq), Error> {
        let kind = RecordKind::ParticipantIdentity;
        let mut records = self.records(caller, account, kind).await?;
        let owner = self.directory.principal(account.into()).await?;
        let owner = owner.ok_or(Error::NotFound)?;
        let main = owner.address.to_lowercase();
        let mut addresses = vec![main.clone()];
        for alias in self.directory.aliases(owner.id).await? {
            addresses.push(alias.to_lowercase());
        }
        let read = |text: &str| serde_json::from_str::<Kept>(text).ok();
        let known: BTreeSet<String> = records
            .all
            .iter()
            .filter_map(|record| read(&record.text))
            .map(|kept| kept.address)
            .collect();
        let missing = addresses.iter().filter(|address| !known.contains(*address));
        let mut changes = Vec::new();
        for address in missing {
            let kept = Kept {
                address: address.clone(),
                name: owner.name.clone(),
                preferred: false,
            };
            changes.push(RecordChange::Create(text(&kept)?));
        }
        if !changes.is_empty() {
            // Who looks at the same time makes them, too: only one of both counts.
            let state = Some(records.until);
            let made = self.change_records(caller, account, kind, state, &changes);
            match made.await {
                Ok(_) | Err(Error::StateMismatch) => {}
                Err(error) => return Err(error),
            }
            records = self.records(caller, account, kind).await?;
        }
        let mut all: Vec<(ParticipantIdentity, bool)> = Vec::new();
        for record in &records.all {
            let Some(kept) = read(&record.text) else {
                continue;
            };
            if addresses.contains(&kept.address) {
                let identity = ParticipantIdentity {
                    id: record.id,
                    address: kept.address,
                    name: kept.name,
                    is_default: false,
                };
                all.push((identity, kept.preferred));
            }
        }
        let preferred = all.iter().position(|(_, preferred)| *preferred);
        let default = preferred.or_else(|| all.iter().position(|(one, _)| one.address == main));
        let mut identities: Vec<ParticipantIdentity> =
            all.into_iter().map(|(one, _)| one).collect();
        if let Some(default) = default.and_then(|at| identities.get_mut(at)) {
            default.is_default = true;
        }
        Ok((identities, records.until))
    }

    /// Says what somebody is called with an address.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for what is no name.
    pub async fn name_participant_identity(
        &self,
        caller: &Caller,
        account: AccountId,
        id: ObjectId,
        name: &str,
    ) -> Result<(), Error> {
        if name.len() > NAME_OCTETS_MAX || name.chars().any(char::is_control) {
            return Err(Error::Invalid {
                field: "name",
                why: "A name is one line of 512 octets at most.",
            });
        }
        let (all, _) = self.participant_identities(caller, account).await?;
        let known = all.iter().find(|one| one.id == id).ok_or(Error::NotFound)?;
        let kept = Kept {
            address: known.address.clone(),
            name: name.to_owned(),
            preferred: known.is_default,
        };
        let change = [RecordChange::Update(id, text(&kept)?)];
        self.change_identities(caller, account, &change).await
    }

    /// Makes an identity the one that is taken where nobody says another.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn prefer_participant_identity(
        &self,
        caller: &Caller,
        account: AccountId,
        id: ObjectId,
    ) -> Result<(), Error> {
        let (all, _) = self.participant_identities(caller, account).await?;
        if !all.iter().any(|one| one.id == id) {
            return Err(Error::NotFound);
        }
        let mut changes = Vec::new();
        for one in all.iter().filter(|one| one.is_default != (one.id == id)) {
            let kept = Kept {
                address: one.address.clone(),
                name: one.name.clone(),
                preferred: one.id == id,
            };
            changes.push(RecordChange::Update(one.id, text(&kept)?));
        }
        self.change_identities(caller, account, &changes).await
    }

    async fn change_identities(
        &self,
        caller: &Caller,
        account: AccountId,
        changes: &[RecordChange],
    ) -> Result<(), Error> {
        let kind = RecordKind::ParticipantIdentity;
        let done = self
            .change_records(caller, account, kind, None, changes)
            .await?;
        done.records
            .into_iter()
            .try_for_each(|record| record.map(drop))
    }
}

fn text(kept: &Kept) -> Result<String, Error> {
    serde_json::to_string(kept).map_err(|error| Error::internal(&error))
}
