//! Principals as administrators see them: found by address, described, listed page by page.

use std::collections::HashMap;
use std::sync::Arc;

use groupware::Caller;
use model::{AccountId, MailSettings, Poster, Posting, Principal, PrincipalId, PrincipalKind};

use crate::reply::{AccountInfo, ForwardInfo, ListInfo, PrincipalPage, SenderLine};
use crate::{Failure, Reply, Services, Sort};

/// Principals looked at for one page.
const PAGE_PRINCIPALS: usize = 500;
/// Principals in one page of what was searched for.
const FOUND_MAX: usize = 100;
/// Pages of principals that are looked through for one page of what was searched for.
const PAGES_SEARCHED_MAX: usize = 20;
/// Members of a group that a listing names.
const MEMBERS_NAMED_MAX: usize = 1_000;

/// Who has this address.
pub(super) async fn find(address: &str, services: &Services) -> Result<Arc<Principal>, Failure> {
    services
        .directory()
        .principal_at(address)
        .await
        .map_err(directory::Error::from)?
        .ok_or_else(|| Failure::not_found("the address", address))
}

/// The person or shared account with this address.
pub(super) async fn account(address: &str, services: &Services) -> Result<Arc<Principal>, Failure> {
    let principal = find(address, services).await?;
    match principal.kind {
        PrincipalKind::Group { .. } => Err(Failure::refused(format!(
            "`{address}` is a group, which has no account: use `wachpost group`, or name one of its members"
        ))),
        PrincipalKind::Person
        | PrincipalKind::Shared
        | PrincipalKind::Room { .. }
        | PrincipalKind::Equipment => Ok(principal),
    }
}

/// The group with this address.
pub(super) async fn group(address: &str, services: &Services) -> Result<Arc<Principal>, Failure> {
    let principal = find(address, services).await?;
    match principal.kind {
        PrincipalKind::Group { .. } => Ok(principal),
        PrincipalKind::Person
        | PrincipalKind::Shared
        | PrincipalKind::Room { .. }
        | PrincipalKind::Equipment => Err(Failure::refused(format!(
            "`{address}` is no group: use `wachpost account`"
        ))),
    }
}

/// The caller who works on an account's mail in its owner's name.
pub(super) fn owner(principal: &Principal, services: &Services) -> Caller {
    services.in_name_of(principal.id)
}

/// The name people read: as given, else what stands before the `@`.
pub(super) fn name_or_local_part(name: Option<String>, address: &str) -> String {
    name.unwrap_or_else(|| {
        address
            .rsplit_once('@')
            .map_or(address, |(local, _)| local)
            .to_owned()
    })
}

/// What kind of principal it is, in one word.
fn kind_word(kind: &PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Person => "person",
        PrincipalKind::Group { .. } => "group",
        PrincipalKind::Shared => "shared",
        PrincipalKind::Room { .. } => "room",
        PrincipalKind::Equipment => "equipment",
    }
}

/// All that is shown of a principal. `known` are addresses that were looked up before.
pub(super) async fn describe(
    principal: &Principal,
    known: &mut HashMap<PrincipalId, String>,
    services: &Services,
) -> Result<AccountInfo, Failure> {
    let (used_octets, members) = match &principal.kind {
        PrincipalKind::Group { members } => (0, addresses(members, known, services).await?),
        PrincipalKind::Person
        | PrincipalKind::Shared
        | PrincipalKind::Room { .. }
        | PrincipalKind::Equipment => {
            let caller = owner(principal, services);
            let account = AccountId::from(principal.id);
            let quota = services.groupware.quota(&caller, account).await?;
            (quota.used_octets, Vec::new())
        }
    };
    let settings = services.directory().mail_settings(principal.id).await;
    let settings = settings.map_err(directory::Error::from)?;
    Ok(AccountInfo {
        list: list_info(&settings, services).await?,
        senders: senders(&settings, services).await?,
        forward: forward_info(&settings),
        id: principal.id.0,
        address: principal.address.clone(),
        name: principal.name.clone(),
        kind: kind_word(&principal.kind).to_owned(),
        capacity: match principal.kind {
            PrincipalKind::Room { capacity } => capacity,
            PrincipalKind::Person
            | PrincipalKind::Shared
            | PrincipalKind::Equipment
            | PrincipalKind::Group { .. } => None,
        },
        enabled: principal.enabled,
        administrator: principal.administrator,
        quota_octets: principal.quota_octets,
        used_octets,
        aliases: services.directory().aliases(principal.id).await?,
        members,
    })
}

/// What is shown of a list.
async fn list_info(
    settings: &MailSettings,
    services: &Services,
) -> Result<Option<ListInfo>, Failure> {
    let Some(list) = &settings.list else {
        return Ok(None);
    };
    let mut posters = Vec::with_capacity(list.posters.len());
    for poster in &list.posters {
        posters.push(match poster {
            Poster::Here(id) => address_of(*id, services).await?,
            Poster::Elsewhere(address) => address.clone(),
        });
    }
    let mut moderators = Vec::with_capacity(list.moderators.len());
    for id in &list.moderators {
        moderators.push(address_of(*id, services).await?);
    }
    Ok(Some(ListInfo {
        posting: posting_word(list.posting).to_owned(),
        posters,
        moderators,
        outside: list.outside.clone(),
    }))
}

