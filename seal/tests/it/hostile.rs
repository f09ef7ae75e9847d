//! Hostile bytes: no parser panics, and none takes two spellings of one thing.

use proptest::prelude::*;

/// Good input to start from.
const SEEDS: [&[u8]; 11] = [
    include_bytes!("seeds/two_signatures.note"),
    include_bytes!("seeds/checkpoint.note"),
    include_bytes!("seeds/checkpoint.text"),
    b"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    b"PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
    b"seal.link.v1\0\0\0\0",
    include_bytes!("seeds/cosigned.note"),
    include_bytes!("seeds/submission.body"),
    include_bytes!("seeds/offline.tlog-proof"),
    include_bytes!("seeds/groups.policy"),
    b"tile/0/x001/x234/067.p/17",
];

#[test]
fn the_seeds_and_all_their_beginnings_are_handled() {
    for seed in SEEDS {
        (0..=seed.len()).for_each(|end| seal::fuzz(&seed[..end]));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_handled(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        seal::fuzz(&bytes);
    }

    #[test]
    fn text_of_the_right_characters_is_handled(text in "(\u{2014} |\n|[a-z+/=A0]| |\u{a0}){0,120}") {
        seal::fuzz(text.as_bytes());
    }

    #[test]
    fn spoiled_good_input_is_handled(
        seed in prop::sample::select(SEEDS.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..6),
    ) {
        let mut bytes = seed.to_vec();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len() + 1);
            match how {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ => bytes.truncate(at.max(1)),
            }
        }
        seal::fuzz(&bytes);
    }
}
