//! What went wrong in an operation, as a tagged answer.

use std::borrow::Cow;

use directory::SignInError;
use groupware::Error;

use crate::answer::{Answer, AnswerCode, Failure};
use crate::codec::{Code, Condition, Fault};

/// The answer to an operation that failed (codes: RFC 9051 7.1).
pub(crate) fn answer(error: &Error) -> Answer {
    let code = match error {
        Error::NotFound => Code::NonExistent,
        Error::AlreadyExists => Code::AlreadyExists,
        Error::Forbidden => Code::NoPerm,
        Error::OverQuota => Code::OverQuota,
        Error::TooLarge => Code::TooBig,
        Error::StateMismatch => Code::InUse,
        Error::CannotCalculate | Error::Unavailable { .. } => Code::Unavailable,
        Error::HasChildren => Code::HasChildren,
        Error::NotEmpty | Error::Invalid { .. } | Error::UidConflict { .. } | Error::Refused(_) => {
            Code::Cannot
        }
        Error::Limit(_) | Error::SendingLimit { .. } => Code::Limit,
        Error::Internal(_) => Code::ServerBug,
    };
    let text = match error {
        Error::Internal(incident) => Cow::Owned(format!("Internal error, incident {incident}")),
        other => Cow::Borrowed(other.for_peer()),
    };
    Answer {
        condition: Condition::No,
        code: AnswerCode::Plain(code),
        text,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(answer(&error))
    }
}

/// The answer to somebody who is not let in.
pub(crate) fn sign_in(error: SignInError) -> Answer {
    match error {
        SignInError::Refused => Answer::no(
            Code::AuthenticationFailed,
            "Name or password is wrong, or not good for IMAP",
        ),
        SignInError::Slow { retry_after } => Answer {
            condition: Condition::No,
            code: AnswerCode::Plain(Code::Unavailable),
            text: Cow::Owned(format!(
                "Too many failures, try again in {} seconds",
                retry_after.as_secs().max(1)
            )),
        },
        SignInError::Unavailable => Answer::no(
            Code::Unavailable,
            "Signing in is not possible at the moment",
        ),
        SignInError::Malformed => Answer::bad("This is no valid message of the mechanism"),
    }
}

/// The answer to a command that cannot be parsed.
pub(crate) fn fault(fault: &Fault) -> Answer {
    let (condition, code) = match fault {
        Fault::Malformed { .. } | Fault::UnknownCommand => (Condition::Bad, AnswerCode::None),
        Fault::TooMany { .. } | Fault::TooDeep { .. } => {
            (Condition::Bad, AnswerCode::Plain(Code::Limit))
        }
        // RFC 9051 6.4.4: NO with the charsets that are known.
        Fault::BadCharset => (Condition::No, AnswerCode::Plain(Code::BadCharset)),
        Fault::Mailbox(_) => (Condition::No, AnswerCode::Plain(Code::Cannot)),
    };
    Answer {
        condition,
        code,
        text: Cow::Owned(fault.to_string()),
    }
}
