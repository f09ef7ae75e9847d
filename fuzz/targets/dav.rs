//! The readers of WebDAV: bodies, header fields and links.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| dav::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
