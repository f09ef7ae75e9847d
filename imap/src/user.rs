//! Who is signed in.

use std::sync::Arc;

use groupware::{Caller, Groupware};
use model::{AccountId, Principal};

/// Who is signed in, with what they may ask.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) groupware: Groupware,
    pub(crate) caller: Caller,
    pub(crate) account: AccountId,
    pub(crate) principal: Arc<Principal>,
}
