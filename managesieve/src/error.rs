//! What went wrong in an operation, as an answer.

use std::borrow::Cow;

use directory::SignInError;
use groupware::{Error, ScriptError};

use crate::answer::{Answer, Failure};
use crate::codec::{Code, Fault, FrameError};

/// The answer to an operation that failed (codes: RFC 5804 1.3).
pub(crate) fn answer(error: &Error) -> Answer {
    let code = match error {
        Error::NotFound => Some(Code::NonExistent),
        Error::AlreadyExists => Some(Code::AlreadyExists),
        Error::OverQuota => Some(Code::Quota),
        Error::TooLarge => Some(Code::QuotaMaxSize),
        Error::StateMismatch
        | Error::CannotCalculate
        | Error::SendingLimit { .. }
        | Error::Unavailable { .. } => Some(Code::TryLater),
        Error::Forbidden
        | Error::HasChildren
        | Error::NotEmpty
        | Error::Invalid { .. }
        | Error::UidConflict { .. }
        | Error::Refused(_)
        | Error::Limit(_)
        | Error::Internal(_) => None,
    };
    let text = match error {
        Error::Internal(incident) => Cow::Owned(format!("Internal error, incident {incident}")),
        other => Cow::Borrowed(other.for_peer()),
    };
    match code {
        Some(code) => Answer::no_with(code, text),
        None => Answer::no(text),
    }
}

/// The answer where something was not done with a script.
pub(crate) fn script(error: &ScriptError) -> Answer {
    match error {
        // RFC 5804 2.6: what is wrong with the script is for the person who wrote it.
        ScriptError::Fault(fault) => Answer::no(fault.clone()),
        ScriptError::Name => Answer::no("No script can be called so"),
        ScriptError::Active => Answer::no_with(Code::Active, "The script is active"),
        ScriptError::TooMany => Answer::no_with(
            Code::QuotaMaxScripts,
            "You have as many scripts as you can have",
        ),
        ScriptError::TooLarge => Answer::no_with(Code::QuotaMaxSize, "The script is too large"),
        ScriptError::Failed(error) => answer(error),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(answer(&error))
    }
}

impl From<ScriptError> for Failure {
    fn from(error: ScriptError) -> Self {
        Self::Refused(script(&error))
    }
}

/// The answer to somebody who is not let in.
pub(crate) fn sign_in(error: SignInError) -> Answer {
    match error {
        SignInError::Refused => {
            Answer::no("Name or password is wrong, or not good for ManageSieve")
        }
        SignInError::Slow { retry_after } => Answer::no_with(
            Code::TryLater,
            format!(
                "Too many failures, try again in {} seconds",
                retry_after.as_secs().max(1)
            ),
        ),
        SignInError::Unavailable => {
            Answer::no_with(Code::TryLater, "Signing in is not possible at the moment")
        }
        SignInError::Malformed => Answer::no("This is no valid message of the mechanism"),
    }
}

/// The answer to a command that cannot be read.
pub(crate) fn fault(fault: Fault) -> Answer {
    Answer::no(fault.to_string())
}

/// The answer to a command that was given up while it was read.
pub(crate) fn frame(error: FrameError) -> Answer {
    match error {
        FrameError::LineTooLong | FrameError::Lost => Answer::no(error.to_string()),
        // RFC 5804 1.3: QUOTA/MAXSIZE.
        FrameError::LiteralTooBig { .. } => Answer::no_with(Code::QuotaMaxSize, error.to_string()),
    }
}
