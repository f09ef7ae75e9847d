//! Many cards in one file, as programs export an address book.

use std::ops::Range;

use crate::card::{CARD_OCTETS_MAX, ContactCard, is_mark};
use crate::fault::Fault;

/// A card found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which octets of the file it is, with its last line end.
    pub range: Range<usize>,
    /// The card, or why it is none. A card of version 2.1 is [`Fault::UnsupportedVersion`]; [`crate::upgrade`] reads it.
    pub card: Result<ContactCard, Fault>,
}

/// The cards of a file, one after another; see [`read_all`].
#[derive(Clone, Debug)]
pub struct Cards<'a> {
    file: &'a [u8],
    at: usize,
    found: usize,
}

/// Reads a file of any number of cards, at most [`CARDS_MAX`]; what stands between them is passed over.
///
/// The time is that of one pass over the file, the memory that of one card.
#[must_use]
pub fn read_all(file: &[u8]) -> Cards<'_> {
    Cards {
        file,
        at: 0,
        found: 0,
    }
}

impl Iterator for Cards<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        let begin = self.find_begin()?;
        let (end, whole) = self.find_end(begin);
        self.at = end;
        self.found += 1;
        if self.found > CARDS_MAX {
            self.at = self.file.len();
            let card = Err(Fault::TooMany {
                what: "cards in one file",
                limit: CARDS_MAX,
            });
            return Some(Found {
                range: begin..self.file.len(),
                card,
            });
        }
        let octets = self.file.get(begin..end).unwrap_or_default();
        let card = match (octets.len() > CARD_OCTETS_MAX, whole) {
            (true, _) => Err(Fault::TooLarge {
                octets: octets.len(),
                limit: CARD_OCTETS_MAX,
            }),
            (false, false) => Err(Fault::Unfinished),
            (false, true) => ContactCard::read(octets),
        };
        Some(Found {
            range: begin..end,
            card,
        })
    }
}

impl Cards<'_> {
    /// Where the next card begins.
    fn find_begin(&self) -> Option<usize> {
        let mut at = self.at;
        while let Some((line, next)) = line_at(self.file, at) {
            if mark(line) == Some(Mark::Begin) {
                let mark_octets = if line.starts_with(b"\xEF\xBB\xBF") {
                    3
                } else {
                    0
                };
                return Some(at + mark_octets);
            }
            at = next;
        }
        None
    }

    /// Where the card that begins there ends, and whether it has an end. A card within it, as 2.1 wrote an agent, is a part of it.
    fn find_end(&self, begin: usize) -> (usize, bool) {
        let mut inside = 0_usize;
        let mut agent = false;
        let mut at = begin;
        while let Some((line, next)) = line_at(self.file, at) {
            match mark(line) {
                Some(Mark::Begin) if at == begin || agent => inside += 1,
                Some(Mark::Begin) => return (at, false),
                Some(Mark::End) => inside = inside.saturating_sub(1),
                None => {}
            }
            at = next;
            if inside == 0 {
                return (at, true);
            }
            agent = is_agent(line) || (agent && line.is_empty());
        }
        (at, false)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Begin,
    End,
}

fn mark(line: &[u8]) -> Option<Mark> {
    // An indented line belongs to the one before, such as an agent's card within the card.
    if line.len() > MARK_OCTETS_MAX || line.starts_with(b" ") || line.starts_with(b"\t") {
        return None;
    }
    let line = str::from_utf8(line).ok()?.trim_start_matches('\u{feff}');
    if is_mark(line, "BEGIN") {
        Some(Mark::Begin)
    } else if is_mark(line, "END") {
        Some(Mark::End)
    } else {
        None
    }
}

fn is_agent(line: &[u8]) -> bool {
    let name = line.get(..5).unwrap_or_default();
    name.eq_ignore_ascii_case(b"AGENT") && line.ends_with(b":")
}

/// A physical line without the white space at its end, and where the next begins.
fn line_at(file: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = file.get(at..).filter(|rest| !rest.is_empty())?;
    let length = rest.iter().position(|octet| *octet == b'\n');
    let used = length.map_or(rest.len(), |length| length + 1);
    Some((rest.get(..used)?.trim_ascii_end(), at + used))
}

/// Cards of one file: ours.
pub const CARDS_MAX: usize = 100_000;
/// Octets of a line that may begin or end a card: `BEGIN:VCARD` with spaces around it.
const MARK_OCTETS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\u{feff}BEGIN:VCARD\r\nVERSION:3.0\r\nFN:a\r\nEND:VCARD\r\n\r\nrubbish\r\n\
        BEGIN:VCARD\nVERSION:4.0\nFN:b\nBEGIN:VCARD\nVERSION:2.1\nAGENT:\nBEGIN:VCARD\nN:x\nEND:VCARD\nFN:c\nEND:VCARD\n\
        begin:vcard\nversion:3.0\nfn:d\nend:vcard";

    #[test]
    fn each_card_is_found_with_its_octets() {
        let found: Vec<_> = read_all(FILE.as_bytes()).collect();
        let texts: Vec<_> = found.iter().map(|one| &FILE[one.range.clone()]).collect();
        assert_eq!(
            texts[0],
            "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:a\r\nEND:VCARD\r\n"
        );
        assert_eq!(found[0].card.as_ref().unwrap().bytes(), texts[0].as_bytes());
        assert_eq!(found[1].card, Err(Fault::Unfinished));
        assert!(matches!(found[2].card, Err(Fault::UnsupportedVersion(_))));
        assert!(texts[2].ends_with("FN:c\nEND:VCARD\n"));
        assert!(found[3].card.is_ok() && texts[3].ends_with("end:vcard"));
        assert_eq!(found.len(), 4);
    }
}
