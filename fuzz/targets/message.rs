//! The reading of message bytes at delivery.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| groupware::message::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
