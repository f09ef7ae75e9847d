//! `NAMESPACE` (RFC 2342, RFC 9051 6.3.10).

use crate::answer::Answer;
use crate::codec::Namespaces;
use crate::names::SHARED_PREFIX;
use crate::output::Output;

pub(super) fn run(out: &mut Output) -> Answer {
    out.encoder().namespace(&Namespaces {
        personal: &[""],
        other_users: &[SHARED_PREFIX],
        shared: &[],
    });
    Answer::ok("NAMESPACE completed")
}
