//! A message on its way into accounts, with its envelope and what is known of how it came.

use model::Actor;

use crate::delivery::Arrival;
use crate::email::Prepared;

/// A message on its way into accounts.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    /// Who brings it.
    pub(crate) actor: Actor,
    /// The reverse path, empty for notifications.
    pub(crate) reverse_path: String,
    /// The message with its trace fields.
    pub(crate) message: Prepared,
    /// How it came.
    pub(crate) arrival: Arrival,
    /// Whether nothing is written in answer to it: an account of this house could not take an answer.
    pub(crate) is_mute: bool,
}
