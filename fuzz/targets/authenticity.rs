//! Signatures, policies, keys, results and reports of other domains.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| authenticity::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
