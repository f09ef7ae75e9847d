//! Evidence of an Exchange server that an intruder was in, read as a whole, and the reports on it.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| scout::assess::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
