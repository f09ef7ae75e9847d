//! Clocks: how far the times of a file are from UTC, told by requests that a log in UTC has, too.
//!
//! IIS writes UTC in the W3C format, but no row says so, and loggers that stand in for it, converters and collectors write local time.
//! The front end gives every request an id, which both its own log and that of IIS have. Of each hour the few smallest ids are kept on
//! both sides: ids are random, so both keep the same requests, without knowing of each other.

use std::collections::{BTreeMap, HashMap};

use evidence::Moment;

use super::collected::{Collected, Log};
use crate::assessment::{CLOCKS_MAX, Clock, ClockTold};

/// Requests of one hour that are kept.
const IDS_PER_HOUR: usize = 8;
/// Hours of which requests are kept: eleven years.
const HOURS_MAX: usize = 100_000;
/// Requests that one reader keeps of all files whose clock is asked for.
const IDS_MAX: usize = 500_000;
/// Files whose clock is asked for; what comes after is taken as UTC.
const FILES_MAX: usize = 20_000;
/// Zones are apart by quarters of an hour (Nepal, +05:45).
const QUARTER_MS: i64 = 15 * 60_000;
/// UTC+14:00 is the farthest zone (Kiritimati).
const QUARTERS_MAX: i64 = 14 * 4;
/// Two logs of one server write the end of a request at nearly the same time.
const SKEW_MS: i64 = 2 * 60_000;
/// Requests that must agree before a file is taken to be in local time: a caller may write an id of his own into one request.
const AGREE_MIN: u64 = 3;

/// The requests of one hour with the smallest ids, in their order.
#[derive(Clone, Debug, Default)]
struct Sample(Vec<(u64, Moment)>);

impl Sample {
    fn wants(&self, id: u64) -> bool {
        self.0.len() < IDS_PER_HOUR || self.0.last().is_some_and(|(last, _)| id < *last)
    }

    fn add(&mut self, id: u64, at: Moment) {
        if let Err(place) = self.0.binary_search_by_key(&id, |(known, _)| *known) {
            self.0.insert(place, (id, at));
            self.0.truncate(IDS_PER_HOUR);
        }
    }
}

/// Requests of a log, a few of each hour.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    hour: i64,
    now: Sample,
    hours: BTreeMap<i64, Sample>,
}

impl Ids {
    /// Looks at a request of an hour; its time is asked for only if it is kept.
    pub(crate) fn look(&mut self, hour: i64, id: u64, at: impl FnOnce() -> Option<Moment>) {
        if hour != self.hour {
            self.turn();
            self.hour = hour;
        }
        if self.now.wants(id)
            && let Some(at) = at()
        {
            self.now.add(id, at);
        }
    }

    /// Puts the hour that is being read to the others.
    fn turn(&mut self) {
        let now = std::mem::take(&mut self.now);
        self.put(self.hour, now);
    }

    fn put(&mut self, hour: i64, sample: Sample) {
        if sample.0.is_empty() || (self.hours.len() >= HOURS_MAX && !self.hours.contains_key(&hour))
        {
            return;
        }
        let own = self.hours.entry(hour).or_default();
        for (id, at) in sample.0 {
            own.add(id, at);
        }
    }

    /// Takes over those of another.
    pub(crate) fn merge(&mut self, mut other: Self) {
        other.turn();
        for (hour, sample) in other.hours {
            self.put(hour, sample);
        }
    }

    fn all(&self) -> impl Iterator<Item = (u64, Moment)> {
        let kept = self.hours.values().flat_map(|sample| &sample.0);
        kept.chain(&self.now.0).copied()
    }
}

/// A file whose times do not say to which clock they belong.
#[derive(Debug, Default)]
pub(crate) struct FileClock {
    pub(crate) file: String,
    /// What it covers, by its own clock.
    pub(crate) log: Log,
    /// Hours in which somebody from outside was answered, by its own clock.
    pub(crate) outside: BTreeMap<i64, Moment>,
    pub(crate) ids: Ids,
}

/// All files whose clock is asked for, and the requests of logs in UTC.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    /// Requests of the front end's own logs.
    pub(crate) in_utc: Ids,
    files: Vec<FileClock>,
    kept: usize,
    /// What is told of files that are no matter of comparison.
    pub(crate) told: Vec<Clock>,
}

impl Clocks {
    /// Keeps a file until everything is read; gives it back if there are too many.
    pub(crate) fn keep(&mut self, mut file: FileClock) -> Option<FileClock> {
        if self.files.len() >= FILES_MAX {
            return Some(file);
        }
        file.ids.turn();
        self.kept += file.ids.all().count();
        if self.kept > IDS_MAX {
            // Its neighbours tell its clock.
            file.ids = Ids::default();
        }
        self.files.push(file);
        None
    }

    /// Says which clock a file used, if there is room.
    pub(crate) fn tell(&mut self, clock: Clock) {
        if self.told.len() < CLOCKS_MAX {
            self.told.push(clock);
        }
    }

