//! A tile: up to 256 neighbouring hashes of every eighth level of the tree, stored as one piece.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;

use super::TreeError;
use crate::Hash;

// tlog-tiles, "Merkle Tree": full tiles are exactly 256 hashes wide, so a tile is 8 levels high.
pub(crate) const TILE_WIDTH: usize = 256;
pub(crate) const TILE_HEIGHT: u8 = 8;

/// Highest level of tiles; a tree of 2^63 leaves needs no more.
const LEVEL_MAX: u8 = 7;

/// The place of a tile in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// 0 holds leaf hashes; each hash of a higher level is the root of a full tile below it.
    pub level: u8,
    /// Number of the tile within its level, from 0.
    pub index: u64,
}

impl TileId {
    /// The path under which tlog-tiles serves this tile when it has `width` hashes, for example
    /// `tile/0/x001/x234/067` or `tile/1/000.p/17`.
    #[must_use]
    pub fn path(&self, width: usize) -> String {
        // tlog-tiles, "Merkle Tree": three digits for each path element, all but the last with x.
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        let index = groups.join("/");
        if width < TILE_WIDTH {
            format!("tile/{}/{index}.p/{width}", self.level)
        } else {
            format!("tile/{}/{index}", self.level)
        }
    }

    /// Reads what [`TileId::path`] writes: the tile, and how many of its hashes are wanted.
    #[must_use]
    pub fn parse_path(path: &str) -> Option<(Self, usize)> {
        let (level, index) = path.strip_prefix("tile/")?.split_once('/')?;
        let level = decimal(level, LEVEL_NAMED_MAX)?;
        let (index, width) = match index.rsplit_once(".p/") {
            // tlog-tiles, "Partial Tiles": from 1 to 255 hashes.
            Some((index, width)) => (index, decimal(width, 255).filter(|width| *width > 0)?),
            None => (index, TILE_WIDTH as u64),
        };
        let (last, above) = match index.rsplit_once('/') {
            Some((above, last)) => (last, Some(above)),
            None => (index, None),
        };
        let mut number = three_digits(last)?;
        if let Some(above) = above {
            let mut place = 1_u64;
            // The highest group is not zero, so that a number has one path.
            let mut groups = above.rsplit('/').peekable();
            while let Some(group) = groups.next() {
                let value = three_digits(group.strip_prefix('x')?)?;
                if groups.peek().is_none() && value == 0 {
                    return None;
                }
                place = place.checked_mul(1_000)?;
                number = number.checked_add(value.checked_mul(place)?)?;
            }
        }
        let id = Self {
            level: u8::try_from(level).ok()?,
            index: number,
        };
        Some((id, usize::try_from(width).ok()?))
    }
}

/// A decimal number without leading zeroes.
pub(crate) fn decimal(text: &str, max: u64) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = text == "0" || !text.starts_with('0');
    let number = (is_plain && is_short).then(|| text.parse().ok())??;
    (number <= max).then_some(number)
}

/// tlog-tiles, "Merkle Tree": path elements of three digits.
fn three_digits(text: &str) -> Option<u64> {
    let is_plain = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok())?
}

/// tlog-tiles, "Merkle Tree": levels that a path may name.
const LEVEL_NAMED_MAX: u64 = 63;

/// Feeds hostile bytes to the parser of paths.
pub(crate) fn fuzz(input: &[u8]) {
    if let Some((id, width)) = str::from_utf8(input).ok().and_then(TileId::parse_path) {
        assert_eq!(id.path(width).as_bytes(), input, "a tile has one path");
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of level {}", self.index, self.level)
    }
}

/// A tile with its hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Where in the tree it is.
    pub id: TileId,
    /// Its hashes, at most [`Tile::WIDTH`].
    pub hashes: Vec<Hash>,
}

impl Tile {
    /// Hashes in a complete tile.
    pub const WIDTH: usize = TILE_WIDTH;

    /// The hashes one after the other: 8,192 bytes when the tile is complete.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.hashes
            .iter()
            .flat_map(|hash| *hash.as_bytes())
            .collect()
    }

    /// Reads what [`Tile::encode`] writes; `None` if the bytes are no whole number of hashes, or
    /// more than [`Tile::WIDTH`].
    #[must_use]
    pub fn decode(id: TileId, bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks::<{ Hash::BYTES }>();
        if !rest.is_empty() || hashes.len() > TILE_WIDTH {
            return None;
        }
        Some(Self {
            id,
            hashes: hashes.iter().copied().map(Hash::from_bytes).collect(),
        })
    }
}

