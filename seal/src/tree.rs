//! A Merkle tree: a list of leaf hashes that only grows, with one root that stands for all.
//!
//! The tree is as RFC 6962 defines it, and is stored as C2SP tlog-tiles lays it out: tiles of up
//! to 256 hashes. Invariants of the frontier: `edge` holds one subtree root for each one bit of
//! `size`, the largest first; `open[l]` holds the hashes of the incomplete tile of level l.

use crate::Hash;

pub(crate) mod proof;
pub(crate) mod prove;
pub(crate) mod tile;

use tile::{TILE_HEIGHT, TILE_WIDTH, Tile, TileId, TileSource};

/// The right edge of a tree: all that is needed to let it grow and to know its root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    edge: Vec<Hash>,
    open: Vec<Vec<Hash>>,
}

impl Frontier {
    /// The frontier of a tree without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            size: 0,
            edge: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Rebuilds the frontier of the tree that consists of the first `full_tiles` complete tiles
    /// of level 0, from the stored complete tiles of all levels.
    ///
    /// Reads at most 255 tiles for each level. What came after the last complete tile is then
    /// pushed by the caller, whose list of leaves is the truth.
    ///
    /// # Errors
    /// [`TreeError`] if a tile is missing, is not complete, or cannot be read.
    pub fn from_full_tiles<S: TileSource>(
        full_tiles: u64,
        source: &S,
    ) -> Result<Self, TreeError<S::Error>> {
        let size = full_tiles
            .checked_mul(TILE_WIDTH as u64)
            .filter(|size| *size <= LEAVES_MAX)
            .ok_or(TreeError::OutOfRange)?;
        let mut parts = Vec::new();
        let mut full = full_tiles;
        let mut level = 0;
        while full > 0 {
            // tlog-tiles, "Merkle Tree": a hash of level l + 1 is the root of a full tile of level l.
            let upper = TileId {
                level: level + 1,
                index: full / TILE_WIDTH as u64,
            };
            let hashes = (upper.index * TILE_WIDTH as u64..full)
                .map(|index| full_tile_root(TileId { level, index }, source))
                .collect::<Result<Vec<_>, _>>()?;
            parts.push(Tile { id: upper, hashes });
            full = upper.index;
            level += 1;
        }
        Self::from_parts(size, parts).ok_or(TreeError::OutOfRange)
    }

    /// Rebuilds the frontier of a tree of `size` leaves from its incomplete tiles, in any order;
    /// empty ones may be left out. `None` if the tiles are not exactly those of that size, or the
    /// size is above [`LEAVES_MAX`].
    #[must_use]
    pub fn from_parts(size: u64, parts: impl IntoIterator<Item = Tile>) -> Option<Self> {
        if size > LEAVES_MAX {
            return None;
        }
        let mut open = vec![Vec::new(); open_levels(size)];
        for part in parts.into_iter().filter(|part| !part.hashes.is_empty()) {
            let place = open.get_mut(usize::from(part.id.level))?;
            if part.id.index != tile::full_tiles(size, part.id.level) || !place.is_empty() {
                return None;
            }
            *place = part.hashes;
        }
        let widths = (0u8..)
            .zip(&open)
            .all(|(level, hashes)| hashes.len() == tile::open_width(size, level));
        widths.then(|| Self {
            size,
            edge: edge_of(&open),
            open,
        })
    }

