//! Plain lists: an address in each line, with a port, a version, a country and a name if they are known.
//!
//! ```text
//! # comment
//! 192.0.2.7
//! 192.0.2.8:443 15.1.2507.6 DE mail.example.org
//! [2001:db8::1]:443, 15.2.1118.40
//! 192.0.2.9:25 Postfix
//! ```

use std::io::BufRead;
use std::net::{IpAddr, SocketAddr};

use super::pieces::{self, Counts, Line};
use super::{ImportError, Sink, address};
use crate::builds::Version;
use crate::census::{Day, EXCHANGE, Sighting, recognise};

/// Octets of a line.
const LINE_OCTETS_MAX: usize = 4_096;

pub(super) fn read(
    input: &mut impl BufRead,
    day: Day,
    sink: &mut Sink<'_>,
) -> Result<Counts, ImportError> {
    let mut counts = Counts::default();
    let mut buffer = Vec::new();
    while let Some(line) = pieces::line(input, LINE_OCTETS_MAX, &mut buffer)? {
        if line == Line::TooLong {
            counts.too_long += 1;
            continue;
        }
        let text = String::from_utf8_lossy(&buffer);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match sighting(text, day) {
            None => counts.unreadable += 1,
            Some(sighting) => {
                if !sink(sighting) {
                    break;
                }
            }
        }
    }
    Ok(counts)
}

/// A line. What names no product is Exchange: that is what such lists are kept for.
fn sighting(line: &str, day: Day) -> Option<Sighting<'_>> {
    let mut words = line
        .split([' ', '\t', ',', ';'])
        .filter(|word| !word.is_empty());
    let (address, port) = place(words.next()?)?;
    let mut sighting = Sighting::at(address, port.unwrap_or(443), day);
    sighting.product = EXCHANGE;
    for word in words {
        if let Some(seen) = recognise::named(word, "").filter(|_| !word.contains('.')) {
            sighting.product = seen.product;
        } else if Version::parse(word).is_some() {
            sighting.version = word;
        } else if word.len() == 2 && word.bytes().all(|octet| octet.is_ascii_alphabetic()) {
            sighting.country = word;
        } else if sighting.version.is_empty()
            && word.starts_with(|first: char| first.is_ascii_digit())
        {
            sighting.version = word;
        } else if sighting.hostname.is_empty() {
            sighting.hostname = word;
        }
    }
    Some(sighting)
}

fn place(word: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Ok(place) = word.parse::<SocketAddr>() {
        return Some((place.ip(), Some(place.port())));
    }
    Some((address(word)?, None))
}

/// Whether the first lines begin with addresses.
pub(super) fn looks_like(head: &str) -> bool {
    let mut lines = head
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines
        .next()
        .and_then(|line| line.split([' ', '\t', ',', ';']).next());
    first.is_some_and(|word| place(word).is_some())
}
