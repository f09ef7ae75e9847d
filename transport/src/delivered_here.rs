//! Notifications that mail was delivered here, for senders who asked to hear of it (RFC 3461 5.2.4).

use groupware::{Error, Groupware, SenderReport};
use model::{AccountId, DsnReturn, QueuedRecipient};

use crate::notification::{self, Action, Notification, wanted};

/// A message that lies in mailboxes of this server.
#[derive(Clone, Copy, Debug)]
pub struct DeliveredHere<'a> {
    /// This server's name.
    pub host: &'a str,
    /// The reverse path.
    pub reverse_path: &'a str,
    /// `ENVID`, decoded.
    pub envelope_id: Option<&'a str>,
    /// `RET`.
    pub dsn_return: Option<DsnReturn>,
    /// Those who have got it, as the sender named them.
    pub recipients: &'a [QueuedRecipient],
    /// The message.
    pub message: &'a [u8],
    /// Whose queue takes the notification if the sender is elsewhere: an account that has got the message, or its sender's.
    pub account: AccountId,
    /// Makes the notification's id.
    pub random: u128,
}

/// Tells the sender, if it asked for it. Whoever asked nothing is soon answered: nothing is read or written.
///
/// # Errors
/// The notification could not be stored; the message is delivered all the same.
pub async fn report_delivered(
    groupware: &Groupware,
    delivered: &DeliveredHere<'_>,
) -> Result<(), Error> {
    let now = groupware.clock().now();
    let recipients: Vec<notification::Recipient> = delivered
        .recipients
        .iter()
        .filter(|recipient| wanted(recipient.notify, Action::Delivered))
        .map(|recipient| notification::Recipient {
            forward_path: recipient.forward_path.clone(),
            original: recipient.original.clone(),
            action: Action::Delivered,
            // RFC 3463 3.2: X.1.5 destination address valid.
            status: (2, 1, 5),
            host: None,
            diagnostic: None,
            at: Some(now),
        })
        .collect();
    // RFC 5321 4.5.5: nobody is told of a notification.
    if recipients.is_empty() || delivered.reverse_path.is_empty() {
        return Ok(());
    }
    let composed = notification::compose(&Notification {
        host: delivered.host,
        to: delivered.reverse_path,
        envelope_id: delivered.envelope_id,
        dsn_return: delivered.dsn_return,
        arrived_at: now,
        retried_until: None,
        recipients: &recipients,
        message: delivered.message,
        returned_octets_max: 0,
        random: delivered.random,
        now,
    });
    let report = SenderReport {
        to: delivered.reverse_path.to_owned(),
        message: groupware.prepare(composed.message).await?,
        eight_bit: composed.eight_bit,
        smtputf8: composed.smtputf8,
    };
    groupware.send_report(delivered.account, &report).await
}
