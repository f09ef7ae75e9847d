//! Chain and tree together: whatever is written proves, and whatever is changed does not.

use std::collections::BTreeMap;

use proptest::prelude::*;
use seal::{
    Chain, ConsistencyProof, Frontier, Hash, InclusionProof, Link, Tile, TileId, prove_consistency,
    prove_inclusion, root_of,
};

/// Pushes leaves and keeps the complete tiles.
fn grow(leaves: &[Hash]) -> (Frontier, BTreeMap<TileId, Vec<Hash>>) {
    let mut frontier = Frontier::new();
    let mut stored = BTreeMap::new();
    for leaf in leaves {
        stored.extend(
            frontier
                .push(*leaf)
                .into_iter()
                .map(|Tile { id, hashes }| (id, hashes)),
        );
    }
    (frontier, stored)
}

fn leaves(size: u64, seed: u64) -> Vec<Hash> {
    (0..size)
        .map(|number| Hash::leaf(&[number.to_be_bytes(), seed.to_be_bytes()].concat()))
        .collect()
}

/// The hash with one bit turned.
fn turned(hash: Hash, byte: usize, bit: u8) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[byte] ^= 1 << bit;
    Hash::from_bytes(bytes)
}

fn prefix(leaves: &[Hash], size: u64) -> &[Hash] {
    &leaves[..usize::try_from(size).expect("a test tree fits into memory")]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_frontier_has_the_root_computed_from_scratch(size in 0u64..1500, seed: u64) {
        let leaves = leaves(size, seed);
        prop_assert_eq!(grow(&leaves).0.root(), root_of(&leaves));
    }

    #[test]
    fn a_frontier_opened_again_grows_as_if_never_closed(size in 0u64..1500, more in 0u64..600) {
        let leaves = leaves(size + more, 0);
        let (_, stored) = grow(prefix(&leaves, size));
        let mut opened = Frontier::from_full_tiles(size / 256, &stored).unwrap();
        for leaf in &leaves[usize::try_from(size / 256 * 256).unwrap()..] {
            let _ = opened.push(*leaf);
        }
        prop_assert_eq!(opened, grow(&leaves).0);
    }

    #[test]
    fn inclusion_proves_and_a_turned_bit_does_not(
        (size, index) in (1u64..1500).prop_flat_map(|size| (Just(size), 0..size)),
        ahead in 0u64..300, at: prop::sample::Index, byte in 0usize..32, bit in 0u8..8,
    ) {
        let leaves = leaves(size + ahead, 1);
        let (frontier, stored) = grow(&leaves);
        let root = root_of(prefix(&leaves, size));
        let leaf = leaves[usize::try_from(index).unwrap()];
        let proof = prove_inclusion(index, size, &frontier.over(&stored)).unwrap();
        prop_assert_eq!(proof.verify(&leaf, &root), Ok(()));
        prop_assert!(proof.verify(&turned(leaf, byte, bit), &root).is_err());
        prop_assert!(proof.verify(&leaf, &turned(root, byte, bit)).is_err());
        if !proof.path.is_empty() {
            let mut path = proof.path.clone();
            let place = at.index(path.len());
            path[place] = turned(path[place], byte, bit);
            let changed = InclusionProof { path, ..proof };
            prop_assert!(changed.verify(&leaf, &root).is_err());
        }
    }

    #[test]
    fn consistency_proves_and_a_turned_bit_does_not(
        (new, old) in (1u64..1500).prop_flat_map(|new| (Just(new), 1..=new)),
        ahead in 0u64..300, at: prop::sample::Index, byte in 0usize..32, bit in 0u8..8,
    ) {
        let leaves = leaves(new + ahead, 2);
        let (frontier, stored) = grow(&leaves);
        let (old_root, new_root) = (root_of(prefix(&leaves, old)), root_of(prefix(&leaves, new)));
        let proof = prove_consistency(old, new, &frontier.over(&stored)).unwrap();
        prop_assert_eq!(proof.verify(&old_root, &new_root), Ok(()));
        prop_assert!(proof.verify(&turned(old_root, byte, bit), &new_root).is_err());
        prop_assert!(proof.verify(&old_root, &turned(new_root, byte, bit)).is_err());
        if !proof.path.is_empty() {
            let mut path = proof.path.clone();
            let place = at.index(path.len());
            path[place] = turned(path[place], byte, bit);
            let changed = ConsistencyProof { path, ..proof };
            prop_assert!(changed.verify(&old_root, &new_root).is_err());
        }
    }

    #[test]
    fn hostile_proofs_do_not_panic(
        index: u64, size: u64, path in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let path: Vec<_> = path.into_iter().map(Hash::from_bytes).collect();
        let inclusion = InclusionProof { index, size, path: path.clone() };
        prop_assert!(inclusion.verify(&Hash::ZERO, &Hash::ZERO).is_err());
        let consistency = ConsistencyProof { old_size: index, new_size: size, path };
        let _ = consistency.verify(&Hash::ZERO, &Hash::ZERO);
    }

    #[test]
    fn a_turned_bit_in_any_link_breaks_its_chain(
        payloads in prop::collection::vec(any::<[u8; 8]>(), 2..20), at: prop::sample::Index,
        byte in 16usize..Link::BYTES, bit in 0u8..8,
    ) {
        let mut chain = Chain::start(1);
        let mut links: Vec<_> = payloads
            .iter()
            .map(|payload| chain.append(Hash::of(payload), 0).unwrap())
            .collect();
        let check = |links: &[Link]| {
            let mut chain = Chain::start(1);
            links.iter().try_for_each(|link| chain.check(link)).map(|()| chain.head())
        };
        let head = check(&links).unwrap();
        prop_assert_eq!(head, chain.head());
        let mut bytes = links[at.index(payloads.len())].encode();
        bytes[byte] ^= 1 << bit;
        links[at.index(payloads.len())] = Link::decode(&bytes).unwrap();
        // A change of the last link is seen by comparing the head, which the tree seals.
        prop_assert!(check(&links) != Ok(head));
    }
}

#[test]
fn a_dropped_payload_leaves_chain_and_tree_verifiable() {
    let mut chain = Chain::start(9);
    let mut frontier = Frontier::new();
    let mut entries: Vec<(Link, Option<&[u8]>)> = Vec::new();
    for payload in [b"one".as_slice(), b"two", b"three"] {
        let link = chain.append(Hash::of(payload), 0).unwrap();
        assert!(frontier.push(link.hash()).is_empty());
        entries.push((link, Some(payload)));
    }
    entries[1].1 = None;

    let mut again = Chain::start(9);
    let mut tree = Frontier::new();
    for (link, payload) in &entries {
        match payload {
            Some(payload) => again.check_with_payload(link, payload).unwrap(),
            None => again.check(link).unwrap(),
        }
        assert!(tree.push(link.hash()).is_empty());
    }
    assert_eq!(tree.root(), frontier.root());
}
