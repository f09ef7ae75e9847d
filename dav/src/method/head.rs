//! `HEAD` (RFC 9110 9.3.2): what `GET` would answer, without the body.

use crate::answer::Answer;
use crate::asked::Asked;
use crate::error::Failure;

/// The shell says how long the body is and leaves it out.
pub(super) async fn run(asked: Asked) -> Result<Answer, Failure> {
    super::get::run(asked).await
}