    /// Takes over those of another reader.
    pub(crate) fn merge(&mut self, other: Self) {
        self.in_utc.merge(other.in_utc);
        self.files.extend(other.files);
        for clock in other.told {
            self.tell(clock);
        }
    }
}

/// Finds the clock of every file that was kept, and brings what was noticed in it to UTC. Called once, when everything is read.
pub(crate) fn settle(collected: &mut Collected) {
    let mut clocks = std::mem::take(&mut collected.clocks);
    clocks.in_utc.turn();
    let known: HashMap<u64, Moment> = clocks.in_utc.all().collect();
    let mut files = std::mem::take(&mut clocks.files);
    files.sort_by(|a, b| a.file.cmp(&b.file));
    let compared: Vec<_> = files.iter().map(|file| compare(file, &known)).collect();
    let neighbours = Neighbours::of(&files, &compared);
    let mut ahead_of = HashMap::new();
    for (file, compared) in files.iter().zip(&compared) {
        let (ahead_ms, told_by, requests) = match *compared {
            Some((ahead_ms, requests)) => (ahead_ms, ClockTold::Requests, requests),
            None => match neighbours.nearest(file) {
                Some(ahead_ms) => (ahead_ms, ClockTold::Neighbours, 0),
                None => (0, ClockTold::Nothing, 0),
            },
        };
        if ahead_ms != 0 {
            ahead_of.insert(file.file.clone(), ahead_ms);
        }
        take_over(file, ahead_ms, collected);
        clocks.tell(Clock {
            file: file.file.clone(),
            ahead_minutes: ahead_ms / 60_000,
            told_by,
            requests,
        });
    }
    clocks.told.sort_by(|a, b| a.file.cmp(&b.file));
    let to_utc = |file: &str, at: &mut Option<Moment>| {
        if let (Some(moment), Some(ahead_ms)) = (at.as_mut(), ahead_of.get(file)) {
            *moment = moment.plus_ms(-ahead_ms);
        }
    };
    if !ahead_of.is_empty() {
        for trace in &mut collected.traces {
            to_utc(&trace.cites.file, &mut trace.at);
        }
        for finding in &mut collected.findings {
            to_utc(&finding.cites.file, &mut finding.at);
        }
    }
    collected.clocks = clocks;
}

/// How far ahead of UTC most requests of a file are, and how many agree; nothing if too few are known.
fn compare(file: &FileClock, known: &HashMap<u64, Moment>) -> Option<(i64, u64)> {
    let mut votes: BTreeMap<i64, u64> = BTreeMap::new();
    let mut all = 0;
    for (id, at) in file.ids.all() {
        let Some(utc) = known.get(&id) else { continue };
        all += 1;
        let apart = at.0.saturating_sub(utc.0);
        let quarters = apart.saturating_add(QUARTER_MS / 2).div_euclid(QUARTER_MS);
        if quarters.abs() <= QUARTERS_MAX && (apart - quarters * QUARTER_MS).abs() <= SKEW_MS {
            *votes.entry(quarters).or_insert(0) += 1;
        }
    }
    let (quarters, agree) = votes.into_iter().max_by_key(|(_, count)| *count)?;
    let is_enough = quarters == 0 || agree >= AGREE_MIN;
    (is_enough && agree * 3 >= all * 2).then_some((quarters * QUARTER_MS, agree))
}

/// The clocks that could be compared, by folder and in order of time.
struct Neighbours<'a>(HashMap<&'a str, Vec<(Moment, i64)>>);

impl<'a> Neighbours<'a> {
    fn of(files: &'a [FileClock], compared: &[Option<(i64, u64)>]) -> Self {
        let mut folders: HashMap<_, Vec<_>> = HashMap::new();
        for (file, compared) in files.iter().zip(compared) {
            if let (Some(from), Some((ahead_ms, _))) = (file.log.from, compared) {
                let folder = folders.entry(folder(&file.file)).or_default();
                folder.push((from, *ahead_ms));
            }
        }
        folders
            .values_mut()
            .for_each(|folder| folder.sort_unstable());
        Self(folders)
    }

    /// The clock of the file of the same folder that is nearest in time.
    fn nearest(&self, file: &FileClock) -> Option<i64> {
        let (folder, from) = (self.0.get(folder(&file.file))?, file.log.from?);
        let next = folder.partition_point(|(other, _)| *other < from);
        let near = [next.checked_sub(1), Some(next)].into_iter().flatten();
        near.filter_map(|at| folder.get(at))
            .min_by_key(|(other, _)| (other.0 - from.0).abs())
            .map(|(_, ahead_ms)| *ahead_ms)
    }
}

/// The path of a file without its name.
fn folder(file: &str) -> &str {
    file.rfind(['/', '!']).map_or("", |at| &file[..at])
}

/// Puts what a file covers to the others, in UTC.
pub(super) fn take_over(file: &FileClock, ahead_ms: i64, to: &mut Collected) {
    let log = to.log(super::text_log::IIS);
    for hour in &file.log.hours {
        // Where a zone is no whole hour from UTC, an hour of the file is in two of UTC.
        let begin = Moment::of_hour(*hour).plus_ms(-ahead_ms);
        log.saw_hour(begin.hour());
        log.saw_hour(begin.plus_ms(3_599_999).hour());
    }
    let ends = [file.log.from, file.log.until].into_iter().flatten();
    for at in ends {
        log.saw(at.plus_ms(-ahead_ms));
    }
    for at in file.outside.values() {
        let at = at.plus_ms(-ahead_ms);
        let first = to.outside.entry(at.hour()).or_insert(at);
        *first = at.min(*first);
    }
}