    /// The incomplete tiles, lowest level first: what [`Frontier::from_parts`] takes, and what
    /// tlog-tiles serves as partial tiles.
    pub fn parts(&self) -> impl Iterator<Item = Tile> {
        (0u8..)
            .zip(&self.open)
            .filter(|(_, hashes)| !hashes.is_empty())
            .map(|(level, hashes)| Tile {
                id: self.open_tile(level),
                hashes: hashes.clone(),
            })
    }

    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree as it is now; one SHA-256 for each one bit of the size but the first.
    #[must_use]
    pub fn root(&self) -> Hash {
        // RFC 6962 2.1: the left subtree is always the largest perfect one, so folding the
        // perfect subtrees from the right gives the root.
        let folded = self
            .edge
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| Hash::node(&left, &right));
        folded.unwrap_or(Hash::EMPTY_ROOT)
    }

    /// Adds a leaf by its hash and returns the tiles that it completed, lowest level first:
    /// none 255 times of 256.
    ///
    /// Costs one SHA-256 on average. The returned tiles will never change and are not kept here:
    /// store them.
    #[must_use = "a completed tile is not kept here and has to be stored"]
    pub fn push(&mut self, leaf: Hash) -> Vec<Tile> {
        let mut completed = Vec::new();
        self.extend_tile(0, leaf, &mut completed);
        let mut node = leaf;
        let mut height: u8 = 0;
        while (self.size >> height) & 1 == 1 {
            let left = self
                .edge
                .pop()
                .expect("the edge has a root for each one bit of the size");
            node = Hash::node(&left, &node);
            height += 1;
            if height.is_multiple_of(TILE_HEIGHT) {
                self.extend_tile(height / TILE_HEIGHT, node, &mut completed);
            }
        }
        self.edge.push(node);
        self.size += 1;
        completed
    }

    /// The stored complete tiles together with the incomplete ones kept here.
    #[must_use]
    pub const fn over<'a, S>(&'a self, stored: &'a S) -> Tiles<'a, S> {
        Tiles {
            frontier: self,
            stored,
        }
    }

    fn extend_tile(&mut self, level: u8, hash: Hash, completed: &mut Vec<Tile>) {
        let place = usize::from(level);
        if place >= self.open.len() {
            self.open.resize_with(place + 1, Vec::new);
        }
        let hashes = &mut self.open[place];
        hashes.reserve_exact(TILE_WIDTH - hashes.len());
        hashes.push(hash);
        if hashes.len() == TILE_WIDTH {
            let hashes = std::mem::take(hashes);
            completed.push(Tile {
                id: self.open_tile(level),
                hashes,
            });
        }
    }

    /// The tile of a level that is not complete yet (its index does not change before the leaf
    /// that completes it is counted).
    fn open_tile(&self, level: u8) -> TileId {
        TileId {
            level,
            index: tile::full_tiles(self.size, level),
        }
    }
}

/// A frontier's incomplete tiles in front of the stored complete ones; see [`Frontier::over`].
#[derive(Clone, Copy, Debug)]
pub struct Tiles<'a, S> {
    frontier: &'a Frontier,
    stored: &'a S,
}

impl<S: TileSource> TileSource for Tiles<'_, S> {
    type Error = S::Error;

    fn tile(&self, id: TileId) -> Result<Option<Vec<Hash>>, S::Error> {
        if id == self.frontier.open_tile(id.level) {
            return Ok(self.frontier.open.get(usize::from(id.level)).cloned());
        }
        self.stored.tile(id)
    }
}

/// Why a tree cannot be rebuilt, or a proof not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError<E: std::error::Error + 'static> {
    /// The asked leaf or size is beyond the tree, or beyond [`LEAVES_MAX`].
    #[error("the tree does not reach that far")]
    OutOfRange,
    /// A tile that the tree must have is missing, or is shorter than it must be.
    #[error("tile {0} is missing or too short")]
    Missing(TileId),
    /// A tile holds more than 256 hashes.
    #[error("tile {0} is too long")]
    TooLong(TileId),
    /// The source could not read a tile.
    #[error("a tile could not be read")]
    Source(#[source] E),
}

/// Most leaves a tree may have: 2^63, so that no sum of two places overflows.
pub const LEAVES_MAX: u64 = 1 << 63;

/// The root of a tree with these leaf hashes, computed from scratch.
#[must_use]
pub fn root_of(leaves: &[Hash]) -> Hash {
    // RFC 6962 2.1: no leaf: the empty hash; one: itself; else split at the largest power of two
    // that leaves something on the right.
    match leaves {
        [] => Hash::EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Hash::node(&root_of(left), &root_of(right))
        }
    }
}

/// How many levels of tiles a tree of this size has begun.
fn open_levels(size: u64) -> usize {
    (0u8..8)
        .take_while(|level| size >> (level * TILE_HEIGHT) > 0)
        .count()
}

/// The roots of the perfect subtrees that the incomplete tiles stand for, the largest first.
fn edge_of(open: &[Vec<Hash>]) -> Vec<Hash> {
    let mut edge = Vec::new();
    for hashes in open.iter().rev() {
        let mut rest = hashes.as_slice();
        while !rest.is_empty() {
            let (perfect, after) = rest.split_at(1 << rest.len().ilog2());
            edge.push(root_of(perfect));
            rest = after;
        }
    }
    edge
}

/// Reads one tile that has to be complete, and hashes it to one.
fn full_tile_root<S: TileSource>(id: TileId, source: &S) -> Result<Hash, TreeError<S::Error>> {
    let hashes = tile::read(id, TILE_WIDTH, source)?;
    Ok(root_of(&hashes))
}

#[cfg(test)]
mod tests;
