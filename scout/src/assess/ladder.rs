//! Ladder: traces, joined into runs, each the work of one intruder in one go, from the first look to the theft of mail.
//!
//! Traces belong together that share an address within a day, the id of a request, or the name of a planted file. What has no
//! address (commands, events, files) goes to the nearest attack in time.

use std::collections::{BTreeSet, HashMap};

use super::trace::Trace;
use crate::assessment::{Chain, Grade, Run, Rung, STEPS_MAX, Step};

/// One address within this time is one intruder.
const ADDRESS_MS: i64 = 24 * 3_600_000;
/// What an address that attacked does so much later, and what alone would be everyday work, belongs to its attack.
const RETURN_MS: i64 = 30 * 24 * 3_600_000;
/// What has no address belongs to an attack so near.
const TIME_MS: i64 = 10 * 60_000;

/// What may be shown of addresses and agents of one run.
const NAMES_MAX: usize = 50;

/// Joins traces into runs, in order of time.
pub(crate) fn runs(mut traces: Vec<Trace>) -> Vec<Run> {
    traces.sort_by(|a, b| {
        (a.at.is_none(), a.at, a.rung, &a.cites).cmp(&(b.at.is_none(), b.at, b.rung, &b.cites))
    });
    let joins = Joins::of(&traces);
    let mut groups: HashMap<usize, Vec<(Trace, String)>> = HashMap::new();
    for (index, trace) in traces.into_iter().enumerate() {
        let by = joins.by[index].clone();
        groups
            .entry(joins.root(index))
            .or_default()
            .push((trace, by));
    }
    let mut runs: Vec<_> = groups.into_values().filter_map(run).collect();
    runs.sort_by(|a, b| {
        (a.from.is_none(), a.from, &a.addresses).cmp(&(b.from.is_none(), b.from, &b.addresses))
    });
    for (run, number) in runs.iter_mut().zip(1..) {
        run.number = number;
    }
    runs
}

/// Which traces belong together.
struct Joins {
    parents: Vec<usize>,
    /// Why each belongs to its run.
    by: Vec<String>,
}

impl Joins {
    fn of(traces: &[Trace]) -> Self {
        let mut joins = Self {
            parents: (0..traces.len()).collect(),
            by: vec![String::new(); traces.len()],
        };
        joins.by_keys(traces);
        joins.by_time(traces);
        joins
    }

    fn by_keys(&mut self, traces: &[Trace]) {
        let mut addresses: HashMap<&str, usize> = HashMap::new();
        let mut requests: HashMap<&str, usize> = HashMap::new();
        let mut markers: HashMap<&str, usize> = HashMap::new();
        for (index, trace) in traces.iter().enumerate() {
            let keys = &trace.keys;
            if !keys.address.is_empty() {
                self.by[index] = format!("address {}", keys.address);
                let before = addresses.get(keys.address.as_str()).copied();
                let apart = before.map_or(0, |before| match (traces[before].at, trace.at) {
                    (Some(before), Some(now)) => now.0 - before.0,
                    _ => 0,
                });
                let is_note = trace.grade == Grade::Note;
                if let Some(before) = before
                    && apart <= if is_note { RETURN_MS } else { ADDRESS_MS }
                {
                    self.join(before, index);
                }
                // Everyday work of the address, days later, does not join two attacks.
                if !is_note || apart <= ADDRESS_MS {
                    addresses.insert(&keys.address, index);
                }
            }
            for request in &keys.requests {
                if let Some(before) = requests.insert(request, index) {
                    self.join(before, index);
                    self.name(index, || format!("request id {request}"));
                }
            }
            // A name is nobody's when strangers look for it.
            if trace.grade == Grade::Scan {
                continue;
            }
            for marker in &keys.markers {
                self.name(index, || format!("file name {marker}"));
                if let Some(before) = markers.insert(marker, index) {
                    self.join(before, index);
                }
            }
        }
    }

