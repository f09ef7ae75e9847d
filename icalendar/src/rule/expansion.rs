//! Expansion: the local seconds of a rule in order, from any place on, in bounded steps.
//!
//! A rule is cut into *periods* (years, months, weeks, days, hours, minutes, seconds, by its frequency). What happens within
//! one is a grid of days, hours, minutes and seconds that is never spelled out: the n-th candidate is worked out from n.
//! So a start far from DTSTART costs nothing, and a dense rule costs only what is asked of it.

use super::{Frequency, Rule};
use crate::civil::{
    DAY, Date, FIRST, LAST, date_of, day_of, days_in_month, days_in_year, week_of, weekday,
};
use crate::limit::EMPTY_STEPS_MAX;

/// Occurrences of a settled rule, ascending, without DTSTART unless the pattern holds it.
#[derive(Clone, Debug)]
pub(crate) struct Expansion<'rule> {
    rule: &'rule Rule,
    start: i64,
    /// The number of the next period, in steps of INTERVAL.
    period: i64,
    grid: Grid,
    /// Positions within the grid that remain, ascending; the grid as a whole without BYSETPOS.
    positions: Vec<usize>,
    place: usize,
    steps: usize,
    /// What one period costs, in steps.
    weight: usize,
    ended: bool,
}

/// The candidates of one period.
#[derive(Clone, Debug, Default)]
struct Grid {
    days: Vec<i64>,
    hours: Vec<i64>,
    minutes: Vec<i64>,
    seconds: Vec<i64>,
}

impl Grid {
    fn len(&self) -> usize {
        self.days.len() * self.per_day()
    }

    fn per_day(&self) -> usize {
        self.hours.len() * self.minutes.len() * self.seconds.len()
    }

    fn at(&self, place: usize) -> i64 {
        let seconds = self.seconds.len();
        let minutes = self.minutes.len() * seconds;
        let of_day = place % self.per_day();
        let hour = self.hours[of_day / minutes];
        let minute = self.minutes[of_day % minutes / seconds];
        self.days[place / self.per_day()] * DAY
            + hour * 3_600
            + minute * 60
            + self.seconds[of_day % seconds]
    }
}

impl<'rule> Expansion<'rule> {
    /// From the first occurrence at or after `from` on; never before `start`, which is DTSTART.
    pub(crate) fn new(rule: &'rule Rule, start: i64, from: i64) -> Self {
        let from = from.clamp(start, LAST.max(start));
        let ahead = unit(rule, from) - unit(rule, start);
        let mut expansion = Self {
            rule,
            start,
            period: ahead.div_euclid(rule.interval).max(0),
            grid: Grid::default(),
            positions: Vec::new(),
            place: 0,
            steps: 0,
            weight: weight(rule),
            ended: !(FIRST..=LAST).contains(&start),
        };
        expansion.load();
        while !expansion.ended && !expansion.find_in_period(from) {
            expansion.load();
        }
        expansion.end_where_told();
        expansion
    }

    /// The next occurrence, left in place.
    pub(crate) fn peek(&self) -> Option<i64> {
        (!self.ended).then(|| self.candidate(self.place))
    }

    /// Goes on with the first occurrence at or after this local second, which lies ahead.
    pub(crate) fn advance_to(&mut self, local: i64) {
        if self.ended || self.find_in_period(local) {
            self.end_where_told();
            return;
        }
        let steps = self.steps;
        *self = Self::new(self.rule, self.start, local);
        self.steps += steps;
    }