fn posting_word(posting: Posting) -> &'static str {
    match posting {
        Posting::Everybody => "everybody",
        Posting::Inside => "inside",
        Posting::Members => "members",
        Posting::Named => "named",
    }
}

/// Who may write in a name; none if that was never said.
async fn senders(
    settings: &MailSettings,
    services: &Services,
) -> Result<Option<Vec<SenderLine>>, Failure> {
    let Some(senders) = &settings.senders else {
        return Ok(None);
    };
    let mut lines = Vec::with_capacity(senders.len());
    for (sender, right) in senders {
        lines.push(SenderLine {
            sender: address_of(*sender, services).await?,
            right: super::sending::word(*right).to_owned(),
        });
    }
    Ok(Some(lines))
}

/// Where an account's mail goes on to.
fn forward_info(settings: &MailSettings) -> Option<ForwardInfo> {
    settings.forward.as_ref().map(|forward| ForwardInfo {
        to: forward.to.clone(),
        keep: forward.keep,
    })
}

/// The address of a principal; its number, if it is not there any more.
pub(super) async fn address_of(id: PrincipalId, services: &Services) -> Result<String, Failure> {
    let principal = services
        .directory()
        .principal(id)
        .await
        .map_err(directory::Error::from)?;
    Ok(principal.map_or_else(|| format!("#{id}"), |principal| principal.address.clone()))
}

async fn addresses(
    members: &[PrincipalId],
    known: &mut HashMap<PrincipalId, String>,
    services: &Services,
) -> Result<Vec<String>, Failure> {
    let mut named = Vec::new();
    for id in members.iter().take(MEMBERS_NAMED_MAX) {
        let address = match known.get(id) {
            Some(address) => address.clone(),
            None => address_of(*id, services).await?,
        };
        known.insert(*id, address.clone());
        named.push(address);
    }
    if members.len() > MEMBERS_NAMED_MAX {
        named.push(format!("and {} more", members.len() - MEMBERS_NAMED_MAX));
    }
    Ok(named)
}

/// A page of those that have this text in their name or one of their addresses.
pub(super) async fn search(
    text: &str,
    sorts: &[Sort],
    after: u32,
    services: &Services,
) -> Result<Reply, Failure> {
    let directory = services.directory();
    let (text, mut after) = (text.to_lowercase(), PrincipalId(after));
    let (mut known, mut principals) = (HashMap::new(), Vec::new());
    for _ in 0..PAGES_SEARCHED_MAX {
        let found = directory.principals(after, PAGE_PRINCIPALS).await?;
        for principal in &found {
            after = principal.id;
            if !sorts.contains(&sort(&principal.kind)) || !fits(principal, &text, services).await? {
                continue;
            }
            principals.push(describe(principal, &mut known, services).await?);
            if principals.len() == FOUND_MAX {
                let next = Some(after.0);
                return Ok(Reply::Principals(PrincipalPage { principals, next }));
            }
        }
        if found.len() < PAGE_PRINCIPALS {
            let next = None;
            return Ok(Reply::Principals(PrincipalPage { principals, next }));
        }
    }
    let next = Some(after.0);
    Ok(Reply::Principals(PrincipalPage { principals, next }))
}

async fn fits(principal: &Principal, text: &str, services: &Services) -> Result<bool, Failure> {
    let has = |words: &str| words.to_lowercase().contains(text);
    if has(&principal.name) || has(&principal.address) {
        return Ok(true);
    }
    let aliases = services.directory().aliases(principal.id).await?;
    Ok(aliases.iter().any(|alias| has(alias)))
}

fn sort(kind: &PrincipalKind) -> Sort {
    match kind {
        PrincipalKind::Person => Sort::Person,
        PrincipalKind::Group { .. } => Sort::Group,
        PrincipalKind::Shared => Sort::Shared,
        PrincipalKind::Room { .. } => Sort::Room,
        PrincipalKind::Equipment => Sort::Equipment,
    }
}

/// One page of those principals that `wanted` picks.
pub(super) async fn page(
    after: u32,
    wanted: fn(&PrincipalKind) -> bool,
    services: &Services,
) -> Result<Reply, Failure> {
    let found = services
        .directory()
        .principals(PrincipalId(after), PAGE_PRINCIPALS)
        .await?;
    let is_last = found.len() < PAGE_PRINCIPALS;
    let next = found.last().filter(|_| !is_last).map(|last| last.id.0);
    let mut known = HashMap::new();
    let mut principals = Vec::new();
    for principal in found.iter().filter(|principal| wanted(&principal.kind)) {
        principals.push(describe(principal, &mut known, services).await?);
    }
    Ok(Reply::Principals(PrincipalPage { principals, next }))
}