    fn by_time(&mut self, traces: &[Trace]) {
        let weighs = |trace: &Trace| trace.grade != Grade::Scan && trace.at.is_some();
        // Addressed attacks first: they tell best whose work something is.
        let anchors: Vec<usize> = (0..traces.len())
            .filter(|index| {
                weighs(&traces[*index])
                    && traces[*index].grade >= Grade::Attempt
                    && !traces[*index].keys.address.is_empty()
            })
            .collect();
        let mut last_without: Option<usize> = None;
        for (index, trace) in traces.iter().enumerate() {
            let Some(at) = trace
                .at
                .filter(|_| weighs(trace) && trace.keys.address.is_empty())
            else {
                continue;
            };
            let next = anchors.partition_point(|anchor| traces[*anchor].at <= Some(at));
            let near = [next.checked_sub(1), Some(next)]
                .into_iter()
                .flatten()
                .filter_map(|position| anchors.get(position));
            let near =
                near.filter_map(|anchor| Some((*anchor, (traces[*anchor].at?.0 - at.0).abs())));
            let near = near
                .filter(|(_, apart)| *apart <= TIME_MS)
                .min_by_key(|(_, apart)| *apart);
            let without = last_without.filter(|before| {
                traces[*before]
                    .at
                    .is_some_and(|before| at.0 - before.0 <= TIME_MS)
            });
            if let Some((anchor, _)) = near {
                self.join(anchor, index);
            } else if let Some(before) = without {
                self.join(before, index);
            }
            self.name(index, || "time".to_owned());
            last_without = Some(index);
        }
    }

    fn name(&mut self, index: usize, by: impl FnOnce() -> String) {
        if self.by[index].is_empty() {
            self.by[index] = by();
        }
    }

    fn root(&self, mut index: usize) -> usize {
        while self.parents[index] != index {
            index = self.parents[index];
        }
        index
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.compress(a), self.compress(b));
        // The earlier one is the root.
        self.parents[a.max(b)] = a.min(b);
    }

    fn compress(&mut self, index: usize) -> usize {
        let root = self.root(index);
        let mut at = index;
        while self.parents[at] != root {
            at = std::mem::replace(&mut self.parents[at], root);
        }
        root
    }
}

