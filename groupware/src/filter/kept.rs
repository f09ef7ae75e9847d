//! Where scripts lie: a collection of their own, each under its name.

use std::sync::Arc;

use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, PathSegment, Principal,
    PrincipalKind, Properties, SegmentError, Seq,
};
use store::{Change, Collection, CollectionChange, Head, ObjectRow, Request};

use super::{SCRIPT_OCTETS_MAX, ScriptError};
use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::caller::Caller;
use crate::collection::wrap;
use crate::error::Error;

/// Scripts that one account keeps.
pub const SCRIPTS_MAX: usize = 64;
/// Characters of a script's name. RFC 5804 1.6: at least 128 are to be allowed.
pub const SCRIPT_NAME_CHARACTERS_MAX: usize = 128;

/// The property of the collection that names the active script.
pub(crate) const ACTIVE: &str = "active";

/// The name of the collection that scripts lie in.
const SCRIPTS: &str = "scripts";

/// Begins the object's name of a script whose own is no segment of a path.
const OTHER_NAME: char = '=';

/// An account's scripts as they are now.
pub(crate) struct Kept {
    head: Arc<Head>,
    /// The collection, or the number it is going to have.
    pub(super) collection: CollectionId,
    is_new: bool,
    pub(super) properties: Properties,
    pub(super) rows: Vec<ObjectRow>,
}

impl Groupware {
    /// The account's scripts, for whoever may touch them.
    pub(crate) async fn kept_scripts(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<Kept, Error> {
        self.require_filters(caller, account).await?;
        let head = self.ensure_account(account.into()).await?;
        let Some(found) = scripts(&head).map(Arc::clone) else {
            return Ok(Kept {
                collection: head.collections.next_collection,
                is_new: true,
                properties: Properties::default(),
                rows: Vec::new(),
                head,
            });
        };
        let id = found.id;
        let read = self
            .store
            .read(move |engine| engine.objects(account, id, Seq::START));
        Ok(Kept {
            head,
            collection: id,
            is_new: false,
            properties: (*found.properties).clone(),
            rows: read.await?,
        })
    }

    /// Changes the account's scripts; `decide` is asked again where somebody else was faster.
    pub(crate) async fn change_scripts(
        &self,
        caller: &Caller,
        account: AccountId,
        decide: impl Fn(&Kept) -> Result<Vec<Change>, ScriptError>,
    ) -> Result<(), ScriptError> {
        for _ in 0..ATTEMPTS_MAX {
            let kept = self.kept_scripts(caller, account).await?;
            let mut changes = decide(&kept)?;
            if changes.is_empty() {
                return Ok(());
            }
            if kept.is_new {
                let create = CollectionChange::Create {
                    parent: None,
                    kind: CollectionKind::Scripts,
                    name: scripts_name(),
                    properties: Properties::default(),
                };
                changes.insert(0, wrap(create));
            }
            let request = Request {
                account,
                actor: caller.actor.clone(),
                at: self.clock.now(),
                // What was decided on is right only in this state.
                if_seq: Some(kept.head.seq),
                changes,
            };
            match self.store.commit(request).await {
                Ok(_) => return Ok(()),
                Err(store::Error::StateMismatch) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::StateMismatch.into())
    }

    /// Succeeds for the account's own principal; for a shared account, which nobody signs in to, for those who may do
    /// everything there.
    pub(super) async fn require_filters(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<(), Error> {
        if account != AccountId::DIRECTORY && caller.owns(account) {
            return Ok(());
        }
        let access = self.collection_access(caller, account).await?;
        access.require_account(CollectionRights::ALL)?;
        let principal = self.directory.principal(account.into()).await?;
        let is_shared = |principal: &Principal| principal.kind == PrincipalKind::Shared;
        if principal.is_some_and(|principal| is_shared(&principal)) {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }
}

impl Kept {
    /// The script of that name.
    pub(super) fn row(&self, name: &str) -> Option<&ObjectRow> {
        self.rows.iter().find(|row| row.uid == name)
    }

    /// The name of the active script.
    pub(super) fn active(&self) -> Option<&str> {
        self.said(ACTIVE)
    }

    /// What is said of all scripts.
    pub(crate) fn said(&self, what: &str) -> Option<&str> {
        self.properties.dead.get(what).map(String::as_str)
    }

    /// The last entry that changed a script, or what is said of them.
    pub(super) fn changed(&self) -> Seq {
        let changed = scripts(&self.head).map(|found| found.changed.max(found.objects_changed));
        changed.unwrap_or(Seq::START)
    }

    /// Whether there is room for a script of that name and size.
    pub(super) fn check_room(&self, name: &str, octets: u64) -> Result<(), ScriptError> {
        let there = self.row(name).map(|row| u64::from(row.size));
        if there.is_none() && self.rows.len() >= SCRIPTS_MAX {
            return Err(ScriptError::TooMany);
        }
        if octets > SCRIPT_OCTETS_MAX as u64 {
            return Err(ScriptError::TooLarge);
        }
        let used = self.head.used_octets().saturating_sub(there.unwrap_or(0));
        let limit = self.head.quota_octets.unwrap_or(u64::MAX);
        if used.saturating_add(octets) > limit {
            return Err(Error::OverQuota.into());
        }
        Ok(())
    }
}

/// The collection that the account's scripts lie in, if it ever had any.
pub(crate) fn scripts(head: &Head) -> Option<&Arc<Collection>> {
    head.collections
        .named(CollectionKind::Scripts, None, SCRIPTS)
}

/// The name of the collection that scripts lie in.
pub(crate) fn scripts_name() -> PathSegment {
    PathSegment::try_from(SCRIPTS).expect("a constant word is a segment")
}

/// Whether a script can be called so.
pub(super) fn check_name(name: &str) -> Result<(), ScriptError> {
    // RFC 5804 1.6: Net-Unicode without control characters and line ends.
    let is_forbidden = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if name.is_empty()
        || name.chars().count() > SCRIPT_NAME_CHARACTERS_MAX
        || name.chars().any(is_forbidden)
    {
        return Err(ScriptError::Name);
    }
    Ok(())
}

/// The object's name of a script: its own where that is a segment of a path, otherwise one made of its hash. The script's
/// own stands in the object's UID in any case.
pub(super) fn segment(name: &str) -> Result<PathSegment, SegmentError> {
    if !name.starts_with(OTHER_NAME)
        && let Ok(segment) = PathSegment::try_from(name)
    {
        return Ok(segment);
    }
    let hash = blake3::hash(name.as_bytes()).to_hex();
    PathSegment::try_from(format!("{OTHER_NAME}{}", &hash.as_str()[..32]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(check_name(""), Err(ScriptError::Name));
        assert_eq!(check_name("a\u{2028}b"), Err(ScriptError::Name));
        assert_eq!(check_name(&"ü".repeat(129)), Err(ScriptError::Name));
        assert_eq!(check_name(&"ü".repeat(128)), Ok(()));
        assert_eq!(segment("main").unwrap().as_str(), "main");
        let long = segment(&"語".repeat(128)).unwrap();
        assert_eq!(long.as_str().len(), 33);
        assert_ne!(segment("a/b").unwrap(), segment("a/c").unwrap());
        // Nobody takes another's place by calling a script like a hash.
        assert_ne!(segment(long.as_str()).unwrap(), long);
    }
}
