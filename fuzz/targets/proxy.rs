//! The PROXY protocol headers of a listener.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| listen::proxy::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
