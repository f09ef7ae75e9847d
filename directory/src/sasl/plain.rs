//! PLAIN (RFC 4616): one message with name and password.

use crate::secret::Secret;
use crate::signed_in::SignInError;

/// What the client sent.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) name: String,
    pub(super) password: Secret<String>,
}

/// RFC 4616 2 `message`: `[authzid] NUL authcid NUL passwd`, all UTF-8, none of them with NUL in it.
pub(super) fn parse(message: &[u8]) -> Result<Message, SignInError> {
    let text = str::from_utf8(message).map_err(|_| SignInError::Malformed)?;
    let mut parts = text.split('\0');
    let (Some(authzid), Some(authcid), Some(password), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(SignInError::Malformed);
    };
    // RFC 4616 2: name and password have one character at least.
    if authcid.is_empty() || password.is_empty() {
        return Err(SignInError::Malformed);
    }
    check_authzid(authzid, authcid)?;
    Ok(Message {
        name: authcid.to_owned(),
        password: Secret::from(password),
    })
}

/// RFC 4422 3.4.1: who they are and who they act as. Nobody acts as somebody else here: the second is empty or the same.
pub(super) fn check_authzid(authzid: &str, authcid: &str) -> Result<(), SignInError> {
    if authzid.is_empty() || authzid.to_lowercase() == authcid.to_lowercase() {
        Ok(())
    } else {
        Err(SignInError::Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_rfc_4616() {
        // RFC 4616 4: without and with an authorization identity.
        let message = parse(b"\0tim\0tanstaaftanstaaf").unwrap();
        assert_eq!(message.name, "tim");
        assert_eq!(message.password.expose(), "tanstaaftanstaaf");
        assert_eq!(
            parse(b"Ursel\0Kurt\0xipj3plmq").unwrap_err(),
            SignInError::Refused
        );
        assert!(parse(b"Kurt\0kurt\0xipj3plmq").is_ok());
    }

    #[test]
    fn everything_else_is_malformed() {
        let messages: [&[u8]; 7] = [
            b"",
            b"a\0b",
            b"\0\0p",
            b"\0a\0",
            b"\0a\0p\0",
            b"\0\xff\0p",
            b"a b",
        ];
        for message in messages {
            assert_eq!(
                parse(message).unwrap_err(),
                SignInError::Malformed,
                "{message:?}"
            );
        }
    }
}
