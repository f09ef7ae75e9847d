//! The tree: vectors of Certificate Transparency, and everything tried against a tree computed
//! from scratch.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use super::proof::{ConsistencyProof, InclusionProof, ProofError};
use super::prove::{prove_consistency, prove_inclusion, root_at};
use super::*;

/// A tree with its stored tiles and all its leaves.
struct Log {
    frontier: Frontier,
    stored: BTreeMap<TileId, Vec<Hash>>,
    leaves: Vec<Hash>,
}

impl Log {
    fn of(leaves: impl IntoIterator<Item = Hash>) -> Self {
        let mut log = Self {
            frontier: Frontier::new(),
            stored: BTreeMap::new(),
            leaves: vec![],
        };
        for leaf in leaves {
            log.leaves.push(leaf);
            for tile in log.frontier.push(leaf) {
                assert_eq!(tile.hashes.len(), TILE_WIDTH);
                assert!(
                    log.stored.insert(tile.id, tile.hashes).is_none(),
                    "a tile comes once"
                );
            }
        }
        log
    }

    fn numbered(size: u64) -> Self {
        Self::of((0..size).map(|number| Hash::leaf(&number.to_be_bytes())))
    }

    fn inclusion(&self, index: u64, size: u64) -> InclusionProof {
        prove_inclusion(index, size, &self.frontier.over(&self.stored)).unwrap()
    }

    fn consistency(&self, old: u64, new: u64) -> ConsistencyProof {
        prove_consistency(old, new, &self.frontier.over(&self.stored)).unwrap()
    }

    fn root(&self, size: u64) -> Hash {
        root_of(&self.leaves[..usize::try_from(size).unwrap()])
    }
}

/// The eight leaves that the tests of Certificate Transparency use everywhere.
const CT_LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// The roots over the first 0 to 8 of them.
const CT_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn ct_log() -> Log {
    Log::of(CT_LEAVES.map(Hash::leaf))
}

fn hex<const N: usize>(hashes: [&str; N]) -> Vec<Hash> {
    hashes.map(|hash| hash.parse().unwrap()).to_vec()
}

#[test]
fn roots_are_those_of_certificate_transparency() {
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root().to_string(), CT_ROOTS[0]);
    for (leaf, root) in CT_LEAVES.iter().zip(&CT_ROOTS[1..]) {
        assert!(frontier.push(Hash::leaf(leaf)).is_empty());
        assert_eq!(frontier.root().to_string(), *root);
    }
}

#[test]
fn inclusion_proofs_are_those_of_certificate_transparency() {
    let log = ct_log();
    assert_eq!(log.inclusion(0, 1).path, []);
    assert_eq!(
        log.inclusion(0, 8).path,
        hex([
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ])
    );
    assert_eq!(
        log.inclusion(5, 8).path,
        hex([
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ])
    );
    assert_eq!(log.inclusion(2, 3).path, hex([CT_ROOTS[2]]));
}

#[test]
fn consistency_proofs_are_those_of_certificate_transparency() {
    let log = ct_log();
    assert_eq!(log.consistency(1, 1).path, []);
    assert_eq!(
        log.consistency(1, 8).path,
        hex([
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ])
    );
    assert_eq!(
        log.consistency(6, 8).path,
        hex([
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ])
    );
    assert_eq!(
        log.consistency(2, 5).path,
        hex([
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ])
    );
}

#[test]
fn every_proof_in_every_small_tree_verifies_and_no_other_size_or_place_does() {
    let log = Log::numbered(40);
    for new in 0..=40 {
        let root = log.root(new);
        assert_eq!(root_at(new, &log.frontier.over(&log.stored)), Ok(root));
        for place in 0..new {
            let proof = log.inclusion(place, new);
            let leaf = log.leaves[usize::try_from(place).unwrap()];
            assert_eq!(proof.verify(&leaf, &root), Ok(()), "leaf {place} of {new}");
            for index in (0..new).filter(|index| *index != place) {
                let moved = InclusionProof {
                    index,
                    ..proof.clone()
                };
                assert!(
                    moved.verify(&leaf, &root).is_err(),
                    "leaf {place} as {index} of {new}"
                );
            }
        }
        for old in 0..=new {
            let proof = log.consistency(old, new);
            assert_eq!(
                proof.verify(&log.root(old), &root),
                Ok(()),
                "{old} to {new}"
            );
            for other in (0..=40).filter(|other| *other != old) {
                let moved = ConsistencyProof {
                    old_size: other,
                    ..proof.clone()
                };
                let verified = moved.verify(&log.root(old), &root);
                assert!(verified.is_err(), "{old} as {other} to {new}");
            }
        }
    }
}

