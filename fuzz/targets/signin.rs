//! What strangers send to sign in over HTTP: credentials, OAuth requests, passkeys, tokens of a provider.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| signin::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
