//! The readers of JMAP: requests, references to earlier results, patches, filters, and objects.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| jmap::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