/// The first sixteen digits of an id of a request, as a number: `5e58f5e5-1ddc-48d3-...`.
pub(crate) fn id_of(text: &[u8]) -> Option<u64> {
    let mut id = 0_u64;
    let mut digits = 0;
    for octet in text.get(..18)? {
        if *octet != b'-' {
            id = id << 4 | u64::from(char::from(*octet).to_digit(16)?);
            digits += 1;
        }
    }
    (digits == 16).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::trace::{Keys, Trace, cite};
    use crate::assessment::{Chain, Grade, Rung};

    const HOUR_MS: i64 = 3_600_000;

    /// A file with a request every ten minutes, its clock ahead by so much; every id is in logs in UTC, too, if `shared`.
    fn file(name: &str, begin: i64, ahead_ms: i64, shared: bool, to: &mut Collected) {
        let mut file = FileClock {
            file: name.to_owned(),
            ..FileClock::default()
        };
        for number in 0..60 {
            let at = Moment(begin + number * 600_000);
            let id = at.0.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let own = at.plus_ms(ahead_ms + 1_500);
            file.log.saw(own);
            file.ids.look(own.hour(), id, || Some(own));
            if shared {
                to.clocks.in_utc.look(at.hour(), id, || Some(at));
            }
        }
        assert!(to.clocks.keep(file).is_none());
    }

    fn told(collected: &Collected) -> Vec<(&str, i64, ClockTold)> {
        let told = collected.clocks.told.iter();
        told.map(|clock| (clock.file.as_str(), clock.ahead_minutes, clock.told_by))
            .collect()
    }

    #[test]
    fn each_file_is_brought_to_utc_by_its_requests_or_its_neighbours() {
        let mut collected = Collected::default();
        let day = 24 * HOUR_MS;
        let winter = 1_610_000_000_000;
        file("a/1.log", winter, HOUR_MS, true, &mut collected);
        file(
            "a/2.log",
            winter + 90 * day,
            2 * HOUR_MS,
            true,
            &mut collected,
        );
        file(
            "a/3.log",
            winter + 91 * day,
            2 * HOUR_MS,
            false,
            &mut collected,
        );
        file("b/1.log", winter + 2 * day, 0, true, &mut collected);
        file(
            "c/1.log",
            winter,
            -5 * HOUR_MS - HOUR_MS / 2,
            true,
            &mut collected,
        );
        file(
            "d/1.log",
            winter + 9 * day,
            3 * HOUR_MS,
            false,
            &mut collected,
        );
        collected.traces.push(Trace {
            chain: Chain::Unknown,
            rung: Rung::PageCalled,
            grade: Grade::Success,
            at: Some(Moment(winter + HOUR_MS)),
            says: String::new(),
            cites: cite("a/1.log", 1, b""),
            keys: Keys::default(),
        });
        settle(&mut collected);
        assert_eq!(
            told(&collected),
            [
                ("a/1.log", 60, ClockTold::Requests),
                ("a/2.log", 120, ClockTold::Requests),
                ("a/3.log", 120, ClockTold::Neighbours),
                ("b/1.log", 0, ClockTold::Requests),
                ("c/1.log", -330, ClockTold::Requests),
                ("d/1.log", 0, ClockTold::Nothing),
            ]
        );
        assert_eq!(collected.traces[0].at, Some(Moment(winter)));
        let log = &collected.logs["IIS"];
        assert!(log.hours.contains(&Moment(winter).hour()));
    }

    #[test]
    fn requests_that_an_intruder_made_up_do_not_turn_a_clock() {
        let mut collected = Collected::default();
        file("a/1.log", 1_610_000_000_000, 0, true, &mut collected);
        // Ids that were told to him, in requests of his own, an hour later.
        let forged: Vec<_> = collected.clocks.in_utc.all().take(3).collect();
        for (id, at) in forged {
            let late = at.plus_ms(HOUR_MS);
            collected.clocks.files[0]
                .ids
                .look(late.hour() + 100, id, || Some(late));
        }
        settle(&mut collected);
        assert_eq!(told(&collected), [("a/1.log", 0, ClockTold::Requests)]);
    }

    #[test]
    fn ids_are_read() {
        assert_eq!(
            id_of(b"5e58f5e5-1ddc-48d3-82c6-0199bc121640"),
            Some(0x5e58_f5e5_1ddc_48d3)
        );
        for text in [
            "",
            "<empty>",
            "5e58f5e5-1ddc-48d",
            "5e58f5e5-1ddc-48dx-82c6",
            "5e58f5e51ddc48d382c6",
        ] {
            assert_eq!(id_of(text.as_bytes()), None, "{text}");
        }
    }
}
