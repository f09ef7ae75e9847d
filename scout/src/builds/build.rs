//! Build: a version of Exchange with all four parts, as a server's own logs tell it.

use std::fmt;

use evidence::Moment;
use serde::{Deserialize, Serialize};

use super::{Hole, State, Version, builds};

/// `15.1.2176.2`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Build {
    /// 14 or 15.
    pub major: u16,
    /// Tells the release.
    pub minor: u16,
    /// Tells the cumulative update.
    pub build: u16,
    /// Tells the security update.
    pub revision: u16,
}

impl Build {
    /// Reads `15.1.2176.2`, also with zeros before the numbers, and what the management shell writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let version = Version::parse(text)?;
        let [major, minor, build] = version.three();
        Some(Self {
            major,
            minor,
            build,
            revision: version.revision()?,
        })
    }
}

impl From<Build> for Version {
    fn from(build: Build) -> Self {
        Self::new(
            [build.major, build.minor, build.build],
            Some(build.revision),
        )
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Version::from(*self).fmt(f)
    }
}

/// What a patch timeline needs to know of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchState {
    /// Has the update.
    Fixed,
    /// Lacks it. Exchange 2010 without the update of March 2021 is called so, too, since the hole behind the way in is there.
    Vulnerable,
    /// The table cannot tell.
    Unknown,
    /// Never had the hole.
    NotAffected,
}

/// The state of a build for a hole, by the table that is compiled in.
#[must_use]
pub fn state_of(build: Build, hole: Hole) -> PatchState {
    match builds().judge(build.into(), hole).state {
        State::Fixed => PatchState::Fixed,
        State::Vulnerable | State::PartlyVulnerable => PatchState::Vulnerable,
        State::NotAffected => PatchState::NotAffected,
        State::CannotTell => PatchState::Unknown,
    }
}

/// Its name: `Exchange Server 2019 CU8 Mar21SU`.
#[must_use]
pub fn name_of(build: Build) -> Option<&'static str> {
    builds()
        .row_of(build.into())
        .map(|row| row.name.as_str())
        .filter(|name| !name.is_empty())
}

/// When it was published, where the table has the day.
#[must_use]
pub fn release_of(build: Build) -> Option<Moment> {
    builds().row_of(build.into())?.published()
}
