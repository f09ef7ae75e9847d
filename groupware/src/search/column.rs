//! A column: one short text of every email in a mailbox, one after the other in memory.
//!
//! Texts stand by rising UID, each with a line end behind it, which none contains; a search is one run over all of them. What
//! an email's header says never changes, so a column only grows; emails that are gone are passed over by whoever
//! reads it, and left out when it is made anew.

use std::sync::OnceLock;

use memchr::memmem::Finder;
use model::Uid;
use store::Error;

use super::bits::Bits;
use super::rows::Rows;

/// Octets of all texts of a column: a million emails with 200 each.
const COLUMN_OCTETS_MAX: usize = 256 * 1024 * 1024;

/// Emails that are gone are left out once there are this many more of them than others.
const GONE_MAX: usize = 4_096;

/// Reading the texts one by one pays if fewer than one of this many is asked for.
const SPARSE: usize = 8;

/// The texts of the emails up to [`Column::until`].
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    uids: Vec<u32>,
    ends: Vec<u32>,
    texts: Vec<u8>,
    until: u32,
    ranks: OnceLock<Vec<u32>>,
}

impl Column {
    /// The UID up to which every email was looked at.
    pub(super) fn until(&self) -> Uid {
        Uid(self.until)
    }

    /// Octets it takes.
    pub(super) fn octets(&self) -> usize {
        let ranks = self.ranks.get().map_or(0, Vec::capacity);
        self.texts.capacity() + 4 * (self.uids.capacity() + self.ends.capacity() + ranks)
    }

    /// Whether so many emails are gone that it should be made anew.
    pub(super) fn is_stale(&self, rows: usize) -> bool {
        self.uids.len() > 2 * rows + GONE_MAX
    }

    /// Adds the text that `write` appends; of an email with a larger UID than all before.
    ///
    /// # Errors
    /// [`Error::Limit`] if the column is full.
    pub(super) fn push(&mut self, uid: Uid, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), Error> {
        debug_assert!(self.until < uid.0, "emails come by rising UID");
        let start = self.texts.len();
        write(&mut self.texts);
        self.texts.push(b'\n');
        let end = u32::try_from(self.texts.len())
            .ok()
            .filter(|_| self.texts.len() <= COLUMN_OCTETS_MAX);
        let Some(end) = end else {
            self.texts.truncate(start);
            return Err(Error::Limit("the mailbox has too much text to search in"));
        };
        self.ends.push(end);
        self.uids.push(uid.0);
        self.look_until(uid);
        Ok(())
    }

    /// Notes that the emails up to here were looked at.
    pub(super) fn look_until(&mut self, uid: Uid) {
        self.until = self.until.max(uid.0);
        self.ranks = OnceLock::new();
    }

    /// The text of an email; empty if it is not known.
    pub(super) fn text_of(&self, uid: Uid) -> &[u8] {
        self.uids
            .binary_search(&uid.0)
            .map_or(&[], |slot| self.text(slot))
    }

    /// The emails among these whose text contains `needle`.
    pub(super) fn containing(&self, needle: &[u8], rows: &Rows<'_>, among: &Bits) -> Bits {
        let finder = Finder::new(needle);
        let mut found = Bits::none(among.len());
        if among.count() < self.uids.len() / SPARSE {
            among
                .iter()
                .filter(|at| {
                    let text = rows.get(*at).map(|row| self.text_of(row.uid));
                    text.is_some_and(|text| finder.find(text).is_some())
                })
                .for_each(|at| found.insert(at));
            return found;
        }
        let mut places = (0..).zip(rows.iter());
        let mut place = places.next();
        for uid in self.hits(&finder) {
            while place.is_some_and(|(_, row)| row.uid < uid) {
                place = places.next();
            }
            match place {
                Some((at, row)) if row.uid == uid => found.insert(at),
                Some(_) => {}
                None => break,
            }
        }
        found.keep(among);
        found
    }

    /// The emails among these whose text is not empty.
    pub(super) fn filled(&self, rows: &Rows<'_>, among: &Bits) -> Bits {
        let mut found = Bits::none(among.len());
        for (at, text) in self.along(rows, among) {
            if !text.is_empty() {
                found.insert(at);
            }
        }
        found
    }

