//! Transparency log: shows the world the tree of our journal, and cosigns the trees of others as their witness.
//!
//! | standard | supported | where |
//! |---|---|---|
//! | C2SP tlog-tiles | checkpoint and hash tiles; never entries | `site/tree.rs`, `codec/path.rs` |
//! | C2SP tlog-witness | `add-checkpoint`, as witness and, for what is answered to a log, as client | `site/witness.rs`, `codec/answer.rs` |
//!
//! **Invariant:** what is shown are hashes and signatures: nothing from which a message, an address or a name could be known.
//! The entries of this log are changes to private mail, and are at no address.
//!
//! **Never:** holds a key, or decides alone what is cosigned: that is for whoever is behind [`Witness`], who remembers durably
//! before it signs. Opens no connection.

mod codec;

mod counters;

mod pace;

mod site;

mod source;

pub use codec::answer::{Answer, Lie, ask, judge};
pub use counters::Counters;
pub use site::{Settings, Tlog, http_limits};
pub use source::{Failure, Log, Refusal, Witness};

/// Feeds hostile bytes to every parser of the crate.
pub fn fuzz(input: &[u8]) {
    codec::fuzz(input);
}
