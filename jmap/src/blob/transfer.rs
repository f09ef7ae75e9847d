//! A blob copied from one account to another (RFC 8620 6.3).

use std::sync::Arc;

use model::AccountId;

use super::{resolve, upload_id};
use crate::error::SetError;
use crate::limits::UPLOAD_OCTETS_MAX;
use crate::visit::Visit;

/// Uploads a blob of one account to another; answers its id there.
///
/// # Errors
/// `notFound`, `forbidden`, `tooLarge`, `overQuota`.
pub(crate) async fn transfer(
    visit: &Arc<Visit>,
    from: AccountId,
    to: AccountId,
    id: &str,
) -> Result<String, SetError> {
    let failed = |kind: &'static str| SetError::new(kind);
    let found = resolve(visit, from, id).await;
    let found = found.map_err(|error| failed(error.kind))?;
    let found = found.ok_or_else(SetError::not_found)?;
    if usize::try_from(found.size).is_ok_and(|size| size > UPLOAD_OCTETS_MAX) {
        return Err(failed("tooLarge"));
    }
    let octets = found.octets().await.map_err(|error| failed(error.kind))?;
    let kept = visit.groupware().upload(&visit.caller, to, octets).await?;
    Ok(upload_id(kept))
}
