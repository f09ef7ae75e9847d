//! Comparing two dates: what became of each host.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::count::{By, Hosts, Question};
use super::{Day, Store, StoreError};

/// Hosts that were one thing and became another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// What they were; nothing if they were not seen.
    pub before: Option<String>,
    /// What they are; nothing if they are not seen any more.
    pub after: Option<String>,
    /// How many.
    pub hosts: u64,
}

/// What became of the hosts between two dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The earlier date.
    pub before: Day,
    /// The later one.
    pub after: Day,
    /// In which respect hosts are compared.
    pub by: By,
    /// Hosts on the earlier date.
    pub hosts_before: u64,
    /// Hosts on the later one.
    pub hosts_after: u64,
    /// How many in each respect: before, after.
    pub rows: BTreeMap<String, (u64, u64)>,
    /// From what to what, the most frequent first.
    pub flows: Vec<Flow>,
}

/// Compares two dates in one respect, which is the first of the question's.
///
/// # Errors
/// The store fails.
pub fn compare(store: &Store, question: &Question, before: Day) -> Result<Comparison, StoreError> {
    let by = question.by.first().copied().unwrap_or(By::State);
    let earlier = Question {
        date: before,
        ..question.clone()
    };
    let (old, new) = (states(store, &earlier, by)?, states(store, question, by)?);
    let mut flows: HashMap<(Option<&str>, Option<&str>), u64> = HashMap::new();
    let mut rows: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (key, was) in &old {
        let is = new.get(key).map(String::as_str);
        *flows.entry((Some(was), is)).or_default() += 1;
        rows.entry(was.clone()).or_default().0 += 1;
    }
    for (key, is) in &new {
        if !old.contains_key(key) {
            *flows.entry((None, Some(is))).or_default() += 1;
        }
        rows.entry(is.clone()).or_default().1 += 1;
    }
    let mut flows: Vec<Flow> = flows
        .into_iter()
        .map(|((before, after), hosts)| Flow {
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
            hosts,
        })
        .collect();
    flows.sort_by(|a, b| (b.hosts, &a.before, &a.after).cmp(&(a.hosts, &b.before, &b.after)));
    Ok(Comparison {
        before,
        after: question.date,
        by,
        hosts_before: old.len() as u64,
        hosts_after: new.len() as u64,
        rows,
        flows,
    })
}

/// What each host is. A host with two products counts twice.
fn states(
    store: &Store,
    question: &Question,
    by: By,
) -> Result<HashMap<(u64, String), String>, StoreError> {
    let mut hosts = Hosts::on(store, question)?;
    let all = std::mem::take(&mut hosts.hosts);
    let told = all.iter().map(|host| {
        let product = hosts.is(host, By::Product);
        ((host.key, product), hosts.is(host, by))
    });
    Ok(told.collect())
}
