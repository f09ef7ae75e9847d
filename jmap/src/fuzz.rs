//! What a fuzzer calls.

use crate::codec::reference::{Allowance, resolve};
use crate::codec::request::{Bounds, Invocation, Request};
use crate::codec::{date, filter, id, patch};
use crate::words::{email_header, email_query, snippet};
use crate::{draft, jscalendar, push};

/// Octets of memory that references may bring while fuzzing.
const ALLOWANCE_OCTETS: usize = 1 << 20;

/// Reads any octets as what clients send: requests with their references, objects, and frames of WebSockets.
///
/// # Panics
/// If a reader accepts what it cannot write again, which is what a fuzzer looks for.
pub fn fuzz(input: &[u8]) {
    push::fuzz(input);
    jscalendar::fuzz(input);
    if let Ok(text) = str::from_utf8(input) {
        id::fuzz(text);
        date::fuzz(text);
        email_query::fuzz(text);
        email_header::fuzz(text);
        snippet::fuzz(text);
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
            filter::fuzz(&call.arguments);
            draft::fuzz(&call.arguments);
            answers.push(call);
        }
    }
}