    /// Passes over earlier candidates of this period, by halving, not one by one; false if all are earlier.
    fn find_in_period(&mut self, local: i64) -> bool {
        let (mut low, mut high) = (self.place, self.period_len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.candidate(middle) < local {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.place = low.min(self.period_len());
        low < self.period_len()
    }

    /// Periods looked at so far, those that are dear to look at counted more than once.
    pub(crate) const fn steps(&self) -> usize {
        self.steps
    }

    /// Passes over what remains of this period, but no more than `limit`: how many, and the last of them.
    pub(super) fn skip_period(&mut self, limit: i64) -> Option<(i64, i64)> {
        if self.ended {
            return None;
        }
        let rest = self.period_len() - self.place;
        let taken = usize::try_from(limit).unwrap_or(rest).clamp(1, rest);
        let last = self.candidate(self.place + taken - 1);
        self.place += taken;
        if self.place >= self.period_len() {
            self.load();
        }
        Some((i64::try_from(taken).unwrap_or(limit), last))
    }

    fn period_len(&self) -> usize {
        if self.rule.by_position.is_empty() {
            self.grid.len()
        } else {
            self.positions.len()
        }
    }

    fn candidate(&self, place: usize) -> i64 {
        if self.rule.by_position.is_empty() {
            self.grid.at(place)
        } else {
            self.grid.at(self.positions[place])
        }
    }

    fn end_where_told(&mut self) {
        if self.ended {
            return;
        }
        let next = self.candidate(self.place);
        self.ended = next > LAST || self.rule.last.is_some_and(|last| next > last);
    }

    /// Goes to the next period that has a candidate.
    fn load(&mut self) {
        self.place = 0;
        let until = self.steps + EMPTY_STEPS_MAX;
        while self.steps < until {
            self.steps += self.weight;
            let base = unit(self.rule, self.start);
            let at = self
                .period
                .saturating_mul(self.rule.interval)
                .saturating_add(base);
            let begin = begin_of(self.rule, at);
            if begin > LAST || self.rule.last.is_some_and(|last| begin > last) {
                break;
            }
            self.period += 1;
            match self.fill(at) {
                Filled::Some => {
                    self.choose_positions();
                    if self.period_len() > 0 {
                        return;
                    }
                }
                Filled::NoneBefore(next) => {
                    // The first period of this series that reaches the next place worth looking at.
                    let ahead = unit(self.rule, next) - base;
                    let first = ahead.div_euclid(self.rule.interval)
                        + i64::from(ahead.rem_euclid(self.rule.interval) != 0);
                    self.period = self.period.max(first);
                }
            }
        }
        self.ended = true;
    }

    /// RFC 5545 3.3.10: BYSETPOS picks from all candidates of the period, from its begin or its end.
    fn choose_positions(&mut self) {
        if self.rule.by_position.is_empty() {
            return;
        }
        let len = i64::try_from(self.grid.len()).unwrap_or(i64::MAX);
        self.positions.clear();
        for position in &self.rule.by_position {
            let place = if *position > 0 {
                position - 1
            } else {
                len + position
            };
            if (0..len).contains(&place) {
                self.positions.extend(usize::try_from(place));
            }
        }
        self.positions.sort_unstable();
        self.positions.dedup();
    }

    /// Lays out the grid of the period `at`.
    fn fill(&mut self, at: i64) -> Filled {
        let rule = self.rule;
        let of_day = self.start.rem_euclid(DAY);
        let or = |list: &[i64], value: i64| {
            if list.is_empty() {
                vec![value]
            } else {
                list.to_vec()
            }
        };
        if rule.freq >= Frequency::Daily {
            self.grid.days.clear();
            match rule.freq {
                Frequency::Yearly => year(rule, at, &mut self.grid.days),
                Frequency::Monthly => month(
                    rule,
                    at.div_euclid(12),
                    at.rem_euclid(12) + 1,
                    &mut self.grid.days,
                ),
                Frequency::Weekly => {
                    let first = begin_of(rule, at).div_euclid(DAY);
                    self.grid
                        .days
                        .extend((first..first + 7).filter(|day| holds(rule, *day)));
                }
                _ => {
                    if !holds(rule, at) {
                        return Filled::NoneBefore(next_day(rule, at) * DAY);
                    }
                    self.grid.days.push(at);
                }
            }
            if self.grid.hours.is_empty() {
                self.grid.hours = or(&rule.by_hour, of_day / 3_600);
                self.grid.minutes = or(&rule.by_minute, of_day / 60 % 60);
                self.grid.seconds = or(&rule.by_second, of_day % 60);
            }
            return Filled::Some;
        }
        let begin = begin_of(rule, at);
        let day = begin.div_euclid(DAY);
        if !holds(rule, day) {
            return Filled::NoneBefore(next_day(rule, day) * DAY);
        }
        let (hour, minute, second) = (
            begin.rem_euclid(DAY) / 3_600,
            begin.rem_euclid(3_600) / 60,
            begin.rem_euclid(60),
        );
        let allows =
            |list: &[i64], value: i64| list.is_empty() || list.binary_search(&value).is_ok();
        if !allows(&rule.by_hour, hour) {
            return Filled::NoneBefore((begin.div_euclid(3_600) + 1) * 3_600);
        }
        if rule.freq <= Frequency::Minutely && !allows(&rule.by_minute, minute) {
            return Filled::NoneBefore((begin.div_euclid(60) + 1) * 60);
        }
        if rule.freq == Frequency::Secondly && !allows(&rule.by_second, second) {
            return Filled::NoneBefore(begin + 1);
        }
        self.grid.days = vec![day];
        self.grid.hours = vec![hour];
        self.grid.minutes = if rule.freq <= Frequency::Minutely {
            vec![minute]
        } else {
            or(&rule.by_minute, of_day / 60 % 60)
        };
        self.grid.seconds = if rule.freq == Frequency::Secondly {
            vec![second]
        } else {
            or(&rule.by_second, of_day % 60)
        };
        Filled::Some
    }
}

impl Iterator for Expansion<'_> {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        let next = self.peek()?;
        self.place += 1;
        if self.place >= self.period_len() {
            self.load();
        }
        self.end_where_told();
        Some(next)
    }
}

