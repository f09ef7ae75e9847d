//! Who is signed in.

use std::sync::Arc;

use groupware::{Caller, Error, Groupware};
use model::{AccountId, Principal, Protocols};

use crate::answer::Failure;
use crate::words::Ids;

/// Who is signed in, with what they may ask.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) groupware: Groupware,
    pub(crate) caller: Caller,
    pub(crate) account: AccountId,
    pub(crate) principal: Arc<Principal>,
}

impl User {
    /// The ids of what is in an account, as this reader is told them.
    pub(crate) fn ids(&self, account: AccountId) -> Ids {
        Ids {
            reader: self.account,
            account,
        }
    }

    /// Ends the session of somebody who would not be let in any more, so that a new password or a disabled account
    /// turns out whoever is in.
    pub(crate) async fn still_welcome(&self) -> Result<(), Failure> {
        let Some(credential) = self.caller.actor.credential else {
            return Ok(());
        };
        let directory = self.groupware.directory();
        let asked = directory.still_holds(self.principal.id, credential, Protocols::IMAP);
        if asked.await.map_err(Error::from)? {
            Ok(())
        } else {
            // RFC 9051 7.1.5: the server may end the connection at any time, and says so.
            Err(Failure::Bye(
                "Account or password was changed, sign in again",
            ))
        }
    }
}
