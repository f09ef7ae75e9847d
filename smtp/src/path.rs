//! Paths and recipients as the operations take them.

use model::{DsnNotify, QueuedRecipient};

use crate::codec::{ForwardPath, Notify, ReversePath};
use crate::session::Recipient;

/// A reverse path as the operations take it: without brackets, empty for notifications.
pub(crate) fn address(reverse_path: &ReversePath) -> String {
    let mailbox = reverse_path.mailbox();
    mailbox.map_or_else(String::new, ToString::to_string)
}

/// A forward path as the operations take it: without brackets, and `postmaster` alone for this server's own.
pub(crate) fn forward_address(path: &ForwardPath) -> String {
    match path {
        ForwardPath::Postmaster => "postmaster".to_owned(),
        ForwardPath::Mailbox(mailbox) => mailbox.to_string(),
    }
}

/// A recipient as the queue keeps it.
pub(crate) fn queued(recipient: &Recipient) -> QueuedRecipient {
    let parameters = &recipient.parameters;
    QueuedRecipient {
        forward_path: forward_address(&recipient.forward_path),
        notify: parameters.notify.map(|notify| match notify {
            Notify::Never => DsnNotify {
                never: true,
                ..DsnNotify::default()
            },
            Notify::When {
                success,
                failure,
                delay,
            } => DsnNotify {
                never: false,
                success,
                failure,
                delay,
            },
        }),
        original: parameters
            .original_recipient
            .as_ref()
            .map(ToString::to_string),
    }
}
