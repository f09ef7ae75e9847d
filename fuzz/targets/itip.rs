//! Scheduling: every function over two texts.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| itip::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
