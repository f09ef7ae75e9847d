//! Filters: the Sieve scripts that an account keeps (RFC 5228, RFC 5804), and what they do with mail that arrives.
//!
//! Scripts are objects of a collection that no other face sees, so each change has an author, is sealed and can be undone;
//! the name of the active one is a property of that collection. At delivery ([`Plan`]) the active script is run, and all
//! that it wants is one request: what is stored, what is queued, and the memory of who was answered.
//!
//! Only an account's owner touches its filters: whoever deletes or forwards another's mail in secret does it here.

mod apply;

mod around;

pub(crate) mod compose;

mod contacts;

mod event;

mod kept;

mod letter;

mod memory;

mod numbered;

mod path;

mod plan;

mod policy;

mod rules;

pub(crate) mod trace;

mod vacation;

use std::sync::Arc;

use model::{AccountId, PathSegment, Properties, Timestamp};
use sieve::Script;
use store::{Change, CollectionChange, Condition, NewObject, Source, TagChange};

use crate::Groupware;
use crate::caller::Caller;
use crate::collection::wrap;
use crate::error::Error;
use crate::object::VersionId;

use self::kept::Kept;

pub use event::{EventCause, MailEvent};
pub use kept::{SCRIPT_NAME_CHARACTERS_MAX, SCRIPTS_MAX};
pub(crate) use letter::Letter;
pub use letter::{Arrival, Delivered, Recipient};
pub use numbered::{NumberedScript, script_extensions};
pub(crate) use plan::Plan;
pub use policy::FilterPolicy;
pub(crate) use rules::Filters;
pub use vacation::{
    Outside, VACATION_SUBJECT_CHARACTERS_MAX, VACATION_TEXT_OCTETS_MAX, VacationSetting,
};

/// The largest script that is kept, in octets.
pub const SCRIPT_OCTETS_MAX: usize = sieve::limits::SCRIPT_OCTETS_MAX;

/// A script, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptInfo {
    /// Its name.
    pub name: String,
    /// Whether it is the one that is run.
    pub is_active: bool,
    /// Octets of its text.
    pub octets: u32,
}

/// Why something was not done with a script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// The script breaks a rule of the language; says where.
    #[error("{0}")]
    Fault(String),
    /// No script can be called so.
    #[error(
        "a script's name has 1 to {SCRIPT_NAME_CHARACTERS_MAX} characters and no control characters"
    )]
    Name,
    /// It is the active one.
    #[error("the script is active")]
    Active,
    /// The account has as many scripts as it can have.
    #[error("an account has at most {SCRIPTS_MAX} scripts")]
    TooMany,
    /// The script is too large.
    #[error("a script has at most {SCRIPT_OCTETS_MAX} octets")]
    TooLarge,
    /// For a reason that is not the script's own.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<store::Error> for ScriptError {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Checks the text of a script completely, without keeping it (RFC 5804 2.12).
///
/// # Errors
/// [`ScriptError::TooLarge`], or [`ScriptError::Fault`] with the first rule it breaks.
pub fn check_script(text: &[u8]) -> Result<(), ScriptError> {
    if text.len() > SCRIPT_OCTETS_MAX {
        return Err(ScriptError::TooLarge);
    }
    match Script::parse(text) {
        Ok(_) => Ok(()),
        Err(fault) => Err(ScriptError::Fault(fault.to_string())),
    }
}

