//! The bytes behind a blob's id, for whoever makes something of them.

use groupware::EmailContent;
use model::{AccountId, EmailId};

use crate::call::Call;
use crate::codec::id::WireId;
use crate::error::SetError;

/// The bytes of a blob that the caller may read; none if it is not there. Its id may be that of a creation (RFC 9404 4.1).
///
/// # Errors
/// `tooLarge` above `octets_max`; or it cannot be read.
pub(crate) async fn octets(
    call: &Call,
    account: AccountId,
    id: &str,
    octets_max: usize,
) -> Result<Option<Vec<u8>>, SetError> {
    let Some(id) = call.shared.resolve(id) else {
        return Ok(None);
    };
    let Some(email) = EmailId::parse(&id) else {
        return Ok(None);
    };
    let groupware = call.groupware();
    let catalogue = groupware.catalogue(call.caller(), account).await?;
    let read = groupware
        .read_emails(&catalogue, &[email], EmailContent::Message)
        .await?;
    let octets = read.get(email).map(<[u8]>::to_vec);
    match octets {
        Some(octets) if octets.len() > octets_max => {
            Err(SetError::new("tooLarge").because("The blobs are too large."))
        }
        octets => Ok(octets),
    }
}
