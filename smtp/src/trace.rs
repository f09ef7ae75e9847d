//! The trace fields that are put above a message when it is received (RFC 5321 4.4).

use crate::client::Client;
use crate::received::{Trace, received, return_path};
use crate::service::Shared;
use crate::session::{Service, Session};
use crate::transaction::{Message, Transaction};

/// Begins the session's message: its id and the fields above it.
pub(crate) fn begin(
    shared: &Shared,
    client: &Client,
    session: &Session,
    transaction: &mut Transaction,
) -> Message {
    let number = transaction.next_message();
    let id = format!("{}-{number}", client.actor().session);
    let fields = fields(shared, client, session, transaction, &id);
    Message {
        id,
        prefix_octets: fields.len(),
        octets: fields.into_bytes(),
    }
}

fn fields(
    shared: &Shared,
    client: &Client,
    session: &Session,
    transaction: &Transaction,
    id: &str,
) -> String {
    let envelope = session.envelope();
    let recipients = envelope.map_or(&[][..], |envelope| &envelope.recipients);
    let tls = client.facts.tls.as_ref();
    let suite = tls.map(|tls| format!("{} {}", tls.version.as_str(), tls.cipher));
    let trace = Trace {
        client_name: session.client_name().map_or("", |name| name.as_str()),
        // RFC 5321 7.6: where somebody is who signed in stands in the journal, and is nobody else's business.
        client_address: match shared.service {
            Service::Submission => None,
            Service::Mx | Service::Lmtp => client.facts.peer.ip(),
        },
        client_dns_name: None,
        hostname: &session.settings().hostname,
        protocol: session.protocol(),
        tls_suite: suite.as_deref(),
        id,
        only_recipient: match recipients {
            [only] => Some(&only.forward_path),
            _ => None,
        },
        received_at_unix_seconds: shared.groupware.clock().now().seconds(),
    };
    let received = received(&trace);
    // RFC 5321 4.4: final delivery adds the reverse path, and what goes on to another server must not have it. One blob
    // is both where a submission has recipients here and elsewhere; then the copies here go without it.
    let is_final = transaction
        .routes
        .iter()
        .all(|route| !route.accounts().is_empty());
    match envelope {
        Some(envelope) if is_final => return_path(&envelope.reverse_path) + &received,
        _ => received,
    }
}
