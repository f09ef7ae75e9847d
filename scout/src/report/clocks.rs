//! Clocks of a report: files of one folder with the same clock, told in one line.

use super::words::{Words, words};
use crate::assessment::{Clock, ClockTold};

/// Files of one folder whose clock is the same, and known in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group<'a> {
    pub(super) first: &'a str,
    pub(super) last: &'a str,
    pub(super) files: usize,
    pub(super) ahead_minutes: i64,
    pub(super) told_by: ClockTold,
    pub(super) requests: u64,
}

/// Clocks that stand in order of file, put together.
pub(super) fn groups(clocks: &[Clock]) -> Vec<Group<'_>> {
    let folder = |file: &'_ str| file.rfind(['/', '!']).unwrap_or(0);
    let mut groups: Vec<Group<'_>> = Vec::new();
    for clock in clocks {
        let (file, at) = (clock.file.as_str(), folder(&clock.file));
        match groups.last_mut() {
            Some(group)
                if (group.ahead_minutes, group.told_by) == (clock.ahead_minutes, clock.told_by)
                    && group.last[..folder(group.last)] == file[..at] =>
            {
                group.last = file;
                group.files += 1;
                group.requests += clock.requests;
            }
            _ => groups.push(Group {
                first: file,
                last: file,
                files: 1,
                ahead_minutes: clock.ahead_minutes,
                told_by: clock.told_by,
                requests: clock.requests,
            }),
        }
    }
    groups
}

impl Group<'_> {
    /// `a/1.log to a/9.log (9 files)`
    pub(super) fn named(&self) -> String {
        if self.files == 1 {
            self.first.to_owned()
        } else {
            format!("{} – {} ({})", self.first, self.last, self.files)
        }
    }

    /// `UTC`, `UTC+01:00`
    pub(super) fn zone(&self) -> String {
        let minutes = self.ahead_minutes.unsigned_abs();
        let sign = if self.ahead_minutes < 0 { '-' } else { '+' };
        match minutes {
            0 => "UTC".to_owned(),
            _ => format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60),
        }
    }

    /// How it is known.
    pub(super) fn told(&self) -> Words {
        match self.told_by {
            ClockTold::Requests => words(
                "told by requests that HttpProxy logs have, too",
                "erkannt an Anfragen, die auch in HttpProxy-Protokollen stehen",
            ),
            ClockTold::Neighbours => words(
                "as other files of the folder",
                "wie andere Dateien des Ordners",
            ),
            ClockTold::Sysmon => words(
                "told by events of Sysmon",
                "erkannt an Ereignissen von Sysmon",
            ),
            ClockTold::Nothing => words(
                "taken as UTC: nothing could be compared",
                "als UTC gelesen: nichts ließ sich vergleichen",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(file: &str, ahead_minutes: i64) -> Clock {
        Clock {
            file: file.to_owned(),
            ahead_minutes,
            told_by: ClockTold::Requests,
            requests: 3,
        }
    }

    #[test]
    fn files_with_one_clock_are_one_line() {
        let clocks = [
            clock("a/1", 60),
            clock("a/2", 60),
            clock("a/3", 0),
            clock("b/1", 0),
            clock("c", -330),
        ];
        let told: Vec<_> = groups(&clocks)
            .iter()
            .map(|group| (group.named(), group.zone(), group.requests))
            .collect();
        let told: Vec<_> = told
            .iter()
            .map(|(name, zone, count)| (name.as_str(), zone.as_str(), *count))
            .collect();
        assert_eq!(
            told,
            [
                ("a/1 – a/2 (2)", "UTC+01:00", 6),
                ("a/3", "UTC", 3),
                ("b/1", "UTC", 3),
                ("c", "UTC-05:30", 3)
            ]
        );
    }
}
