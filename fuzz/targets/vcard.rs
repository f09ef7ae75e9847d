//! The reading, converting and filtering of contact cards.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| vcard::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
