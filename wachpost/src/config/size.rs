//! Sizes as people write them: `50 MiB`, `5GiB`, or a count of octets.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A count of octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size(pub(crate) u64);

/// The units, largest first.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

impl Size {
    /// As memory is counted; the largest count that fits if it is more.
    pub(crate) fn octets(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no size: write one such as `50 MiB` or `5GB`");
        let trimmed = text.trim();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = trimmed.split_at(digits);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let unit = unit.trim_start();
        let factor = if unit.is_empty() {
            1
        } else {
            UNITS
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(unit))
                .map(|(_, factor)| *factor)
                .ok_or_else(wrong)?
        };
        number.checked_mul(factor).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Size {
    /// One digit behind the point, in the largest unit that gives at least 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(octets) = *self;
        match UNITS[..4].iter().find(|(_, factor)| octets >= *factor) {
            Some((unit, factor)) => {
                let tenths = u128::from(octets) * 10 / u128::from(*factor);
                f.pad(&format!("{}.{} {unit}", tenths / 10, tenths % 10))
            }
            None => f.pad(&format!("{octets} B")),
        }
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size such as \"50 MiB\", or a count of octets")
    }

    fn visit_i64<E: Error>(self, octets: i64) -> Result<Size, E> {
        u64::try_from(octets)
            .map(Size)
            .map_err(|_| E::custom("a size is not negative"))
    }

    fn visit_u64<E: Error>(self, octets: u64) -> Result<Size, E> {
        Ok(Size(octets))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, octets) in [
            ("0", 0),
            ("50 MiB", 50 << 20),
            ("5gb", 5_000_000_000),
            ("1KiB", 1024),
            ("7 b", 7),
        ] {
            assert_eq!(text.parse(), Ok(Size(octets)), "{text}");
        }
        for text in ["", "MiB", "-1", "1.5 GB", "99999999999 TiB", "5 apples"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
        assert_eq!(Size(1536).to_string(), "1.5 KiB");
        assert_eq!(Size(999).to_string(), "999 B");
    }
}
