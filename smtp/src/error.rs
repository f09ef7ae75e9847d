//! The reply to each error of the operations.

use groupware::Error;

use crate::codec::{DataRefusal, EnhancedCode, Reply};

/// What the peer is told. What may be better later is 4xx: a message must not bounce for a fault of ours.
pub(crate) fn reply(error: &Error) -> Reply {
    match error {
        // RFC 3463 3.2: the address was right when it was asked for, so its account went in the meantime.
        Error::NotFound => Reply::no_mailbox(),
        Error::Forbidden => Reply::new(550, EnhancedCode::NOT_AUTHORISED, "Not permitted."),
        // RFC 5321 4.3.2: 452 for what room in the account may cure.
        Error::OverQuota => Reply::mailbox_full(),
        Error::TooLarge => DataRefusal::TooBig.reply(),
        // RFC 3463 3.8: a matter of policy; temporary, so that nothing is lost of what the client tries again.
        Error::SendingLimit { .. } => Reply::new(450, EnhancedCode::LIMITED, error.for_peer()),
        Error::Internal(incident) => Reply::new(
            451,
            EnhancedCode::SYSTEM_TEMPORARY,
            format!("Local error {incident}, please try again later."),
        ),
        Error::AlreadyExists
        | Error::StateMismatch
        | Error::CannotCalculate
        | Error::HasChildren
        | Error::NotEmpty
        | Error::Limit(_)
        | Error::Invalid { .. }
        | Error::UidConflict { .. }
        | Error::Refused(_)
        | Error::Unavailable { .. } => Reply::try_later(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_what_will_not_get_better_is_permanent() {
        let retry_after = Duration::from_secs(1);
        for (error, code) in [
            (Error::NotFound, 550),
            (Error::Forbidden, 550),
            (Error::TooLarge, 552),
            (Error::OverQuota, 452),
            (Error::SendingLimit { retry_after }, 450),
            (Error::Unavailable { retry_after }, 451),
            (Error::Limit("too many emails"), 451),
        ] {
            assert_eq!(reply(&error).code, code, "{error}");
        }
    }
}
