//! Facts that properties need and that must be looked up: owners, groups, deputies, quotas, and where things lie.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use groupware::{CollectionInfo, Error, Quota};
use model::{
    AccountId, CollectionId, CollectionRights, Principal, PrincipalId, PrincipalKind, Timestamp,
};

use super::Plan;
use crate::codec::Property;
use crate::error::Failure;
use crate::lock::Spot;
use crate::resource::{Found, Kinds, Resource, What, spot_of};
use crate::visit::Visit;

/// Members of a group that are shown.
const MEMBERS_MAX: usize = 1_000;

/// What was looked up before an answer is written.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    principals: HashMap<PrincipalId, Arc<Principal>>,
    quotas: HashMap<AccountId, Quota>,
    aliases: HashMap<PrincipalId, Vec<String>>,
    groups: HashMap<PrincipalId, Vec<PrincipalId>>,
    deputies: HashMap<PrincipalId, Vec<(PrincipalId, CollectionRights)>>,
    changed_at: HashMap<(AccountId, CollectionId), Timestamp>,
    trails: HashMap<(AccountId, CollectionId), Vec<CollectionId>>,
    /// For whom whoever asks is a deputy.
    pub(super) acts_for: Vec<(PrincipalId, CollectionRights)>,
}

impl Facts {
    /// Looks up what the plan needs of these resources.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn gather(
        visit: &Visit,
        plan: &Plan,
        resources: impl Iterator<Item = &Resource> + Clone,
    ) -> Result<Self, Failure> {
        let mut facts = Self::default();
        let wants = |names: &[Property]| names.iter().any(|name| plan.wants(*name));
        if wants(&[Property::LockDiscovery]) {
            facts.trails(visit, resources.clone()).await;
        }
        if wants(&[Property::GetLastModified]) {
            facts.changes(visit, resources.clone()).await?;
        }
        if wants(&[Property::QuotaAvailableBytes, Property::QuotaUsedBytes]) {
            facts.quotas(visit, resources.clone()).await?;
        }
        let mut known: BTreeSet<PrincipalId> = BTreeSet::new();
        if wants(&[Property::Owner, Property::Acl]) || wants(&super::sharing::NEED_PRINCIPALS) {
            for resource in resources.clone() {
                known.extend(resource.account().map(PrincipalId::from));
                if let What::Collection(info) = &resource.what {
                    known.extend(info.collection.shares.iter().filter_map(|(to, _)| *to));
                }
            }
        }
        let principals = || {
            resources
                .clone()
                .filter_map(|resource| match &resource.what {
                    What::Principal(principal) => Some(principal),
                    _ => None,
                })
        };
        if wants(&[Property::CalendarUserAddressSet, Property::EmailAddressSet]) {
            for principal in principals() {
                let aliases = visit.directory().aliases(principal.id).await;
                facts
                    .aliases
                    .insert(principal.id, aliases.unwrap_or_default());
            }
        }
        if wants(&[Property::GroupMembership]) {
            for principal in principals() {
                let groups = visit.directory().groups_of(principal.id).await;
                let groups = groups.map_err(Error::from)?;
                known.extend(groups.iter().copied());
                facts.groups.insert(principal.id, groups.to_vec());
            }
        }
        if wants(&[Property::GroupMemberSet, Property::ExpandedGroupMemberSet]) {
            known.extend(facts.members(visit, resources.clone()).await?);
        }
        if wants(&[
            Property::GroupMembership,
            Property::CalendarProxyReadFor,
            Property::CalendarProxyWriteFor,
        ]) && principals().any(|principal| principal.id == visit.principal.id)
        {
            facts.acts_for = acts_for(visit).await?;
            known.extend(facts.acts_for.iter().map(|(id, _)| *id));
        }
        for id in known {
            if let Some(found) = visit.directory().principal(id).await.map_err(Error::from)? {
                facts.principals.insert(id, found);
            }
        }
        Ok(facts)
    }

    /// A principal that was looked up.
    pub(crate) fn principal(&self, id: PrincipalId) -> Option<&Arc<Principal>> {
        self.principals.get(&id)
    }

    pub(super) fn quota(&self, account: AccountId) -> Option<Quota> {
        self.quotas.get(&account).copied()
    }

    pub(super) fn aliases(&self, id: PrincipalId) -> &[String] {
        self.aliases.get(&id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn groups(&self, id: PrincipalId) -> &[PrincipalId] {
        self.groups.get(&id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn deputies(&self, of: PrincipalId) -> &[(PrincipalId, CollectionRights)] {
        self.deputies.get(&of).map_or(&[], Vec::as_slice)
    }

    /// Where a resource lies, for its locks.
    pub(super) fn spot(&self, resource: &Resource) -> Option<Spot> {
        let info = resource.collection()?;
        let member = match &resource.what {
            What::Object(_, object) => Some(object.row.name.clone()),
            _ => None,
        };
        Some(Spot {
            account: info.account,
            trail: self
                .trails
                .get(&(info.account, info.collection.id))?
                .clone(),
            member,
        })
    }

    async fn trails(&mut self, visit: &Visit, resources: impl Iterator<Item = &Resource>) {
        for resource in resources {
            let Some(info) = resource.collection() else {
                continue;
            };
            let key = (info.account, info.collection.id);
            if self.trails.contains_key(&key) {
                continue;
            }
            let itself = Resource::new(resource.place.clone(), What::Collection(info.clone()));
            if let Some(spot) = spot_of(visit, &Found::Here(itself)).await {
                self.trails.insert(key, spot.trail);
            }
        }
    }

    /// When a folder changed last.
    pub(super) fn changed_at(&self, info: &CollectionInfo) -> Option<Timestamp> {
        let key = (info.account, info.collection.id);
        self.changed_at.get(&key).copied()
    }

    async fn changes(
        &mut self,
        visit: &Visit,
        resources: impl Iterator<Item = &Resource>,
    ) -> Result<(), Failure> {
        let folders: Vec<CollectionInfo> = resources
            .filter_map(|resource| match &resource.what {
                What::Collection(info) if resource.kind() == Kinds::FOLDER => Some(info.clone()),
                _ => None,
            })
            .collect();
        if folders.is_empty() {
            return Ok(());
        }
        let found = visit.groupware().collections_changed_at(&folders).await?;
        for (info, at) in folders.into_iter().zip(found) {
            let key = (info.account, info.collection.id);
            self.changed_at.extend(at.map(|at| (key, at)));
        }
        Ok(())
    }

    async fn quotas(
        &mut self,
        visit: &Visit,
        resources: impl Iterator<Item = &Resource>,
    ) -> Result<(), Failure> {
        for account in resources.filter_map(Resource::account) {
            if self.quotas.contains_key(&account) {
                continue;
            }
            match visit.groupware().quota(&visit.caller, account).await {
                Ok(quota) => drop(self.quotas.insert(account, quota)),
                // RFC 4331 3: whoever may not know it sees none.
                Err(Error::NotFound | Error::Forbidden) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Members of groups, and who may act for somebody.
    async fn members(
        &mut self,
        visit: &Visit,
        resources: impl Iterator<Item = &Resource>,
    ) -> Result<Vec<PrincipalId>, Failure> {
        let mut known = Vec::new();
        for resource in resources {
            match &resource.what {
                What::Principal(principal) => {
                    if let PrincipalKind::Group { members } = &principal.kind {
                        known.extend(members.iter().take(MEMBERS_MAX).copied());
                    }
                }
                What::Proxy(principal, _) => {
                    let account = principal.id.into();
                    let deputies = visit.groupware().deputies(&visit.caller, account).await;
                    let deputies = match deputies {
                        Ok(deputies) => deputies,
                        Err(Error::NotFound | Error::Forbidden) => Vec::new(),
                        Err(error) => return Err(error.into()),
                    };
                    known.extend(deputies.iter().map(|deputy| deputy.principal));
                    let deputies = deputies.iter();
                    let deputies = deputies.map(|deputy| (deputy.principal, deputy.rights));
                    self.deputies.insert(principal.id, deputies.collect());
                }
                _ => {}
            }
        }
        Ok(known)
    }
}

/// For whom whoever asks may act, and how far.
async fn acts_for(visit: &Visit) -> Result<Vec<(PrincipalId, CollectionRights)>, Failure> {
    let groups = visit.directory().groups_of(visit.principal.id).await;
    let groups = groups.map_err(Error::from)?;
    let mut all = Vec::new();
    for (account, _) in visit.groupware().shared_collections(&visit.caller).await? {
        let deputies = visit
            .groupware()
            .deputies(&visit.caller, account.account)
            .await;
        // Who is no deputy is not told who is.
        let Ok(deputies) = deputies else { continue };
        let rights = deputies
            .iter()
            .filter(|deputy| {
                deputy.principal == visit.principal.id || groups.contains(&deputy.principal)
            })
            .fold(CollectionRights::NONE, |all, deputy| {
                all.with(deputy.rights)
            });
        if rights.contains(CollectionRights::READ) {
            all.push((account.principal.id, rights));
        }
    }
    Ok(all)
}