#[test]
fn paths_of_the_wrong_length_are_refused() {
    let log = Log::numbered(21);
    let proof = log.inclusion(9, 21);
    let verify = |path: &[Hash]| {
        InclusionProof {
            path: path.to_vec(),
            ..proof
        }
        .verify(&log.leaves[9], &log.root(21))
    };
    assert_eq!(verify(&proof.path[1..]), Err(ProofError::PathLength));
    assert_eq!(
        verify(&[&proof.path[..], &[Hash::ZERO]].concat()),
        Err(ProofError::PathLength)
    );
    let beyond = InclusionProof {
        index: 21,
        ..proof.clone()
    };
    assert_eq!(
        beyond.verify(&log.leaves[9], &log.root(21)),
        Err(ProofError::OutOfRange)
    );

    let proof = log.consistency(9, 21);
    let verify = |path: &[Hash]| {
        ConsistencyProof {
            path: path.to_vec(),
            ..proof
        }
        .verify(&log.root(9), &log.root(21))
    };
    assert_eq!(
        verify(&proof.path[..proof.path.len() - 1]),
        Err(ProofError::PathLength)
    );
    assert_eq!(
        verify(&[&proof.path[..], &[Hash::ZERO]].concat()),
        Err(ProofError::PathLength)
    );
    assert_eq!(verify(&[]), Err(ProofError::PathLength));
    let shrinking = ConsistencyProof {
        old_size: 22,
        ..proof.clone()
    };
    assert_eq!(
        shrinking.verify(&log.root(9), &log.root(21)),
        Err(ProofError::OutOfRange)
    );
}

#[test]
fn a_tree_of_three_tile_levels_proves_and_opens_again() {
    let size = 256 * 256 + 256 * 3 + 17;
    let log = Log::numbered(size);
    assert_eq!(log.frontier.root(), log.root(size));
    assert_eq!(log.stored.len(), 256 + 3 + 1);
    let root = log.root(size);
    for index in [
        0,
        255,
        256,
        65_535,
        65_536,
        66_000,
        size - 18,
        size - 17,
        size - 1,
    ] {
        let leaf = log.leaves[usize::try_from(index).unwrap()];
        assert_eq!(
            log.inclusion(index, size).verify(&leaf, &root),
            Ok(()),
            "leaf {index}"
        );
    }
    for old in [
        1,
        255,
        256,
        257,
        65_535,
        65_536,
        65_537,
        size - 17,
        size - 1,
    ] {
        let proof = log.consistency(old, size);
        assert_eq!(proof.verify(&log.root(old), &root), Ok(()), "size {old}");
        assert_eq!(
            root_at(old, &log.frontier.over(&log.stored)),
            Ok(log.root(old))
        );
    }

    let mut opened = Frontier::from_full_tiles(size / 256, &log.stored).unwrap();
    for leaf in &log.leaves[log.leaves.len() - 17..] {
        assert!(opened.push(*leaf).is_empty());
    }
    assert_eq!(opened, log.frontier);
}

#[test]
fn a_frontier_opens_again_at_every_tile() {
    let log = Log::numbered(256 * 4);
    for full in 0..=4 {
        let fresh = Log::numbered(full * 256).frontier;
        assert_eq!(
            Frontier::from_full_tiles(full, &log.stored),
            Ok(fresh),
            "{full} tiles"
        );
    }
}

