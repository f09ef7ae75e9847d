//! Success: senders who asked for it hear that their message was delivered here (RFC 3461 5.2.4).

use model::{AccountId, DsnReturn};
use transport::{DeliveredHere, report_delivered};

use crate::client::Client;
use crate::codec::{Notify, Return};
use crate::path::address;
use crate::path::queued;
use crate::service::Shared;
use crate::session::{Envelope, Recipient};

/// Octets of a message that are kept for the notification, which brings back its header.
const HEADER_OCTETS_MAX: usize = 32 * 1024;

/// That somebody asked to hear of success, with what the notification needs of the message.
#[derive(Debug)]
pub(crate) struct Asked {
    header: Vec<u8>,
}

impl Asked {
    /// Nothing if nobody asked, as nearly always.
    pub(crate) fn of(envelope: &Envelope, message: &[u8]) -> Option<Self> {
        envelope.recipients.iter().any(asked).then(|| Self {
            header: message[..message.len().min(HEADER_OCTETS_MAX)].to_vec(),
        })
    }

    /// Tells the sender of those who have got it. `account` is whose queue takes the notification for a sender elsewhere.
    pub(crate) async fn report(
        self,
        shared: &Shared,
        client: &Client,
        envelope: &Envelope,
        account: AccountId,
        has_got_it: impl Fn(usize) -> bool,
    ) {
        let recipients: Vec<_> = envelope
            .recipients
            .iter()
            .enumerate()
            .filter(|(place, _)| has_got_it(*place))
            .map(|(_, recipient)| queued(recipient))
            .collect();
        let parameters = &envelope.parameters;
        let delivered = DeliveredHere {
            host: shared.hostname(),
            reverse_path: &address(&envelope.reverse_path),
            envelope_id: parameters.envelope_id.as_deref(),
            dsn_return: parameters.ret.map(|ret| match ret {
                Return::Full => DsnReturn::Full,
                Return::Headers => DsnReturn::Headers,
            }),
            recipients: &recipients,
            message: &self.header,
            account,
            random: u128::from_be_bytes(shared.random.bytes()),
        };
        if let Err(error) = report_delivered(&shared.groupware, &delivered).await {
            let session = client.actor().session;
            tracing::warn!(%session, %error, "the sender does not hear that the message was delivered");
        }
    }
}

fn asked(recipient: &Recipient) -> bool {
    matches!(
        recipient.parameters.notify,
        Some(Notify::When { success: true, .. })
    )
}
