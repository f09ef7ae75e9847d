//! Who is invited to what, before and after a change; participants with the same fate stand together.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::news::Side;
use crate::address::{Addresses, of};
use crate::words::ScheduleAgent;

/// The components in which participants stand, before and after, and whether a message is wanted in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) before: BTreeSet<Option<i64>>,
    pub(super) after: BTreeSet<Option<i64>>,
    pub(super) is_forced: bool,
}

/// The participants whom the server writes to.
#[derive(Debug, Default)]
pub(super) struct Roster(BTreeMap<Group, Vec<String>>);

impl Roster {
    pub(super) fn of(
        before: &Side<'_>,
        after: &Side<'_>,
        forced: &[String],
        who: &Addresses,
    ) -> Self {
        let mut all: BTreeMap<String, Group> = BTreeMap::new();
        for (address, instance) in invitations(before, who) {
            all.entry(address).or_default().before.insert(instance);
        }
        for (address, instance) in invitations(after, who) {
            all.entry(address).or_default().after.insert(instance);
        }
        let forced: HashSet<&String> = forced.iter().collect();
        let mut groups: BTreeMap<Group, Vec<String>> = BTreeMap::new();
        for (address, mut group) in all {
            group.is_forced = forced.contains(&address);
            groups.entry(group).or_default().push(address);
        }
        Self(groups)
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = (&Group, &[String])> {
        self.0
            .iter()
            .map(|(group, addresses)| (group, addresses.as_slice()))
    }
}

/// RFC 6638 7.1: only participants with the agent SERVER are written to; who is given to another agent counts as removed.
fn invitations(side: &Side<'_>, who: &Addresses) -> Vec<(String, Option<i64>)> {
    let mut out = Vec::new();
    for (instance, item) in &side.items {
        for line in item.all("ATTENDEE") {
            let address = of(line);
            let agent = line
                .parameter("SCHEDULE-AGENT")
                .map_or(ScheduleAgent::Server, |agent| ScheduleAgent::parse(&agent));
            if agent == ScheduleAgent::Server && !who.contains(&address) {
                out.push((address, *instance));
            }
        }
    }
    out
}
