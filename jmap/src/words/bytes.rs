//! The bytes behind a blob's id, for whoever makes something of them.

use model::AccountId;

use crate::blob;
use crate::call::Call;
use crate::error::{MethodError, SetError};

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
    let failed = |error: MethodError| SetError::new(error.kind);
    let Some(id) = call.shared.resolve(id) else {
        return Ok(None);
    };
    let found = blob::resolve(&call.visit, account, &id).await;
    let Some(found) = found.map_err(failed)? else {
        return Ok(None);
    };
    if usize::try_from(found.size).map_or(true, |size| size > octets_max) {
        return Err(SetError::new("tooLarge").because("The blobs are too large."));
    }
    found.octets().await.map(Some).map_err(failed)
}
