//! Scripts by numbers, for clients that know them by such and not by name: a script keeps its number under another name.
//!
//! A script is an object, and has its number; one that was renamed is another object, and what is said of all scripts
//! says which number it goes on with.

use model::{AccountId, ObjectId, Properties, Seq};
use store::ObjectRow;

use super::ScriptError;
use super::kept::{ACTIVE, Kept, scripts};
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// Begins the property that says which number the script of a name has.
const NUMBER: &str = "number:";

/// A script as it is listed with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedScript {
    /// Its number, never used again.
    pub id: ObjectId,
    /// Its name.
    pub name: String,
    /// Whether it is the one that is run.
    pub is_active: bool,
    /// Octets of its text.
    pub octets: u32,
    /// The object that holds its text, and the entry that put it there.
    pub text: (ObjectId, Seq),
}

/// The extensions of the language that scripts may use, by their names (RFC 5228 6).
#[must_use]
pub fn script_extensions() -> &'static [&'static str] {
    sieve::CAPABILITIES
}

impl Groupware {
    /// The account's scripts by number, and the last entry that changed one, or what is said of all of them: which is
    /// active, and what is said of somebody who is away.
    ///
    /// # Errors
    /// Only the owner knows of them.
    pub async fn numbered_scripts(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<(Vec<NumberedScript>, Seq), Error> {
        let kept = self.kept_scripts(caller, account).await?;
        let mut all: Vec<NumberedScript> = kept
            .rows
            .iter()
            .map(|row| NumberedScript {
                id: kept.number(row),
                name: row.uid.clone(),
                is_active: kept.active() == Some(row.uid.as_str()),
                octets: row.size,
                text: (row.object, row.changed),
            })
            .collect();
        all.sort_by_key(|script| script.id);
        Ok((all, kept.changed()))
    }

    /// The last entry that changed a script or what is said of them, without reading any.
    ///
    /// # Errors
    /// Only the owner knows of them.
    pub async fn scripts_state(&self, caller: &Caller, account: AccountId) -> Result<Seq, Error> {
        self.require_filters(caller, account).await?;
        let head = self.ensure_account(account.into()).await?;
        let changed = scripts(&head).map(|found| found.changed.max(found.objects_changed));
        Ok(changed.unwrap_or(Seq::START))
    }

    /// The text of the script with that number.
    ///
    /// # Errors
    /// [`Error::NotFound`]; only the owner reads it.
    pub async fn numbered_script(
        &self,
        caller: &Caller,
        account: AccountId,
        id: ObjectId,
    ) -> Result<Vec<u8>, Error> {
        let (all, _) = self.numbered_scripts(caller, account).await?;
        let found = all.iter().find(|script| script.id == id);
        let name = &found.ok_or(Error::NotFound)?.name;
        self.script(caller, account, name).await
    }

    /// Keeps a new script, as [`Groupware::put_script`] does; none of that name may be there. Answers its number.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`]; else as there.
    pub async fn create_script(
        &self,
        caller: &Caller,
        account: AccountId,
        name: &str,
        text: Vec<u8>,
    ) -> Result<ObjectId, ScriptError> {
        let (all, _) = self.numbered_scripts(caller, account).await?;
        if all.iter().any(|script| script.name == name) {
            return Err(Error::AlreadyExists.into());
        }
        self.put_script(caller, account, name, text).await?;
        let (all, _) = self.numbered_scripts(caller, account).await?;
        let made = all.iter().find(|script| script.name == name);
        Ok(made.ok_or(Error::NotFound)?.id)
    }
}

impl Kept {
    /// The number of a script.
    pub(super) fn number(&self, row: &ObjectRow) -> ObjectId {
        let said = self.said(&number_of(&row.uid));
        let said = said.and_then(|number| number.parse().ok());
        said.map_or(row.object, ObjectId)
    }

    /// What is said of all scripts once one of them has another name, or is gone.
    pub(super) fn renamed(&self, row: &ObjectRow, new_name: Option<&str>) -> Option<Properties> {
        let mut properties = self.properties.clone();
        let said = &mut properties.dead;
        said.remove(&number_of(&row.uid));
        if let Some(name) = new_name {
            said.insert(number_of(name), self.number(row).to_string());
            if self.active() == Some(row.uid.as_str()) {
                said.insert(ACTIVE.to_owned(), name.to_owned());
            }
        }
        (properties != self.properties).then_some(properties)
    }
}

fn number_of(name: &str) -> String {
    format!("{NUMBER}{name}")
}