/// What one period costs: days looked at times lists they are looked up in, so that long lists in long periods soon end.
fn weight(rule: &Rule) -> usize {
    let or = |list: &[i64], all: usize| if list.is_empty() { all } else { list.len() };
    let days = match rule.freq {
        Frequency::Yearly => or(&rule.by_month, 12) * or(&rule.by_month_day, 31),
        Frequency::Monthly => or(&rule.by_month_day, 31),
        Frequency::Weekly => 7,
        Frequency::Daily | Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => 1,
    };
    let listed = [
        &rule.by_month_day,
        &rule.by_year_day,
        &rule.by_week,
        &rule.by_position,
    ]
    .map(Vec::len)
    .iter()
    .sum::<usize>();
    (days * (1 + (listed + rule.by_day.len()) / 8) / 64).max(1)
}

enum Filled {
    /// The grid is laid out; it may be empty.
    Some,
    /// Nothing in this period, nor in any before this local second.
    NoneBefore(i64),
}

/// The number of the period that holds a local second.
fn unit(rule: &Rule, local: i64) -> i64 {
    let day = local.div_euclid(DAY);
    match rule.freq {
        Frequency::Secondly => local,
        Frequency::Minutely => local.div_euclid(60),
        Frequency::Hourly => local.div_euclid(3_600),
        Frequency::Daily => day,
        // Day 4 of 1970 is a Monday; weeks are counted from their first day.
        Frequency::Weekly => (day - 4 - rule.week_start).div_euclid(7),
        Frequency::Monthly => {
            let date = date_of(day);
            date.year * 12 + date.month - 1
        }
        Frequency::Yearly => date_of(day).year,
    }
}

/// The first local second of a period.
fn begin_of(rule: &Rule, at: i64) -> i64 {
    // Years beyond the calendar's end would not fit into seconds.
    let at = match rule.freq {
        Frequency::Yearly => at.min(10_000),
        Frequency::Monthly => at.min(120_000),
        _ => at.min(LAST + 1),
    };
    match rule.freq {
        Frequency::Secondly => at,
        Frequency::Minutely => at.saturating_mul(60),
        Frequency::Hourly => at.saturating_mul(3_600),
        Frequency::Daily => at.saturating_mul(DAY),
        Frequency::Weekly => at
            .saturating_mul(7)
            .saturating_add(4 + rule.week_start)
            .saturating_mul(DAY),
        Frequency::Monthly => day_of(at.div_euclid(12), at.rem_euclid(12) + 1, 1) * DAY,
        Frequency::Yearly => day_of(at, 1, 1) * DAY,
    }
}

/// The first day after this one that BYMONTH allows.
fn next_day(rule: &Rule, day: i64) -> i64 {
    let date = date_of(day);
    if rule.by_month.is_empty() || rule.by_month.binary_search(&date.month).is_ok() {
        return day + 1;
    }
    match rule.by_month.iter().find(|month| **month > date.month) {
        Some(month) => day_of(date.year, *month, 1),
        None => day_of(date.year + 1, rule.by_month[0], 1),
    }
}

