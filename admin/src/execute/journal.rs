//! The journal of an account: who did what, when, from where.

use std::collections::{BTreeSet, HashMap};

use model::{AccountId, Actor, CollectionId, Principal, PrincipalId};

use super::mailbox_path;
use super::principal::{find, owner};
use crate::reply::{JournalLine, JournalPage, Who};
use crate::request::journal::{Actors, JournalRequest};
use crate::words::collection::named_in;
use crate::words::{Names, describe};
use crate::{Failure, JournalEntry, Reply, Services, moment};

/// Entries looked at for one page.
const PAGE_ENTRIES_MAX: u32 = 2_000;

pub(super) async fn run(request: JournalRequest, services: &Services) -> Result<Reply, Failure> {
    let (account, principal) = subject(request.account.as_deref(), services).await?;
    let filter = Filter::new(&request, services).await?;
    let limit = request.limit.clamp(1, PAGE_ENTRIES_MAX) as usize;
    let after = request.after;
    let entries = services
        .blocking(move |storage| storage.journal(account, after, limit))
        .await?;
    let is_last = entries.len() < limit;
    let next = entries
        .last()
        .filter(|last| !is_last && !filter.ends_before(last))
        .map(|last| last.seq.0);
    let mut known = Known {
        names: names(principal.as_deref(), &entries, services).await?,
        addresses: HashMap::new(),
    };
    let mut lines = Vec::new();
    for entry in entries.iter().filter(|entry| filter.matches(entry)) {
        lines.push(line(entry, &mut known, services).await?);
    }
    Ok(Reply::Journal(JournalPage {
        entries: lines,
        next,
    }))
}

/// Whose journal is wanted.
async fn subject(
    account: Option<&str>,
    services: &Services,
) -> Result<(AccountId, Option<std::sync::Arc<Principal>>), Failure> {
    let Some(account) = account else {
        return Ok((AccountId::DIRECTORY, None));
    };
    if let Some(number) = account.strip_prefix('#') {
        let id = number
            .parse()
            .map(PrincipalId)
            .map_err(|_| Failure::refused(format!("`{account}` is no number of an account")))?;
        let principal = services
            .directory()
            .principal(id)
            .await
            .map_err(directory::Error::from)?;
        return Ok((AccountId::from(id), principal));
    }
    let principal = find(account, services).await?;
    Ok((AccountId::from(principal.id), Some(principal)))
}

/// The names of the account's mailboxes, and of the collections that the entries are about, as they are now.
async fn names(
    principal: Option<&Principal>,
    entries: &[JournalEntry],
    services: &Services,
) -> Result<Names, Failure> {
    let Some(principal) = principal else {
        return Ok(Names::default());
    };
    let caller = owner(principal, services);
    let account = AccountId::from(principal.id);
    // An account that was never used has none; looking at its journal must not make them.
    let infos = services.groupware.mailboxes(&caller, account).await?;
    let mailboxes = infos
        .into_iter()
        .map(|info| (info.mailbox.id, info.mailbox))
        .collect();
    let mut names = Names::new(
        |id| mailbox_path::path(id, &mailboxes).join("/"),
        &mailboxes,
    );
    let mutations = entries
        .iter()
        .filter_map(|entry| entry.commit.as_ref())
        .flat_map(|commit| &commit.mutations);
    let collections: BTreeSet<CollectionId> = mutations.flat_map(named_in).flatten().collect();
    for id in collections {
        // Those that are gone are called by their number.
        if let Ok(info) = services.groupware.collection(&caller, account, id).await {
            names.add_collection(id, info.collection.name.to_string());
        }
    }
    Ok(names)
}

pub(super) struct Known {
    pub(super) names: Names,
    pub(super) addresses: HashMap<PrincipalId, Option<String>>,
}

pub(super) async fn line(
    entry: &JournalEntry,
    known: &mut Known,
    services: &Services,
) -> Result<JournalLine, Failure> {
    let (who, what) = match &entry.commit {
        None => (
            None,
            vec!["its content was dropped; its place in the chain is kept".to_owned()],
        ),
        Some(commit) => {
            let who = who(&commit.actor, known, services).await?;
            let what = commit
                .mutations
                .iter()
                .map(|mutation| describe(mutation, &mut known.names))
                .collect();
            (Some(who), what)
        }
    };
    Ok(JournalLine {
        seq: entry.seq.0,
        index: entry.index,
        at: moment::to_text(entry.at),
        who,
        what,
    })
}

async fn who(actor: &Actor, known: &mut Known, services: &Services) -> Result<Who, Failure> {
    let address = match actor.principal {
        None => None,
        Some(id) => match known.addresses.get(&id) {
            Some(address) => address.clone(),
            None => {
                let principal = services
                    .directory()
                    .principal(id)
                    .await
                    .map_err(directory::Error::from)?;
                let address = principal.map(|principal| principal.address.clone());
                known.addresses.insert(id, address.clone());
                address
            }
        },
    };
    Ok(Who {
        id: actor.principal.map(|id| id.0),
        address,
        credential: actor.credential.map(|id| id.0),
        session: actor.session.to_string(),
        face: actor.face.as_str().to_owned(),
        from: actor.address.map(|address| address.to_string()),
    })
}

/// Which entries are wanted.
struct Filter<'a> {
    request: &'a JournalRequest,
    principal: Option<PrincipalId>,
}

impl<'a> Filter<'a> {
    async fn new(request: &'a JournalRequest, services: &Services) -> Result<Self, Failure> {
        let principal = match &request.actor {
            Some(Actors::Address(address)) => match address.strip_prefix('#') {
                Some(number) => number.parse().ok().map(PrincipalId),
                None => Some(find(address, services).await?.id),
            },
            Some(Actors::Nobody) | None => None,
        };
        Ok(Self { request, principal })
    }

    /// Whether what follows this entry is later than what is wanted.
    fn ends_before(&self, entry: &JournalEntry) -> bool {
        self.request.until.is_some_and(|until| entry.at > until)
    }

    fn matches(&self, entry: &JournalEntry) -> bool {
        let Self { request, .. } = self;
        let in_time = request.since.is_none_or(|since| entry.at >= since)
            && request.until.is_none_or(|until| entry.at <= until);
        let wants_actor =
            request.actor.is_some() || request.session.is_some() || request.face.is_some();
        match &entry.commit {
            _ if !in_time => false,
            None => !wants_actor,
            Some(commit) => self.is_of(&commit.actor),
        }
    }

    fn is_of(&self, actor: &Actor) -> bool {
        let Self { request, principal } = self;
        (request.actor.is_none() || actor.principal == *principal)
            && request
                .session
                .is_none_or(|session| actor.session == session)
            && request.face.is_none_or(|face| actor.face == face)
    }
}
