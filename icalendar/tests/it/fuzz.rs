//! The inputs of the fuzzer, and as many spoilt ones, on the stable compiler.

use std::path::Path;

use proptest::prelude::*;

fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/icalendar");
    let entries = std::fs::read_dir(folder).expect("the corpus is there");
    let seeds: Vec<_> = entries
        .map(|entry| std::fs::read(entry.expect("an entry").path()).expect("a file"))
        .collect();
    assert!(!seeds.is_empty());
    seeds
}

#[test]
fn seeds_do_no_harm_whole_or_cut() {
    for seed in seeds() {
        icalendar::fuzz(&seed);
        for end in 0..seed.len() {
            icalendar::fuzz(&seed[..end]);
        }
    }
}

/// Words that mean something somewhere.
const WORDS: [&str; 26] = [
    "FREQ=SECONDLY",
    "FREQ=YEARLY",
    ";BYDAY=-53SU",
    ";BYSETPOS=-366",
    ";INTERVAL=4294967295",
    ";COUNT=4294967295",
    ";UNTIL=00010101",
    "BYWEEKNO=53",
    "BYYEARDAY=-366",
    "00010101T000000",
    "99991231T235959Z",
    "-P9999999999D",
    "PT9999999999S",
    ";VALUE=DATE:",
    "\nEXDATE:",
    "\nRDATE:",
    "\nRRULE:",
    "\nBEGIN:VEVENT",
    "\nEND:VEVENT",
    "\nTRIGGER:",
    ";TZID=Mine:",
    ";RANGE=THISANDFUTURE:",
    "/",
    ",",
    "\"",
    "\nREPEAT:9999999999",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn spoilt_seeds_do_no_harm(
        which in any::<prop::sample::Index>(),
        spoils in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..30, prop::option::of(prop::sample::select(&WORDS[..])), any::<u8>()), 1..6),
    ) {
        let seeds = seeds();
        let mut input = seeds[which.index(seeds.len())].clone();
        for (place, cut, word, byte) in spoils {
            let from = place.index(input.len() + 1);
            let to = (from + cut).min(input.len());
            let put = word.map_or_else(|| vec![byte], |word| word.as_bytes().to_vec());
            input.splice(from..to, put);
        }
        icalendar::fuzz(&input);
    }
}
