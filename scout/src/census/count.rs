//! Counting: how many hosts, by what, on a date.
//!
//! A date of the census is the days up to it: sources do not see every host every day. A host is counted once for each product it
//! runs. Addresses are one host if the server gives itself the same name at each and the DNS has the same name for each.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::Serialize;

use super::store::Stored;
use super::{Day, EXCHANGE, Store, StoreError};
use crate::builds::{Hole, State, Version, builds};

/// Days before a date that belong to it, if nothing else is said.
pub const WINDOW_DAYS: u16 = 7;

/// What hosts can be told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The name of the product.
    Product,
    /// Product and release: `Exchange Server 2019`.
    Release,
    /// The version, as far as it shows.
    Version,
    /// The patch state for a hole.
    State,
    /// The country.
    Country,
    /// The network.
    As,
    /// What the owner does.
    Sector,
}

impl By {
    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Release => "release",
            Self::Version => "version",
            Self::State => "state",
            Self::Country => "country",
            Self::As => "AS",
            Self::Sector => "sector",
        }
    }
}

/// Hosts of which something holds: `country=DE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// What is looked at.
    pub by: By,
    /// What it has to be, whatever the case.
    pub is: String,
}

impl std::str::FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (by, is) = text
            .split_once('=')
            .ok_or("a filter is written as `country=DE`")?;
        Ok(Self {
            by: clap::ValueEnum::from_str(by, true)?,
            is: is.to_owned(),
        })
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The date.
    pub date: Day,
    /// How many days up to it belong to it.
    pub window_days: u16,
    /// For which hole states are told.
    pub hole: Hole,
    /// By what hosts are told apart.
    pub by: Vec<By>,
    /// Which hosts count.
    pub only: Vec<Filter>,
}

/// One line of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What these hosts have in common, in the order in which it was asked.
    pub is: Vec<String>,
    /// How many there are.
    pub hosts: u64,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// The first day that was looked at.
    pub from: Day,
    /// The date.
    pub date: Day,
    /// For which hole states are told.
    pub hole: Hole,
    /// By what hosts are told apart.
    pub by: Vec<By>,
    /// Addresses of the hosts that count.
    pub addresses: u64,
    /// The hosts.
    pub hosts: u64,
    /// The most frequent first.
    pub rows: Vec<Row>,
}

/// A host that counts, as one day or several saw it.
#[derive(Clone, Debug)]
pub(super) struct Host {
    /// The same on any date: made from its names, or its address.
    pub(super) key: u64,
    seen: Stored,
    /// How many addresses it has.
    addresses: u64,
}

/// Hosts of a date, and the words to tell of them.
#[derive(Debug)]
pub(super) struct Hosts {
    hole: Hole,
    words: HashMap<u32, String>,
    /// State and release of each version of Exchange that was met.
    judged: HashMap<u32, (State, &'static str)>,
    exchange: Option<u32>,
    pub(super) hosts: Vec<Host>,
}

impl Hosts {
    /// The hosts of a date of which all filters hold.
    pub(super) fn on(store: &Store, question: &Question) -> Result<Self, StoreError> {
        let words = store.words()?;
        let exchange = words
            .iter()
            .find(|(_, text)| *text == EXCHANGE)
            .map(|(id, _)| *id);
        let from = question
            .date
            .back(i32::from(question.window_days.max(1)) - 1);
        // For each address and product the newest sighting; of the same day, the one that tells most.
        let mut newest: HashMap<(u128, u32), Stored> = HashMap::new();
        store.each(from, question.date, |seen| {
            let place = newest.entry((seen.address, seen.product));
            let place = place.or_insert_with(|| seen.clone());
            if (seen.day, seen.tells) > (place.day, place.tells) {
                *place = seen;
            }
        })?;
        let mut hosts: HashMap<(u64, u32), Host> = HashMap::with_capacity(newest.len());
        for seen in newest.into_values() {
            let key = key(&seen);
            let place = hosts.entry((key, seen.product)).or_insert_with(|| Host {
                key,
                seen: seen.clone(),
                addresses: 0,
            });
            place.addresses += 1;
            // Of several addresses the lower one speaks, where they tell as much: any order gives the same count.
            let better = (seen.day, seen.tells, place.seen.address)
                > (place.seen.day, place.seen.tells, seen.address);
            if better {
                place.seen = seen;
            }
        }
        let mut all = Self {
            hole: question.hole,
            words,
            judged: HashMap::new(),
            exchange,
            hosts: Vec::new(),
        };
        for host in hosts.into_values() {
            let counts = question
                .only
                .iter()
                .all(|filter| all.is(&host, filter.by).eq_ignore_ascii_case(&filter.is));
            if counts {
                all.hosts.push(host);
            }
        }
        Ok(all)
    }

    fn word(&self, id: u32) -> &str {
        self.words.get(&id).map_or("", String::as_str)
    }

