//! The SMTP command and data parsers.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| smtp::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
