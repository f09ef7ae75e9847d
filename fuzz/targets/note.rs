//! Signed notes, checkpoints, tiles and proofs.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| seal::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