    fn known(&self, id: u32) -> String {
        match self.word(id) {
            "" => "unknown".to_owned(),
            text => text.to_owned(),
        }
    }

    fn judged(&mut self, version: u32) -> (State, &'static str) {
        if let Some(judged) = self.judged.get(&version) {
            return *judged;
        }
        let judged = match Version::parse(self.word(version)) {
            Some(version) => (builds().judge(version, self.hole).state, version.release()),
            None => (State::CannotTell, "Exchange Server"),
        };
        self.judged.insert(version, judged);
        judged
    }

    /// What a host is, in one respect.
    pub(super) fn is(&mut self, host: &Host, by: By) -> String {
        let seen = &host.seen;
        let is_exchange = Some(seen.product) == self.exchange;
        match by {
            By::Product => self.known(seen.product),
            By::Release if is_exchange => self.judged(seen.version).1.to_owned(),
            By::Release => {
                let version = self.word(seen.version);
                let line: Vec<&str> = version.split('.').take(2).collect();
                format!("{} {}", self.word(seen.product), line.join("."))
                    .trim_end()
                    .to_owned()
            }
            By::Version => self.known(seen.version),
            By::State if is_exchange => self.judged(seen.version).0.words().to_owned(),
            By::State => "not judged".to_owned(),
            By::Country => self.known(seen.country),
            By::As if seen.asn == 0 => "unknown".to_owned(),
            By::As => format!("AS{}", seen.asn),
            By::Sector => self.known(seen.sector),
        }
    }

    /// A line for each host: address, port, product, version, state, country, AS, sector, names.
    pub(super) fn lines(&mut self) -> Vec<[String; 10]> {
        let mut hosts = std::mem::take(&mut self.hosts);
        hosts.sort_by_key(|host| (host.seen.address, host.seen.port));
        let lines = hosts.iter().map(|host| {
            let seen = &host.seen;
            let address = std::net::Ipv6Addr::from(seen.address).to_canonical();
            let by = [
                By::Product,
                By::Version,
                By::State,
                By::Country,
                By::As,
                By::Sector,
            ];
            let [product, version, state, country, network, sector] =
                by.map(|by| self.is(host, by));
            [
                address.to_string(),
                seen.port.to_string(),
                seen.day.to_string(),
                product,
                version,
                state,
                country,
                network,
                sector,
                [&seen.hostname[..], &seen.server[..]]
                    .join(" ")
                    .trim()
                    .to_owned(),
            ]
        });
        let lines = lines.collect();
        self.hosts = hosts;
        lines
    }

    pub(super) fn addresses(&self) -> u64 {
        self.hosts.iter().map(|host| host.addresses).sum()
    }
}

/// What makes a host the same at several addresses, and on several dates.
fn key(seen: &Stored) -> u64 {
    let mut hash = DefaultHasher::new();
    if seen.server.is_empty() || seen.hostname.is_empty() {
        seen.address.hash(&mut hash);
    } else {
        seen.server.to_ascii_lowercase().hash(&mut hash);
        seen.hostname.to_ascii_lowercase().hash(&mut hash);
    }
    hash.finish()
}

/// Counts the hosts of a date.
///
/// # Errors
/// The store fails.
pub fn count(store: &Store, question: &Question) -> Result<Counted, StoreError> {
    let mut hosts = Hosts::on(store, question)?;
    let all = std::mem::take(&mut hosts.hosts);
    let mut rows: HashMap<Vec<String>, u64> = HashMap::new();
    for host in &all {
        let is = question.by.iter().map(|by| hosts.is(host, *by)).collect();
        *rows.entry(is).or_default() += 1;
    }
    let rows = rows.into_iter().map(|(is, hosts)| Row { is, hosts });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by(|a, b| b.hosts.cmp(&a.hosts).then_with(|| a.is.cmp(&b.is)));
    hosts.hosts = all;
    Ok(Counted {
        from: question
            .date
            .back(i32::from(question.window_days.max(1)) - 1),
        date: question.date,
        hole: question.hole,
        by: question.by.clone(),
        addresses: hosts.addresses(),
        hosts: hosts.hosts.len() as u64,
        rows,
    })
}

/// The hosts of a date one by one, in order of their addresses: address, port, day, product, version, state, country, AS, sector, names.
///
/// # Errors
/// The store fails.
pub fn list(store: &Store, question: &Question) -> Result<Vec<[String; 10]>, StoreError> {
    Ok(Hosts::on(store, question)?.lines())
}

/// Counts on each of several dates: a trend.
///
/// # Errors
/// The store fails.
pub fn trend(
    store: &Store,
    question: &Question,
    dates: &[Day],
) -> Result<Vec<Counted>, StoreError> {
    let at = |date: &Day| {
        let question = Question {
            date: *date,
            ..question.clone()
        };
        count(store, &question)
    };
    dates.iter().map(at).collect()
}
