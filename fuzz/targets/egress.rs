//! What the egress process reads: frames of its socket, replies of SMTP servers, MTA-STS policies and announcements.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    egress::wire::fuzz(input);
    egress::fuzz(input);
});

#[cfg(not(fuzzing))]
fn main() {}
