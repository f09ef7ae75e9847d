//! What reception is told of a message.

use bytes::Bytes;
use model::PrincipalId;

pub use scan::Envelope;

/// A message that somebody brings who is not signed in.
#[derive(Clone, Debug)]
pub struct Stranger {
    /// Who brings it, from whom and for whom.
    pub envelope: Envelope,
    /// The accounts that will get it.
    pub accounts: Vec<PrincipalId>,
    /// The message as the client sent it, without trace fields of ours.
    pub content: Bytes,
}
