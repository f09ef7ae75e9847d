//! The session object (RFC 8620 2): what the server can do, and which accounts the caller can see.

use crate::visit::Visit;

/// `sessionState`: another one whenever the session object would be another one.
pub(crate) async fn state(visit: &Visit) -> String {
    tracing::trace!(principal = visit.principal.id.0, "session state");
    "0".to_owned()
}
