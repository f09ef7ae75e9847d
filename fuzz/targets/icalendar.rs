//! The iCalendar reader and all that is asked of what it has read.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| icalendar::fuzz(input));

#[cfg(not(fuzzing))]
fn main() {}
