//! `Core/echo` (RFC 8620 4): what came in goes out.

use crate::call::{Answer, Call, Outcome};

pub(crate) async fn run(call: Call) -> Outcome {
    Ok(Answer::from(call.arguments.0))
}
