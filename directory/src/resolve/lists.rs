//! Distribution lists, and who may write in whose name.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use model::{Archive, MailSettings, PrincipalId, PrincipalKind, SendRight};
use store::{Engine, Error};

use super::expand::{self, EXPANSION_PRINCIPALS_MAX};
use super::owners;
use crate::Directory;
use crate::address::Address;

/// Before a list's name: the address of those who look after it, as Sendmail and its successors have it.
const OWNER: &str = "owner-";
/// Behind a list's name. RFC 2142 6: the address of a list's administration.
const REQUEST: &str = "-request";

/// Who gets what is written to a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListMembers {
    /// Persons, shared accounts and resources of ours, those of groups inside included: each once, rising.
    pub here: Vec<PrincipalId>,
    /// Addresses elsewhere: each once, by name.
    pub outside: Vec<String>,
}

impl Directory {
    /// How mail to a principal goes on; the default where nothing was said.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn mail_settings(&self, id: PrincipalId) -> Result<Arc<MailSettings>, Error> {
        let read = move |engine: &dyn Engine| Ok(Arc::new(engine.mail_settings(id)?));
        self.look_up(|all| &mut all.mail_settings, id, read).await
    }

    /// Where copies of messages go: of all mail first, then by domain.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn archives(&self) -> Result<Arc<[Archive]>, Error> {
        let read = move |engine: &dyn Engine| Ok(engine.archives()?.into());
        self.look_up(|all| &mut all.archives, (), read).await
    }

    /// Who gets what is written to a list. Groups in it, lists or not, stand for their members.
    ///
    /// # Errors
    /// The store cannot be read, or the list has more members than can be looked at.
    pub async fn list_members(&self, list: PrincipalId) -> Result<Arc<ListMembers>, Error> {
        let read = move |engine: &dyn Engine| Ok(Arc::new(members(engine, list)?));
        self.look_up(|all| &mut all.list_members, list, read).await
    }

    /// The persons who look after a list: its moderators, else the administrators.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn list_owners(&self, list: PrincipalId) -> Result<Vec<PrincipalId>, Error> {
        let read = move |engine: &dyn Engine| {
            let owners = list_owners(engine, list)?;
            expand::persons(engine, owners)
        };
        self.inner.store.read(read).await
    }

    /// The address of those who look after a list: what cannot be delivered to a member comes back to it.
    #[must_use]
    pub fn list_owner_address(list: &str) -> String {
        format!("{OWNER}{list}")
    }

    /// The address where people ask to be taken on a list or off it.
    #[must_use]
    pub fn list_request_address(list: &str) -> String {
        match list.rsplit_once('@') {
            Some((local, domain)) => format!("{local}{REQUEST}@{domain}"),
            None => format!("{list}{REQUEST}"),
        }
    }

    /// What stands between a name and its tag, if there are tags (RFC 5233 1).
    #[must_use]
    pub fn recipient_delimiter(&self) -> Option<char> {
        self.inner.settings.recipient_delimiter
    }

    /// How a principal may write with this address. As itself: with one of its own (with a tag or without), or one that
    /// reaches it as catch-all or as postmaster. In another's name: as was said for the owner of the address, of the
    /// principal or of a group it is in; of a group for which nothing was ever said, every member may write as it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn send_right(
        &self,
        principal: PrincipalId,
        address: &str,
    ) -> Result<Option<SendRight>, Error> {
        let delimiter = self.inner.settings.recipient_delimiter;
        let Some(address) = Address::parse(address) else {
            return Ok(None);
        };
        let key = (principal, address.whole.clone());
        let read = move |engine: &dyn Engine| send_right(engine, principal, &address, delimiter);
        self.look_up(|all| &mut all.senders, key, read).await
    }
}

fn send_right(
    engine: &dyn Engine,
    principal: PrincipalId,
    address: &Address,
    delimiter: Option<char>,
) -> Result<Option<SendRight>, Error> {
    if !engine.principal(principal)?.is_some_and(|it| it.enabled) {
        return Ok(None);
    }
    let owners = owners(engine, address, delimiter)?.unwrap_or_default();
    if owners.contains(&principal) {
        return Ok(Some(SendRight::As));
    }
    let groups = expand::groups_of(engine, principal)?;
    let mut right = None;
    for owner in owners {
        let Some(known) = engine.principal(owner)?.filter(|owner| owner.enabled) else {
            continue;
        };
        let is_member =
            matches!(known.kind, PrincipalKind::Group { .. }) && groups.contains(&owner);
        right = right.max(match engine.mail_settings(owner)?.senders {
            None => is_member.then_some(SendRight::As),
            Some(senders) => {
                let of = |who: &PrincipalId| senders.get(who).copied();
                of(&principal).max(groups.iter().filter_map(of).max())
            }
        });
    }
    Ok(right)
}

/// Those behind the address of a list's administration; none if it is no such address.
pub(super) fn administration(
    engine: &dyn Engine,
    address: &Address,
) -> Result<Option<Vec<PrincipalId>>, Error> {
    let local = address.local();
    let list = local.strip_prefix(OWNER).or(local.strip_suffix(REQUEST));
    let Some(list) = list.filter(|list| !list.is_empty()) else {
        return Ok(None);
    };
    let list = format!("{list}@{}", address.domain());
    match engine.principal_at(&list)? {
        Some(list) if expand::is_list(engine, list.id)? => list_owners(engine, list.id).map(Some),
        _ => Ok(None),
    }
}

fn list_owners(engine: &dyn Engine, list: PrincipalId) -> Result<Vec<PrincipalId>, Error> {
    let settings = engine.mail_settings(list)?;
    let moderators = settings.list.map(|list| list.moderators);
    let moderators = moderators.unwrap_or_default();
    if expand::persons(engine, moderators.clone())?.is_empty() {
        return expand::administrators(engine);
    }
    Ok(moderators)
}

fn members(engine: &dyn Engine, list: PrincipalId) -> Result<ListMembers, Error> {
    let mut seen = BTreeSet::from([list]);
    let mut waiting = VecDeque::from([list]);
    let (mut here, mut outside) = (BTreeSet::new(), BTreeSet::new());
    while let Some(id) = waiting.pop_front() {
        let Some(principal) = engine.principal(id)?.filter(|principal| principal.enabled) else {
            continue;
        };
        let PrincipalKind::Group { members } = principal.kind else {
            here.insert(id);
            continue;
        };
        if let Some(settings) = engine.mail_settings(id)?.list {
            outside.extend(settings.outside);
        }
        // A group that is in itself, over however many corners, is looked at once.
        waiting.extend(members.into_iter().filter(|member| seen.insert(*member)));
        if seen.len() + outside.len() > EXPANSION_PRINCIPALS_MAX {
            return Err(Error::Limit(
                "the list has more members than mail can go to",
            ));
        }
    }
    Ok(ListMembers {
        here: here.into_iter().collect(),
        outside: outside.into_iter().collect(),
    })
}
