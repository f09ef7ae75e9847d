//! RCPT: does this recipient exist, and has it room (RFC 5321 4.1.1.3)?

use directory::Resolved;
use groupware::Error;

use crate::codec::{ForwardPath, Reply};
use crate::delivery::has_room;
use crate::error;
use crate::path::forward_address;
use crate::received::TRACE_OCTETS_MAX;
use crate::service::Shared;
use crate::session::{Envelope, Service};
use crate::transaction::Route;

pub(crate) async fn decide(
    shared: &Shared,
    envelope: Option<&Envelope>,
    forward_path: &ForwardPath,
) -> Result<Route, Reply> {
    let address = forward_address(forward_path);
    let resolved = shared.groupware.directory().resolve(&address).await;
    let route = match resolved.map_err(|error| error::reply(&Error::from(error)))? {
        Resolved::Accounts(accounts) => Route::Here(accounts),
        Resolved::Unknown => return Err(Reply::no_mailbox()),
        Resolved::Elsewhere => match shared.service {
            Service::Submission => Route::Elsewhere,
            // RFC 5321 3.6.2, 7.3: no relay for those who did not sign in.
            Service::Mx | Service::Lmtp => return Err(Reply::no_relay()),
        },
    };
    // RFC 1870 6.2, RFC 5321 4.5.3.1.9: each recipient without room is put off alone, while that is still possible.
    let claimed = envelope.and_then(|envelope| envelope.parameters.size_octets);
    let octets = match claimed {
        Some(octets) => octets.saturating_add(trace_octets()),
        None => 1,
    };
    match route {
        Route::Elsewhere => Ok(route),
        Route::Here(_) => match has_room(&shared.groupware, &route, octets).await {
            Ok(true) => Ok(route),
            Ok(false) => Err(Reply::mailbox_full()),
            Err(error) => Err(error::reply(&error)),
        },
    }
}

/// What we add to the message counts, too.
fn trace_octets() -> u64 {
    u64::try_from(TRACE_OCTETS_MAX).unwrap_or(u64::MAX)
}
