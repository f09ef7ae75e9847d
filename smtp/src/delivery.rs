//! Delivery: a message from a server or a relay goes into the inboxes of its recipients.

use groupware::{Arrival, Caller, Delivered, Delivery, Error, Groupware, Recipient};
use model::{Actor, PrincipalId};

use crate::client::Client;
use crate::path::{address, forward_address};
use crate::service::Shared;
use crate::session::{Envelope, Service};
use crate::success::Asked;
use crate::transaction::{Message, Route};

/// Delivers a message; answers for each recipient of the envelope, in its order.
pub(crate) async fn deliver(
    shared: &Shared,
    client: &Client,
    envelope: &Envelope,
    routes: &[Route],
    message: Message,
    arrival: Arrival,
) -> Result<Vec<Result<Delivered, Error>>, Error> {
    let groupware = &shared.groupware;
    // RFC 5321 3.3, 4.2.5: one reply stands for all, so it is better to know before anything is done that somebody has
    // no room. RFC 2033 4.2: over LMTP each recipient has a reply, and the others need not wait.
    if shared.service == Service::Mx {
        require_room(groupware, routes, message.octets.len()).await?;
    }
    let asked = Asked::of(envelope, &message.octets);
    let message = groupware.prepare(message.octets).await?;
    let mut recipients: Vec<Recipient> = Vec::with_capacity(routes.len());
    for (route, given) in routes.iter().zip(&envelope.recipients) {
        for account in route.accounts() {
            // RFC 5321 3.9: who is reached in two ways gets one copy.
            if !recipients.iter().any(|known| known.principal == *account) {
                recipients.push(Recipient {
                    principal: *account,
                    forward_path: forward_address(&given.forward_path),
                });
            }
        }
    }
    let is_only = |routes: &[Route]| routes.iter().all(|route| route.accounts().len() == 1);
    let delivery = Delivery {
        reverse_path: address(&envelope.reverse_path),
        recipients,
        message,
        arrival: Arrival {
            remote_address: client.facts.peer.ip(),
            // RFC 5429 2.1: a filter may refuse where the reply is about its recipient alone.
            may_refuse: is_only(routes) && (shared.service == Service::Lmtp || routes.len() == 1),
            ..arrival
        },
    };
    let done = groupware.deliver(client.actor(), &delivery).await;
    for (account, failed) in delivery.recipients.iter().zip(&done) {
        if let Err(error) = failed {
            let session = client.actor().session;
            tracing::info!(%session, principal = account.principal.0, %error, "not delivered");
        }
    }
    let outcome = |account: &PrincipalId| {
        let place = delivery
            .recipients
            .iter()
            .position(|it| it.principal == *account);
        place.and_then(|place| done.get(place))
    };
    let outcomes: Vec<_> = routes
        .iter()
        .map(|route| of_route(route, outcome))
        .collect();
    let mut pairs = delivery.recipients.iter().zip(&done);
    let first = pairs.find(|(_, done)| done.is_ok());
    // Junk with a forged sender must not become mail to whoever was forged.
    if let (Some(asked), Some((recipient, _))) = (asked, first)
        && !delivery.arrival.junk
    {
        let has_got_it = |place: usize| matches!(outcomes.get(place), Some(Ok(Delivered::Done)));
        let account = recipient.principal.into();
        asked
            .report(shared, client, envelope, account, has_got_it)
            .await;
    }
    Ok(outcomes)
}

/// A group has got the message when one of its members has; what keeps it from all of them is the answer.
fn of_route<'a>(
    route: &Route,
    outcome: impl Fn(&PrincipalId) -> Option<&'a Result<Delivered, Error>>,
) -> Result<Delivered, Error> {
    let mut first_error = None;
    for account in route.accounts() {
        match outcome(account) {
            Some(Ok(delivered)) => return Ok(delivered.clone()),
            Some(Err(error)) => {
                first_error.get_or_insert_with(|| error.clone());
            }
            None => {}
        }
    }
    Err(first_error.unwrap_or(Error::NotFound))
}

/// Succeeds if there is room behind every recipient for so many octets.
pub(crate) async fn require_room(
    groupware: &Groupware,
    routes: &[Route],
    octets: usize,
) -> Result<(), Error> {
    let octets = u64::try_from(octets).unwrap_or(u64::MAX);
    for route in routes {
        if matches!(route, Route::Here(_)) && !has_room(groupware, route, octets).await? {
            return Err(Error::OverQuota);
        }
    }
    Ok(())
}

/// Whether any account behind a recipient has room for so many octets.
pub(crate) async fn has_room(
    groupware: &Groupware,
    route: &Route,
    octets: u64,
) -> Result<bool, Error> {
    for account in route.accounts() {
        // Asked in the account's own name; nothing is changed.
        let own = Caller::new(Actor {
            principal: Some(*account),
            ..Actor::system()
        });
        let quota = groupware.quota(&own, (*account).into()).await?;
        let needed = quota.used_octets.saturating_add(octets);
        if quota.limit_octets.is_none_or(|limit| needed <= limit) {
            return Ok(true);
        }
    }
    Ok(false)
}
