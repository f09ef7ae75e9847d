//! Filters: a script, and a message behind a NUL.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| sieve::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
