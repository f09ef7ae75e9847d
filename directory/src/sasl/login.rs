//! LOGIN: the server asks for the name and then for the password. Never a standard; kept for clients that know nothing
//! else, with the words they expect.

use crate::secret::Secret;
use crate::signed_in::SignInError;

/// What asks for the name; some clients compare it to the letter.
pub(super) const NAME_CHALLENGE: &[u8] = b"Username:";
/// What asks for the password.
pub(super) const PASSWORD_CHALLENGE: &[u8] = b"Password:";

pub(super) fn name(message: &[u8]) -> Result<String, SignInError> {
    answer(message).map(str::to_owned)
}

pub(super) fn password(message: &[u8]) -> Result<Secret<String>, SignInError> {
    answer(message).map(Secret::from)
}

fn answer(message: &[u8]) -> Result<&str, SignInError> {
    match str::from_utf8(message) {
        Ok(text) if !text.is_empty() && !text.contains('\0') => Ok(text),
        _ => Err(SignInError::Malformed),
    }
}
