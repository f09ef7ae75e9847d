//! Timeline: which build ran when, and when a hole was open and reachable.

use std::collections::BTreeMap;

use evidence::Moment;

use super::collected::Collected;
use crate::assessment::{BuildSpan, Chain, Run, Timeline, Window};
use crate::builds::{Build, Hole, PatchState, name_of, state_of};

/// The timeline of all servers.
pub(crate) fn of(collected: &Collected, runs: &[Run]) -> Timeline {
    let mut by_server: BTreeMap<&str, Vec<(Moment, Moment, Build)>> = BTreeMap::new();
    for ((server, build), hours) in &collected.builds {
        let seen = by_server.entry(server).or_default();
        seen.extend(hours.values().map(|(from, until)| (*from, *until, *build)));
    }
    let mut timeline = Timeline::default();
    for (server, seen) in by_server {
        let spans = spans(seen);
        for hole in [Hole::ProxyLogon, Hole::ProxyShell] {
            timeline
                .windows
                .extend(windows(server, hole, &spans, collected));
        }
        timeline
            .builds
            .extend(spans.into_iter().map(|(from, until, build)| BuildSpan {
                server: server.to_owned(),
                build: build.to_string(),
                name: name_of(build).map(|name| name.to_string()),
                from,
                until,
                proxylogon: words(state_of(build, Hole::ProxyLogon)).to_owned(),
                proxyshell: words(state_of(build, Hole::ProxyShell)).to_owned(),
            }));
    }
    timeline.first_attack = runs.iter().filter_map(|run| run.from).min();
    timeline.last_attack = runs.iter().filter_map(|run| run.until).max();
    timeline
}

/// Sightings, put together where the build is the same.
fn spans(mut seen: Vec<(Moment, Moment, Build)>) -> Vec<(Moment, Moment, Build)> {
    seen.sort();
    let mut spans: Vec<(Moment, Moment, Build)> = Vec::new();
    for (from, until, build) in seen {
        match spans.last_mut() {
            Some(last) if last.2 == build => last.1 = last.1.max(until),
            _ => spans.push((from, until, build)),
        }
    }
    spans
}

/// When a hole was open on a server; what cannot be told counts as open.
fn windows(
    server: &str,
    hole: Hole,
    spans: &[(Moment, Moment, Build)],
    collected: &Collected,
) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    let mut is_open = false;
    for (index, (from, until, build)) in spans.iter().enumerate() {
        let state = state_of(*build, hole);
        if matches!(state, PatchState::Fixed | PatchState::NotAffected) {
            if is_open && let Some(window) = windows.last_mut() {
                window.closed = Some(*from);
            }
            is_open = false;
            continue;
        }
        if is_open && let Some(window) = windows.last_mut() {
            window.until = window.until.max(*until);
        } else {
            windows.push(Window {
                server: server.to_owned(),
                chain: if hole == Hole::ProxyShell {
                    Chain::ProxyShell
                } else {
                    Chain::ProxyLogon
                },
                from: *from,
                until: *until,
                open_before: index == 0,
                closed: None,
                reached_from_outside: None,
            });
        }
        is_open = true;
    }
    for window in &mut windows {
        let hours = collected
            .outside
            .range(window.from.hour()..=window.until.hour());
        let mut times = hours.map(|(_, at)| *at);
        window.reached_from_outside = times
            .find(|at| (window.from..=window.until).contains(at))
            .or_else(|| {
                // The first of the hour may have come before the window began; the hour is what is promised.
                collected
                    .outside
                    .get(&window.from.hour())
                    .copied()
                    .filter(|at| *at <= window.until)
            });
    }
    windows
}

fn words(state: PatchState) -> &'static str {
    match state {
        PatchState::Fixed => "fixed",
        PatchState::Vulnerable => "vulnerable",
        PatchState::Unknown => "unknown",
        PatchState::NotAffected => "not affected",
    }
}
