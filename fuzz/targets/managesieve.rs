//! The readers of ManageSieve: the framer and the commands.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| managesieve::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
