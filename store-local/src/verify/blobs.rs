//! Messages and objects against what the entries say of them: their bytes, their metadata, their files, and whether they
//! are there exactly as long as something uses them.

use std::collections::HashSet;
use std::path::Path;

use model::BlobId;
use rusqlite::Connection;
use store::Error;

use super::Progress;
use super::finding::{Finding, VerifyReport};
use crate::database::{failed, open_reader};
use crate::files::Files;
use crate::hold::Hold;
use crate::journal::{self, Sealed, StoredBlob, signed, unsigned};
use crate::state::read;

/// Blobs between two tellings of progress.
const BLOBS_PER_STEP: u64 = 10_000;

/// What is known of all blobs so far: three bits of each.
pub(super) struct Blobs<'a> {
    data: &'a Path,
    files: Files,
    /// The first that is looked at.
    first: u64,
    named: Bits,
    /// Its metadata was looked at.
    described: Bits,
    /// Its bytes were there.
    present: Bits,
    /// Told already.
    told: HashSet<u64>,
    /// The last that was looked at.
    pub(super) last: u64,
}

impl<'a> Blobs<'a> {
    pub(super) fn new(data: &'a Path, first: u64) -> Self {
        Self {
            data,
            files: Files::new(data),
            first,
            named: Bits::from(first),
            described: Bits::from(first),
            present: Bits::from(first),
            told: HashSet::new(),
            last: first - 1,
        }
    }

    /// Looks at a blob that an entry names, once. `last` is the largest number that a blob has.
    pub(super) fn look(
        &mut self,
        journal: &Connection,
        at: u64,
        sealed: &Sealed,
        last: u64,
        report: &mut VerifyReport,
    ) -> Result<(), Error> {
        if at < self.first && self.first > 1 {
            // Looked at before, by an earlier run that this one goes on from.
            return Ok(());
        }
        if at == 0 || at > last {
            self.tell(at, "its row is missing", report);
            return Ok(());
        }
        let is_known = self.named.get(at);
        if is_known && (sealed.meta.is_none() || self.described.get(at)) {
            return Ok(());
        }
        if !is_known {
            self.named.set(at);
            self.last = self.last.max(at);
            if sealed.is_object {
                report.objects += 1;
            } else {
                report.messages += 1;
            }
        }
        if sealed.meta.is_some() {
            self.described.set(at);
        }
        let Some(blob) = journal::blob(journal, at)? else {
            self.tell(at, "its row is missing", report);
            return Ok(());
        };
        if !blob.is_dropped() {
            self.present.set(at);
        }
        if let Some(what) = self.wrong(at, &blob, sealed)? {
            self.tell(at, &what, report);
        }
        Ok(())
    }

    fn tell(&mut self, at: u64, what: &str, report: &mut VerifyReport) {
        if self.told.insert(at) {
            report.add(Finding::blob(at, what));
        }
    }

    /// What is wrong with it, if anything.
    fn wrong(&self, at: u64, blob: &StoredBlob, sealed: &Sealed) -> Result<Option<String>, Error> {
        if sealed.id != blob.id {
            return Ok(Some("it is not the message that was committed".into()));
        }
        if blob.is_dropped() {
            return Ok(None);
        }
        let wrong = match blob.message_and_meta(&self.files) {
            Ok((message, _)) if BlobId::of(&message) != blob.id => {
                Some("its bytes were changed".into())
            }
            // It may have been purged after this began, which its row says by now.
            Err(_) if blob.file.is_some() && self.is_dropped_now(at)? => None,
            Err(error) => Some(error.to_string()),
            Ok((_, meta)) => sealed
                .meta
                .is_some_and(|sealed| sealed != *blake3::hash(&meta).as_bytes())
                .then(|| "its metadata was changed".into()),
        };
        Ok(wrong)
    }

    fn is_dropped_now(&self, at: u64) -> Result<bool, Error> {
        let journal = open_reader(&self.data.join(journal::FILE))?;
        Ok(journal::blob(&journal, at)?.is_some_and(|blob| blob.is_dropped()))
    }

