//! How watchers hear of a commit.

use std::sync::Arc;

use model::{AccountId, Mutation, Seq};

/// A commit that is durable and visible, as watchers hear of it.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Whose.
    pub account: AccountId,
    /// Its number.
    pub seq: Seq,
    /// What was done.
    pub mutations: Arc<[Mutation]>,
}
