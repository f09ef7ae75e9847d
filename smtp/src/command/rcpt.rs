//! RCPT: does this recipient exist, and has it room (RFC 5321 4.1.1.3)?

use directory::Resolved;
use groupware::{Error, Recipient};
use model::PrincipalId;

use crate::client::Client;
use crate::codec::{EnhancedCode, ForwardPath, Reply};
use crate::delivery::has_room;
use crate::error;
use crate::path::{address, forward_address};
use crate::received::TRACE_OCTETS_MAX;
use crate::service::Shared;
use crate::session::{Envelope, Service};
use crate::transaction::Route;

pub(crate) async fn decide(
    shared: &Shared,
    client: &Client,
    envelope: Option<&Envelope>,
    forward_path: &ForwardPath,
) -> Result<Route, Reply> {
    let path = forward_address(forward_path);
    let resolved = shared.groupware.directory().resolve(&path).await;
    let route = match resolved.map_err(|error| error::reply(&Error::from(error)))? {
        Resolved::Accounts(accounts) => {
            admitted(shared, client, envelope, (&path, &accounts)).await?;
            Route::Here(accounts)
        }
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

/// Whether a list takes what this client writes, as far as that can be known before the message is here.
async fn admitted(
    shared: &Shared,
    client: &Client,
    envelope: Option<&Envelope>,
    (forward_path, accounts): (&str, &[PrincipalId]),
) -> Result<(), Reply> {
    // What is behind a group that is no list is asked when the message is here.
    let [only] = accounts else {
        return Ok(());
    };
    let reverse_path = envelope.map_or_else(String::new, |it| address(&it.reverse_path));
    let recipient = Recipient {
        principal: *only,
        forward_path: forward_path.to_owned(),
    };
    let refusal = shared
        .groupware
        .list_refusal(&client.caller, &recipient, &reverse_path);
    match refusal.await {
        Ok(None) => Ok(()),
        // RFC 3463 3.8: X.7.2, mailing list expansion prohibited, is narrower than what is meant: it may be a notification.
        Ok(Some(why)) => Err(Reply::new(550, EnhancedCode::NOT_AUTHORISED, why)),
        Err(error) => Err(error::reply(&error)),
    }
}

/// What we add to the message counts, too.
fn trace_octets() -> u64 {
    u64::try_from(TRACE_OCTETS_MAX).unwrap_or(u64::MAX)
}
