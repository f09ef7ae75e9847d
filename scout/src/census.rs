//! Census: who runs what. An inventory of Exchange and other mail servers by product, version, patch state, country, network and
//! sector, over time.
//!
//! Others look at the Internet every day and hand out what they saw; [`import`] reads their formats into one [`Store`]. A
//! [`Sighting`] is what somebody saw at one address and port on one day; a host that several saw, or that has several addresses,
//! is counted once. Patch states are not stored but read from the build table when they are asked for.

pub mod chart;
pub mod compare;
pub mod count;
pub mod facts;
pub mod import;
pub mod look;
pub mod mandate;
pub mod recognise;
pub mod show;
pub mod store;

use std::net::IpAddr;

use evidence::Moment;
use serde::{Serialize, Serializer};

pub use import::{Format, Imported};
pub use store::{Store, StoreError};

/// The product that the census was made for.
pub const EXCHANGE: &str = "Microsoft Exchange";

/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;

/// A day, counted from 1970-01-01, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// The day in which a moment lies.
    #[must_use]
    pub fn of(moment: Moment) -> Self {
        Self(i32::try_from(moment.0.div_euclid(DAY_MS)).unwrap_or_default())
    }

    /// Reads `2021-03-09`, alone or before a time.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // A time of day is passed over: how exactly it is written differs from source to source.
        Moment::parse(text.trim().get(..10)?).map(Self::of)
    }

    /// So many days earlier.
    #[must_use]
    pub const fn back(self, days: i32) -> Self {
        Self(self.0.saturating_sub(days))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = Moment(i64::from(self.0) * DAY_MS).to_string();
        f.write_str(text.get(..10).unwrap_or(&text))
    }
}

impl std::str::FromStr for Day {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
            .filter(|_| text.len() == 10)
            .ok_or("not a date, such as 2021-03-09")
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What was seen at one address and port on one day. Texts that are empty are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting<'a> {
    /// When.
    pub day: Day,
    /// Where; an IPv4 address that is written as IPv6 is the IPv4 address.
    pub address: IpAddr,
    /// At which port.
    pub port: u16,
    /// The name of the product.
    pub product: &'a str,
    /// Its version, as far as it shows.
    pub version: &'a str,
    /// Two letters.
    pub country: &'a str,
    /// The number of the network (autonomous system); 0 if not known.
    pub asn: u32,
    /// What the owner does.
    pub sector: &'a str,
    /// The name of the host in the DNS.
    pub hostname: &'a str,
    /// The name that the server gives itself.
    pub server: &'a str,
}

impl Sighting<'_> {
    /// Nothing but where and when.
    #[must_use]
    pub fn at(address: IpAddr, port: u16, day: Day) -> Self {
        Self {
            day,
            address: address.to_canonical(),
            port,
            product: "",
            version: "",
            country: "",
            asn: 0,
            sector: "",
            hostname: "",
            server: "",
        }
    }
}

/// Feeds hostile octets to every reader of the census.
pub fn fuzz(input: &[u8]) {
    import::fuzz(input);
    recognise::fuzz(input);
    mandate::fuzz(input);
    look::fuzz(input);
}

#[cfg(test)]
mod tests;
