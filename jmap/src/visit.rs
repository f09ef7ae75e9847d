//! A visit: somebody who is signed in, for one request or one connection.

use std::sync::Arc;

use directory::Directory;
use groupware::{Caller, Groupware};
use model::{AccountId, CredentialId, Principal, Timestamp};

use crate::house::House;

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) house: Arc<House>,
    pub(crate) caller: Caller,
    pub(crate) principal: Arc<Principal>,
    /// What they proved themselves with: ask `directory().still_holds` before each use of a connection that lasts.
    pub(crate) credential: CredentialId,
}

impl Visit {
    pub(crate) fn groupware(&self) -> &Groupware {
        &self.house.groupware
    }

    pub(crate) fn directory(&self) -> &Directory {
        self.house.groupware.directory()
    }

    /// Their own account.
    pub(crate) fn own_account(&self) -> AccountId {
        self.principal.id.into()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.house.groupware.clock().now()
    }
}