    /// The positions among these with their texts, empty where none is known.
    pub(super) fn along<'a>(
        &'a self,
        rows: &'a Rows<'_>,
        among: &'a Bits,
    ) -> impl Iterator<Item = (usize, &'a [u8])> {
        self.slots(rows, among)
            .map(|(at, slot)| (at, slot.map_or(&[][..], |slot| self.text(slot))))
    }

    /// The positions among these with the rank of their texts among all: equal texts have equal ranks, the empty text 0.
    pub(super) fn ranks<'a>(
        &'a self,
        rows: &'a Rows<'_>,
        among: &'a Bits,
    ) -> impl Iterator<Item = (usize, u32)> {
        let ranks = self.ranks.get_or_init(|| self.ranked());
        self.slots(rows, among).map(|(at, slot)| {
            let rank = slot.and_then(|slot| ranks.get(slot)).copied();
            (at, rank.unwrap_or_default())
        })
    }

    fn ranked(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.uids.len()).collect();
        order.sort_unstable_by_key(|slot| self.text(*slot));
        let mut ranks = vec![0; order.len()];
        let (mut rank, mut before): (u32, &[u8]) = (0, &[]);
        for slot in order {
            let text = self.text(slot);
            rank += u32::from(text != before);
            before = text;
            if let Some(place) = ranks.get_mut(slot) {
                *place = rank;
            }
        }
        ranks
    }

    /// The positions among these, rising, with their places in the column.
    fn slots<'a>(
        &'a self,
        rows: &'a Rows<'_>,
        among: &'a Bits,
    ) -> impl Iterator<Item = (usize, Option<usize>)> {
        let mut slot = 0;
        (0..)
            .zip(rows.iter())
            .filter(|(at, _)| among.contains(*at))
            .map(move |(at, row)| {
                let uid = row.uid.0;
                while self.uids.get(slot).is_some_and(|known| *known < uid) {
                    slot += 1;
                }
                let is_known = self.uids.get(slot) == Some(&uid);
                (at, is_known.then_some(slot))
            })
    }

    /// The UIDs whose texts contain what is looked for, rising.
    fn hits<'a>(&'a self, finder: &'a Finder<'_>) -> impl Iterator<Item = Uid> {
        let (mut from, mut slot) = (0, 0);
        std::iter::from_fn(move || {
            let hit = from + finder.find(self.texts.get(from..)?)?;
            // Gallops ahead: the next hit is mostly near where many are, and far where few are.
            let mut step = 1;
            while self
                .ends
                .get(slot + step)
                .is_some_and(|end| *end as usize <= hit)
            {
                slot += step;
                step *= 2;
            }
            let within = self.ends.get(slot..self.ends.len().min(slot + step + 1))?;
            slot += within.partition_point(|end| *end as usize <= hit);
            from = *self.ends.get(slot)? as usize;
            let uid = *self.uids.get(slot)?;
            slot += 1;
            Some(Uid(uid))
        })
    }

    fn text(&self, slot: usize) -> &[u8] {
        let end = |slot: usize| self.ends.get(slot).map(|end| *end as usize);
        let start = slot.checked_sub(1).and_then(end).unwrap_or_default();
        let end = end(slot).map_or(start, |end| end - 1);
        self.texts.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(texts: &[&str]) -> Column {
        let mut column = Column::default();
        for (uid, text) in (1..).zip(texts) {
            column
                .push(Uid(uid * 3), |out| out.extend_from_slice(text.as_bytes()))
                .unwrap();
        }
        column
    }

    #[test]
    fn hits_are_found_once_and_never_across_texts() {
        let texts = ["aba", "", "b", "bab", "x", "", "aaaa", "a"];
        let column = column(&texts);
        for needle in ["a", "b", "ab", "aa", "ba", "x", "y", "aaaaa", "abab"] {
            let finder = Finder::new(needle);
            let hits: Vec<u32> = column.hits(&finder).map(|uid| uid.0).collect();
            let naive: Vec<u32> = (1..)
                .zip(texts)
                .filter(|(_, text)| text.contains(needle))
                .map(|(uid, _): (u32, _)| uid * 3)
                .collect();
            assert_eq!(hits, naive, "{needle}");
        }
    }

    #[test]
    fn ranks_follow_the_texts() {
        let column = column(&["b", "", "a", "b", "c"]);
        assert_eq!(column.ranked(), [2, 0, 1, 2, 3]);
        assert_eq!(column.text_of(Uid(9)), b"a");
        assert_eq!(column.text_of(Uid(10)), b"");
        assert_eq!(column.until(), Uid(15));
    }
}
