//! Points: how much speaks for a message being junk, in thousandths.

use std::fmt::{Display, Formatter, Result};
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Thousandths of a point; what is above a scanner's or a reader's bound is junk. Less than nothing speaks for the message.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Points(pub i32);

impl Points {
    /// So many whole points.
    #[must_use]
    pub const fn whole(points: i32) -> Self {
        Self(points.saturating_mul(1_000))
    }

    /// So many points and their fraction; what is no number is nothing, what is too much is the most there can be.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast from float stops at the type's ends, and makes zero of what is no number"
    )]
    pub fn from_number(points: f64) -> Self {
        Self((points * 1_000.0).round() as i32)
    }
}

impl Add for Points {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Points {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Display for Points {
    /// With one place behind the point: `6.2`, `-0.5`.
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let tenths = self.0.unsigned_abs().saturating_add(50) / 100;
        let sign = if self.0 < 0 && tenths > 0 { "-" } else { "" };
        write!(formatter, "{sign}{}.{}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_one_place() {
        for (points, text) in [
            (Points(6_150), "6.2"),
            (Points(-500), "-0.5"),
            (Points(-49), "0.0"),
            (Points::whole(15), "15.0"),
            (Points::from_number(1_998.999), "1999.0"),
            (Points::from_number(f64::NAN), "0.0"),
            (Points(i32::MIN), "-2147483.6"),
        ] {
            assert_eq!(points.to_string(), text);
        }
        assert_eq!(Points::from_number(1e300), Points(i32::MAX));
        assert_eq!(Points(i32::MAX) + Points(1), Points(i32::MAX));
    }
}