impl Groupware {
    /// The account's scripts by name.
    ///
    /// # Errors
    /// Only the owner knows of them.
    pub async fn scripts(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<Vec<ScriptInfo>, Error> {
        let kept = self.kept_scripts(caller, account).await?;
        let mut scripts: Vec<ScriptInfo> = kept
            .rows
            .iter()
            .map(|row| ScriptInfo {
                name: row.uid.clone(),
                is_active: kept.active() == Some(row.uid.as_str()),
                octets: row.size,
            })
            .collect();
        scripts.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(scripts)
    }

    /// The text of a script.
    ///
    /// # Errors
    /// [`Error::NotFound`]; only the owner reads it.
    pub async fn script(
        &self,
        caller: &Caller,
        account: AccountId,
        name: &str,
    ) -> Result<Vec<u8>, Error> {
        let kept = self.kept_scripts(caller, account).await?;
        let blob = kept.row(name).ok_or(Error::NotFound)?.blob;
        Ok(self.store.read(move |engine| engine.blob(blob)).await?)
    }

    /// Whether a script of that name and size could be kept (RFC 5804 2.5).
    ///
    /// # Errors
    /// What would keep it from it.
    pub async fn script_space(
        &self,
        caller: &Caller,
        account: AccountId,
        name: &str,
        octets: u64,
    ) -> Result<(), ScriptError> {
        kept::check_name(name)?;
        let kept = self.kept_scripts(caller, account).await?;
        kept.check_room(name, octets)
    }

    /// Keeps a script under a name; one of that name is replaced, and stays restorable for the retention time. If that is
    /// the active one, the new text counts from now on.
    ///
    /// # Errors
    /// The script must be one ([`ScriptError::Fault`]), and there must be room.
    pub async fn put_script(
        &self,
        caller: &Caller,
        account: AccountId,
        name: &str,
        text: Vec<u8>,
    ) -> Result<(), ScriptError> {
        kept::check_name(name)?;
        check_script(&text)?;
        let size = u32::try_from(text.len()).map_err(|_| ScriptError::TooLarge)?;
        let prepare = self
            .store
            .read(move |engine| engine.prepare(&text, Vec::new()));
        let blob = prepare.await?;
        self.change_scripts(caller, account, |kept| {
            kept.check_room(name, u64::from(size))?;
            Ok(vec![kept.put(
                name,
                size,
                Source::New(Arc::clone(&blob)),
            )?])
        })
        .await
    }

    /// Gives a script another name; the active one stays active (RFC 5804 2.11).
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::AlreadyExists`].
    pub async fn rename_script(
        &self,
        caller: &Caller,
        account: AccountId,
        name: &str,
        new_name: &str,
    ) -> Result<(), ScriptError> {
        kept::check_name(new_name)?;
        self.change_scripts(caller, account, |kept| {
            let row = kept.row(name).ok_or(Error::NotFound)?;
            if name == new_name {
                return Ok(Vec::new());
            }
            if kept.row(new_name).is_some() {
                return Err(Error::AlreadyExists.into());
            }
            let source = Source::Stored {
                blob: row.blob,
                meta: Arc::clone(&row.meta),
            };
            let mut changes = vec![kept.destroy(name)?, kept.put(new_name, row.size, source)?];
            changes.extend(kept.renamed(row, Some(new_name)).map(|it| kept.say_all(it)));
            Ok(changes)
        })
        .await
    }

    /// Destroys a script; it stays restorable for the retention time.
    ///
    /// # Errors
    /// [`Error::NotFound`]; RFC 5804 2.10: the active one stays ([`ScriptError::Active`]).
    pub async fn destroy_script(
        &self,
        caller: &Caller,
        account: AccountId,
        name: &str,
    ) -> Result<(), ScriptError> {
        self.change_scripts(caller, account, |kept| {
            let row = kept.row(name).ok_or(Error::NotFound)?;
            if kept.active() == Some(name) {
                return Err(ScriptError::Active);
            }
            let mut changes = vec![kept.destroy(name)?];
            changes.extend(kept.renamed(row, None).map(|it| kept.say_all(it)));
            Ok(changes)
        })
        .await
    }

    /// Makes a script the active one, or none (RFC 5804 2.8).
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn activate_script(
        &self,
        caller: &Caller,
        account: AccountId,
        name: Option<&str>,
    ) -> Result<(), ScriptError> {
        self.change_scripts(caller, account, |kept| {
            if let Some(name) = name {
                kept.row(name).ok_or(Error::NotFound)?;
            }
            if kept.active() == name {
                return Ok(Vec::new());
            }
            Ok(vec![kept.say(kept::ACTIVE, name)])
        })
        .await
    }
}

/// A text that a script had, and that can be brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptVersion {
    /// Which one.
    pub id: VersionId,
    /// When it was replaced or destroyed.
    pub at: Timestamp,
    /// Whether the script was destroyed or renamed then, not its text replaced.
    pub is_destroyed: bool,
    /// The script's name.
    pub name: String,
    /// Octets of the text.
    pub octets: u32,
}

impl Groupware {
    /// The earlier texts of scripts that can be brought back, by script and age.
    ///
    /// # Errors
    /// Only the owner knows of them.
    pub async fn script_versions(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<Vec<ScriptVersion>, Error> {
        let kept = self.kept_scripts(caller, account).await?;
        let all = self.store.read(move |engine| engine.versions(account));
        let of_scripts = all.await?.into_iter();
        let of_scripts = of_scripts.filter(|version| version.collection == kept.collection);
        let described = of_scripts.map(|version| ScriptVersion {
            id: VersionId {
                object: version.object,
                until: version.until,
            },
            at: version.at,
            is_destroyed: version.destroyed,
            name: version.uid,
            octets: version.size,
        });
        Ok(described.collect())
    }

    /// Brings an earlier text of a script back under its name; the text that is there becomes an earlier one in its turn.
    /// Which script is active stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such version; and as [`Groupware::put_script`].
    pub async fn restore_script(
        &self,
        caller: &Caller,
        account: AccountId,
        id: VersionId,
    ) -> Result<(), ScriptError> {
        let kept = self.kept_scripts(caller, account).await?;
        let all = self.store.read(move |engine| engine.versions(account));
        let version = all.await?.into_iter().find(|version| {
            version.collection == kept.collection
                && (version.object, version.until) == (id.object, id.until)
        });
        let version = version.ok_or(Error::NotFound)?;
        let text = self.store.read(move |engine| engine.blob(version.blob));
        self.put_script(caller, account, &version.uid, text.await?)
            .await
    }
}

impl Kept {
    /// The change that keeps a script.
    fn put(&self, name: &str, size: u32, source: Source) -> Result<Change, Error> {
        Ok(wrap(CollectionChange::Put(NewObject {
            collection: self.collection,
            name: segment(name)?,
            uid: name.to_owned(),
            size,
            source,
            tag: TagChange::None,
            media_type: None,
            condition: Condition::Any,
        })))
    }

    /// The change that destroys a script.
    fn destroy(&self, name: &str) -> Result<Change, Error> {
        Ok(wrap(CollectionChange::DestroyObject {
            collection: self.collection,
            name: segment(name)?,
            scheduled: false,
            condition: Condition::Any,
        }))
    }

    /// The change that says something of all scripts.
    pub(crate) fn say(&self, what: &str, value: Option<&str>) -> Change {
        let mut properties: Properties = self.properties.clone();
        match value {
            Some(value) => properties.dead.insert(what.to_owned(), value.to_owned()),
            None => properties.dead.remove(what),
        };
        self.say_all(properties)
    }

    /// The change that says all of that of all scripts.
    fn say_all(&self, properties: Properties) -> Change {
        wrap(CollectionChange::Update {
            collection: self.collection,
            parent: None,
            name: kept::scripts_name(),
            properties,
        })
    }
}

fn segment(name: &str) -> Result<PathSegment, Error> {
    kept::segment(name).map_err(|error| Error::internal(&error))
}
