//! The walk along the journal: each account's chain, the tree over all entries, and the checkpoints over the tree.
//!
//! Reads a step at a time, so that no read transaction keeps the write-ahead log of a busy server from being emptied.

use std::collections::{BTreeMap, HashMap};

use model::Commit;
use rusqlite::Connection;
use seal::{Chain, Checkpoint, Frontier, Hash, Note, VerifierKey};
use store::Error;

use super::Progress;
use super::blobs::Blobs;
use super::finding::{Finding, VerifyReport};
use crate::database::failed;
use crate::history::Kept;
use crate::journal::{self, Row};

/// Entries read in one transaction.
const ENTRIES_PER_STEP: u64 = 10_000;

/// How far the walk has come, and what it knows by then.
pub(super) struct Walk<'a> {
    pub(super) journal: &'a Connection,
    pub(super) key: Option<&'a VerifierKey>,
    pub(super) chains: HashMap<u64, Chain>,
    pub(super) frontier: Frontier,
    /// The next entry's number.
    next: u64,
    /// Checkpoints kept elsewhere, by the size of the tree.
    kept: BTreeMap<u64, Vec<&'a Kept>>,
}

impl<'a> Walk<'a> {
    /// From the first entry.
    pub(super) fn new(
        journal: &'a Connection,
        key: Option<&'a VerifierKey>,
        kept: &'a [Kept],
    ) -> Self {
        let mut by_size: BTreeMap<u64, Vec<&Kept>> = BTreeMap::new();
        for one in kept.iter().filter(|one| one.size > 0) {
            by_size.entry(one.size).or_default().push(one);
        }
        Self {
            journal,
            key,
            chains: HashMap::new(),
            frontier: Frontier::new(),
            next: 1,
            kept: by_size,
        }
    }

    /// From behind what is known already.
    pub(super) fn resume(&mut self, frontier: Frontier, chains: HashMap<u64, Chain>) {
        self.next = frontier.size() + 1;
        (self.frontier, self.chains) = (frontier, chains);
    }

    /// The last entry that was looked at.
    pub(super) fn done(&self) -> u64 {
        self.next - 1
    }

    /// Goes on up to this entry; looks at the messages on the way if there is somebody to do it.
    pub(super) fn on(
        &mut self,
        upto: u64,
        mut blobs: Option<&mut Blobs<'_>>,
        report: &mut VerifyReport,
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        let mut expected = self.next;
        while self.next <= upto {
            let last = upto.min(self.next + ENTRIES_PER_STEP - 1);
            self.journal.execute_batch("BEGIN").map_err(failed)?;
            let walked = self.step(last, &mut expected, blobs.as_deref_mut(), report);
            self.journal.execute_batch("COMMIT").map_err(failed)?;
            walked?;
            self.next = last + 1;
            progress("entries", last, upto);
        }
        Ok(())
    }

    fn step(
        &mut self,
        last: u64,
        expected: &mut u64,
        mut blobs: Option<&mut Blobs<'_>>,
        report: &mut VerifyReport,
    ) -> Result<(), Error> {
        let journal = self.journal;
        let last_blob = journal::last_blob(journal)?;
        let mut checkpoints = journal::checkpoints_between(journal, self.next, last)?
            .into_iter()
            .peekable();
        journal::entries(journal, self.next, last, &mut |row| {
            if row.id != *expected {
                let what = format!("missing up to entry {}", row.id);
                report.add(Finding::entry(*expected, what));
            }
            *expected = row.id + 1;
            let (leaf, commit) = check_entry(&row, &mut self.chains, report);
            if let (Some(blobs), Some(commit)) = (blobs.as_deref_mut(), &commit) {
                for (at, sealed) in journal::sealed_by(commit) {
                    blobs.look(journal, at, &sealed, last_blob, report)?;
                }
            }
            // What counts is that the leaves give the signed roots; proofs are made from the tiles.
            for tile in self.frontier.push(leaf) {
                let stored = journal::tile(journal, tile.id);
                if !matches!(stored, Ok(Some(hashes)) if hashes == tile.hashes) {
                    let what = format!("tile {} is not that of the entries", tile.id);
                    report.add(Finding::tree(what));
                }
            }
            report.entries += 1;
            while let Some((size, note)) = checkpoints.next_if(|(size, _)| *size == row.id) {
                check_checkpoint(size, &note, &self.frontier, self.key, report);
            }
            for kept in self.kept.remove(&row.id).into_iter().flatten() {
                check_kept(kept, row.id, Some(self.frontier.root()), report);
            }
            Ok(())
        })
    }

