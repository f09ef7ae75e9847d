//! What comes to a transparency log and a witness, and what a witness answers; policies and offline proofs with it.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| tlog::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
