//! The history as others are shown it: the tree over all entries, its tiles and proofs, and the comparison with what others
//! kept of it.
//!
//! Reads the journal over a connection of its own, also beside a serving engine: entries are only ever appended, so what was
//! read stays true.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use model::Timestamp;
use rusqlite::Connection;
use seal::{ConsistencyProof, Frontier, Hash, InclusionProof, Link, Tile, TileId, TileSource};
use store::Error;

use crate::database::failed;
use crate::journal;

/// Roots of whole tiles that are remembered: 64 MiB of tiles need not be hashed again.
const ROOTS_KEPT_MAX: usize = 8_192;
/// The highest level of tiles that a journal can have.
const LEVEL_MAX: u8 = 7;

/// The tree of a data folder.
#[derive(Debug)]
pub struct History {
    journal: Connection,
    roots: RefCell<HashMap<TileId, Hash>>,
}

impl History {
    /// Opens the journal of a data folder to read.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn open(data: &Path) -> Result<Self, Error> {
        Ok(Self {
            journal: journal::open_to_read(&data.join(journal::FILE))?,
            roots: RefCell::default(),
        })
    }

    /// Entries in the journal.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn size(&self) -> Result<u64, Error> {
        journal::size(&self.journal)
    }

    /// The last signed checkpoint: tree size and note.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn checkpoint(&self) -> Result<Option<(u64, String)>, Error> {
        journal::last_checkpoint(&self.journal)
    }

    /// The sealed head of an entry by its place in the log, from 0.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn link(&self, index: u64) -> Result<Option<Link>, Error> {
        let Some(id) = index.checked_add(1).filter(|id| i64::try_from(*id).is_ok()) else {
            return Ok(None);
        };
        Ok(journal::entry(&self.journal, id)?.map(|row| row.link))
    }

    /// What an entry says, in the octets that are sealed; none once it was dropped.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn content(&self, index: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some(id) = index.checked_add(1).filter(|id| i64::try_from(*id).is_ok()) else {
            return Ok(None);
        };
        Ok(journal::entry(&self.journal, id)?.and_then(|row| row.payload))
    }

    /// When an entry was written, by its place in the log, from 0.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn written_at(&self, index: u64) -> Result<Option<Timestamp>, Error> {
        Ok(self.link(index)?.map(|link| Timestamp(link.at_ms)))
    }

    /// The first hashes of a tile, as C2SP tlog-tiles serves it; `None` if the tree has not as many there.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn tile_of(&self, id: TileId, width: usize) -> Result<Option<Tile>, Error> {
        let hashes = self.tile(id)?.filter(|hashes| hashes.len() >= width);
        Ok(hashes.map(|mut hashes| {
            hashes.truncate(width);
            Tile { id, hashes }
        }))
    }

    /// The root that the tree had at this size, made from its tiles.
    ///
    /// # Errors
    /// The tree is shorter, a tile is missing, or the journal cannot be read.
    pub fn root_at(&self, size: u64) -> Result<Hash, Error> {
        seal::root_at(size, self).map_err(damaged)
    }

    /// Proves that the tree only grew from one size to another (RFC 6962 2.1.2).
    ///
    /// # Errors
    /// As [`History::root_at`].
    pub fn prove_growth(&self, old_size: u64, new_size: u64) -> Result<ConsistencyProof, Error> {
        seal::prove_consistency(old_size, new_size, self).map_err(damaged)
    }

    /// Proves that an entry is in the tree of a size (RFC 6962 2.1.1).
    ///
    /// # Errors
    /// As [`History::root_at`].
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Result<InclusionProof, Error> {
        seal::prove_inclusion(index, size, self).map_err(damaged)
    }

    /// The leaves of an incomplete tile.
    fn leaves(&self, index: u64) -> Result<Vec<Hash>, Error> {
        let mut leaves = Vec::new();
        let Some(first) = index.checked_mul(Tile::WIDTH as u64).map(|leaf| leaf + 1) else {
            return Ok(leaves);
        };
        links(
            &self.journal,
            first,
            first + Tile::WIDTH as u64 - 1,
            &mut |_, link| {
                leaves.push(link.hash());
            },
        )?;
        Ok(leaves)
    }

    /// The roots of the whole tiles below an incomplete tile.
    fn nodes(&self, id: TileId) -> Result<Vec<Hash>, Error> {
        let mut nodes = Vec::new();
        let Some(first) = id.index.checked_mul(Tile::WIDTH as u64) else {
            return Ok(nodes);
        };
        for index in first..first + Tile::WIDTH as u64 {
            let below = TileId {
                level: id.level - 1,
                index,
            };
            match self.root_of(below)? {
                Some(root) => nodes.push(root),
                None => break,
            }
        }
        Ok(nodes)
    }

    /// The root of a whole tile.
    fn root_of(&self, id: TileId) -> Result<Option<Hash>, Error> {
        if let Some(root) = self.roots.borrow().get(&id) {
            return Ok(Some(*root));
        }
        let Some(hashes) = journal::tile(&self.journal, id)? else {
            return Ok(None);
        };
        let root = seal::root_of(&hashes);
        let mut roots = self.roots.borrow_mut();
        if roots.len() >= ROOTS_KEPT_MAX {
            roots.clear();
        }
        roots.insert(id, root);
        Ok(Some(root))
    }
}