fn year(rule: &Rule, year: i64, days: &mut Vec<i64>) {
    if !rule.by_year_day.is_empty() && rule.by_month.is_empty() && rule.by_month_day.is_empty() {
        let (first, len) = (day_of(year, 1, 1), days_in_year(year));
        for number in &rule.by_year_day {
            let place = if *number > 0 {
                number - 1
            } else {
                len + number
            };
            if (0..len).contains(&place) && holds(rule, first + place) {
                days.push(first + place);
            }
        }
        days.sort_unstable();
        days.dedup();
        return;
    }
    if rule.by_month.is_empty() {
        (1..=12).for_each(|of_year| month(rule, year, of_year, days));
    } else {
        rule.by_month
            .iter()
            .for_each(|of_year| month(rule, year, *of_year, days));
    }
}

fn month(rule: &Rule, year: i64, month: i64, days: &mut Vec<i64>) {
    if !rule.by_month.is_empty() && rule.by_month.binary_search(&month).is_err() {
        return;
    }
    let (first, len) = (day_of(year, month, 1), days_in_month(year, month));
    if rule.by_month_day.is_empty() {
        let of_month = (1..=len).filter(|day| {
            holds_on(
                rule,
                first + day - 1,
                Date {
                    year,
                    month,
                    day: *day,
                },
            )
        });
        days.extend(of_month.map(|day| first + day - 1));
        return;
    }
    let from = days.len();
    for number in &rule.by_month_day {
        let place = if *number > 0 {
            number - 1
        } else {
            len + number
        };
        // RFC 5545 3.3.10: an invalid date such as 30 February is ignored and not counted.
        if (0..len).contains(&place) && holds(rule, first + place) {
            days.push(first + place);
        }
    }
    days[from..].sort_unstable();
    days.dedup();
}

/// Whether every rule part that speaks of days allows this one (the table of RFC 5545 3.3.10, read as limits).
fn holds(rule: &Rule, day: i64) -> bool {
    holds_on(rule, day, date_of(day))
}

fn holds_on(rule: &Rule, day: i64, date: Date) -> bool {
    if !rule.by_month.is_empty() && rule.by_month.binary_search(&date.month).is_err() {
        return false;
    }
    let in_list = |list: &[i64], number: i64, len: i64| {
        list.is_empty() || list.contains(&number) || list.contains(&(number - len - 1))
    };
    if !in_list(
        &rule.by_month_day,
        date.day,
        days_in_month(date.year, date.month),
    ) {
        return false;
    }
    if !rule.by_year_day.is_empty() {
        let number = day - day_of(date.year, 1, 1) + 1;
        if !in_list(&rule.by_year_day, number, days_in_year(date.year)) {
            return false;
        }
    }
    if !rule.by_week.is_empty() {
        let (number, weeks) = week_of(day, rule.week_start);
        if !in_list(&rule.by_week, number, weeks) {
            return false;
        }
    }
    rule.by_day.is_empty()
        || rule
            .by_day
            .iter()
            .any(|(ordinal, name)| *name == weekday(day) && is_nth(rule, *ordinal, day, date))
}

/// RFC 5545 3.3.10: `2MO` is the second Monday of the month, or of the year where a yearly rule names no month.
fn is_nth(rule: &Rule, ordinal: i64, day: i64, date: Date) -> bool {
    if ordinal == 0 {
        return true;
    }
    let (number, len) = match rule.freq {
        Frequency::Yearly if rule.by_month.is_empty() => {
            (day - day_of(date.year, 1, 1), days_in_year(date.year))
        }
        Frequency::Yearly | Frequency::Monthly => {
            (date.day - 1, days_in_month(date.year, date.month))
        }
        // RFC 5545 3.3.10: no ordinal may stand elsewhere; a client that writes one means the day.
        _ => return true,
    };
    let nth = if ordinal > 0 {
        number / 7 + 1
    } else {
        -((len - 1 - number) / 7 + 1)
    };
    nth == ordinal
}
