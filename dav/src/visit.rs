//! A visit: somebody who is signed in, with what they may ask, for one request.

use std::sync::Arc;

use directory::Directory;
use groupware::{Caller, Groupware};
use model::{AccountId, Principal, Timestamp};

use crate::codec::Fault;
use crate::codec::href::{Address, Target};
use crate::house::House;

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) house: Arc<House>,
    pub(crate) caller: Caller,
    pub(crate) principal: Arc<Principal>,
    /// Its main address, which its places are named after.
    pub(crate) address: Address,
}

impl Visit {
    pub(crate) fn new(
        house: Arc<House>,
        caller: Caller,
        principal: Arc<Principal>,
    ) -> Result<Self, Fault> {
        Ok(Self {
            address: Address::try_from(principal.address.as_str())?,
            house,
            caller,
            principal,
        })
    }

    pub(crate) fn groupware(&self) -> &Groupware {
        &self.house.groupware
    }

    pub(crate) fn directory(&self) -> &Directory {
        self.house.groupware.directory()
    }

    pub(crate) fn account(&self) -> AccountId {
        self.principal.id.into()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.house.groupware.clock().now()
    }
}

/// The place of somebody whose address is known; the root where it cannot stand in a path.
pub(crate) fn principal_place(principal: &Principal) -> Target {
    place_of(principal, Target::Principal)
}

/// A place that is named after a principal.
pub(crate) fn place_of(principal: &Principal, place: impl FnOnce(Address) -> Target) -> Target {
    Address::try_from(principal.address.as_str()).map_or(Target::Root, place)
}
