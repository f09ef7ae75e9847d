//! The build table: one line for each published build, in order.
//!
//! A line is `version,date,states,name`; the states are one letter for each hole: `f` fixed, `v` vulnerable, `n` not affected,
//! `p` partly vulnerable, `?` sources disagree. Lines that start with `#` are the notice.

use std::fmt::Write as _;
use std::sync::LazyLock;

use evidence::Moment;
use thiserror::Error;

use super::{Basis, Hole, Judgement, State, Version};

/// Builds that a table may have; there are 400 after twelve years.
const ROWS_MAX: usize = 10_000;

static BUILT_IN: LazyLock<Builds> = LazyLock::new(|| {
    Builds::read(include_str!("../../data/builds.csv"))
        .expect("a test reads the table that is compiled in")
});

pub(super) fn built_in() -> &'static Builds {
    &BUILT_IN
}

/// The text is no build table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("line {line} of the build table: {what}")]
pub struct TableError {
    /// Counted from one.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// What the table says of one build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number, with four parts.
    pub version: Version,
    /// Its name: `Exchange Server 2019 CU8 Mar21SU`.
    pub name: String,
    /// `2021-03-02`, `2021-03`, or nothing where no source has it.
    pub date: String,
    /// For each hole; nothing where the sources disagree.
    states: [Option<State>; 3],
}

impl Row {
    /// When it was published, where the day is known.
    #[must_use]
    pub fn published(&self) -> Option<Moment> {
        (self.date.len() == 10)
            .then(|| Moment::parse(&self.date))
            .flatten()
    }

    /// Its state for a hole; nothing where the sources disagree.
    #[must_use]
    pub fn state(&self, hole: Hole) -> Option<State> {
        self.states[hole.index()]
    }
}

/// All builds, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builds {
    rows: Vec<Row>,
}

