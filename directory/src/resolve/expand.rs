//! Walks through groups: down to their members, up to the groups around somebody. Circles end, sizes are bounded.

use std::collections::{BTreeSet, VecDeque};

use model::{PrincipalId, PrincipalKind};
use store::{Engine, Error};

/// Principals looked at to expand one address.
pub(crate) const EXPANSION_PRINCIPALS_MAX: usize = 10_000;
/// Groups looked at to find all around one principal.
const GROUPS_PER_PRINCIPAL_MAX: usize = 1_000;
/// Principals searched for administrators, lowest numbers first: the one made at the start is among the first.
const ADMINISTRATORS_SEARCHED_MAX: usize = 10_000;
/// Administrators that get mail for the postmaster.
const POSTMASTERS_MAX: usize = 10;
/// Principals read at a time.
const PAGE: usize = 500;

/// The enabled persons, shared accounts and lists among these and, through groups that are no lists, behind them; rising.
pub(crate) fn accounts(
    engine: &dyn Engine,
    start: Vec<PrincipalId>,
) -> Result<Vec<PrincipalId>, Error> {
    walk(engine, start, true)
}

/// As [`accounts`], but lists stand for their members here, too.
pub(crate) fn persons(
    engine: &dyn Engine,
    start: Vec<PrincipalId>,
) -> Result<Vec<PrincipalId>, Error> {
    walk(engine, start, false)
}

fn walk(
    engine: &dyn Engine,
    start: Vec<PrincipalId>,
    stops_at_lists: bool,
) -> Result<Vec<PrincipalId>, Error> {
    let mut seen: BTreeSet<PrincipalId> = start.iter().copied().collect();
    let mut waiting = VecDeque::from(start);
    let mut found = BTreeSet::new();
    while let Some(id) = waiting.pop_front() {
        let Some(principal) = engine.principal(id)?.filter(|principal| principal.enabled) else {
            continue;
        };
        match principal.kind {
            PrincipalKind::Person
            | PrincipalKind::Shared
            | PrincipalKind::Room { .. }
            | PrincipalKind::Equipment => {
                found.insert(id);
            }
            // What is written to a list is for the list to decide.
            PrincipalKind::Group { .. } if stops_at_lists && is_list(engine, id)? => {
                found.insert(id);
            }
            PrincipalKind::Group { members } => {
                waiting.extend(members.into_iter().filter(|member| seen.insert(*member)));
                if seen.len() > EXPANSION_PRINCIPALS_MAX {
                    return Err(Error::Limit(
                        "the group has more members than mail can go to",
                    ));
                }
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Whether a principal is a distribution list, and not only a group.
pub(crate) fn is_list(engine: &dyn Engine, id: PrincipalId) -> Result<bool, Error> {
    Ok(engine.mail_settings(id)?.list.is_some())
}

/// The enabled groups around a principal, rising; a disabled group hides what is around it.
pub(crate) fn groups_of(
    engine: &dyn Engine,
    principal: PrincipalId,
) -> Result<Vec<PrincipalId>, Error> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::from([principal]);
    let mut waiting = vec![principal];
    while let Some(member) = waiting.pop() {
        for group in engine.groups_of(member)? {
            if !seen.insert(group) {
                continue;
            }
            if seen.len() > GROUPS_PER_PRINCIPAL_MAX {
                return Err(Error::Limit(
                    "the principal is in more groups than can be looked at",
                ));
            }
            if engine.principal(group)?.is_some_and(|group| group.enabled) {
                found.insert(group);
                waiting.push(group);
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// The first enabled administrators, rising.
pub(crate) fn administrators(engine: &dyn Engine) -> Result<Vec<PrincipalId>, Error> {
    let mut found = Vec::new();
    let mut after = PrincipalId(0);
    for _ in 0..ADMINISTRATORS_SEARCHED_MAX / PAGE {
        let page = engine.principals(after, PAGE)?;
        let administrators = page.iter().filter(|one| one.administrator && one.enabled);
        found.extend(administrators.map(|one| one.id));
        match page.last() {
            Some(last) if page.len() == PAGE && found.len() < POSTMASTERS_MAX => after = last.id,
            _ => break,
        }
    }
    found.truncate(POSTMASTERS_MAX);
    Ok(found)
}
