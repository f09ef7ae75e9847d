//! The IMAP framer and command parser.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| imap::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
