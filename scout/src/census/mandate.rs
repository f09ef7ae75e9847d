//! Mandate: who may look at which addresses, until when, signed by who answers for them.
//!
//! ```text
//! scout mandate 1
//! by: Stadtwerke Musterstadt, information security officer
//! for: CERT of the state
//! range: 192.0.2.0/24
//! range: 2001:db8:7::/48
//! until: 2026-12-31
//! rate: 2
//!
//! — stadtwerke.example/mandate Az3grlgtzPICa5OS8npVmf1Myq/5IZni...
//! ```
//!
//! The signature is that of a C2SP signed-note (Ed25519). Without a mandate that a trusted key signed, that has not ended, and that
//! has the address in a range, nothing is looked at.

use std::net::IpAddr;
use std::str::FromStr;

use evidence::Moment;
use seal::{Note, VerifierKey};
use thiserror::Error;

use super::Day;

/// The first line.
const TITLE: &str = "scout mandate 1";

/// Octets of a mandate.
pub const MANDATE_OCTETS_MAX: usize = 64 << 10;

/// Ranges of a mandate.
const RANGES_MAX: usize = 1_000;

/// Requests in a second that a mandate may allow; a server would not notice more, its owner might.
const RATE_MAX: u32 = 10;

/// Why nothing may be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MandateError {
    /// Not a mandate.
    #[error("this is no mandate: {0}")]
    Malformed(&'static str),
    /// The line with this number is none of a mandate.
    #[error("line {0} of the mandate is not understood")]
    Line(usize),
    /// Nobody who is trusted signed it.
    #[error("no trusted key signed the mandate: {0}")]
    Unsigned(String),
    /// It has ended.
    #[error("the mandate ended on {0}")]
    Ended(Day),
    /// The address is in no range.
    #[error("{0} is in none of the ranges of the mandate")]
    Outside(IpAddr),
}

/// Addresses that share their first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    address: IpAddr,
    bits: u8,
}

impl Range {
    /// Whether an address is in it.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let kept = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                u32::from(own) & kept == u32::from(other) & kept
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let kept = u128::MAX
                    .checked_shl(128 - u32::from(self.bits))
                    .unwrap_or(0);
                u128::from(own) & kept == u128::from(other) & kept
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Range {
    type Err = ();

    /// `192.0.2.0/24`, or one address.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| ())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ())?;
        // A mandate that speaks of IPv4 in the clothes of IPv6 would have other bits than it seems.
        if address.to_canonical() != address {
            return Err(());
        }
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(width);
        // A whole half of the Internet is nobody's to give away; neither is less than 8 bits of IPv4 or 16 of IPv6.
        let least = if address.is_ipv4() { 8 } else { 16 };
        if bits < least || bits > width {
            return Err(());
        }
        Ok(Self { address, bits })
    }
}

/// What a mandate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// Who gives it.
    pub by: String,
    /// Who may look.
    pub to: String,
    /// Where.
    pub ranges: Vec<Range>,
    /// The last day.
    pub until: Day,
    /// Requests in a second, all hosts together.
    pub rate: u32,
}

impl Mandate {
    /// Reads what a mandate says, without its signature.
    ///
    /// # Errors
    /// The first line that is none of a mandate, or what is missing.
    pub fn read(text: &str) -> Result<Self, MandateError> {
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, line)| line) != Some(TITLE) {
            return Err(MandateError::Malformed(
                "it does not begin with `scout mandate 1`",
            ));
        }
        let (mut by, mut to, mut until, mut rate, mut ranges) =
            (None, None, None, None, Vec::new());
        for (at, line) in lines {
            let wrong = MandateError::Line(at + 1);
            let (name, value) = line.split_once(": ").ok_or(wrong.clone())?;
            let value = value.trim();
            let fresh = match name {
                "by" => by.replace(value.to_owned()).is_none(),
                "for" => to.replace(value.to_owned()).is_none(),
                "until" => until
                    .replace(value.parse().map_err(|_| wrong.clone())?)
                    .is_none(),
                "rate" => {
                    let number: u32 = value.parse().map_err(|_| wrong.clone())?;
                    (1..=RATE_MAX).contains(&number) && rate.replace(number).is_none()
                }
                "range" if ranges.len() < RANGES_MAX => {
                    ranges.push(value.parse().map_err(|()| wrong.clone())?);
                    true
                }
                _ => false,
            };
            if !fresh {
                return Err(wrong);
            }
        }
        let missing = |what| MandateError::Malformed(what);
        if ranges.is_empty() {
            return Err(missing("it has no line `range:`"));
        }
        Ok(Self {
            by: by.ok_or(missing("it has no line `by:`"))?,
            to: to.ok_or(missing("it has no line `for:`"))?,
            ranges,
            until: until.ok_or(missing("it has no line `until:`"))?,
            rate: rate.unwrap_or(1),
        })
    }

    /// Opens a signed mandate that holds today.
    ///
    /// # Errors
    /// It is none, no trusted key signed it, or it has ended.
    pub fn open(octets: &[u8], trusted: &[VerifierKey], now: Moment) -> Result<Self, MandateError> {
        if octets.len() > MANDATE_OCTETS_MAX {
            return Err(MandateError::Malformed("it has more than 64 KiB"));
        }
        let note =
            Note::parse(octets).map_err(|_| MandateError::Malformed("it is no signed note"))?;
        note.verify(trusted)
            .map_err(|error| MandateError::Unsigned(error.to_string()))?;
        let mandate = Self::read(note.text())?;
        if Day::of(now) > mandate.until {
            return Err(MandateError::Ended(mandate.until));
        }
        Ok(mandate)
    }

    /// Whether an address may be looked at.
    ///
    /// # Errors
    /// It is in no range.
    pub fn covers(&self, address: IpAddr) -> Result<(), MandateError> {
        if self.ranges.iter().any(|range| range.has(address)) {
            Ok(())
        } else {
            Err(MandateError::Outside(address))
        }
    }
}

/// Feeds hostile octets to what reads mandates.
pub(super) fn fuzz(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(mandate) = Mandate::read(&text) {
        assert!((1..=RATE_MAX).contains(&mandate.rate) && !mandate.ranges.is_empty());
    }
    // Without a trusted key nothing is opened, whatever it is.
    assert!(Mandate::open(input, &[], Moment(0)).is_err());
}