/// Where tiles are read from.
pub trait TileSource {
    /// Why a tile could not be read.
    type Error: std::error::Error + 'static;

    /// The hashes of a tile, as many as there are; `None` if there is no such tile.
    ///
    /// A tile that was incomplete in an older tree is the beginning of the same tile today, so
    /// the newest form serves all sizes.
    ///
    /// # Errors
    /// Whatever keeps the source from answering; a missing tile is no error.
    fn tile(&self, id: TileId) -> Result<Option<Vec<Hash>>, Self::Error>;
}

impl TileSource for BTreeMap<TileId, Vec<Hash>> {
    type Error = Infallible;

    fn tile(&self, id: TileId) -> Result<Option<Vec<Hash>>, Infallible> {
        Ok(self.get(&id).cloned())
    }
}

/// Number of complete tiles of a level in a tree of this size.
pub(crate) fn full_tiles(size: u64, level: u8) -> u64 {
    if level >= LEVEL_MAX {
        0
    } else {
        size >> ((level + 1) * TILE_HEIGHT)
    }
}

/// Number of hashes in the incomplete tile of a level in a tree of this size.
pub(crate) fn open_width(size: u64, level: u8) -> usize {
    // tlog-tiles, "Partial Tiles": floor(size / 256^level) mod 256.
    let hashes = if level > LEVEL_MAX {
        0
    } else {
        size >> (level * TILE_HEIGHT)
    };
    usize::from(hashes.to_le_bytes()[0])
}

/// Reads a tile that has to have at least `width` hashes.
pub(crate) fn read<S: TileSource>(
    id: TileId,
    width: usize,
    source: &S,
) -> Result<Vec<Hash>, TreeError<S::Error>> {
    let hashes = source
        .tile(id)
        .map_err(TreeError::Source)?
        .ok_or(TreeError::Missing(id))?;
    if hashes.len() > TILE_WIDTH {
        return Err(TreeError::TooLong(id));
    }
    if hashes.len() < width {
        return Err(TreeError::Missing(id));
    }
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_tlog_tiles() {
        let id = |level, index| TileId { level, index };
        assert_eq!(id(0, 1_234_067).path(256), "tile/0/x001/x234/067");
        assert_eq!(id(1, 0).path(17), "tile/1/000.p/17");
        assert_eq!(id(2, 1000).path(256), "tile/2/x001/000");
    }

    #[test]
    fn paths_come_back_and_other_spellings_are_refused() {
        for index in [0, 7, 999, 1_000, 1_234_067, u64::MAX] {
            for (level, width) in [(0, 256), (7, 1), (63, 255)] {
                let id = TileId { level, index };
                assert_eq!(TileId::parse_path(&id.path(width)), Some((id, width)));
            }
        }
        for bad in [
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/00",
            "tile/0/0000",
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/0/+00",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/x000/000",
            "tile/0/001/000",
            "tile/0/x001/x000",
            "tile/0/x001//000",
            "tile/0/x001/../000",
            "tile/entries/000",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "/tile/0/000",
            "tile/0/000/",
        ] {
            assert_eq!(TileId::parse_path(bad), None, "{bad}");
        }
    }

    #[test]
    fn widths_are_those_of_the_examples_in_tlog_tiles() {
        let levels =
            |size| [0, 1, 2].map(|level| (full_tiles(size, level), open_width(size, level)));
        assert_eq!(levels(70_000), [(273, 112), (1, 17), (0, 1)]);
        assert_eq!(levels(256), [(1, 0), (0, 1), (0, 0)]);
        assert_eq!((full_tiles(u64::MAX, 7), open_width(u64::MAX, 8)), (0, 0));
    }

    #[test]
    fn bytes_come_back() {
        let id = TileId { level: 0, index: 4 };
        let tile = Tile {
            id,
            hashes: vec![Hash::of(b"a"), Hash::of(b"b")],
        };
        let bytes = tile.encode();
        assert_eq!(Tile::decode(id, &bytes), Some(tile));
        assert_eq!(Tile::decode(id, &bytes[1..]), None);
        assert_eq!(Tile::decode(id, &[0; 257 * 32]), None);
    }
}