impl TileSource for History {
    type Error = Error;

    fn tile(&self, id: TileId) -> Result<Option<Vec<Hash>>, Error> {
        if id.level > LEVEL_MAX || i64::try_from(id.index).is_err() {
            return Ok(None);
        }
        if let Some(hashes) = journal::tile(&self.journal, id)? {
            return Ok(Some(hashes));
        }
        let hashes = match id.level {
            0 => self.leaves(id.index)?,
            _ => self.nodes(id)?,
        };
        Ok((!hashes.is_empty()).then_some(hashes))
    }
}

/// A checkpoint of this log that is known from elsewhere: a witness cosigned it, or somebody kept it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Entries of the tree.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// Who says so, in words for people, such as `the witness w1`.
    pub by: String,
}

impl Kept {
    /// Compares with the journal: `size` is the number of its entries, `root` what its tree had at [`Kept::size`], `None` if it
    /// has not as many.
    #[must_use]
    pub fn contradicted_by(&self, size: u64, root: Option<Hash>) -> Option<Contradiction> {
        let (by, kept) = (self.by.clone(), self.size);
        match root {
            None => Some(Contradiction::Cut { by, kept, size }),
            Some(root) if root != self.root => Some(Contradiction::Rewritten { by, kept }),
            Some(_) => None,
        }
    }
}

/// How a journal is not the one that somebody kept a checkpoint of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// It is shorter.
    Cut {
        /// Who says so.
        by: String,
        /// Entries then.
        kept: u64,
        /// Entries now.
        size: u64,
    },
    /// It has other entries.
    Rewritten {
        /// Who says so.
        by: String,
        /// Entries then.
        kept: u64,
    },
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { by, kept, size } => write!(
                f,
                "{by} knows a journal of {kept} entries, this one has {size}: its end was cut off, or an old copy was put in its \
                 place"
            ),
            Self::Rewritten { by, kept } => write!(
                f,
                "{by} knows other first {kept} entries than this journal has: it was rewritten, or another was put in its place"
            ),
        }
    }
}

/// Compares a journal with what others kept. Reads every entry up to the largest size, and believes no stored tile.
///
/// # Errors
/// The journal cannot be read.
pub fn contradictions(data: &Path, kept: &[Kept]) -> Result<Vec<Contradiction>, Error> {
    let journal = journal::open_to_read(&data.join(journal::FILE))?;
    let size = journal::size(&journal)?;
    let mut kept: Vec<_> = kept.iter().collect();
    kept.sort_by_key(|kept| kept.size);
    let last = kept.last().map_or(0, |kept| kept.size.min(size));
    let (mut frontier, mut found) = (Frontier::new(), Vec::new());
    let mut waiting = kept.into_iter().peekable();
    let mut compare = |frontier: &Frontier| {
        while let Some(kept) = waiting.next_if(|kept| kept.size <= frontier.size()) {
            found.extend(kept.contradicted_by(size, Some(frontier.root())));
        }
    };
    compare(&frontier);
    links(&journal, 1, last, &mut |_, link| {
        // Whole tiles are not wanted here.
        drop(frontier.push(link.hash()));
        compare(&frontier);
    })?;
    found.extend(waiting.filter_map(|kept| kept.contradicted_by(size, None)));
    Ok(found)
}

/// Calls `each` with the sealed heads of entries, rising, up to the first that is missing.
fn links(
    journal: &Connection,
    first: u64,
    last: u64,
    each: &mut dyn FnMut(u64, &Link),
) -> Result<(), Error> {
    let sql = "SELECT id, account, seq, at_ms, previous, payload_hash FROM entry WHERE id BETWEEN ? AND ? ORDER BY id";
    let mut select = journal.prepare_cached(sql).map_err(failed)?;
    let mut rows = select
        .query([journal::signed(first), journal::signed(last)])
        .map_err(failed)?;
    let mut expected = first;
    while let Some(row) = rows.next().map_err(failed)? {
        let read = || -> rusqlite::Result<(u64, Link)> {
            let link = Link {
                stream: journal::unsigned(row.get(1)?),
                number: journal::unsigned(row.get(2)?),
                at_ms: row.get(3)?,
                previous: Hash::from_bytes(row.get(4)?),
                payload: Hash::from_bytes(row.get(5)?),
            };
            Ok((journal::unsigned(row.get(0)?), link))
        };
        let (id, link) = read().map_err(failed)?;
        if id != expected {
            break;
        }
        expected += 1;
        each(id, &link);
    }
    Ok(())
}

