//! The SMTP client.

use std::sync::Arc;

use bytes::Bytes;

use super::Means;
use crate::wire::{Delivered, Delivery, RecipientResult, Why};

/// Hands messages to next hops.
#[derive(Debug)]
pub(crate) struct Smtp {
    means: Arc<Means>,
}

impl Smtp {
    /// A client that stands on `means`.
    pub(crate) fn new(means: Arc<Means>) -> Self {
        Self { means }
    }

    /// Hands one message to its next hop.
    pub(crate) async fn deliver(&self, delivery: Delivery, message: Bytes) -> Delivered {
        let _ = (message, &self.means);
        let result = RecipientResult::Transient(Why::Unreachable.into());
        Delivered::all(delivery.recipients.len(), &result)
    }
}
