//! What rspamd, clamd and milters answer.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| scan::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