    /// When all entries were walked along: looks for blobs that none of them names, and whether each is there as long as
    /// the state uses it. `state` is as of the last entry, `last` the last blob of then. Tells which are used and not there:
    /// [`Blobs::confirm`] is to be asked with a state as of now, since they may have been purged meanwhile.
    pub(super) fn end(
        &mut self,
        journal: &Connection,
        state: &Connection,
        last: u64,
        report: &mut VerifyReport,
        progress: Progress<'_>,
    ) -> Result<Vec<u64>, Error> {
        let sql = "SELECT id FROM blob_use WHERE id BETWEEN ? AND ? ORDER BY id";
        let mut select = state.prepare_cached(sql).map_err(failed)?;
        let mut uses = select
            .query([signed(self.first), signed(last)])
            .map_err(failed)?;
        let mut next_used = next(&mut uses)?;
        let mut dropped = Vec::new();
        for at in self.first..=last {
            while next_used.is_some_and(|used| used < at) {
                next_used = next(&mut uses)?;
            }
            let is_used = next_used == Some(at);
            if !self.named.get(at) {
                report.messages += 1;
                let what = match journal::blob(journal, at)? {
                    Some(_) => "no commit names it",
                    None => "its row is missing",
                };
                self.tell(at, what, report);
            } else if is_used && !self.present.get(at) {
                dropped.push(at);
            } else if !is_used && self.present.get(at) {
                // Purged meanwhile, perhaps.
                let now = journal::blob(journal, at)?;
                if now.is_some_and(|blob| !blob.is_dropped()) {
                    self.tell(at, "it was purged, but its bytes are still there", report);
                }
            }
            if at % BLOBS_PER_STEP == 0 {
                progress("messages and objects", at, last);
            }
        }
        if self.first == 1 && journal::first_blob(journal)? < 1 {
            self.tell(0, "no commit names it", report);
        }
        Ok(dropped)
    }

    /// Tells of those among these blobs that a state still uses.
    pub(super) fn confirm(
        &mut self,
        dropped: Vec<u64>,
        state: &Connection,
        report: &mut VerifyReport,
    ) -> Result<(), Error> {
        for at in dropped {
            if read::is_blob_used(state, at)? {
                self.tell(
                    at,
                    "its bytes were dropped, but no commit purged it",
                    report,
                );
            }
        }
        Ok(())
    }

    /// Files that no blob names.
    pub(super) fn stray_files(&self, journal: &Connection) -> Result<Vec<String>, Error> {
        // What the last run made may be of a commit that is still to come, or that it did not live to see.
        let last_run = Hold::read(self.data);
        let mut stray = Vec::new();
        for name in self.files.list()? {
            if !last_run.is_some_and(|run| run.made(&name))
                && !journal::is_file_named(journal, &name)?
            {
                stray.push(name);
            }
        }
        Ok(stray)
    }

    /// Which of these files are still there: one that was purged goes a moment after its commit.
    pub(super) fn still_there(&self, mut names: Vec<String>) -> Result<Vec<String>, Error> {
        if !names.is_empty() {
            let there = self.files.list()?;
            names.retain(|name| there.contains(name));
        }
        Ok(names)
    }
}

fn next(rows: &mut rusqlite::Rows<'_>) -> Result<Option<u64>, Error> {
    let row = rows.next().map_err(failed)?;
    row.map(|row| row.get(0).map(unsigned))
        .transpose()
        .map_err(failed)
}

/// One bit for each number from `first` on.
struct Bits {
    first: u64,
    words: Vec<u64>,
}

impl Bits {
    fn from(first: u64) -> Self {
        Self {
            first,
            words: Vec::new(),
        }
    }

    fn place(&self, at: u64) -> Option<(usize, u64)> {
        let at = at.checked_sub(self.first)?;
        Some((usize::try_from(at / 64).ok()?, 1 << (at % 64)))
    }

    fn get(&self, at: u64) -> bool {
        let word = |(place, bit): (usize, u64)| Some(self.words.get(place)? & bit != 0);
        self.place(at).and_then(word).unwrap_or(false)
    }

    /// Takes an eighth of an octet for each number up to this one, which the caller has bounded.
    fn set(&mut self, at: u64) {
        let Some((place, bit)) = self.place(at) else {
            return;
        };
        if place >= self.words.len() {
            self.words.resize(place + 1, 0);
        }
        self.words[place] |= bit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_of_their_numbers_alone() {
        let mut bits = Bits::from(5);
        for at in [5, 68, 69, 1_000] {
            assert!(!bits.get(at));
            bits.set(at);
            assert!(bits.get(at));
        }
        assert!(!bits.get(4) && !bits.get(6) && !bits.get(999) && !bits.get(1_001));
        bits.set(1);
        assert!(!bits.get(1));
    }
}
