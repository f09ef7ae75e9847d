//! A path of the log: what of the tree is asked for.

use seal::TileId;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The first hashes of a tile, so many.
    Tile(TileId, usize),
    /// A bundle of entries.
    Entries,
}

/// Reads the path of a request, as it was sent.
pub(crate) fn parse(path: &str) -> Option<Wanted> {
    let path = path.strip_prefix('/')?;
    if path.starts_with("tile/entries/") {
        return Some(Wanted::Entries);
    }
    let (id, width) = TileId::parse_path(path)?;
    Some(Wanted::Tile(id, width))
}

pub(super) fn fuzz(input: &[u8]) {
    if let Some(Wanted::Tile(id, width)) = str::from_utf8(input).ok().and_then(parse) {
        assert_eq!(
            format!("/{}", id.path(width)).as_bytes(),
            input,
            "a tile has one path"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_told_from_entries_and_the_rest() {
        let id = TileId {
            level: 1,
            index: 1_001,
        };
        let tile = "/tile/1/x001/001.p/7";
        assert_eq!(parse(tile), Some(Wanted::Tile(id, 7)));
        assert_eq!(parse("/tile/entries/000"), Some(Wanted::Entries));
        for bad in [
            "/tile/1/x001/001.p/0",
            "/tile/1/%78001/001",
            "tile/0/000",
            "/tile/0/../checkpoint",
            "/",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
