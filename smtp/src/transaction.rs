//! The transaction: what the connection keeps of the message in the making beside the session's envelope.

use model::PrincipalId;

use crate::codec::{ChunkReader, Reply};
use crate::memory::Memory;

/// Where mail to an accepted recipient goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// Into the inboxes of these.
    Here(Vec<PrincipalId>),
    /// To another server.
    Elsewhere,
}

impl Route {
    pub(crate) fn accounts(&self) -> &[PrincipalId] {
        match self {
            Self::Here(accounts) => accounts,
            Self::Elsewhere => &[],
        }
    }
}

/// A message with its trace fields.
#[derive(Debug)]
pub(crate) struct Message {
    /// What the operator finds it by: the session's id and the message's number in it.
    pub(crate) id: String,
    /// The trace fields, and behind them what the client sent.
    pub(crate) octets: Vec<u8>,
    /// Octets of the trace fields.
    pub(crate) prefix_octets: usize,
}

/// A message that comes in chunks.
#[derive(Debug)]
pub(crate) struct Chunks {
    pub(crate) reader: ChunkReader,
    /// Nothing where there was no memory for it; then the reader only reads over.
    pub(crate) memory: Option<Memory>,
    /// Its trace fields; the octets are with the reader.
    pub(crate) message: Message,
}

/// The message in the making.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    /// One for each recipient of the envelope.
    pub(crate) routes: Vec<Route>,
    pub(crate) chunks: Option<Chunks>,
    /// Messages that were begun in this session.
    messages: u32,
}

impl Transaction {
    /// The route of a recipient that is about to be accepted.
    pub(crate) fn decided(&mut self, decision: Result<Route, Reply>) -> Result<(), Reply> {
        decision.map(|route| self.routes.push(route))
    }

    /// The number of a message in the session.
    pub(crate) fn next_message(&mut self) -> u32 {
        self.messages = self.messages.saturating_add(1);
        self.messages
    }

    /// The session has no envelope any more.
    pub(crate) fn forget(&mut self) {
        self.routes.clear();
        self.chunks = None;
    }
}
