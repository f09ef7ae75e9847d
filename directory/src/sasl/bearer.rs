//! OAUTHBEARER (RFC 7628): one message with a token.

use crate::address::Address;
use crate::secret::Secret;
use crate::signed_in::{SignInError, SignedIn};

/// What separates the parts of the message (RFC 7628 3.1 `kvsep`).
const SEPARATOR: char = '\u{1}';
/// RFC 7628 3.2.2: why a token was refused; the client answers it before the exchange fails.
pub(super) const REFUSED: &[u8] = b"{\"status\":\"invalid_token\"}";

/// What the client sent.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) name: Option<String>,
    pub(super) token: Secret<String>,
}

/// RFC 7628 3.1: `n,a=name,`, and behind it key and value pairs, each followed by an octet of value 1; `auth` has the token
/// as HTTP's `Authorization` would.
pub(super) fn parse(message: &[u8]) -> Result<Message, SignInError> {
    let text = str::from_utf8(message).map_err(|_| SignInError::Malformed)?;
    let (header, pairs) = text.split_once(SEPARATOR).ok_or(SignInError::Malformed)?;
    let name = name(header).ok_or(SignInError::Malformed)?;
    let pairs = pairs
        .strip_suffix("\u{1}\u{1}")
        .ok_or(SignInError::Malformed)?;
    let auth = pairs
        .split(SEPARATOR)
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == "auth");
    let (scheme, token) = auth
        .and_then(|(_, value)| value.split_once(' '))
        .ok_or(SignInError::Malformed)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(SignInError::Malformed);
    }
    let token = Secret::from(token.trim());
    Ok(Message { name, token })
}

/// RFC 5801 4 `gs2-header`: no channel binding, and perhaps a name, in which `=2C` and `=3D` stand for `,` and `=`.
fn name(header: &str) -> Option<Option<String>> {
    let mut parts = header.split(',');
    let (flag, name, end) = (parts.next()?, parts.next()?, parts.next()?);
    if !matches!(flag, "n" | "y") || !end.is_empty() || parts.next().is_some() {
        return None;
    }
    if name.is_empty() {
        return Some(None);
    }
    let name = name.strip_prefix("a=")?;
    Some(Some(name.replace("=2C", ",").replace("=3D", "=")))
}

/// RFC 7628 3.1: the name, if there is one, is the one that the token was given to.
pub(super) fn check_name(name: Option<&str>, signed_in: SignedIn) -> Result<SignedIn, SignInError> {
    let is_same = name.is_none_or(|name| {
        Address::parse(name).is_some_and(|name| name.whole == signed_in.principal.address)
    });
    if is_same {
        Ok(signed_in)
    } else {
        Err(SignInError::Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_of_rfc_7628() {
        // RFC 7628 4.1.
        let message = b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01\
            auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01";
        let message = parse(message).unwrap();
        assert_eq!(message.name.as_deref(), Some("user@example.com"));
        assert_eq!(
            message.token.expose(),
            "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="
        );
        let short = parse(b"n,,\x01auth=bearer x\x01\x01").unwrap();
        assert_eq!((short.name, short.token.expose().as_str()), (None, "x"));
        assert_eq!(name("n,a=a=2Cb=3Dc,"), Some(Some("a,b=c".to_owned())));
    }

    #[test]
    fn everything_else_is_malformed() {
        let messages: [&[u8]; 8] = [
            b"",
            b"\x01",
            b"n,,\x01\x01",
            b"n,,\x01auth=Bearer x\x01",
            b"n,,\x01auth=Basic x\x01\x01",
            b"p=tls-exporter,,\x01auth=Bearer x\x01\x01",
            b"n,a=b\x01auth=Bearer x\x01\x01",
            b"n,,\x01auth=Bearer \xff\x01\x01",
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
