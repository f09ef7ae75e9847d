//! The Merkle log over all entries (RFC 6962), as the writer grows it and as proofs read it.

use rusqlite::Connection;
use seal::{ConsistencyProof, Frontier, Hash, Link, Tile, TileId, TileSource};
use store::Error;

use crate::journal;

/// The right edge of the tree over the journal's entries.
#[derive(Debug)]
pub(crate) struct Log {
    frontier: Frontier,
    /// Entries of a benchmark that leaves the tree out.
    unsealed: u64,
}

/// The tiles stored in a journal.
pub(crate) struct Tiles<'a>(pub(crate) &'a Connection);

impl TileSource for Tiles<'_> {
    type Error = Error;

    fn tile(&self, id: TileId) -> Result<Option<Vec<Hash>>, Error> {
        journal::tile(self.0, id)
    }
}

impl Log {
    /// The log as the journal has it: whole tiles as stored, the leaves behind them from the entries.
    pub(crate) fn open(journal: &Connection) -> Result<Self, Error> {
        let tiles = journal::full_tiles(journal)?;
        let frontier = Frontier::from_full_tiles(tiles, &Tiles(journal))
            .map_err(|error| Error::Damaged(format!("the tree's tiles: {error}")))?;
        let mut log = Self {
            frontier,
            unsealed: 0,
        };
        let first = log.size() + 1;
        let mut leaves = Vec::new();
        journal::entries(journal, first, u64::MAX >> 1, &mut |row| {
            leaves.push(row.link.hash());
            Ok(())
        })?;
        for leaf in leaves {
            // Whole tiles were stored with their leaves; one that is missing all the same is stored now.
            for tile in log.frontier.push(leaf) {
                journal::insert_tile(journal, &tile)?;
            }
        }
        Ok(log)
    }

    /// Entries in the log.
    pub(crate) fn size(&self) -> u64 {
        self.frontier.size() + self.unsealed
    }

    /// Counts an entry that is not sealed.
    pub(crate) fn push_unsealed(&mut self) -> Hash {
        self.unsealed += 1;
        Hash::ZERO
    }

    /// The tree's root.
    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Proves that the log only grew since it had this many entries.
    pub(crate) fn proof(
        &self,
        old_size: u64,
        journal: &Connection,
    ) -> Result<ConsistencyProof, Error> {
        let stored = Tiles(journal);
        seal::prove_consistency(old_size, self.size(), &self.frontier.over(&stored))
            .map_err(|error| Error::Damaged(format!("the tree's tiles: {error}")))
    }

    /// Whether the log begins with what this checkpoint was signed over.
    pub(crate) fn extends(
        &self,
        checkpoint: Option<(u64, String)>,
        journal: &Connection,
    ) -> Result<bool, Error> {
        let Some((size, note)) = checkpoint else {
            return Ok(true);
        };
        if size > self.size() {
            return Ok(false);
        }
        let stored = Tiles(journal);
        let root = seal::root_at(size, &self.frontier.over(&stored))
            .map_err(|error| Error::Damaged(format!("the tree's tiles: {error}")))?;
        // C2SP tlog-checkpoint: the third line is the root in base64.
        Ok(note.lines().nth(2) == Some(root.to_base64().as_str()))
    }

    /// Appends an entry's leaf; the tiles it completes are to be stored.
    #[must_use = "a completed tile is not kept here and has to be stored"]
    pub(crate) fn grow(&mut self, link: &Link) -> (Hash, Vec<Tile>) {
        let leaf = link.hash();
        (leaf, self.frontier.push(leaf))
    }

    /// Appends an entry's leaf and stores the tiles it completes.
    pub(crate) fn push(&mut self, link: &Link, journal: &Connection) -> Result<Hash, Error> {
        let (leaf, tiles) = self.grow(link);
        for tile in tiles {
            journal::insert_tile(journal, &tile)?;
        }
        Ok(leaf)
    }
}
