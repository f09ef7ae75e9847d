//! What others saw of mail servers, mandates, the build table, lists of files and their packed form.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    scout::census::fuzz(input);
    scout::builds::fuzz(input);
    scout::baseline::fuzz(input);
});

#[cfg(not(fuzzing))]
fn main() {}
