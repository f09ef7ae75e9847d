//! Builds: which state a build of Exchange is in, for the three holes of 2021 and 2022.
//!
//! The table (`data/builds.csv`) has every build that Microsoft published, from 2010 to SE. Asked for a version, it answers
//! *fixed*, *vulnerable*, *not affected*, *partly vulnerable*, or *cannot tell*: a front end shows strangers only three of the
//! four parts of its version, and for many such versions both fixed and vulnerable servers exist. Nothing is guessed: what the
//! answer rests on stands beside it.

mod build;
mod table;
mod version;

use serde::Serialize;

pub use build::{Build, PatchState, name_of, release_of, state_of};
pub use table::{Builds, Row, TableError};
pub use version::Version;

/// A hole, named as the field names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lower")]
pub enum Hole {
    /// CVE-2021-26855 and those used with it; fixed by the updates of 2 March 2021.
    ProxyLogon,
    /// CVE-2021-34473 and those used with it; fixed by the updates of May 2021.
    ProxyShell,
    /// CVE-2022-41040 and -41082; fixed by the updates of November 2022.
    ProxyNotShell,
}

impl Hole {
    /// All three, oldest first.
    pub const ALL: [Self; 3] = [Self::ProxyLogon, Self::ProxyShell, Self::ProxyNotShell];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProxyLogon => "ProxyLogon",
            Self::ProxyShell => "ProxyShell",
            Self::ProxyNotShell => "ProxyNotShell",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::ProxyLogon => 0,
            Self::ProxyShell => 1,
            Self::ProxyNotShell => 2,
        }
    }
}

/// What holds of a version, for one hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Has the update.
    Fixed,
    /// Lacks it.
    Vulnerable,
    /// Exchange 2010 without the update of March 2021: the way in (-26855) is not there, the hole behind it (-26857) is.
    PartlyVulnerable,
    /// Never had the hole.
    NotAffected,
    /// Both are possible, or nothing is known: see the basis.
    CannotTell,
}

impl State {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Vulnerable,
        Self::PartlyVulnerable,
        Self::CannotTell,
        Self::Fixed,
        Self::NotAffected,
    ];

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Vulnerable => "vulnerable",
            Self::PartlyVulnerable => "partly vulnerable",
            Self::NotAffected => "not affected",
            Self::CannotTell => "cannot tell",
        }
    }
}

/// What a state was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The table has this very build.
    Listed,
    /// Three parts are known, and all builds that share them are in this state.
    AllThatShareIt,
    /// Three parts are known, and builds that share them are in different states.
    ThreePartsOnly,
    /// Not in the table; the builds before and after it are in this state. An update stays in all later builds.
    Between,
    /// Not in the table; the build before it is vulnerable, and the first one with the update is later.
    BeforeTheFix,
    /// Later than every build of its line in the table, and the last of those is fixed.
    Later,
    /// The two sources of the table say different things about it.
    SourcesDisagree,
    /// Nothing near it is in the table.
    NotListed,
}

impl Basis {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Listed => "this build is in the table",
            Self::AllThatShareIt => "all builds with these three parts are so",
            Self::ThreePartsOnly => {
                "three parts of the version are known; there are fixed and vulnerable builds"
            }
            Self::Between => "the builds before and after it are so",
            Self::BeforeTheFix => "earlier than the first build that has the update",
            Self::Later => "later than the last build in the table, which is fixed",
            Self::SourcesDisagree => "the sources of the table disagree on this build",
            Self::NotListed => "no such build is in the table",
        }
    }
}

/// A state and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Judgement {
    /// What holds.
    pub state: State,
    /// Why.
    pub basis: Basis,
}

/// The table that is compiled in.
#[must_use]
pub fn builds() -> &'static Builds {
    table::built_in()
}

/// Feeds hostile octets to what reads versions and tables.
pub fn fuzz(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Some(version) = Version::parse(&text) {
        assert_eq!(Version::parse(&version.to_string()), Some(version));
        for hole in Hole::ALL {
            let _ = builds().judge(version, hole);
        }
    }
    for version in Version::find_all(&text).take(8) {
        assert_eq!(Version::parse(&version.to_string()), Some(version));
    }
    let _ = Builds::read(&text);
}

#[cfg(test)]
mod tests;
