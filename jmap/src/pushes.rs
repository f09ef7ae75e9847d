//! What all clients that are pushed to have in common: how many there are, and what they are told.

mod change;

mod creations;

mod states;

mod wakes;

use crate::turns::Turns;

pub(crate) use change::{Mark, News, StateChange};
pub(crate) use creations::Creations;
pub(crate) use states::{Snapshots, States};
pub(crate) use wakes::Wakes;

/// Connections of one principal that wait for changes, or are WebSockets: enough for all devices of somebody and for
/// the shared account of a whole firm, and no more than a stolen password should hold open. What all people together
/// hold is bounded by the listener.
const CLIENTS_PER_PRINCIPAL_MAX: usize = 1_024;

/// Where WebSockets begin.
pub(crate) const WEB_SOCKET_PATH: &str = "/jmap/ws";

/// What is shared.
#[derive(Debug)]
pub(crate) struct Pushes {
    pub(crate) snapshots: Snapshots,
    /// The clients that are connected.
    pub(crate) clients: Turns,
    pub(crate) wakes: Wakes,
    /// Subscriptions that were made lately.
    pub(crate) creations: Creations,
}

impl Default for Pushes {
    fn default() -> Self {
        Self {
            snapshots: Snapshots::default(),
            clients: Turns::new(CLIENTS_PER_PRINCIPAL_MAX),
            wakes: Wakes::default(),
            creations: Creations::default(),
        }
    }
}
