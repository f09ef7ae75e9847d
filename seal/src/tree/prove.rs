//! The prover: makes proofs about a tree from its tiles.
//!
//! A proof reads at most two tiles of each level, whatever the size of the tree.

use std::collections::BTreeMap;

use super::proof::{ConsistencyProof, InclusionProof};
use super::tile::{self, TILE_HEIGHT, TileId, TileSource};
use super::{LEAVES_MAX, TreeError, root_of};
use crate::Hash;

/// Proves that the leaf at `index` is in the tree as it was at `size` leaves.
///
/// # Errors
/// [`TreeError`] if there is no such leaf, or a tile is missing or cannot be read.
pub fn prove_inclusion<S: TileSource>(
    index: u64,
    size: u64,
    source: &S,
) -> Result<InclusionProof, TreeError<S::Error>> {
    if index >= size || size > LEAVES_MAX {
        return Err(TreeError::OutOfRange);
    }
    let mut reader = Reader::new(source);
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size);
    // RFC 6962 2.1.1: walk down to the leaf and note the root of each subtree not entered; the
    // path is written from the leaf upwards.
    while end - start > 1 {
        let middle = split(start, end);
        if index < middle {
            path.push(reader.subtree(middle, end)?);
            end = middle;
        } else {
            path.push(reader.subtree(start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(InclusionProof { index, size, path })
}

/// Proves that the tree of `old_size` leaves is the beginning of the tree of `new_size` leaves.
///
/// # Errors
/// [`TreeError`] if `old_size` is the larger one, or a tile is missing or cannot be read.
pub fn prove_consistency<S: TileSource>(
    old_size: u64,
    new_size: u64,
    source: &S,
) -> Result<ConsistencyProof, TreeError<S::Error>> {
    if old_size > new_size || new_size > LEAVES_MAX {
        return Err(TreeError::OutOfRange);
    }
    let mut path = Vec::new();
    // RFC 6962 2.1.2 defines the proof for old sizes of at least 1; nothing at all is the
    // beginning of every tree, and needs no proof.
    if old_size > 0 {
        let mut reader = Reader::new(source);
        let (mut start, mut end) = (0, new_size);
        // RFC 6962 2.1.2: walk down to where the old tree ends, and note the subtrees not entered.
        while end != old_size {
            let middle = split(start, end);
            if old_size <= middle {
                path.push(reader.subtree(middle, end)?);
                end = middle;
            } else {
                path.push(reader.subtree(start, middle)?);
                start = middle;
            }
        }
        // RFC 6962 2.1.2: the last subtree is left out if it is the whole old tree, whose root
        // the verifier knows.
        if start > 0 {
            path.push(reader.subtree(start, end)?);
        }
        path.reverse();
    }
    Ok(ConsistencyProof {
        old_size,
        new_size,
        path,
    })
}

/// The root that the tree had at `size` leaves.
///
/// # Errors
/// [`TreeError`] if a tile is missing or cannot be read.
pub fn root_at<S: TileSource>(size: u64, source: &S) -> Result<Hash, TreeError<S::Error>> {
    match size {
        0 => Ok(Hash::EMPTY_ROOT),
        1..=LEAVES_MAX => Reader::new(source).subtree(0, size),
        _ => Err(TreeError::OutOfRange),
    }
}

/// Reads subtrees out of tiles, each tile once.
struct Reader<'a, S> {
    source: &'a S,
    tiles: BTreeMap<TileId, Vec<Hash>>,
}

impl<'a, S: TileSource> Reader<'a, S> {
    const fn new(source: &'a S) -> Self {
        Self {
            source,
            tiles: BTreeMap::new(),
        }
    }

    /// The root of the leaves from `start` to before `end`, where `start` is a multiple of the
    /// next power of two from `end - start` on.
    fn subtree(&mut self, start: u64, end: u64) -> Result<Hash, TreeError<S::Error>> {
        let leaves = end - start;
        if leaves.is_power_of_two() {
            return self.perfect(start, leaves);
        }
        let middle = split(start, end);
        let left = self.perfect(start, middle - start)?;
        let right = self.subtree(middle, end)?;
        Ok(Hash::node(&left, &right))
    }

    /// The root of a perfect subtree, which lies within one tile.
    fn perfect(&mut self, start: u64, leaves: u64) -> Result<Hash, TreeError<S::Error>> {
        let height = leaves.ilog2();
        let tile_height = u32::from(TILE_HEIGHT);
        let first = (start >> (height - height % tile_height)).to_le_bytes()[0];
        let first = usize::from(first);
        let end = first + (1 << (height % tile_height));
        let level = height / tile_height;
        let id = TileId {
            level: u8::try_from(level).map_err(|_| TreeError::OutOfRange)?,
            index: start.checked_shr((level + 1) * tile_height).unwrap_or(0),
        };
        let hashes = match self.tiles.entry(id) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(tile::read(id, end, self.source)?)
            }
        };
        hashes
            .get(first..end)
            .map(root_of)
            .ok_or(TreeError::Missing(id))
    }
}

/// Where RFC 6962 2.1 splits: the left part is the largest power of two that leaves something.
fn split(start: u64, end: u64) -> u64 {
    start + ((end - start).next_power_of_two() >> 1)
}
