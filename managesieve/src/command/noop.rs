//! `NOOP` (RFC 5804 2.13).

use crate::answer::Answer;
use crate::codec::Code;

pub(super) fn run(tag: Option<Vec<u8>>) -> Answer {
    match tag {
        // RFC 5804 2.13: the answer says what it answers, so that a client finds its place again.
        Some(tag) => Answer::ok_with(Code::Tag(tag), "Done"),
        None => Answer::ok("Done"),
    }
}
