//! The decoding of a commit from the journal.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| model::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
