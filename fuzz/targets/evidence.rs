//! What stands in the logs, event logs and exports of an Exchange server that an intruder was in.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| evidence::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
