//! Notifications to senders and records about reports: any octets.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| transport::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
