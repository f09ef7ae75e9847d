//! What a fuzzer calls.

use super::id::fuzz as ids;
use super::reference::{Allowance, resolve};
use super::request::{Bounds, Invocation, Request};
use super::{date, patch};

/// Octets of memory that references may bring while fuzzing.
const ALLOWANCE_OCTETS: usize = 1 << 20;

/// Reads any octets as a request, and puts every call's results in the place of its references.
///
/// # Panics
/// If a reader accepts what it cannot write again, which is what a fuzzer looks for.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input) {
        ids(text);
        date::fuzz(text);
        crate::words::email_query::fuzz(text);
        crate::words::email_header::fuzz(text);
        crate::words::snippet::fuzz(text);
    }
    let bounds = Bounds {
        calls_max: 16,
        created_ids_max: 256,
    };
    let Ok(request) = Request::read(input, bounds) else {
        return;
    };
    let mut answers: Vec<Invocation> = Vec::new();
    let mut allowance = Allowance(ALLOWANCE_OCTETS);
    for mut call in request.calls {
        if resolve(&mut call.arguments, &answers, &mut allowance).is_ok() {
            patch::fuzz(&call.arguments);
            super::filter::fuzz(&call.arguments);
            super::draft::fuzz(&call.arguments);
            answers.push(call);
        }
    }
}
