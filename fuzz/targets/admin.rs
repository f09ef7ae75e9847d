//! Frames of the admin socket: requests and answers.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| admin::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
