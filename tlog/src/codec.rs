//! Codec: paths, bodies and answers of the two protocols.

pub(crate) mod answer;

pub(crate) mod path;

use seal::Submission;

pub(crate) fn fuzz(input: &[u8]) {
    seal::fuzz(input);
    path::fuzz(input);
    answer::fuzz(input);
    let _ = Submission::parse(input);
}
