//! Version: the number of an Exchange build, with three or four parts known.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What Active Directory adds to the third part: `Version 15.1 (Build 32507.6)` is 15.1.2507.6.
const DIRECTORY_OFFSET: u16 = 30_000;

/// The longest text that is read as a version: four parts of five digits, and zeros before them.
const VERSION_OCTETS_MAX: usize = 32;

/// `15.2.858.5`, or `15.2.858` where the last part is not known. Ordered as builds follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    parts: [u16; 3],
    revision: Option<u16>,
}

impl Version {
    /// The version with these parts.
    #[must_use]
    pub const fn new(parts: [u16; 3], revision: Option<u16>) -> Self {
        Self { parts, revision }
    }

    /// Major, minor and build number.
    #[must_use]
    pub const fn three(self) -> [u16; 3] {
        self.parts
    }

    /// The fourth part, where it is known.
    #[must_use]
    pub const fn revision(self) -> Option<u16> {
        self.revision
    }

    /// Without the fourth part, as a front end shows itself.
    #[must_use]
    pub const fn shortened(self) -> Self {
        Self {
            parts: self.parts,
            revision: None,
        }
    }

    /// Reads three or four numbers with points between (`15.01.2507.035`, as message tracking writes it, is 15.1.2507.35), or the
    /// form of the management shell: `Version 15.1 (Build 2507.35)`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("Version ") {
            return Self::parse_shell(rest);
        }
        if text.len() > VERSION_OCTETS_MAX {
            return None;
        }
        let mut numbers = text.split('.').map(number);
        let parts = [numbers.next()??, numbers.next()??, numbers.next()??];
        let revision = match numbers.next() {
            None => None,
            Some(revision) => Some(revision?),
        };
        (numbers.next().is_none()).then_some(Self { parts, revision })
    }

    fn parse_shell(rest: &str) -> Option<Self> {
        let (line, rest) = rest.split_once(" (Build ")?;
        let (build, _) = rest.split_once(')')?;
        let (major, minor) = line.split_once('.')?;
        let (third, revision) = build.split_once('.')?;
        let third = number(third)?;
        let third = third.checked_sub(DIRECTORY_OFFSET).unwrap_or(third);
        Some(Self {
            parts: [number(major)?, number(minor)?, third],
            revision: Some(number(revision)?),
        })
    }

    /// Every version of Exchange that stands in a text, such as `/owa/auth/15.1.2507.6/themes/`: starts with 8, 14 or 15 and has
    /// three or four parts.
    pub fn find_all(text: &str) -> impl Iterator<Item = Self> + '_ {
        text.split(|character: char| !character.is_ascii_digit() && character != '.')
            .filter(|word| word.len() >= 6 && word.len() <= VERSION_OCTETS_MAX)
            .filter_map(|word| Self::parse(word.trim_matches('.')))
            .filter(|version| version.is_exchange())
    }

    /// Whether an Exchange server can have it: its first two parts are those of a release since 2007.
    #[must_use]
    pub const fn is_exchange(self) -> bool {
        matches!(
            (self.parts[0], self.parts[1]),
            (8 | 14, 0..=3) | (15, 0..=2)
        )
    }

    /// `Exchange Server 2019` for 15.2.1118; SE goes on in the line of 2019 from 15.2.2562 on.
    #[must_use]
    pub const fn release(self) -> &'static str {
        match (self.parts[0], self.parts[1], self.parts[2]) {
            (8, ..) => "Exchange Server 2007",
            (14, ..) => "Exchange Server 2010",
            (15, 0, _) => "Exchange Server 2013",
            (15, 1, _) => "Exchange Server 2016",
            (15, 2, 2562..) => "Exchange Server SE",
            (15, 2, _) => "Exchange Server 2019",
            _ => "Exchange Server",
        }
    }

    /// As one number that keeps the order; what is not known counts as before all others.
    #[must_use]
    pub fn packed(self) -> u64 {
        let [major, minor, build] = self.parts.map(u64::from);
        let revision = self.revision.map_or(0, |revision| u64::from(revision) + 1);
        major << 49 | minor << 33 | build << 17 | revision
    }

    /// The version that [`Version::packed`] made a number of.
    #[must_use]
    pub fn unpacked(packed: u64) -> Option<Self> {
        let part = |shift: u32| u16::try_from(packed >> shift & 0xffff).ok();
        let revision = packed & 0x1_ffff;
        let revision = match revision.checked_sub(1) {
            None => None,
            Some(revision) => Some(u16::try_from(revision).ok()?),
        };
        // The upper fifteen bits of the first part suffice.
        (packed >> 63 == 0).then_some(())?;
        Some(Self {
            parts: [part(49)?, part(33)?, part(17)?],
            revision,
        })
    }
}

fn number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

impl FromStr for Version {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or("not a version of Exchange, such as 15.2.858.5")
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, build] = self.parts;
        write!(f, "{major}.{minor}.{build}")?;
        match self.revision {
            Some(revision) => write!(f, ".{revision}"),
            None => Ok(()),
        }
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