fn run(mut members: Vec<(Trace, String)>) -> Option<Run> {
    let grade = members.iter().map(|(trace, _)| trace.grade).max()?;
    if grade == Grade::Note {
        return None;
    }
    for (trace, _) in &mut members {
        // What may be everyday work alone is a part of the attack in its midst.
        if trace.grade == Grade::Note && grade >= Grade::Attempt {
            trace.grade = grade;
        }
    }
    let chain = chain_of(&members);
    let reached = members
        .iter()
        .filter(|(trace, _)| trace.grade == grade)
        .map(|(trace, _)| trace.rung)
        .max()?;
    let names = |of: fn(&Trace) -> &str| {
        let all: BTreeSet<_> = members
            .iter()
            .map(|(trace, _)| of(trace))
            .filter(|name| !name.is_empty())
            .collect();
        all.into_iter()
            .take(NAMES_MAX)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (addresses, agents) = (
        names(|trace| &trace.keys.address),
        names(|trace| &trace.keys.agent),
    );
    let times: Vec<_> = members.iter().filter_map(|(trace, _)| trace.at).collect();
    let rungs: BTreeSet<_> = members
        .iter()
        .filter(|(trace, _)| trace.grade >= Grade::Attempt)
        .map(|(trace, _)| trace.rung)
        .collect();
    let more_steps = members.len().saturating_sub(STEPS_MAX) as u64;
    let steps = told(members);
    Some(Run {
        number: 0,
        chain,
        grade,
        addresses,
        agents,
        from: times.iter().min().copied(),
        until: times.iter().max().copied(),
        steps,
        more_steps,
        reached,
        stopped: stopped(chain, grade, reached, &rungs),
    })
}

fn chain_of(members: &[(Trace, String)]) -> Chain {
    let weight = |chain: Chain| {
        members
            .iter()
            .filter(|(trace, _)| trace.chain == chain)
            .map(|(trace, _)| trace.grade)
            .max()
    };
    match (weight(Chain::ProxyLogon), weight(Chain::ProxyShell)) {
        (None, None) => Chain::Unknown,
        (logon, shell) if logon >= shell => Chain::ProxyLogon,
        _ => Chain::ProxyShell,
    }
}

/// The steps that are told: all, or those that weigh most, in order of time.
fn told(members: Vec<(Trace, String)>) -> Vec<Step> {
    let mut steps: Vec<_> = members
        .into_iter()
        .map(|(trace, joined_by)| Step {
            rung: trace.rung,
            at: trace.at,
            grade: trace.grade,
            says: trace.says,
            joined_by,
            cites: trace.cites,
        })
        .collect();
    if steps.len() > STEPS_MAX {
        // Sorting keeps the order of time among equals, so that of each rung the first remain.
        steps.sort_by_key(|step| std::cmp::Reverse((step.grade, step.rung)));
        steps.truncate(STEPS_MAX);
    }
    steps.sort_by(|a, b| {
        (a.at.is_none(), a.at, a.rung, &a.cites).cmp(&(b.at.is_none(), b.at, b.rung, &b.cites))
    });
    steps
}

fn stopped(chain: Chain, grade: Grade, reached: Rung, rungs: &BTreeSet<Rung>) -> String {
    let missing: Vec<_> = Rung::ALL
        .into_iter()
        .filter(|rung| *rung > Rung::Probe && *rung < reached && !rungs.contains(rung))
        .filter(|rung| {
            !matches!(rung, Rung::PageCompiled | Rung::Dump | Rung::Export)
                || chain == Chain::Unknown && *rung == Rung::PageCompiled
        })
        .map(Rung::words)
        .collect();
    let not_seen = if missing.is_empty() || grade != Grade::Success {
        String::new()
    } else if chain == Chain::Unknown && rungs.len() == 1 {
        "; how it came to that is not seen in what was read".to_owned()
    } else {
        format!(
            "; on the way there, not seen in what was read: {}",
            missing.join(", ")
        )
    };
    match grade {
        Grade::Note | Grade::Scan => {
            "only looked whether the hole is there; nothing more was seen".to_owned()
        }
        Grade::Attempt => "nothing shows that it went well".to_owned(),
        Grade::Success => match Rung::ALL.into_iter().find(|rung| *rung > reached) {
            Some(next) => format!("no trace of \"{}\" or further{not_seen}", next.words()),
            None => format!("the last rung{not_seen}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use evidence::Moment;

    use super::super::trace::{Keys, cite};
    use super::*;

    fn trace(second: i64, rung: Rung, grade: Grade, address: &str, marker: &str) -> Trace {
        Trace {
            chain: Chain::ProxyLogon,
            rung,
            grade,
            at: Some(Moment(second * 1_000)),
            says: String::new(),
            cites: cite("x", 1, b""),
            keys: Keys {
                address: address.to_owned(),
                markers: (!marker.is_empty())
                    .then(|| marker.to_owned())
                    .into_iter()
                    .collect(),
                ..Keys::default()
            },
        }
    }

    #[test]
    fn one_run_is_joined_by_address_time_and_name() {
        let runs = runs(vec![
            trace(0, Rung::Session, Grade::Success, "203.0.113.5", ""),
            trace(3, Rung::DirectorySet, Grade::Success, "", ""),
            trace(4, Rung::FileWritten, Grade::Note, "", "x.aspx"),
            trace(
                700_000,
                Rung::PageCalled,
                Grade::Success,
                "203.0.113.77",
                "x.aspx",
            ),
            trace(5, Rung::Probe, Grade::Scan, "198.51.100.1", ""),
        ]);
        assert_eq!(runs.len(), 2);
        let attack = &runs[0];
        assert_eq!(
            (attack.grade, attack.reached, attack.steps.len()),
            (Grade::Success, Rung::PageCalled, 4)
        );
        assert_eq!(attack.addresses, ["203.0.113.5", "203.0.113.77"]);
        assert_eq!(
            attack.steps[2].grade,
            Grade::Success,
            "what is everyday alone is a part of the attack here"
        );
        assert_eq!(attack.steps[1].joined_by, "time");
        assert_eq!((runs[1].grade, runs[1].number), (Grade::Scan, 2));
    }

    #[test]
    fn whoever_comes_back_for_mail_is_the_one_who_came_before() {
        let day = 86_400;
        let runs = runs(vec![
            trace(0, Rung::Session, Grade::Success, "203.0.113.5", ""),
            trace(9 * day, Rung::MailboxAccess, Grade::Note, "203.0.113.5", ""),
            trace(
                10 * day,
                Rung::RequestForged,
                Grade::Attempt,
                "203.0.113.5",
                "",
            ),
            trace(
                80 * day,
                Rung::MailboxAccess,
                Grade::Note,
                "203.0.113.5",
                "",
            ),
        ]);
        let reached: Vec<_> = runs
            .iter()
            .map(|run| (run.reached, run.steps.len()))
            .collect();
        assert_eq!(
            reached,
            [(Rung::MailboxAccess, 2), (Rung::RequestForged, 1)]
        );
    }

    #[test]
    fn notes_alone_are_no_run() {
        assert!(runs(vec![trace(0, Rung::Export, Grade::Note, "", "")]).is_empty());
    }

    #[test]
    fn days_apart_are_two_runs() {
        let runs = runs(vec![
            trace(0, Rung::RequestForged, Grade::Attempt, "203.0.113.5", ""),
            trace(
                200_000,
                Rung::RequestForged,
                Grade::Attempt,
                "203.0.113.5",
                "",
            ),
        ]);
        assert_eq!(runs.len(), 2);
    }
}
