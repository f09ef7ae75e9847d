//! Series: master, rules, added and excepted dates and overrides, walked in the order of time.

use std::collections::HashSet;
use std::iter::Peekable;
use std::ops::{ControlFlow, Range};

use super::Occurrence;
use crate::civil::{DAY, FIRST, LAST};
use crate::fault::Fault;
use crate::limit::STEPS_MAX;
use crate::moment::{Form, Moment};
use crate::part::{End, Length, Part, length_of};
use crate::rule::Expansion;
use crate::zone::Zone;

/// How far outside a range an occurrence may lie and still be wanted, for what hangs on it (alerts).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    /// Only what overlaps is wanted.
    None,
    /// So many seconds to either side.
    Seconds(i64),
}

/// Shows occurrences to `see` until it breaks: all that may overlap the range, and perhaps a few that lie beside it.
///
/// The master's come before the overrides, in the order of its own clock. An occurrence that an override replaces comes only as that.
pub(crate) fn visit(
    parts: &[Part],
    range: &Range<i64>,
    floating: &Zone,
    spread: Spread,
    see: &mut dyn FnMut(Occurrence) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Fault> {
    let wide = match spread {
        Spread::None => 0,
        Spread::Seconds(seconds) => seconds.max(0),
    };
    let range = range.start.clamp(FIRST, LAST).saturating_sub(wide)
        ..range.end.clamp(FIRST, LAST + 1).saturating_add(wide);
    for part in parts.iter().filter(|part| part.recurrence_id.is_none()) {
        if master(part, parts, &range, floating, see)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    for part in parts {
        let (Some(id), Some(begin)) = (
            &part.recurrence_id,
            part.start.as_ref().or(part.recurrence_id.as_ref()),
        ) else {
            continue;
        };
        let length = length_of(begin, &part.end, floating);
        if see(occurrence(
            begin.clone(),
            id.clone(),
            length,
            part.component,
            floating,
        ))
        .is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Seconds by which a clock is ever put back.
pub(crate) const CLOCK_CHANGE_SECONDS_MAX: i64 = 3 * 3_600;

fn occurrence(
    begin: Moment,
    recurrence_id: Moment,
    length: Length,
    component: usize,
    floating: &Zone,
) -> Occurrence {
    let start = begin.instant(floating);
    let end = length.end_of(&begin, start, floating).max(start);
    Occurrence {
        start,
        end,
        begin,
        recurrence_id,
        component,
    }
}

fn master(
    part: &Part,
    parts: &[Part],
    range: &Range<i64>,
    floating: &Zone,
    see: &mut dyn FnMut(Occurrence) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Fault> {
    let (start, length) = match (&part.start, &part.end) {
        (Some(start), _) => (start, part.length(floating)),
        // A task that is only due begins when it is due.
        (None, End::At(due)) => (due, Length::Exact(0)),
        (None, _) => return Ok(ControlFlow::Continue(())),
    };
    if !part.is_recurring() && parts.len() == 1 && part.except_dates.is_empty() {
        return Ok(see(occurrence(
            start.clone(),
            start.clone(),
            length,
            part.component,
            floating,
        )));
    }
    let changed = Changes::of(part, parts, start, floating);
    // The range on the series' own clock, widened by what an occurrence may reach and overrides may move.
    let zone = start.zone(floating);
    let reach = length.seconds_max().max(changed.reach);
    let from = zone
        .to_local(range.start.saturating_sub(reach))
        .saturating_sub(CLOCK_CHANGE_SECONDS_MAX);
    // Local times that the clock skips come later than some that follow them.
    let slack = if zone == &Zone::UTC {
        0
    } else {
        CLOCK_CHANGE_SECONDS_MAX
    };
    let until = range
        .end
        .saturating_add(changed.reach)
        .saturating_add(slack);
    let mut walk = Walk::new(part, start, from, floating);
    let mut skipped = HashSet::new();
    let mut steps = 0;
    while let Some(Step {
        local,
        length: own_length,
        excepted,
    }) = walk.next()
    {
        steps += 1;
        if steps.max(walk.steps()) > STEPS_MAX {
            return Err(Fault::TooManyInstances { limit: STEPS_MAX });
        }
        let id = start.at(local);
        let instant = id.instant(floating);
        if instant >= until {
            break;
        }
        // RFC 5545 3.3.10: a set has each instant once, also where the clock skips some and two local times fall together.
        let moved = zone.to_local(instant) != local;
        if moved && !skipped.insert(instant) || !moved && skipped.contains(&instant) {
            continue;
        }
        if excepted || changed.hides(local, instant) {
            continue;
        }
        let (begin, length, component) = match changed.later(instant) {
            Some(later) => (
                start.at(local.saturating_add(later.shift)),
                later.length,
                later.component,
            ),
            None => (id.clone(), own_length.unwrap_or(length), part.component),
        };
        if see(occurrence(begin, id, length, component, floating)).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// What is taken from a series or put in the place of its occurrences.
struct Changes {
    /// Instants of excepted dates and of overridden occurrences.
    instants: HashSet<i64>,
    /// Local days that are excepted as a whole.
    days: HashSet<i64>,
    /// Overrides that hold for later occurrences, by the instant they begin with.
    later: Vec<Later>,
    /// Seconds by which those move or lengthen occurrences at most.
    reach: i64,
}

struct Later {
    from: i64,
    shift: i64,
    length: Length,
    component: usize,
}

impl Changes {
    fn of(part: &Part, parts: &[Part], start: &Moment, floating: &Zone) -> Self {
        let mut changes = Self {
            instants: HashSet::new(),
            days: HashSet::new(),
            later: Vec::new(),
            reach: 0,
        };
        for date in &part.except_dates {
            // Departs from RFC 5545 3.8.5.1: the types should be alike, but Outlook and others except times by their day.
            if date.is_date() && !start.is_date() {
                changes.days.insert(date.local().div_euclid(DAY));
            } else if !date.is_date() && start.is_date() {
                changes.instants.insert(
                    start
                        .at(date.local().div_euclid(DAY) * DAY)
                        .instant(floating),
                );
            } else {
                changes.instants.insert(date.instant(floating));
            }
        }
        for over in parts {
            let Some(id) = &over.recurrence_id else {
                continue;
            };
            let id_instant = id.instant(floating);
            if id.is_date() && !start.is_date() {
                changes.days.insert(id.local().div_euclid(DAY));
            } else {
                changes.instants.insert(id_instant);
            }
            if let (true, Some(begin)) = (over.this_and_future, &over.start) {
                // RFC 5545 3.8.4.4: later occurrences move by the same difference.
                let shift = begin.instant(floating).saturating_sub(id_instant);
                let length = over.length(floating);
                changes.reach = changes
                    .reach
                    .max(shift.saturating_abs().saturating_add(length.seconds_max()));
                changes.later.push(Later {
                    from: id_instant,
                    shift,
                    length,
                    component: over.component,
                });
            }
        }
        changes.later.sort_by_key(|later| later.from);
        changes
    }

    fn hides(&self, local: i64, instant: i64) -> bool {
        self.instants.contains(&instant) || self.days.contains(&local.div_euclid(DAY))
    }

    fn later(&self, instant: i64) -> Option<&Later> {
        let after = self.later.partition_point(|later| later.from <= instant);
        after.checked_sub(1).map(|last| &self.later[last])
    }
}

/// One place in a series.
struct Step {
    local: i64,
    /// What an added date brings along.
    length: Option<Length>,
    /// Whether an EXRULE takes it away. It is told, so that whoever walks sees how far the walk has come.
    excepted: bool,
}

/// DTSTART, added dates and rules, merged on the series' own clock.
struct Walk<'part> {
    added: Peekable<std::vec::IntoIter<(i64, Option<Length>)>>,
    rules: Vec<Expansion<'part>>,
    excepts: Vec<Expansion<'part>>,
    last: Option<i64>,
}

impl<'part> Walk<'part> {
    fn new(part: &'part Part, start: &Moment, from: i64, floating: &Zone) -> Self {
        let zone = start.zone(floating);
        let mut added = vec![(start.local(), None)];
        for date in &part.dates {
            let local = match (date.start.form(), start.form()) {
                (Form::Date, _) | (Form::Floating, Form::Floating | Form::Date) => {
                    date.start.local()
                }
                _ => zone.to_local(date.start.instant(floating)),
            };
            let length = match &date.end {
                End::Open => None,
                end => Some(length_of(&date.start, end, floating)),
            };
            added.push((local, length));
        }
        // Added dates may have lengths of their own, so none is left out for being early.
        added.sort_by_key(|(local, length)| (*local, length.is_none()));
        let expand = |rule| Expansion::new(rule, start.local(), from);
        Self {
            added: added.into_iter().peekable(),
            rules: part.rules.iter().map(expand).collect(),
            excepts: part.except_rules.iter().map(expand).collect(),
            last: None,
        }
    }

    fn steps(&self) -> usize {
        self.rules
            .iter()
            .chain(&self.excepts)
            .map(Expansion::steps)
            .sum()
    }

    /// Whether an EXRULE has an occurrence at this local second; asked in ascending order.
    fn excepted(&mut self, local: i64) -> bool {
        self.excepts.iter_mut().any(|except| {
            if except.peek().is_some_and(|next| next < local) {
                except.advance_to(local);
            }
            except.peek() == Some(local)
        })
    }

    /// The next local second, each once.
    fn next(&mut self) -> Option<Step> {
        loop {
            let earliest = self.rules.iter().filter_map(Expansion::peek).min();
            let added = self.added.peek().map(|(local, _)| *local);
            let local = match (earliest, added) {
                (Some(rule), Some(added)) => rule.min(added),
                (Some(only), None) | (None, Some(only)) => only,
                (None, None) => return None,
            };
            let mut length = None;
            while let Some((_, own)) = self.added.next_if(|(next, _)| *next == local) {
                length = length.or(own);
            }
            for rule in &mut self.rules {
                if rule.peek() == Some(local) {
                    rule.next();
                }
            }
            if self.last == Some(local) {
                continue;
            }
            self.last = Some(local);
            let excepted = self.excepted(local);
            return Some(Step {
                local,
                length,
                excepted,
            });
        }
    }
}

/// The first begin and the last end of all occurrences; None for no end. Without any begin, both are None.
pub(crate) fn ends_of(parts: &[Part], floating: &Zone) -> (Option<i64>, Option<i64>) {
    let (mut first, mut last) = (None::<i64>, None::<i64>);
    let mut endless = false;
    let mut widen = |from: i64, to: i64| {
        first = Some(first.map_or(from, |first| first.min(from)));
        last = Some(last.map_or(to, |last| last.max(to)));
    };
    for part in parts {
        let Some(start) = part.start.as_ref().or(part.recurrence_id.as_ref()) else {
            if let End::At(due) = &part.end {
                widen(due.instant(floating), due.instant(floating));
            }
            continue;
        };
        let length = length_of(start, &part.end, floating);
        let instant = start.instant(floating);
        widen(instant, length.end_of(start, instant, floating));
        for date in &part.dates {
            let from = date.start.instant(floating);
            let own = if date.end == End::Open {
                length
            } else {
                length_of(&date.start, &date.end, floating)
            };
            widen(from, own.end_of(&date.start, from, floating));
        }
        for rule in &part.rules {
            match rule.last {
                Some(local) if local >= start.local() => {
                    let last = start.at(local);
                    let instant = last.instant(floating);
                    // A local time that the clock skips may come a little later than one that follows it.
                    let slack = if start.zone(floating) == &Zone::UTC {
                        0
                    } else {
                        CLOCK_CHANGE_SECONDS_MAX
                    };
                    widen(
                        instant,
                        length
                            .end_of(&last, instant, floating)
                            .saturating_add(slack),
                    );
                }
                Some(_) => {}
                None => endless = true,
            }
        }
        // RFC 5545 3.2.13: an override for this and later ones moves or lengthens them all.
        if let (true, Some(id)) = (part.this_and_future, &part.recurrence_id) {
            let reach = instant
                .saturating_sub(id.instant(floating))
                .saturating_abs()
                .saturating_add(length.seconds_max());
            widen(instant, instant);
            let later = parts
                .iter()
                .flat_map(|part| part.rules.iter().filter_map(|rule| rule.last))
                .max();
            if let Some(later) = later {
                let later = start.at(later).instant(floating);
                widen(
                    instant.min(later.saturating_sub(reach)),
                    later.saturating_add(reach),
                );
            }
        }
    }
    (first, if endless { None } else { last })
}
