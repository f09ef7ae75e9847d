//! Who reads events and tasks of an account: what of them they may know.

use std::collections::BTreeSet;

use icalendar::Class;
use model::{AccountId, PrincipalId};
use serde_json::Value;

use super::item::overrides;
use crate::codec::json::Object;
use crate::jscalendar::address_of;
use crate::visit::Visit;

/// Who reads.
#[derive(Clone, Debug)]
pub(crate) struct ItemReader {
    /// Whether the account is their own.
    own: bool,
    /// Addresses of the account's owner, in small letters.
    of_account: Vec<String>,
    /// Addresses of the one who reads.
    of_caller: Vec<String>,
}

/// The addresses of a principal, in small letters, the main one first.
///
/// # Errors
/// The directory cannot be read.
async fn addresses(visit: &Visit, principal: PrincipalId) -> Result<Vec<String>, groupware::Error> {
    let known = visit.directory().principal(principal).await?;
    let aliases = visit.directory().aliases(principal).await?;
    let main = known.map(|known| known.address.to_lowercase());
    let aliases = aliases.into_iter().map(|alias| alias.to_lowercase());
    Ok(main.into_iter().chain(aliases).collect())
}

impl ItemReader {
    /// Who the caller is to an account.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub(crate) async fn new(visit: &Visit, account: AccountId) -> Result<Self, groupware::Error> {
        let own = account == visit.own_account();
        let of_account = addresses(visit, PrincipalId(account.0)).await?;
        let of_caller = match own {
            true => of_account.clone(),
            false => addresses(visit, visit.principal.id).await?,
        };
        Ok(Self {
            own,
            of_account,
            of_caller,
        })
    }

    /// Whether the caller is told of an item at all (JMAP Calendars draft -26 5.8: secret ones are their owner's alone).
    pub(crate) fn sees(&self, class: Class) -> bool {
        self.own || class != Class::Confidential
    }

    /// Whether the account decides about an event (JMAP Calendars draft -26 5.1 `isOrigin`).
    pub(crate) fn is_origin(&self, json: &Object) -> bool {
        let organizer = json.get("organizerCalendarAddress").and_then(Value::as_str);
        organizer.is_none_or(|address| self.of_account.contains(&address_of(address)))
    }

    /// Whether the account is the caller's own.
    pub(crate) fn is_own(&self) -> bool {
        self.own
    }

    /// The address that the account's owner takes part with.
    pub(crate) fn main_address(&self) -> Option<&str> {
        self.of_account.first().map(String::as_str)
    }

    /// Leaves those who own the event, and the caller.
    pub(super) fn reduce(&self, json: &mut Object) {
        let Some(participants) = json.get_mut("participants").and_then(Value::as_object_mut) else {
            return;
        };
        let mut gone = BTreeSet::new();
        participants.retain(|id, participant| {
            let address = participant.get("calendarAddress").and_then(Value::as_str);
            let own = address.is_some_and(|address| self.of_caller.contains(&address_of(address)));
            let stays = own || participant.pointer("/roles/owner") == Some(&Value::Bool(true));
            if !stays {
                gone.insert(id.clone());
            }
            stays
        });
        for patch in overrides(json) {
            patch.retain(|path, _| {
                let mut steps = path.split('/');
                steps.next() != Some("participants")
                    || steps.next().is_some_and(|id| !gone.contains(id))
            });
        }
    }
}