#[test]
fn what_is_missing_is_named() {
    let mut log = Log::numbered(256 * 3);
    let id = TileId { level: 0, index: 1 };
    let hashes = log.stored.get_mut(&id).unwrap();
    hashes.pop();
    let missing = TreeError::Missing(id);
    assert_eq!(Frontier::from_full_tiles(3, &log.stored), Err(missing));
    assert_eq!(
        Frontier::from_full_tiles(LEAVES_MAX, &log.stored),
        Err(TreeError::OutOfRange)
    );
    log.stored.insert(id, vec![Hash::ZERO; 257]);
    assert_eq!(
        Frontier::from_full_tiles(3, &log.stored),
        Err(TreeError::TooLong(id))
    );
    log.stored.remove(&id);
    let tiles = log.frontier.over(&log.stored);
    assert_eq!(prove_inclusion(300, 768, &tiles), Err(missing));
    assert!(
        prove_inclusion(3, 768, &tiles).is_ok(),
        "its root stands in the tile above"
    );
    assert_eq!(
        prove_inclusion(768, 768, &tiles),
        Err(TreeError::OutOfRange)
    );
    assert_eq!(prove_consistency(3, 2, &tiles), Err(TreeError::OutOfRange));
    assert_eq!(root_at(u64::MAX, &tiles), Err(TreeError::OutOfRange));
    let huge = root_at(LEAVES_MAX, &tiles);
    assert_eq!(huge, Err(TreeError::Missing(TileId { level: 7, index: 0 })));
}

#[test]
fn parts_come_back_and_other_parts_are_refused() {
    for size in [0, 1, 255, 256, 257, 600, 66_000] {
        let frontier = Log::numbered(size).frontier;
        let parts: Vec<_> = frontier.parts().collect();
        assert_eq!(
            Frontier::from_parts(size, parts.clone()),
            Some(frontier),
            "size {size}"
        );
        assert_eq!(
            Frontier::from_parts(size + 1, parts.clone()),
            None,
            "size {size} + 1"
        );
        for part in &parts {
            let twice = parts.iter().chain([part]).cloned();
            assert_eq!(Frontier::from_parts(size, twice), None);
            let mut moved = part.clone();
            moved.id.index += 1;
            assert_eq!(Frontier::from_parts(size, [moved]), None);
        }
    }
}

#[test]
fn no_frontier_is_larger_than_a_tree_may_be() {
    let part = |width| {
        let id = TileId { level: 7, index: 0 };
        vec![Tile {
            id,
            hashes: vec![Hash::ZERO; width],
        }]
    };
    let mut largest = Frontier::from_parts(LEAVES_MAX, part(128)).unwrap();
    assert!(largest.push(Hash::ZERO).is_empty());
    assert_eq!(largest.size(), LEAVES_MAX + 1);
    assert_eq!(
        Frontier::from_parts(LEAVES_MAX + (1 << 56), part(129)),
        None
    );
    assert_eq!(Frontier::from_parts(u64::MAX, part(255)), None);
}

/// Notes which tiles are read.
struct Watched<'a, S> {
    source: &'a S,
    read: RefCell<Vec<TileId>>,
}

impl<S: TileSource<Error = Infallible>> TileSource for Watched<'_, S> {
    type Error = Infallible;

    fn tile(&self, id: TileId) -> Result<Option<Vec<Hash>>, Infallible> {
        self.read.borrow_mut().push(id);
        self.source.tile(id)
    }
}

#[test]
fn a_proof_reads_at_most_two_tiles_of_each_level() {
    let log = Log::numbered(256 * 256 + 5 * 256 + 200);
    let tiles = log.frontier.over(&log.stored);
    let check = |what: &str, prove: &dyn Fn(&Watched<'_, _>)| {
        let watched = Watched {
            source: &tiles,
            read: RefCell::default(),
        };
        prove(&watched);
        for level in 0..3 {
            let read = watched
                .read
                .borrow()
                .iter()
                .filter(|id| id.level == level)
                .count();
            assert!(read <= 2, "{what}: {read} tiles of level {level}");
        }
    };
    for size in [300, 65_535, 65_536, 66_001, log.frontier.size()] {
        for place in [0, 77, size / 2, size - 2, size - 1] {
            check(&format!("leaf {place} of {size}"), &|source| {
                prove_inclusion(place, size, source).unwrap();
            });
            check(&format!("{place} to {size}"), &|source| {
                prove_consistency(place, size, source).unwrap();
            });
        }
    }
}
