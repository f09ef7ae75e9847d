//! The fuzz target of this crate: what scanners answer.

use crate::{clamd, header, milter, rspamd};

/// Feeds the input to every parser of the crate.
///
/// # Panics
/// Where a parser breaks its promise: that is what the fuzzer looks for.
pub fn fuzz(input: &[u8]) {
    let _ = clamd::codec::reply(input);
    rspamd::codec::fuzz(input);
    milter::codec::fuzz(input);
    if let Some(value) = header::value(input) {
        let lines: Vec<&str> = value.split("\r\n").collect();
        assert!(
            lines
                .iter()
                .skip(1)
                .all(|line| line.starts_with([' ', '\t'])),
            "a value ends its field: {value:?}"
        );
        assert!(!lines.iter().any(|line| line.contains(['\r', '\n', '\0'])));
    }
}
