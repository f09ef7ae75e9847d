//! `CHECKSCRIPT` (RFC 5804 2.12).

use crate::answer::{Answer, Failure};

pub(super) fn run(script: &[u8]) -> Result<Answer, Failure> {
    groupware::check_script(script)?;
    Ok(Answer::ok("The script is good"))
}