    /// What was promised of entries that are not there.
    pub(super) fn end(&mut self, report: &mut VerifyReport) {
        let size = self.done();
        for kept in std::mem::take(&mut self.kept).into_values().flatten() {
            check_kept(kept, size, None, report);
        }
    }

    /// Checkpoints kept elsewhere over no more than so many entries, which the walk does not come by.
    pub(super) fn take_kept_before(&mut self, size: u64) -> Vec<&'a Kept> {
        let later = self.kept.split_off(&(size + 1));
        let before = std::mem::replace(&mut self.kept, later);
        before.into_values().flatten().collect()
    }

    /// The hash over the ends of all chains.
    pub(super) fn heads(&self) -> Hash {
        heads(&self.chains)
    }
}

/// The hash over the ends of these chains: account, number and hash of the last entry, by rising account.
pub(super) fn heads(chains: &HashMap<u64, Chain>) -> Hash {
    let mut ends: Vec<_> = chains.values().filter(|chain| chain.number() > 0).collect();
    ends.sort_by_key(|chain| chain.stream());
    let mut octets = Vec::with_capacity(ends.len() * 48);
    for chain in ends {
        octets.extend_from_slice(&chain.stream().to_be_bytes());
        octets.extend_from_slice(&chain.number().to_be_bytes());
        octets.extend_from_slice(chain.head().as_bytes());
    }
    Hash::of(&octets)
}

/// Holds the tree against a checkpoint that was kept elsewhere.
pub(super) fn check_kept(kept: &Kept, size: u64, root: Option<Hash>, report: &mut VerifyReport) {
    report.kept += 1;
    if let Some(contradiction) = kept.contradicted_by(size, root) {
        report.add(Finding::tree(contradiction.to_string()));
    }
}

/// Checks one entry against its account's chain; its leaf, and what it says if it is sound.
fn check_entry(
    row: &Row,
    chains: &mut HashMap<u64, Chain>,
    report: &mut VerifyReport,
) -> (Hash, Option<Commit>) {
    let chain = chains
        .entry(row.link.stream)
        .or_insert_with(|| Chain::start(row.link.stream));
    let checked = match &row.payload {
        Some(payload) => chain.check_with_payload(&row.link, payload),
        None => chain.check(&row.link),
    };
    if let Err(error) = checked {
        report.add(Finding::entry(row.id, error.to_string()));
        // Go on from here, so that one altered entry is not reported for all that follow.
        *chain = Chain::resume(row.link);
        return (chain.head(), None);
    }
    let leaf = chain.head();
    if row.payload.is_none() {
        // Its hash would stay when a person's data were erased, but nothing here does that so far.
        report.add(Finding::entry(row.id, "what it says was taken out"));
    }
    let commit = row.commit().unwrap_or_else(|error| {
        report.add(Finding::entry(row.id, error.to_string()));
        None
    });
    (leaf, commit)
}

fn check_checkpoint(
    size: u64,
    note: &str,
    frontier: &Frontier,
    key: Option<&VerifierKey>,
    report: &mut VerifyReport,
) {
    report.checkpoints += 1;
    report.signed = size;
    let wrong = |error: &dyn std::fmt::Display| {
        Finding::tree(format!("the checkpoint over {size} entries: {error}"))
    };
    let opened = match key {
        // The log is called as its key.
        Some(key) => Checkpoint::open(note.as_bytes(), key.name().as_str(), key),
        None => Note::parse(note.as_bytes()).and_then(|note| note.text().parse()),
    };
    match opened {
        Err(error) => report.add(wrong(&error)),
        Ok(checkpoint) if checkpoint.size() != size => {
            report.add(wrong(&format!("it is one over {}", checkpoint.size())));
        }
        Ok(checkpoint) if checkpoint.root() != frontier.root() => {
            report.add(Finding::tree(format!(
                "the first {size} entries are not those that were signed"
            )));
        }
        Ok(_) => {}
    }
}
