//! Hostile bytes: no parser panics.

use proptest::prelude::*;

const SEEDS: [&str; 4] = [
    "old 5\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\nlog.example\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
     \u{2014} log.example Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n",
    "\u{2014} w.example jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n",
    "1234\n",
    "/tile/0/x001/x234/067.p/17",
];

#[test]
fn the_seeds_and_all_their_beginnings_are_handled() {
    for seed in SEEDS.map(str::as_bytes) {
        (0..=seed.len()).for_each(|end| tlog::fuzz(&seed[..end]));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_handled(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        tlog::fuzz(&bytes);
    }

    #[test]
    fn spoiled_good_input_is_handled(seed in prop::sample::select(SEEDS.to_vec()), at: prop::sample::Index, byte: u8) {
        let mut bytes = seed.as_bytes().to_vec();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        tlog::fuzz(&bytes);
    }
}