fn damaged(error: seal::TreeError<Error>) -> Error {
    match error {
        seal::TreeError::Source(error) => error,
        error => Error::Damaged(format!("the tree: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use seal::{Checkpoint, prove_consistency};

    use super::*;
    use crate::log::Log;
    use crate::statements::Statements;

    /// A journal with entries, whose tree was put together the way the writer does.
    fn journal(entries: u64) -> (tempfile::TempDir, Vec<Hash>) {
        let folder = tempfile::tempdir().unwrap();
        let connection = journal::open(&folder.path().join(journal::FILE)).unwrap();
        let mut log = Log::open(&connection).unwrap();
        let mut leaves = Vec::new();
        connection.execute_batch("BEGIN").unwrap();
        let statements = Statements::new(&connection);
        for number in 1..=entries {
            let link = Link {
                stream: 1,
                number,
                at_ms: i64::try_from(number).unwrap() * 1_000,
                previous: Hash::ZERO,
                payload: Hash::of(&number.to_le_bytes()),
            };
            journal::insert_entry(&statements, number, &link, Some(b"x")).unwrap();
            leaves.push(log.push(&link, &connection).unwrap());
        }
        drop(statements);
        connection.execute_batch("COMMIT").unwrap();
        (folder, leaves)
    }

    #[test]
    fn tiles_and_proofs_are_those_of_the_entries() {
        let (folder, leaves) = journal(256 * 3 + 17);
        let history = History::open(folder.path()).unwrap();
        let size = history.size().unwrap();
        let root = |size: u64| seal::root_of(&leaves[..usize::try_from(size).unwrap()]);
        for old in [0, 1, 255, 256, 257, 768, 784, 785] {
            assert_eq!(history.root_at(old).unwrap(), root(old));
            let proof = history.prove_growth(old, size).unwrap();
            proof.verify(&root(old), &root(size)).unwrap();
        }
        for index in [0, 300, 784] {
            let proof = history.prove_inclusion(index, size).unwrap();
            let leaf = history.link(index).unwrap().unwrap().hash();
            assert_eq!(leaf, leaves[usize::try_from(index).unwrap()]);
            proof.verify(&leaf, &root(size)).unwrap();
        }
        assert_eq!(history.link(785).unwrap(), None);
        assert_eq!(history.link(u64::MAX).unwrap(), None);
        assert_eq!(history.written_at(6).unwrap(), Some(Timestamp(7_000)));
        let tile = |level, index, width| {
            let tile = history.tile_of(TileId { level, index }, width).unwrap();
            tile.map(|tile| tile.hashes)
        };
        assert_eq!(tile(0, 3, 17).unwrap(), leaves[768..785]);
        assert_eq!(tile(0, 3, 5).unwrap(), leaves[768..773]);
        assert_eq!(tile(0, 3, 18), None);
        assert_eq!(tile(0, 1, 256).unwrap(), leaves[256..512]);
        // What was incomplete once is the beginning of what is whole today.
        assert_eq!(tile(0, 1, 9).unwrap(), leaves[256..265]);
        assert_eq!(tile(1, 0, 3).unwrap()[2], seal::root_of(&leaves[512..768]));
        assert_eq!(tile(1, 0, 4), None);
        assert_eq!(tile(2, 0, 1), None);
        assert_eq!(tile(0, u64::MAX, 1), None);
        assert_eq!(tile(63, 0, 1), None);
        assert!(history.root_at(786).is_err());
        assert!(prove_consistency(5, 786, &history).is_err());
    }

    #[test]
    fn what_others_kept_is_compared() {
        let (folder, leaves) = journal(300);
        let kept = |size: u64, root: Hash| Kept {
            size,
            root,
            by: format!("the witness w{size}"),
        };
        let true_root = |size: u64| seal::root_of(&leaves[..usize::try_from(size).unwrap()]);
        let good: Vec<_> = [0, 7, 256, 300]
            .map(|size| kept(size, true_root(size)))
            .into();
        assert_eq!(contradictions(folder.path(), &good).unwrap(), []);
        assert_eq!(contradictions(folder.path(), &[]).unwrap(), []);
        let bad = [
            kept(301, Hash::ZERO),
            kept(7, Hash::ZERO),
            kept(8, true_root(8)),
        ];
        let found = contradictions(folder.path(), &bad).unwrap();
        let (by, size) = ("the witness w301".to_owned(), 300);
        let cut = Contradiction::Cut {
            by,
            kept: 301,
            size,
        };
        let by = "the witness w7".to_owned();
        assert_eq!(
            found,
            [Contradiction::Rewritten { by, kept: 7 }, cut.clone()]
        );
        assert!(
            cut.to_string()
                .contains("knows a journal of 301 entries, this one has 300")
        );
        let checkpoint = Checkpoint::new("log", 300, true_root(300)).unwrap();
        assert_eq!(
            kept(300, checkpoint.root()).contradicted_by(300, Some(true_root(300))),
            None
        );
    }
}