impl Builds {
    /// Reads a table as `scout data` writes it.
    ///
    /// # Errors
    /// The first line that is none.
    pub fn read(text: &str) -> Result<Self, TableError> {
        let mut rows: Vec<Row> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what| TableError { line: at + 1, what };
            let row = Self::row(line).map_err(wrong)?;
            if rows.last().is_some_and(|last| last.version >= row.version) {
                return Err(wrong("builds are not in order"));
            }
            if rows.len() == ROWS_MAX {
                return Err(wrong("more than 10,000 builds"));
            }
            rows.push(row);
        }
        Ok(Self { rows })
    }

    fn row(line: &str) -> Result<Row, &'static str> {
        let mut fields = line.splitn(4, ',');
        let mut field = || fields.next().ok_or("less than four fields");
        let (version, date, states, name) = (field()?, field()?, field()?, field()?);
        let version = Version::parse(version)
            .filter(|version| version.revision().is_some())
            .ok_or("no version with four parts")?;
        let mut letters = states.chars();
        let mut state = || {
            Ok(match letters.next() {
                Some('f') => Some(State::Fixed),
                Some('v') => Some(State::Vulnerable),
                Some('n') => Some(State::NotAffected),
                Some('p') => Some(State::PartlyVulnerable),
                Some('?') => None,
                _ => return Err("no state"),
            })
        };
        Ok(Row {
            version,
            name: name.to_owned(),
            date: date.to_owned(),
            states: [state()?, state()?, state()?],
        })
    }

    /// Makes the table from `exchange_builds.csv`, whose columns are the build, two names, the date, and the state for each hole.
    ///
    /// # Errors
    /// The first line that is not as described.
    pub fn from_source(csv: &str) -> Result<Self, TableError> {
        let mut rows = Vec::new();
        for (at, line) in csv.lines().enumerate().skip(1) {
            let wrong = |what| TableError { line: at + 1, what };
            let fields: Vec<&str> = line.split(',').collect();
            let [build, name, short_name, date, states @ ..] = &fields[..] else {
                return Err(wrong("less than four fields"));
            };
            let version = Version::parse(build)
                .filter(|version| version.revision().is_some())
                .ok_or(wrong("no version with four parts"))?;
            let states: Option<Vec<_>> = states.iter().map(|state| source_state(state)).collect();
            let states = states
                .and_then(|states| states.try_into().ok())
                .ok_or(wrong("not three known states"))?;
            rows.push(Row {
                version,
                name: if name.is_empty() { short_name } else { name }.to_string(),
                date: (*date).to_owned(),
                states,
            });
        }
        rows.sort_by_key(|row| row.version);
        Ok(Self { rows })
    }

    /// The table as [`Builds::read`] reads it, with a notice above.
    #[must_use]
    pub fn write(&self, notice: &str) -> String {
        let mut text = String::new();
        for line in notice.lines() {
            let _ = writeln!(text, "{}", format!("# {line}").trim_end());
        }
        for row in &self.rows {
            let letters: String = row.states.iter().map(|state| letter(*state)).collect();
            let _ = writeln!(text, "{},{},{letters},{}", row.version, row.date, row.name);
        }
        text
    }

    /// All rows, oldest build first.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row of a build with four parts.
    #[must_use]
    pub fn row_of(&self, version: Version) -> Option<&Row> {
        let at = self.rows.binary_search_by_key(&version, |row| row.version);
        at.ok().and_then(|at| self.rows.get(at))
    }

    /// The last row whose build is not after this one, of the same three parts: what an interim update builds on.
    #[must_use]
    pub fn base_of(&self, version: Version) -> Option<&Row> {
        let line = self.sharing(version);
        let before = line.partition_point(|row| row.version <= version);
        before.checked_sub(1).and_then(|at| line.get(at))
    }

    /// The state of a version for a hole, and what that rests on.
    #[must_use]
    pub fn judge(&self, version: Version, hole: Hole) -> Judgement {
        let line = self.sharing(version);
        if line.is_empty() {
            return self.judge_unlisted_line(version, hole);
        }
        if version.revision().is_none() {
            return match agreed(line, hole) {
                Some(state) => told(state, Basis::AllThatShareIt),
                None => unsure(Basis::ThreePartsOnly),
            };
        }
        let at = line.partition_point(|row| row.version < version);
        let after = line.get(at);
        if let Some(row) = after.filter(|row| row.version == version) {
            return match row.state(hole) {
                Some(state) => told(state, Basis::Listed),
                None => unsure(Basis::SourcesDisagree),
            };
        }
        let before = at.checked_sub(1).and_then(|at| line.get(at));
        let state = |row: Option<&Row>| row.and_then(|row| row.state(hole));
        match (state(before), state(after)) {
            (Some(before), Some(after)) if before == after => told(before, Basis::Between),
            // Updates are cumulative: what comes later within the same cumulative update has them, too.
            (Some(State::Fixed), _) => told(State::Fixed, Basis::Later),
            (Some(State::NotAffected), None) => told(State::NotAffected, Basis::Later),
            (Some(State::Vulnerable), Some(State::Fixed)) => {
                told(State::Vulnerable, Basis::BeforeTheFix)
            }
            // What comes before the first build of its line was never published; it is no newer than that.
            (None, Some(State::Vulnerable)) if before.is_none() => {
                told(State::Vulnerable, Basis::Between)
            }
            _ => unsure(Basis::NotListed),
        }
    }

    /// A cumulative update that the table does not have.
    fn judge_unlisted_line(&self, version: Version, hole: Hole) -> Judgement {
        let [major, minor, _] = version.three();
        let family: Vec<&Row> = self
            .rows
            .iter()
            .filter(|row| row.version.three()[..2] == [major, minor])
            .collect();
        let at = family.partition_point(|row| row.version < version);
        let line = |row: &&Row| agreed(self.sharing(row.version), hole);
        let before = at.checked_sub(1).and_then(|at| family.get(at));
        match (before.and_then(line), family.get(at)) {
            (Some(before), Some(after)) if line(after) == Some(before) => {
                told(before, Basis::Between)
            }
            (Some(State::Fixed), None) => told(State::Fixed, Basis::Later),
            _ => unsure(Basis::NotListed),
        }
    }

    /// The rows that share the first three parts.
    fn sharing(&self, version: Version) -> &[Row] {
        let three = version.three();
        let from = self.rows.partition_point(|row| row.version.three() < three);
        let to = self
            .rows
            .partition_point(|row| row.version.three() <= three);
        self.rows.get(from..to).unwrap_or_default()
    }
}

const fn told(state: State, basis: Basis) -> Judgement {
    Judgement { state, basis }
}

const fn unsure(basis: Basis) -> Judgement {
    told(State::CannotTell, basis)
}

/// The state that all rows share.
fn agreed(rows: &[Row], hole: Hole) -> Option<State> {
    let state = rows.first()?.state(hole)?;
    rows.iter()
        .all(|row| row.state(hole) == Some(state))
        .then_some(state)
}

fn letter(state: Option<State>) -> char {
    match state {
        Some(State::Fixed) => 'f',
        Some(State::Vulnerable) => 'v',
        Some(State::NotAffected) => 'n',
        Some(State::PartlyVulnerable) => 'p',
        Some(State::CannotTell) | None => '?',
    }
}

/// The words of the source. Nothing, if it is none of them.
fn source_state(word: &str) -> Option<Option<State>> {
    Some(match word {
        "fixed" | "not_affected_26855;26857_fixed" => Some(State::Fixed),
        "vulnerable" => Some(State::Vulnerable),
        "not_affected_26855;26857_vulnerable" => Some(State::PartlyVulnerable),
        "not_applicable" => Some(State::NotAffected),
        "sources_conflict" => None,
        _ => return None,
    })
}
